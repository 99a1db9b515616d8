use ouzel_dsl::Record;

#[derive(Record)]
#[record(crate = ouzel_dsl, rename_all = "camel_case")]
struct Flight {
    dep_delay: f64,
}

#[derive(Record)]
#[record(crate = ouzel_dsl, rename_all = "Title Case")]
struct Plane {
    model: String,
}

fn main() {}
