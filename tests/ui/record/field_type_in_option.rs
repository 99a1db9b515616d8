use ouzel_dsl::Record;

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Flight {
    carrier: String,
    classes: Option<Vec<char>>,
}

fn main() {}
