use ouzel_dsl::Record;

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Wrapped<T> {
    value: T,
}

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Borrowed<'a> {
    name: &'a str,
}

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Sized<const N: usize> {
    name: String,
}

fn main() {}
