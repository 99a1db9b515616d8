use ouzel_dsl::Record;

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Pair(String, i64);

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Unit;

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Empty {}

#[derive(Record)]
#[record(crate = ouzel_dsl)]
union Either {
    int: i64,
    float: f64,
}

#[derive(Clone, Copy, Record)]
#[record(crate = ouzel_dsl)]
enum Never {}

#[derive(Clone, Copy, Record)]
#[record(crate = ouzel_dsl)]
enum Shape {
    Circle { radius: f64 },
    Square(f64),
    Point,
}

fn main() {}
