use ouzel::prelude::*;

#[derive(Record)]
struct Request {
    #[record(event_time)]
    at: Timestamp,
    path: String,
    user: String,
}

#[derive(Record)]
struct Hour {
    path: String,
    users: Approx<u64>,
}

#[job]
fn filtered(requests: Stream<Request>) -> Stream<Hour> {
    requests
        .key_by(|r| r.path)
        .window(tumbling(hours(1)))
        .lateness(hours(1))
        .aggregate(approx_count_distinct(|r| r.user))
        .finals()
        .map(|f| HourRef { path: f.key, users: f.value })
        .filter(|h| h.users > 100)
}

#[job]
fn keyed(hours: Stream<Hour>) -> Table<Approx<u64>, u64> {
    hours.key_by(|h| h.users).aggregate(count())
}

#[job]
fn summed(hours: Stream<Hour>) -> Table<String, u64> {
    hours.key_by(|h| h.path).aggregate(sum(|h| h.users))
}

#[job]
fn sorted(hours: Stream<Hour>) -> Table<String, u64> {
    hours.key_by(|h| h.path).aggregate(max(|h| h.users))
}

#[job]
fn looked_at(hours: Stream<Hour>) -> Stream<u64> {
    hours.map(|h| h.users.0).named("users")
}

fn main() {}
