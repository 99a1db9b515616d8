//! Fields that hold what comes with a message.

use super::support::{bad, batch, read, round_trip};
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use ouzel_dsl::schema::{Meta, Wire};
use ouzel_dsl::{Bytes, Record, Timestamp};
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Record)]
#[record(crate = ouzel_dsl, rename_all = "camelCase")]
struct Message {
    #[record(event_time, meta = "timestamp", unit = "ms")]
    sent_at: Timestamp,
    #[record(meta = "key", rename = "id")]
    key: Option<Bytes>,
    #[record(meta = "header:Trace:Id", default = "none")]
    trace: String,
    #[record(meta = "header:trace")]
    other: Option<String>,
    #[record(meta = "partition")]
    partition: u16,
    #[record(meta = "offset")]
    offset: i64,
    #[record(meta = "topic", default)]
    topic: String,
    amount: f64,
}

#[test]
fn fields_say_what_they_hold_of_a_message() {
    let metas: Vec<_> = Message::fields().iter().map(|f| f.meta).collect();
    let expected = [
        Some(Meta::Timestamp),
        Some(Meta::MessageKey),
        // Names of headers may have colons.
        Some(Meta::Header("Trace:Id")),
        Some(Meta::Header("trace")),
        Some(Meta::Partition),
        Some(Meta::Offset),
        Some(Meta::Topic),
        None,
    ];
    assert_eq!(metas, expected);
    assert_eq!(Message::event_time(), Some(0));
    assert_eq!(Message::fields()[0].wire, Wire::Millis);
    assert!(Message::fields()[2].has_default && Message::fields()[3].nullable);
}

#[test]
fn in_files_they_are_columns_as_any_other() {
    let message = Message {
        sent_at: "2013-01-01T10:15:00Z".parse().unwrap(),
        key: Some(Bytes(vec![0, 255])),
        trace: "a".into(),
        other: None,
        partition: 3,
        offset: 1 << 40,
        topic: "orders".into(),
        amount: 1.5,
    };
    let rows = [message.clone(), Message { key: None, other: Some("b".into()), ..message }];
    assert_eq!(round_trip(&rows), rows);
    let batch = batch(&rows);
    assert_eq!(read::<Message>(&batch), rows);
    let names: Vec<_> = batch.schema_ref().fields().iter().map(|f| f.name().clone()).collect();
    assert_eq!(names, ["sentAt", "id", "trace", "other", "partition", "offset", "topic", "amount"]);
}

#[derive(Debug, PartialEq, Record)]
#[record(crate = ouzel_dsl)]
struct Keyed {
    #[record(meta = "key")]
    key: String,
    #[record(meta = "offset")]
    offset: i64,
}

#[test]
fn a_message_without_what_the_record_needs_is_bad() {
    let keys: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None]));
    let offsets: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let batch = RecordBatch::try_from_iter([("key", keys), ("offset", offsets)]).unwrap();
    let bad = bad::<Keyed>(&batch);
    assert_eq!((bad.len(), bad[0].0), (1, 1));
}
