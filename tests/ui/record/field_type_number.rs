use ouzel_dsl::Record;

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Flight {
    seats: usize,
}

fn main() {}
