use ouzel_dsl::Record;

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Flight {
    name: &'static str,
    bytes: &'static [u8],
    seats: &'static u16,
    next: Vec<Option<Flight>>,
    others: Vec<Self>,
    delay: Option<Option<f64>>,
}

fn main() {}
