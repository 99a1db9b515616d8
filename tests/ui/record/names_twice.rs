use ouzel_dsl::Record;

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Flight {
    origin: String,
    #[record(rename = "origin")]
    departed: String,
}

#[derive(Clone, Copy, Record)]
#[record(crate = ouzel_dsl, rename_all = "lowercase")]
enum Letter {
    A,
    #[record(rename = "a")]
    Small,
}

fn main() {}
