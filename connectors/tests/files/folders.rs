//! `column=value` folders, read and written.

use crate::support::*;
use ouzel_connectors::output;
use ouzel_dsl::schema::{Field, Type};

fn fields() -> Vec<Field> {
    vec![
        Field::new("day", Type::Date, true),
        Field::new("key", Type::Str, true),
        Field::new("n", Type::Int { bits: 32, signed: true }, false),
    ]
}

#[test]
fn names_of_folders_are_columns() {
    let (_folder, path) = folder();
    for day in ["day=2013-01-01/key=a%2Fb", "day=__HIVE_DEFAULT_PARTITION__/key="] {
        std::fs::create_dir_all(path(day)).unwrap();
        std::fs::write(path(&format!("{day}/x.csv")), "n\n1\n2\n").unwrap();
    }
    std::fs::write(path("_SUCCESS"), "").unwrap();
    let read_all = read(&path(""), &fields()).unwrap();
    assert_eq!(
        read_all.rows,
        [
            "{\"n\":1,\"key\":\"a/b\",\"day\":\"2013-01-01\"}",
            "{\"n\":2,\"key\":\"a/b\",\"day\":\"2013-01-01\"}",
            "{\"n\":1,\"key\":\"\",\"day\":null}",
            "{\"n\":2,\"key\":\"\",\"day\":null}",
        ]
    );
    let source = open(&path(""), &request(&fields())).unwrap();
    assert_eq!(source.partitions()[0], "day=2013-01-01/key=a%2Fb/x.csv");
    let globbed = read(&path("day=2*/**/*.csv"), &fields()).unwrap();
    assert_eq!(globbed.rows, read_all.rows[..2]);
    std::fs::create_dir(path("day=monday")).unwrap();
    std::fs::write(path("day=monday/x.csv"), "n\n").unwrap();
    let error = read(&path(""), &fields()).unwrap_err().to_string();
    assert!(error.contains("`day=monday` gives column `day`: \"monday\" is not date"), "{error}");
}

#[test]
fn columns_become_folders() {
    let (folder, path) = folder();
    let value = |day: Value, key: Value, n| vec![day, key, Value::Int(n)];
    let text = |t: &str| Value::Text(t.to_owned());
    let rows_written = [
        value(Value::Int(0), text("a/b=%"), 1),
        value(Value::Null, text(""), 2),
        value(Value::Int(0), Value::Null, 3),
        value(Value::Int(0), text("a/b=%"), 4),
        value(Value::Int(0), text("__HIVE_DEFAULT_PARTITION__"), 5),
    ];
    let written = batch(&fields(), &rows_written);
    let uri = path("out.parquet?partition_by=day,key");
    write(&uri, std::slice::from_ref(&written));
    assert_eq!(
        tree(folder.path()),
        [
            "out.parquet/day=1970-01-01/key=%5F_HIVE_DEFAULT_PARTITION__/part-00000.parquet",
            "out.parquet/day=1970-01-01/key=__HIVE_DEFAULT_PARTITION__/part-00000.parquet",
            "out.parquet/day=1970-01-01/key=a%2Fb%3D%25/part-00000.parquet",
            "out.parquet/day=__HIVE_DEFAULT_PARTITION__/key=/part-00000.parquet",
        ]
    );
    let columns = |row: &[Value]| vec![row[2].clone(), row[1].clone(), row[0].clone()];
    let fields = fields();
    let order = [fields[2].clone(), fields[1].clone(), fields[0].clone()];
    let expected = batch(&order, &rows_written.each_ref().map(|r| columns(r)));
    let mut expected = rows(&[expected]);
    let mut found = read(&path("out.parquet"), &fields).unwrap().rows;
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    let refused = |by: &str| {
        let sink = output(&path(&format!("out.parquet?partition_by={by}"))).unwrap();
        sink.replace(&written.schema()).err().unwrap().to_string()
    };
    assert!(refused("keyy").contains("no such column; did you mean `key`?"));
    assert!(refused("day,key,n").contains("nothing is left"));
}

#[test]
fn many_folders_need_few_open_files() {
    let (folder, path) = folder();
    let fields = [
        Field::new("a", Type::Int { bits: 32, signed: true }, false),
        Field::new("b", Type::Str, false),
    ];
    let row = |n| vec![Value::Int(n), Value::Text(n.to_string())];
    let rows_written: Vec<_> = (0..200).chain(0..200).map(row).collect();
    let written = batch(&fields, &rows_written);
    write(&path("out/?format=csv&partition_by=a"), std::slice::from_ref(&written));
    assert_eq!(tree(folder.path()).len(), 200, "one batch goes to each folder at once");
    let mut read = read(&path("out"), &fields).unwrap().rows;
    assert_eq!(read.len(), 400);
    read.dedup();
    assert_eq!(read.len(), 200);
}

#[test]
fn what_a_killed_process_left_of_a_folder_is_swept_away() {
    let (_folder, path) = folder();
    let left = std::path::PathBuf::from(path(".out.AbCdEf.tmp"));
    std::fs::create_dir(&left).unwrap();
    std::fs::write(left.join("part-00000.csv"), "n\n").unwrap();
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
    let times = std::fs::FileTimes::new().set_modified(old);
    std::fs::File::open(&left).unwrap().set_times(times).unwrap();
    let held = std::fs::File::open(&left).unwrap();
    held.lock().unwrap();
    let row = vec![Value::Null, Value::Null, Value::Int(1)];
    let batches = [batch(&fields(), &[row])];
    let uri = format!("{}?format=csv&partition_by=day", path("out"));
    write(&uri, &batches);
    assert!(left.exists(), "another process is at work on it");
    drop(held);
    write(&uri, &batches);
    assert!(!left.exists());
}
