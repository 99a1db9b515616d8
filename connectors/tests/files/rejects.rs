//! Records that cannot be decoded, among others that can.

use crate::support::*;
use ouzel_dsl::schema::{Field, Type, Wire};

fn fields() -> Vec<Field> {
    vec![
        Field::new("name", Type::Str, false),
        Field::new("small", Type::Int { bits: 8, signed: true }, false),
        Field::new("time", Type::Timestamp, true),
    ]
}

fn check(file: &str, text: &[u8], rows: &[&str], rejects: &[(u64, &str)]) {
    let (_folder, path) = folder();
    std::fs::write(path(file), text).unwrap();
    let read = read(&path(file), &fields()).unwrap();
    assert_eq!(read.rows, rows);
    let found: Vec<_> = read.rejects.iter().map(|(at, _, why)| (*at, why.as_str())).collect();
    assert_eq!(found, rejects);
    for (at, bytes, _) in &read.rejects {
        let there = String::from_utf8_lossy(&text[*at as usize..]).into_owned();
        assert!(there.starts_with(bytes.as_str()), "{bytes:?} stands at {at}");
    }
}

#[test]
fn of_csv() {
    check(
        "a.csv",
        b"\xef\xbb\xbfname,small,time\r\na,1,\r\nb,300,\nc,2\nd\xff,3,\n,4,\n\n\"\",5,\ne,x,\nf, 7 ,2013-13-01\ng,-0,2013-01-01 00:00:00\nh,8,\"\ni,9,\n",
        &[
            "{\"name\":\"a\",\"small\":1,\"time\":null}",
            "{\"name\":\"\",\"small\":5,\"time\":null}",
            "{\"name\":\"g\",\"small\":0,\"time\":\"2013-01-01T00:00:00Z\"}",
        ],
        &[
            (26, "column `small`: 300 is out of range of i8"),
            (33, "2 cells, expected 3"),
            (37, "column `name` is not UTF-8 text"),
            (43, "column `name` is null"),
            (54, "column `small`: \"x\" is not i8"),
            (59, "column `time`: \"2013-13-01\" is not timestamp such as 2013-01-01T05:15:00Z, of the years -9999 to 9999: other forms are told by #[record(format = \"..\")]"),
            (
                101,
                "a quote is opened in this record and never closed: all that follows, to the end of the file, is within it",
            ),
        ],
    );
}

#[test]
fn of_json_lines() {
    let lines = [
        "{\"name\":\"a\",\"small\":1,\"time\":null}",
        "{\"small\":1}",
        "{\"name\":\"b\",\"small\":128}",
        "{\"name\":\"c\",\"small\":1.5}",
        "{\"name\":7,\"small\":1}",
        "{\"name\":\"d\",\"small\":1} x",
        "{\"name\":\"e\",\"small\":\"x\",\"small\":2,\"time\":\"2013-01-01T00:00:00+01:00\"}",
        "[1]",
        " ",
        "{\"name\":\"f\\u0041\",\"small\":-128,\"more\":{\"deep\":[{}]}}",
        "{\"name\":\"g\",\"small\":3,\"time\":\"noon\"}",
        "{\"name\":\"h\",\"small\":4",
    ];
    let at = |index: usize| lines[..index].iter().map(|l| l.len() as u64 + 1).sum();
    check(
        "a.jsonl",
        lines.join("\n").as_bytes(),
        &[
            "{\"name\":\"a\",\"small\":1,\"time\":null}",
            "{\"name\":\"e\",\"small\":2,\"time\":\"2012-12-31T23:00:00Z\"}",
            "{\"name\":\"fA\",\"small\":-128,\"time\":null}",
        ],
        &[
            (at(1), "column `name` is missing"),
            (at(2), "column `small`: 128 is out of range of i8"),
            (at(3), "column `small`: \"1.5\" is not i8"),
            (at(4), "column `name`: \"7\" is not text"),
            (
                at(5),
                "not a JSON object: JSON has non-whitespace trailing characters after the value at byte 24",
            ),
            (
                at(7),
                "not a JSON object: invalid type: sequence, expected an object with the record's fields at byte 2",
            ),
            (
                at(10),
                "column `time`: \"noon\" is not timestamp such as 2013-01-01T05:15:00Z, of the years -9999 to 9999: other forms are told by #[record(format = \"..\")]",
            ),
            (at(11), "not a JSON object: EOF while parsing at byte 21"),
        ],
    );
}

#[test]
fn times_have_other_forms_too() {
    let (_folder, path) = folder();
    let time = |name: &str, wire| Field { wire, ..Field::new(name, Type::Timestamp, true) };
    let fields = vec![
        time("s", Wire::Seconds),
        time("f", Wire::Format("%d.%m.%Y")),
        Field { has_default: true, ..Field::new("gone", Type::Date, false) },
    ];
    std::fs::write(path("a.csv"), "s,f\n1,01.02.2013\nx,\n").unwrap();
    std::fs::write(path("a.jsonl"), "{\"s\":1,\"f\":\"01.02.2013\"}\n{\"s\":\"x\"}\n").unwrap();
    let csv = read(&path("a.csv"), &fields).unwrap();
    assert_eq!(csv.rows, ["{\"s\":1,\"f\":\"01.02.2013\"}"]);
    let json = read(&path("a.jsonl"), &fields).unwrap();
    assert_eq!(json.rows, ["{\"s\":1,\"f\":\"01.02.2013\",\"gone\":null}"]);
    for read in [csv, json] {
        let (_, _, why) = &read.rejects[0];
        assert_eq!(why, "column `s`: \"x\" is not timestamp (whole seconds since 1970)");
    }
}
