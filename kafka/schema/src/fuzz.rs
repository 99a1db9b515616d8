//! What every payload must keep to, however broken: for fuzzers, and for tests with made-up bytes.
//!
//! Nothing panics. What can be decoded is a JSON object, which can be encoded, and decoding that
//! gives the same JSON.

use crate::registry::Reference;
use crate::{Codec, avro, frame, protobuf, scalar};
use std::sync::LazyLock;

/// Checks bytes as an Avro record with fields of every type.
pub fn avro(data: &[u8]) {
    static CODEC: LazyLock<Box<dyn Codec>> =
        LazyLock::new(|| avro::reader(AVRO).expect("the schema is one"));
    check(CODEC.as_ref(), data);
}

/// Checks bytes as a Protobuf message with fields of every type.
pub fn protobuf(data: &[u8]) {
    static CODEC: LazyLock<Box<dyn Codec>> = LazyLock::new(|| message("All"));
    check(CODEC.as_ref(), data);
    // What can only be read.
    static ANY: LazyLock<Box<dyn Codec>> = LazyLock::new(|| message("Only"));
    decoded(ANY.as_ref(), data);
    if let Ok((_, rest)) = frame::indexes(data) {
        assert!(rest.len() < data.len() && data.ends_with(rest), "the rest is what follows");
    }
}

fn message(name: &str) -> Box<dyn Codec> {
    let references = [Reference { name: "more/other.proto".into(), text: OTHER.into() }];
    protobuf::of_text(PROTOBUF, &references, name).expect("the schema is one")
}

fn decoded(codec: &dyn Codec, data: &[u8]) -> Option<String> {
    let mut json = String::new();
    match codec.decode(data, &mut json) {
        Err(fault) => {
            assert!(!fault.to_string().is_empty(), "a fault has a reason");
            None
        }
        Ok(()) => {
            assert!(json.starts_with('{') && json.ends_with('}'), "an object: {json}");
            if let Err(e) = scalar::parse(&json) {
                panic!("{e}: {json}");
            }
            Some(json)
        }
    }
}

fn check(codec: &dyn Codec, data: &[u8]) {
    let Some(json) = decoded(codec, data) else { return };
    let mut payload = Vec::new();
    codec.encode(&json, &mut payload).unwrap_or_else(|e| panic!("{e}: {json}"));
    assert_eq!(decoded(codec, &payload).as_deref(), Some(json.as_str()), "it comes back");
}

const AVRO: &str = r#"{"type": "record", "name": "All", "namespace": "fuzz", "fields": [
    {"name": "bool", "type": "boolean"},
    {"name": "int", "type": ["null", "int"]},
    {"name": "long", "type": "long"},
    {"name": "float", "type": "float"},
    {"name": "double", "type": "double"},
    {"name": "bytes", "type": "bytes"},
    {"name": "text", "type": "string"},
    {"name": "nothing", "type": "null"},
    {"name": "four", "type": {"type": "fixed", "name": "Four", "size": 4}},
    {"name": "letter", "type": {"type": "enum", "name": "Letter", "symbols": ["A", "B"]}},
    {"name": "day", "type": {"type": "int", "logicalType": "date"}},
    {"name": "millis", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    {"name": "micros", "type": {"type": "long", "logicalType": "timestamp-micros"}},
    {"name": "local", "type": {"type": "long", "logicalType": "local-timestamp-micros"}},
    {"name": "paid", "type": {"type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 2}},
    {"name": "due", "type": {"type": "fixed", "name": "Due", "size": 20, "logicalType": "decimal",
        "precision": 38, "scale": 4}},
    {"name": "any", "type": {"type": "bytes", "logicalType": "big-decimal"}},
    {"name": "uuid", "type": {"type": "fixed", "name": "Sixteen", "size": 16, "logicalType": "uuid"}},
    {"name": "one", "type": ["null", "boolean", "long", "string", "All"]},
    {"name": "list", "type": {"type": "array", "items": {"type": "array", "items": "int"}}},
    {"name": "nothings", "type": {"type": "array", "items": "null"}},
    {"name": "map", "type": {"type": "map", "values": ["null", "All"]}}
]}"#;

const OTHER: &str = r#"syntax = "proto3";
package other;
enum Letter { NONE = 0; A = 1; B = 5; }
message Leaf { bool green = 1; }
"#;

const PROTOBUF: &str = r#"syntax = "proto3";
import "more/other.proto";
import "google/protobuf/any.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
message All {
    bool bool = 1;
    int32 int32 = 2;
    sint64 sint64 = 3;
    uint64 uint64 = 4;
    fixed32 fixed32 = 5;
    sfixed64 sfixed64 = 6;
    float float = 7;
    double double = 8;
    string text = 9;
    bytes bytes = 10;
    other.Letter letter = 11;
    optional int64 maybe = 12;
    oneof one {
        string name = 13;
        All all = 14;
    }
    repeated sint32 packed = 15;
    repeated other.Leaf leaves = 16;
    map<string, All> map = 17;
    map<int32, double> numbers = 18;
    google.protobuf.Timestamp time = 19;
    google.protobuf.Duration length = 20;
    google.protobuf.Struct struct = 21;
    google.protobuf.Value value = 22;
    google.protobuf.Int64Value wrapped = 23;
    google.protobuf.NullValue nothing = 24;
    repeated google.protobuf.Value values = 25;
}
message Only {
    google.protobuf.Any any = 1;
    repeated google.protobuf.Any anys = 2;
    google.protobuf.FieldMask mask = 3;
    All all = 4;
}
"#;

#[cfg(test)]
mod tests {
    use super::*;

    /// A sequence of numbers that only looks random (splitmix64).
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, n: usize) -> usize {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) % n as u64) as usize
        }
    }

    /// What breaks payloads: long lengths, numbers without end, tags of groups.
    const BREAKS: [&[u8]; 12] = [
        b"\0",
        b"\x01",
        b"\x02",
        b"\x7f",
        b"\x80",
        b"\xff",
        b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\xfe\xff\xff\xff\x0f",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x0b\x0c",
        b"\xc3\x28",
    ];

    fn broken(sample: &[u8], numbers: &mut Numbers) -> Vec<u8> {
        let mut data = sample.to_vec();
        for _ in 0..numbers.below(5) {
            let at = numbers.below(data.len() + 1);
            match numbers.below(5) {
                0 if at < data.len() => {
                    data.remove(at);
                }
                1 => data.truncate(data.len() - numbers.below(data.len() + 1).min(9)),
                2 if at < data.len() => data[at] ^= 1 << numbers.below(8),
                3 => {
                    // As the data would nest.
                    let inner = data.clone();
                    data.splice(at..at, inner.into_iter().take(numbers.below(80)));
                }
                _ => {
                    let insert = BREAKS[numbers.below(BREAKS.len())];
                    data.splice(at..at, insert.iter().copied());
                }
            }
        }
        data
    }

    const AVRO_LEAF: &str = r#"{"bool":true,"int":-7,"long":9007199254740993,"float":0.1,
        "double":"-inf","bytes":"00ff","text":"é\n","nothing":null,"four":"00010203","letter":"B",
        "day":"2013-01-31","millis":"2013-01-31T00:00:00.5Z","micros":"1931-01-31T00:00:00.123456Z",
        "local":"2013-01-31T00:00:00Z","paid":"-1.25","due":"123456789.0001","any":"0.50",
        "uuid":"00010203-0405-0607-0809-0a0b0c0d0e0f","one":ONE,"list":[[1,2],[],[-3]],
        "nothings":[null,null],"map":{"a":null,"b":MAP}}"#;

    fn avro_samples() -> Vec<Vec<u8>> {
        let codec = avro::reader(AVRO).unwrap();
        let leaf = AVRO_LEAF.replace("ONE", "\"x\"").replace("MAP", "null");
        let branch = AVRO_LEAF.replace("ONE", &leaf).replace("MAP", &leaf);
        [leaf, branch]
            .iter()
            .map(|json| {
                let mut payload = Vec::new();
                codec.encode(json, &mut payload).unwrap();
                payload
            })
            .collect()
    }

    const PROTOBUF_LEAF: &str = r#"{"bool":true,"int32":-7,"sint64":-9007199254740993,
        "uint64":18446744073709551615,"fixed32":7,"sfixed64":-1,"float":0.1,"double":"NaN",
        "text":"é","bytes":"00ff","letter":"B","maybe":0,"name":"x","packed":[1,-2],
        "leaves":[{"green":true},{}],"map":{"a":{},"b":{"text":"y"}},"numbers":{"1":1.5},
        "time":"1931-01-31T00:00:00.123456Z","length":"-1.5s","struct":{"a":[1,null,"x",{}]},
        "value":null,"wrapped":5,"nothing":null,"values":[true,{"a":2}]}"#;

    fn protobuf_samples() -> Vec<Vec<u8>> {
        let codec = message("All");
        let branch = PROTOBUF_LEAF.replace("\"name\":\"x\"", &format!("\"all\":{PROTOBUF_LEAF}"));
        let mut samples: Vec<Vec<u8>> = [PROTOBUF_LEAF, &branch]
            .iter()
            .map(|json| {
                let mut payload = Vec::new();
                codec.encode(json, &mut payload).unwrap();
                payload
            })
            .collect();
        samples.push(any("type.googleapis.com/All", &samples[0]));
        samples
    }

    /// A message `Only` with an `Any` in its first field.
    fn any(url: &str, data: &[u8]) -> Vec<u8> {
        fn field(number: u8, data: &[u8]) -> Vec<u8> {
            let mut out = vec![number << 3 | 2];
            let mut length = data.len();
            while length >= 0x80 {
                out.push(length as u8 | 0x80);
                length >>= 7;
            }
            out.push(length as u8);
            out.extend_from_slice(data);
            out
        }
        field(1, &[field(1, url.as_bytes()), field(2, data)].concat())
    }

    #[test]
    fn samples_come_back() {
        avro_samples().iter().for_each(|s| check(avro::reader(AVRO).unwrap().as_ref(), s));
        let samples = protobuf_samples();
        samples[..2].iter().for_each(|s| check(message("All").as_ref(), s));
        let read = decoded(message("Only").as_ref(), &samples[2]).unwrap();
        assert!(read.starts_with(r#"{"any":{"@type":"type.googleapis.com/All","bool":true,"#));
    }

    #[test]
    fn broken_avro_keeps_to_the_laws() {
        let (samples, mut numbers) = (avro_samples(), Numbers(1));
        let (codec, mut well) = (avro::reader(AVRO).unwrap(), 0);
        for _ in 0..20_000 {
            let data = broken(&samples[numbers.below(samples.len())], &mut numbers);
            avro(&data);
            well += usize::from(decoded(codec.as_ref(), &data).is_some());
        }
        assert!((2000..18_000).contains(&well), "some are broken, some are not: {well}");
    }

    #[test]
    fn broken_protobuf_keeps_to_the_laws() {
        let (samples, mut numbers) = (protobuf_samples(), Numbers(2));
        let (codec, mut well) = (message("All"), 0);
        for _ in 0..10_000 {
            let data = broken(&samples[numbers.below(samples.len())], &mut numbers);
            protobuf(&data);
            well += usize::from(decoded(codec.as_ref(), &data).is_some());
        }
        assert!((1000..9000).contains(&well), "some are broken, some are not: {well}");
    }

    #[test]
    fn deep_nesting_is_rejected_not_followed() {
        let mut data = Vec::new();
        for _ in 0..1000 {
            data = any("x/Only", &data);
        }
        protobuf(&data);
        assert!(decoded(message("Only").as_ref(), &data).is_none());
        let list = r#"{"type":"record","name":"L","fields":[{"name":"l","type":["null","L"]}]}"#;
        let mut json = String::new();
        let fault = avro::reader(list).unwrap().decode(&[2; 100_000], &mut json).unwrap_err();
        assert!(fault.to_string().contains("nested deeper"), "{fault}");
    }

    #[test]
    fn lengths_are_not_believed() {
        let codec = |ty: &str| {
            let schema =
                format!(r#"{{"type":"record","name":"R","fields":[{{"name":"f","type":{ty}}}]}}"#);
            avro::reader(&schema).unwrap()
        };
        // As many as a number holds, of which there is none, or which take no bytes.
        let many = b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01";
        for ty in [
            "\"bytes\"",
            "\"string\"",
            r#"{"type":"array","items":"long"}"#,
            r#"{"type":"array","items":"null"}"#,
            r#"{"type":"map","values":"null"}"#,
            r#"{"type":"array","items":{"type":"record","name":"E","fields":[]}}"#,
        ] {
            let mut json = String::new();
            assert!(codec(ty).decode(many, &mut json).is_err(), "{ty}");
            assert!(json.len() < 1 << 20, "{ty}");
        }
    }
}
