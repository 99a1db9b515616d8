//! What is wrong before the first record, and files that are not what they should be.

use crate::support::*;
use ouzel_connectors::{input, output};
use ouzel_dsl::Error;
use ouzel_dsl::schema::{Field, Type};

fn fields() -> Vec<Field> {
    vec![
        Field::new("carrier", Type::Str, false),
        Field::new("delay", Type::Int { bits: 16, signed: true }, true),
    ]
}

fn schema_error(uri: &str) -> String {
    match read(uri, &fields()) {
        Err(Error::Schema(text)) => text,
        other => panic!("{uri}: {other:?}"),
    }
}

#[test]
fn columns_are_checked_before_the_first_record() {
    let (_folder, path) = folder();
    std::fs::write(path("a.csv"), "carier,delay\nx,1\n").unwrap();
    assert_eq!(
        schema_error(&path("a.csv")),
        format!(
            "{} does not fit the record of input `input`:\n  column `carrier` is missing (expected text); did you mean `carier`?\n  its columns are: carier, delay\n  they are its first line; `?header=false` reads files without a header, `?delimiter=` files with another delimiter than ','",
            path("a.csv")
        )
    );
    for file in ["a.parquet", "a.arrow"] {
        write(&path(file), &[events(0, 3).1]);
        let error = schema_error(&path(file));
        assert!(error.contains("column `carrier` is missing (expected text)\n"), "{error}");
        assert!(error.contains("its columns are: n, key, value, time"), "{error}");
        let wrong = [Field::new("value", Type::Str, true)];
        let error = read(&path(file), &wrong).unwrap_err().to_string();
        let expected = "column `value` is Float64, expected text, may be null";
        assert!(error.contains(expected), "{error}");
    }
    std::fs::write(path("a.txt"), "x\n").unwrap();
    let error = schema_error(&path("a.txt"));
    assert!(error.contains("`text` has one column, `line`"), "{error}");
}

#[test]
fn uris_are_checked_when_they_are_parsed() {
    let refused = |uri: &str| input(uri).err().map(|e| e.to_string()).unwrap_or_default();
    assert!(refused("a.csv?format=parqet").contains("did you mean `parquet`?"));
    assert!(refused("a.csv?delimiter=ab").contains("one ASCII character"));
    assert!(refused("a.parquet?null=NA").contains("is of CSV, and this is parquet"));
    assert!(refused("kafka://b/t").contains("built without Kafka"));
    let refused = |uri: &str| output(uri).err().map(|e| e.to_string()).unwrap_or_default();
    assert!(refused("out").contains("does not say its format"));
    assert!(refused("a.txt").contains("a format of inputs"));
    assert!(refused("a.csv?follow").contains("there is no option `follow`"));
    assert!(refused("-?partition_by=a").contains("needs a folder"));
    assert!(refused("-?format=parquet").contains("for the standard output"));
}

#[test]
fn missing_files_are_told_with_the_nearest_name() {
    let (_folder, path) = folder();
    std::fs::write(path("flights.csv"), "").unwrap();
    let error = |uri: &str| read(&path(uri), &fields()).unwrap_err().to_string();
    assert!(error("flihts.csv").ends_with("did you mean `flights.csv`?"));
    assert!(error("none/a.csv").contains("there is no folder"));
    assert!(error("*.jsonl").contains("there are no files"));
    std::fs::write(path("notes.doc"), "").unwrap();
    assert!(error("").contains("its name does not say its format"));
    assert!(read(&path("flights.csv"), &fields()).unwrap().rows.is_empty());
}

#[test]
fn files_that_are_cut_off_are_told() {
    let (fields, events) = events(0, 5000);
    let batches = [events];
    for file in ["a.parquet", "a.arrow", "a.csv.gz", "a.jsonl.zst"] {
        let (_folder, path) = folder();
        write(&path(file), &batches);
        let bytes = std::fs::read(path(file)).unwrap();
        for len in [bytes.len() - 1, bytes.len() / 2, 30, 5] {
            std::fs::write(path(file), &bytes[..len]).unwrap();
            match read(&path(file), &fields) {
                Err(Error::Format(text)) => assert!(text.contains(&path(file)), "{text}"),
                other => panic!("{file} cut to {len} bytes: {other:?}"),
            }
        }
    }
}

#[test]
fn damaged_columnar_files_never_panic() {
    let (fields, events) = events(0, 300);
    for file in ["a.parquet", "a.arrow"] {
        let (_folder, path) = folder();
        write(&path(file), std::slice::from_ref(&events));
        let bytes = std::fs::read(path(file)).unwrap();
        for at in (0..bytes.len()).step_by(7) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x55;
            std::fs::write(path(file), &damaged).unwrap();
            // Some damage cannot be seen, such as another digit in a number.
            if let Err(error) = read(&path(file), &fields) {
                assert!(error.to_string().contains(&path(file)), "{error}");
            }
        }
    }
}
