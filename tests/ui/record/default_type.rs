use ouzel_dsl::Record;

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Flight {
    #[record(default = 1.5)]
    seats: u16,
    #[record(default = "none")]
    delay: f64,
    #[record(default)]
    plane: Plane,
}

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Plane {
    model: String,
}

fn main() {}
