use ouzel_dsl::{Key, Record};

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Flight {
    carrier: String,
    delays: Vec<f64>,
}

fn keyed<K: Key>() {}

fn main() {
    keyed::<Flight>();
}
