//! How fast one thread decodes a file of events: `decode FILE [COLUMN...]`.

use ouzel_connectors::input;
use ouzel_dsl::connector::{Demand, Request};
use ouzel_dsl::schema::{Field, Type};
use std::time::Instant;

fn main() -> ouzel_dsl::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let uri = arguments.next().unwrap_or_default();
    let wanted: Vec<String> = arguments.collect();
    let fields = vec![
        Field::new("ok", Type::Bool, false),
        Field::new("key", Type::Str, false),
        Field::new("value", Type::Float { bits: 64 }, false),
        Field::new("time", Type::Timestamp, false),
    ];
    let read = (0..fields.len())
        .filter(|i| wanted.is_empty() || fields.get(*i).is_some_and(|f| wanted.contains(&f.name)));
    let request = Request {
        input: "events".to_owned(),
        read: read.collect(),
        fields,
        chunk_rows: 8192,
        split_bytes: 16 << 20,
        until_now: true,
        history: false,
        time: None,
        ..Request::default()
    };
    for _ in 0..5 {
        let start = Instant::now();
        let source = input(&uri)?.open(&request)?;
        let splits = source.splits(&[])?.splits;
        let (opened, count) = (start.elapsed(), splits.len());
        let (mut rows, mut rejects) = (0, 0);
        for split in splits {
            split.read(&mut |chunk| {
                rows += chunk.batch.num_rows();
                rejects += chunk.rejects.len();
                Ok(Demand::More)
            })?;
        }
        let seconds = start.elapsed().as_secs_f64();
        let rate = source.bytes().unwrap_or(0) as f64 / seconds / 1e6;
        println!(
            "{rows} rows, {rejects} rejects in {seconds:.3} s, {rate:.0} MB/s; {count} splits in {opened:?}"
        );
    }
    Ok(())
}
