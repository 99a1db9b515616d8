//! Inputs that grow while they are read.

use crate::support::*;
use ouzel_dsl::schema::{Field, Type};
use std::fs::{OpenOptions, write as put};
use std::io::Write;

fn fields() -> Vec<Field> {
    vec![Field::new("a", Type::Str, false)]
}

fn append(path: &str, text: &str) {
    OpenOptions::new().append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

fn values(read: &Read) -> Vec<String> {
    let inner = |row: &String| row["{\"a\":\"".len()..row.len() - 2].to_owned();
    read.rows.iter().map(inner).collect()
}

#[test]
fn a_file_gives_its_whole_records_as_it_grows() {
    let (_folder, path) = folder();
    put(path("a.csv"), "").unwrap();
    let source = open(&path("a.csv?follow"), &request(&fields())).unwrap();
    assert!(!source.bounded());
    let nothing = read_from(source.as_ref(), &[0]).unwrap();
    assert!(nothing.rows.is_empty() && !nothing.end);
    append(&path("a.csv"), "a");
    assert!(read_from(source.as_ref(), &[0]).unwrap().next == [0], "not even a whole header");
    append(&path("a.csv"), "\nx\n\"y\nz");
    let one = read_from(source.as_ref(), &[0]).unwrap();
    assert_eq!((values(&one), &one.next), (vec!["x".to_owned()], &vec![4]));
    append(&path("a.csv"), "\"\nlast");
    let two = read_from(source.as_ref(), &one.next).unwrap();
    assert_eq!((values(&two), &two.next), (vec!["y\\nz".to_owned()], &vec![10]));
    assert!(two.ended.is_empty() && !two.end);
    put(path("a.csv"), "a\n").unwrap();
    let error = read_from(source.as_ref(), &two.next).unwrap_err().to_string();
    assert!(error.contains("may grow, not become shorter"), "{error}");
}

#[test]
fn a_file_that_took_the_place_of_another_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.jsonl");
    std::fs::write(&path, "{\"a\":\"1\"}\n").unwrap();
    let fields = fields();
    let source = open(&format!("{}?follow", path.display()), &request(&fields)).unwrap();
    let first = read_from(source.as_ref(), &[]).unwrap();
    assert_eq!(first.rows.len(), 1);
    std::fs::write(dir.path().join("b.jsonl"), "{\"a\":\"2\"}\n{\"a\":\"3\"}\n").unwrap();
    std::fs::rename(dir.path().join("b.jsonl"), &path).unwrap();
    let said = read_from(source.as_ref(), &first.next).unwrap_err().to_string();
    assert!(said.contains("was replaced by another file while it was read"), "{said}");
}

#[test]
fn a_file_in_the_making_is_looked_at_again() {
    let dir = tempfile::tempdir().unwrap();
    let fields = fields();
    std::fs::write(dir.path().join("a.jsonl"), "{\"a\":\"1\"}\n").unwrap();
    let made = dir.path().join("whole");
    write(
        &format!("{}?format=parquet", made.display()),
        &[batch(&fields, &[vec![Value::Text("2".to_owned())]])],
    );
    let whole = std::fs::read(&made).unwrap();
    std::fs::remove_file(&made).unwrap();
    let source = open(&format!("{}/?follow", dir.path().display()), &request(&fields)).unwrap();
    let first = read_from(source.as_ref(), &[]).unwrap();
    assert_eq!(first.rows.len(), 1);
    let path = dir.path().join("b.parquet");
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let second = read_from(source.as_ref(), &first.next).unwrap();
    assert!(second.rows.is_empty() && !second.end);
    std::fs::write(&path, &whole).unwrap();
    assert_eq!(read_from(source.as_ref(), &second.next).unwrap().rows, ["{\"a\":\"2\"}"]);
}

#[test]
fn a_folder_gives_new_files_as_new_partitions() {
    let (_folder, path) = folder();
    put(path("b.jsonl"), "{\"a\":\"1\"}\n").unwrap();
    let source = open(&path("?follow"), &request(&fields())).unwrap();
    let one = read_from(source.as_ref(), &[]).unwrap();
    assert_eq!(values(&one), ["1"]);
    let records = [vec![Value::Text("2".to_owned())]];
    write(&path("c.parquet"), &[batch(&fields(), &records)]);
    put(path("a.jsonl"), "{\"a\":\"3\"}\n").unwrap();
    append(&path("b.jsonl"), "{\"a\":\"4\"}\n{\"a\"");
    let two = read_from(source.as_ref(), &one.next).unwrap();
    assert_eq!(**source.partitions(), ["b.jsonl", "a.jsonl", "c.parquet"], "indices stay");
    assert_eq!(values(&two), ["4", "3", "2"]);
    assert_eq!(two.ended, [2], "a Parquet file does not grow");
    let three = read_from(source.as_ref(), &two.next).unwrap();
    assert!(three.rows.is_empty());
}

#[test]
fn in_a_sequence_a_file_is_whole_once_another_follows_it() {
    let (_folder, path) = folder();
    put(path("1.jsonl"), "{\"a\":\"1\"}\n{\"a\":\"2\"}").unwrap();
    let uri = path("?follow&sequence");
    let source = open(&uri, &request(&fields())).unwrap();
    let one = read_from(source.as_ref(), &[]).unwrap();
    assert_eq!(values(&one), ["1"]);
    put(path("2.jsonl"), "{\"a\":\"3\"}\n").unwrap();
    let two = read_from(source.as_ref(), &one.next).unwrap();
    assert_eq!(values(&two), ["2", "3"]);
    assert_eq!(two.offsets, [(0, 10), (0, 19)]);
    let anew = open(&uri, &request(&fields())).unwrap();
    assert_eq!(values(&read_from(anew.as_ref(), &one.next).unwrap()), ["2", "3"]);
    let batch = read(&path("?sequence"), &fields()).unwrap();
    assert_eq!(batch.offsets[1..], two.offsets, "as batch has them");
    append(&path("1.jsonl"), "\n");
    let error = read_from(source.as_ref(), &two.next).unwrap_err().to_string();
    assert!(error.contains("only the last file may grow"), "{error}");
    put(path("0.jsonl"), "").unwrap();
    let error = read_from(source.as_ref(), &two.next).unwrap_err().to_string();
    assert!(error.contains("need names that come last"), "{error}");
}
