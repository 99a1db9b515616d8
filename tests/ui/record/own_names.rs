use ouzel_dsl::Record;

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Date {
    year: i32,
}

fn main() {}
