use ouzel_dsl::Record;

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Order {
    #[record(meta = "ofset")]
    offset: i64,
    #[record(meta = "value")]
    value: String,
    #[record(meta = "header")]
    plain: Option<String>,
    #[record(meta = "header:")]
    empty: Option<String>,
    #[record(meta = "header: trace-id")]
    spaced: Option<String>,
    #[record(meta = "heder:trace-id")]
    misspelt: Option<String>,
    #[record(meta)]
    nothing: String,
    #[record(meta = key)]
    bare: String,
    #[record(meta("key"))]
    called: String,
    #[record(meta = "key", meta = "topic")]
    both: String,
}

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Twice {
    #[record(meta = "key")]
    key: String,
    #[record(meta = "key")]
    again: Option<String>,
    #[record(meta = "header:a")]
    a: String,
    #[record(meta = "header:b")]
    b: String,
    #[record(meta = "header:a")]
    c: String,
}

#[derive(Clone, Copy, Record)]
#[record(crate = ouzel_dsl, meta = "key")]
enum Payment {
    #[record(meta = "key")]
    Cash,
}

fn main() {}
