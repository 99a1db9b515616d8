use ouzel_dsl::Record;

#[derive(Record)]
#[record(crate = ouzel_dsl)]
enum Payment {
    Card,
    Cash,
}

fn main() {}
