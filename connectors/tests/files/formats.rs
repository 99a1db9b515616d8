//! What is written in a format is read back as it was, whatever the types; and the laws of
//! connectors hold for each.

use crate::support::*;
use arrow::array::RecordBatch;
use ouzel_connectors::{MemoryOutput, conformance, input, memory_input, output};
use ouzel_dsl::connector::Demand;
use ouzel_dsl::schema::{Field, Type};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

const FORMATS: [&str; 9] = [
    "a.parquet",
    "a.arrow",
    "a.csv",
    "a.tsv",
    "a.jsonl",
    "a.csv.gz",
    "a.jsonl.zst",
    "a.csv?header=false&delimiter=;&null=NA",
    "a.txt?format=jsonl",
];

fn types() -> impl Strategy<Value = Type> {
    let int = (prop_oneof![Just(8u8), Just(16), Just(32), Just(64)], any::<bool>());
    let leaf = prop_oneof![
        Just(Type::Bool),
        int.prop_map(|(bits, signed)| Type::Int { bits, signed }),
        Just(Type::Float { bits: 32 }),
        Just(Type::Float { bits: 64 }),
        Just(Type::Str),
        Just(Type::Bytes),
        Just(Type::Timestamp),
        Just(Type::Date),
        (0u8..20).prop_map(|scale| Type::Decimal { scale }),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        let fields = prop::collection::vec((inner.clone(), any::<bool>()), 1..4);
        prop_oneof![
            (inner, any::<bool>())
                .prop_map(|(ty, null)| Type::List(Box::new(Field::new("item", ty, null)))),
            fields.prop_map(|fields| {
                let field = |(i, (ty, null))| Field::new(format!("f{i}"), ty, null);
                Type::Struct(fields.into_iter().enumerate().map(field).collect())
            }),
        ]
    })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]{0,4}",
        "[\\x00-\\x7f]{0,6}",
        any::<String>(),
        prop::sample::select(vec!["NA", "null", "\u{feff}", "\"", ",", "\r\n", " ", "é\n"])
            .prop_map(str::to_owned),
    ]
}

fn values(field: &Field) -> BoxedStrategy<Value> {
    let some = match &field.ty {
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::Int { bits, signed } => {
            let (min, max) = match signed {
                true => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
                false => (0, (1i128 << bits) - 1),
            };
            prop_oneof![min..=max, Just(min), Just(max), Just(0)].prop_map(Value::Int).boxed()
        }
        Type::Float { bits: 32 } => {
            any::<u32>().prop_map(|bits| Value::Float(f32::from_bits(bits).into())).boxed()
        }
        Type::Float { .. } => prop_oneof![
            any::<u64>().prop_map(f64::from_bits),
            prop::sample::select(vec![
                0.0,
                -0.0,
                f64::NAN,
                f64::INFINITY,
                f64::NEG_INFINITY,
                1e300
            ]),
        ]
        .prop_map(Value::Float)
        .boxed(),
        Type::Bytes => prop::collection::vec(any::<u8>(), 0..5).prop_map(Value::Bytes).boxed(),
        Type::Timestamp => prop_oneof![any::<i64>(), -1_000_000_000_000i64..2_000_000_000_000_000]
            .prop_map(|t| Value::Int(t.into()))
            .boxed(),
        Type::Date => {
            prop_oneof![any::<i32>(), -1000..40_000].prop_map(|d| Value::Int(d.into())).boxed()
        }
        Type::Decimal { .. } => {
            let max = 10i128.pow(38) - 1;
            prop_oneof![-max..=max, -1000i128..1000].prop_map(Value::Int).boxed()
        }
        Type::List(item) => prop::collection::vec(values(item), 0..4).prop_map(Value::List).boxed(),
        Type::Struct(fields) => {
            fields.iter().map(values).collect::<Vec<_>>().prop_map(Value::Record).boxed()
        }
        _ => text().prop_map(Value::Text).boxed(),
    };
    match field.nullable {
        true => prop_oneof![1 => Just(Value::Null), 3 => some].boxed(),
        false => some,
    }
}

fn tables() -> impl Strategy<Value = (Vec<Field>, Vec<Vec<Value>>)> {
    let fields = prop::collection::vec((types(), any::<bool>()), 1..5);
    fields.prop_flat_map(|fields| {
        let field = |(i, (ty, null))| Field::new(format!("c{i}"), ty, null);
        let fields: Vec<Field> = fields.into_iter().enumerate().map(field).collect();
        let row: Vec<_> = fields.iter().map(values).collect();
        (Just(fields), prop::collection::vec(row, 0..12))
    })
}

#[test]
fn what_is_written_is_read_back_by_every_format_and_type() {
    let mut runner = TestRunner::new(Config { cases: 100, ..Config::default() });
    runner
        .run(&tables(), |(fields, values)| {
            let (_folder, path) = folder();
            let written = batch(&fields, &values);
            for format in FORMATS {
                let uri = path(format);
                write(&uri, std::slice::from_ref(&written));
                let read = read(&uri, &fields).unwrap();
                prop_assert_eq!(&read.rejects, &vec![], "{}", format);
                prop_assert_eq!(read.rows, rows(std::slice::from_ref(&written)), "{}", format);
            }
            Ok(())
        })
        .unwrap();
}

fn many() -> (Vec<Field>, Vec<RecordBatch>) {
    let (fields, first) = events(0, 150);
    (fields, vec![first, events(150, 151).1, events(151, 400).1])
}

#[test]
fn files_of_every_format_are_sources() {
    let (fields, batches) = many();
    for format in FORMATS {
        let (_folder, path) = folder();
        write(&path(format), &batches);
        conformance::source(&*input(&path(format)).unwrap(), &request(&fields), &batches);
    }
}

#[test]
fn folders_and_sequences_are_sources() {
    let (fields, batches) = many();
    for format in ["parquet", "arrow", "csv", "jsonl", "csv.gz"] {
        let (_folder, path) = folder();
        for (index, batch) in batches.iter().enumerate() {
            write(&path(&format!("{index}.{format}")), std::slice::from_ref(batch));
        }
        conformance::source(&*input(&path("")).unwrap(), &request(&fields), &batches);
        let glob = path(&format!("[0-9].{format}?sequence"));
        conformance::source(&*input(&glob).unwrap(), &request(&fields), &batches);
        let one = read(&glob, &fields).unwrap();
        assert!(one.offsets.iter().all(|(partition, _)| *partition == 0));
    }
}

#[test]
fn memory_is_a_source() {
    let (fields, batches) = many();
    let partitions = vec![batches[..2].to_vec(), batches[2..].to_vec()];
    conformance::source(&*memory_input(partitions), &request(&fields), &batches);
}

#[test]
fn lines_are_a_source() {
    let (_folder, path) = folder();
    std::fs::write(path("a.txt"), "one\n\n\u{e9} \"two\", three\r\nfour").unwrap();
    let fields = vec![Field::new("line", Type::Str, false)];
    let line = |text: &str| vec![Value::Text(text.to_owned())];
    let lines = [line("one"), line(""), line("\u{e9} \"two\", three"), line("four")];
    let expected = [batch(&fields, &lines)];
    conformance::source(&*input(&path("a.txt")).unwrap(), &request(&fields), &expected);
}

/// What is there now, however it came to be there.
fn content(uri: &str, fields: &[Field]) -> Vec<RecordBatch> {
    let mut batches = Vec::new();
    let Ok(source) = open(uri, &request(fields)) else { return batches };
    for split in source.splits(&[]).unwrap().splits {
        split
            .read(&mut |chunk| {
                batches.push(chunk.batch);
                Ok(Demand::More)
            })
            .unwrap();
    }
    batches
}

#[test]
fn files_of_every_format_are_sinks() {
    let (fields, batches) = many();
    for format in FORMATS {
        let (_folder, path) = folder();
        let uri = path(format);
        conformance::sink(&*output(&uri).unwrap(), &batches, &|| content(&uri, &fields));
    }
}

#[test]
fn folders_are_sinks() {
    let (fields, batches) = many();
    for options in ["format=parquet", "format=csv", "format=jsonl.gz&partition_by=value,key"] {
        let (_folder, path) = folder();
        let uri = path(&format!("out/?{options}"));
        let read = path(&format!("out/?{}", options.split('&').next().unwrap()));
        conformance::sink(&*output(&uri).unwrap(), &batches, &|| content(&read, &fields));
    }
}

#[test]
fn memory_is_a_sink() {
    let (_, batches) = many();
    let output = MemoryOutput::new();
    conformance::sink(&output, &batches, &|| output.batches());
}
