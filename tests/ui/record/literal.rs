use ouzel_dsl::{Produce, Record};

#[derive(Clone, Copy, Record)]
#[record(crate = ouzel_dsl)]
enum Payment {
    Cash,
}

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Fare {
    carrier: String,
    paid: Payment,
}

fn main() {
    let _ = FareRef { carrier: "UA", paid: "cash" }.produce();
    let _ = FareRef { carrier: String::from("UA"), paid: Payment::Cash }.produce();
    let _ = FareRef { carrier: "UA", payed: Payment::Cash }.produce();
}
