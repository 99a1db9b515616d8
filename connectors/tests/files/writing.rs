//! What outputs do to the file system.

use crate::support::*;
use ouzel_connectors::{input, output};
use ouzel_dsl::Error;
use ouzel_dsl::connector::{Demand, Request};
use std::fs;

#[test]
fn nothing_is_left_behind_by_what_was_dropped() {
    let (folder, path) = folder();
    let (_, batch) = events(0, 10);
    for name in ["a.csv", "a.parquet", "a.arrow", "a.jsonl.gz", "b.csv?partition_by=n"] {
        let mut content = output(&path(name)).unwrap().replace(&batch.schema()).unwrap();
        content.write(&batch).unwrap();
        drop(content);
        assert!(tree(folder.path()).is_empty(), "{name}");
    }
}

#[test]
fn texts_are_written_as_one_expects() {
    let (_folder, path) = folder();
    let (_, batch) = events(0, 2);
    write(&path("a.csv"), std::slice::from_ref(&batch));
    assert_eq!(
        fs::read_to_string(path("a.csv")).unwrap(),
        "n,key,value,time\n0,\"a, \"\"0\"\"\nb\",,1970-01-01T00:00:00Z\n1,key 1,0.25,1970-01-01T00:00:01Z\n"
    );
    write(&path("a.jsonl"), &[batch]);
    assert_eq!(
        fs::read_to_string(path("a.jsonl")).unwrap().lines().next().unwrap(),
        "{\"n\":0,\"key\":\"a, \\\"0\\\"\\nb\",\"value\":null,\"time\":\"1970-01-01T00:00:00Z\"}"
    );
}

#[test]
fn a_stream_writes_a_header_once_and_parts_by_number() {
    let (folder, path) = folder();
    let (_, batch) = events(1, 2);
    for name in ["a.csv", "b.csv.gz"] {
        let sink = output(&path(name)).unwrap();
        let mut content = sink.append(&batch.schema(), None).unwrap();
        content.write(&batch).unwrap();
        let mark = content.commit().unwrap();
        drop(content);
        let mut content = sink.append(&batch.schema(), Some(&mark)).unwrap();
        content.write(&batch).unwrap();
        content.finish().unwrap();
    }
    let line = "1,key 1,0.25,1970-01-01T00:00:01Z\n";
    let text = fs::read_to_string(path("a.csv")).unwrap();
    assert_eq!(text, format!("n,key,value,time\n{line}{line}"));
    assert_eq!(
        tree(folder.path()),
        ["a.csv", "b.csv.gz/part-00000.csv.gz", "b.csv.gz/part-00001.csv.gz"]
    );
}

#[test]
fn marks_of_what_was_changed_since_are_refused() {
    let (_folder, path) = folder();
    let (_, batch) = events(0, 10);
    for name in ["a.csv", "b.parquet"] {
        let sink = output(&path(name)).unwrap();
        let mut content = sink.append(&batch.schema(), None).unwrap();
        content.write(&batch).unwrap();
        let mark = content.commit().unwrap();
        drop(content);
        match name {
            "a.csv" => fs::write(path(name), "").unwrap(),
            _ => fs::remove_file(path("b.parquet/part-00000.parquet")).unwrap(),
        }
        for mark in [mark.as_str(), "x"] {
            match sink.append(&batch.schema(), Some(mark)) {
                Err(Error::State(text)) => assert!(text.contains(&path(name)), "{text}"),
                other => panic!("{name} at {mark}: {:?}", other.err()),
            }
        }
    }
}

#[test]
fn what_is_not_ours_is_not_replaced() {
    let (folder, path) = folder();
    let (_, batch) = events(0, 10);
    fs::create_dir(path("photos")).unwrap();
    fs::write(path("photos/cat.jpg"), "").unwrap();
    for uri in ["photos?format=csv", "photos/?format=csv", "photos?format=csv&partition_by=n"] {
        let sink = output(&path(uri)).unwrap();
        assert!(sink.replace(&batch.schema()).is_err(), "{uri}");
        assert!(sink.append(&batch.schema(), None).is_err(), "{uri}");
    }
    assert_eq!(tree(folder.path()), ["photos/cat.jpg"]);
    let null = output("/dev/null?format=csv").unwrap();
    let refused = null.replace(&batch.schema()).err().unwrap().to_string();
    assert!(refused.contains("is not a file"), "{refused}");
    assert!(null.append(&batch.schema(), None).is_err());
    let missing = output(&path("none/a.csv")).unwrap();
    let refused = missing.replace(&batch.schema()).err().unwrap().to_string();
    assert!(refused.contains("there is no folder") && refused.contains("make it first"));
}

#[test]
fn a_link_stays_a_link() {
    let (_folder, path) = folder();
    let (_, batch) = events(0, 3);
    write(&path("real.csv"), std::slice::from_ref(&batch));
    std::os::unix::fs::symlink(path("real.csv"), path("link.csv")).unwrap();
    write(&path("link.csv"), &[events(0, 1).1]);
    assert!(fs::symlink_metadata(path("link.csv")).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(path("real.csv")).unwrap().lines().count(), 3);
}

#[test]
fn text_of_a_dictionary_stays_at_one_address_in_a_row_group() {
    use arrow::array::AsArray;
    let (_folder, path) = folder();
    let (fields, _) = events(0, 1);
    let row = |n: i128| {
        let key = format!("key {}", n % 7);
        vec![Value::Int(n), Value::Text(key), Value::Null, Value::Int(n)]
    };
    let rows: Vec<_> = (0..1000).map(row).collect();
    write(&path("a.parquet"), &[batch(&fields, &rows)]);
    let request = Request { chunk_rows: 100, split_bytes: u64::MAX, ..request(&fields) };
    let source = input(&path("a.parquet")).unwrap().open(&request).unwrap();
    let mut kept = Vec::new();
    for split in source.splits(&[]).unwrap().splits {
        split
            .read(&mut |chunk| {
                kept.push(chunk.batch.column_by_name("key").unwrap().clone());
                Ok(Demand::More)
            })
            .unwrap();
    }
    assert_eq!(kept.len(), 10);
    let address = |key: &arrow::array::ArrayRef| {
        key.as_any_dictionary().values().as_string::<i32>().value_data().as_ptr()
    };
    assert!(kept.iter().all(|key| address(key) == address(&kept[0])));
}

#[test]
fn parquet_of_other_writers_is_read_too() {
    use arrow::array::RecordBatch;
    use arrow::compute::cast;
    use arrow::datatypes::{DataType, Field as ArrowField, Schema, TimeUnit};
    use parquet::arrow::ArrowWriter;
    use std::collections::HashMap;
    use std::sync::Arc;
    let (_folder, path) = folder();
    let (fields, batch) = events(0, 50);
    let seconds = DataType::Timestamp(TimeUnit::Second, None);
    let dictionary = |values| DataType::Dictionary(Box::new(DataType::Int8), Box::new(values));
    for text in [
        DataType::LargeUtf8,
        DataType::Utf8View,
        dictionary(DataType::Utf8),
        dictionary(DataType::LargeUtf8),
    ] {
        let types = [DataType::Int32, text, DataType::Float32, seconds.clone()];
        let mut schema = Vec::new();
        let mut columns = Vec::new();
        for (index, (column, ty)) in batch.columns().iter().zip(types).enumerate() {
            let id = HashMap::from([("PARQUET:field_id".to_owned(), index.to_string())]);
            let column = cast(column, &ty).unwrap();
            let field = ArrowField::new(&fields[index].name, ty, index == 2).with_metadata(id);
            schema.push(field);
            columns.push(column);
        }
        let foreign = RecordBatch::try_new(Arc::new(Schema::new(schema)), columns).unwrap();
        let file = fs::File::create(path("a.parquet")).unwrap();
        let mut writer = ArrowWriter::try_new(file, foreign.schema(), None).unwrap();
        writer.write(&foreign).unwrap();
        writer.close().unwrap();
        let file = fs::File::create(path("a.arrow")).unwrap();
        let mut writer = arrow::ipc::writer::FileWriter::try_new(file, &foreign.schema()).unwrap();
        writer.write(&foreign).unwrap();
        writer.finish().unwrap();
        for name in ["a.parquet", "a.arrow"] {
            let read = read(&path(name), &fields).unwrap();
            assert_eq!(read.rows, rows(std::slice::from_ref(&batch)), "{name}");
        }
    }
}
