use ouzel_dsl::Record;

#[derive(Record)]
#[record(crate = ouzel_dsl)]
pub struct Flight {
    plane: Plane,
}

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Plane {
    model: String,
}

fn main() {}
