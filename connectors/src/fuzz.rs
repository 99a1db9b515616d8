//! What every text must keep to, however broken: for fuzzers, and for tests with made-up texts.
//!
//! Nothing panics; each record is a row or a reject; and neither the size of what is read at once
//! nor that of chunks nor where the text is cut changes any of them.

use crate::rows::Rows;
use crate::text::{CsvOptions, Head, Records, TextFormat};
use ouzel_dsl::connector::{Chunk, Demand, Request};
use ouzel_dsl::schema::{Field, Type};
use ouzel_dsl::{Error, json};
use std::io::Read;

/// Checks a text as CSV with the columns of [`fields`] and no header.
pub fn csv(data: &[u8]) {
    let (delimiter, null) = (b',', Vec::new());
    let options = CsvOptions { delimiter, header: false, null };
    let records = check(&TextFormat::Csv(options), data);
    // The ends of records as `csv-core` sees them.
    let mut reader =
        csv_core::ReaderBuilder::new().terminator(csv_core::Terminator::Any(b'\n')).build();
    // The first record would lose a mark of byte order.
    reader.read_field(b"x\n", &mut [0; 8]);
    let (mut text, mut ends) = (vec![0; data.len() + 1], vec![0; data.len() + 1]);
    let (mut at, mut theirs) = (0, Vec::new());
    loop {
        let rest = &data[at..];
        let blank = rest.iter().take_while(|b| **b == b'\n').count();
        let (result, read, ..) = reader.read_record(rest, &mut text, &mut ends);
        match result {
            csv_core::ReadRecordResult::End => break,
            // The last record; it is there if anything is.
            csv_core::ReadRecordResult::InputEmpty if read > blank => {
                theirs.push((at + blank) as u64);
                break;
            }
            csv_core::ReadRecordResult::InputEmpty => break,
            _ => theirs.push((at + blank) as u64),
        }
        at += read;
    }
    // A line of nothing but a carriage return is blank here.
    let blank = |at: &u64| matches!(&data[*at as usize..], [b'\r', b'\n', ..] | [b'\r']);
    theirs.retain(|at| !blank(at));
    let ours: Vec<u64> = records.iter().map(|(offset, _)| *offset).collect();
    assert_eq!(ours, theirs, "records begin where csv-core has them begin");
}

/// Checks a text as JSON lines with the columns of [`fields`].
pub fn jsonl(data: &[u8]) {
    let records = check(&TextFormat::JsonLines, data);
    let general = |line: &[u8]| -> Option<String> {
        // A blank before the brace keeps the shortcut for flat records out.
        let (fields, line) = (fields(), [b" ", line].concat());
        let head = Head { fields: (0..fields.len()).collect(), ..Head::default() };
        let request = Request { fields, chunk_rows: 5, ..Request::default() };
        let read = decode(&TextFormat::JsonLines, &head, &request, &line, 0, usize::MAX);
        read.into_iter().next().map(|(_, text)| text)
    };
    let row = |text: &String| (!text.starts_with("reject: ")).then(|| text.clone());
    for (at, record) in &records {
        let rest = &data[*at as usize..];
        let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
        let slowly = general(&rest[..end]);
        assert_eq!(row(record), slowly.as_ref().and_then(row), "both readers agree");
    }
    let mut at = 0;
    let mut lines = Vec::new();
    for line in data.split_inclusive(|b| *b == b'\n') {
        let blank = std::str::from_utf8(line).is_ok_and(|l| l.trim_ascii().is_empty());
        if !blank {
            lines.push(at as u64);
        }
        at += line.len();
    }
    let ours: Vec<u64> = records.iter().map(|(offset, _)| *offset).collect();
    assert_eq!(ours, lines, "each line that is not blank is a row or a reject");
}

/// Columns of every type.
pub fn fields() -> Vec<Field> {
    let field = |name: &str, ty| Field::new(name, ty, true);
    vec![
        Field::new("text", Type::Str, false),
        field("int", Type::Int { bits: 32, signed: true }),
        field("float", Type::Float { bits: 64 }),
        field("bool", Type::Bool),
        field("time", Type::Timestamp),
        field("date", Type::Date),
        field("decimal", Type::Decimal { scale: 2 }),
        field("bytes", Type::Bytes),
        field("single", Type::Float { bits: 32 }),
        field("list", Type::List(Box::new(field("item", Type::Int { bits: 8, signed: false })))),
        field(
            "nested",
            Type::Struct(vec![
                Field::new("a", Type::Str, false),
                field("b", Type::List(Box::new(field("item", Type::Str)))),
            ]),
        ),
    ]
}

/// Offset, and row or reject.
type Decoded = Vec<(u64, String)>;

fn check(format: &TextFormat, data: &[u8]) -> Decoded {
    let fields = fields();
    let all: Vec<usize> = (0..fields.len()).collect();
    let request = Request { read: all.clone(), fields, chunk_rows: 5, ..Request::default() };
    let width = all.len();
    let head = Head { records_at: 0, fields: all.clone(), places: all, width };
    let whole = decode(format, &head, &request, data, 0, usize::MAX);
    for block in [1, 3, 17] {
        let cut = decode(format, &head, &request, data, 0, block);
        assert_eq!(whole, cut, "reading {block} bytes at once changes nothing");
    }
    // Cut where pieces of a file would be, each is read on its own.
    let mut quotes = format.quotes();
    let mut ends = vec![0];
    quotes.scan(data, |range| {
        let newlines = data[range.clone()].iter().enumerate().filter(|(_, b)| **b == b'\n');
        ends.extend(newlines.map(|(i, _)| range.start + i + 1));
        true
    });
    ends.push(data.len());
    let mut apart = Vec::new();
    for pair in ends.windows(2) {
        let piece = &data[pair[0]..pair[1]];
        apart.extend(decode(format, &head, &request, piece, pair[0] as u64, usize::MAX));
    }
    assert_eq!(whole, apart, "cutting at the ends of records changes nothing");
    whole
}

/// Gives at most so many bytes at once.
struct Slow<'d>(&'d [u8], usize);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = buffer.len().min(self.1);
        self.0.read(&mut buffer[..len])
    }
}

fn decode(
    format: &TextFormat,
    head: &Head,
    request: &Request,
    data: &[u8],
    offset: u64,
    block: usize,
) -> Decoded {
    let mut decoded = Vec::new();
    let failed = |e| Error::io("reading", e);
    let rows = Rows::of(request, &head.fields);
    let mut records = Records::new(format.decoder(head), rows, offset);
    let mut input = Slow(data, block);
    let mut emit = |chunk: Chunk| {
        let mut these = Vec::new();
        for row in 0..chunk.batch.num_rows() {
            these.push((chunk.offsets.get(row), json::row(&chunk.batch, row)));
        }
        for reject in &chunk.rejects {
            let at = (reject.offset - offset) as usize;
            assert!(data[at..].starts_with(&reject.bytes), "a reject has the record's bytes");
            assert!(!reject.reason.is_empty(), "a reject has a reason");
            these.push((reject.offset, format!("reject: {}", reject.reason)));
        }
        these.sort();
        decoded.extend(these);
        Ok(Demand::Pause)
    };
    loop {
        match records.read(&mut input, &failed, &mut emit) {
            Ok(Demand::Pause) => {}
            Ok(Demand::More) => break,
            Err(e) => panic!("{e}"),
        }
    }
    assert_eq!(records.offset(), offset + data.len() as u64, "all bytes are read");
    assert!(decoded.is_sorted_by(|a, b| a.0 < b.0), "records come in order");
    decoded
}

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

    const CSV: [&str; 4] = [
        "a,1,2.5,true,2013-01-01T00:00:00Z,2013-01-01,1.25,00ff,0.1,\"[1,2]\",\"{\"\"a\"\":\"\"x\"\"}\"\n",
        "\"a\nb\",-7,NaN,0,2013-01-01 10:00:00,,,,,,\r\n",
        "é,,,,,,,,,,\n",
        "\"say \"\"hi\"\"\",1e5,,,,,,,,[],\n",
    ];

    const JSON: [&str; 5] = [
        "{\"text\":\"a\",\"int\":1,\"float\":2.5,\"bool\":true,\"time\":\"2013-01-01T00:00:00Z\"}\n",
        "{\"nested\":{\"a\":\"x\",\"b\":[\"y\",null]},\"text\":\"\\u00e9\\n\",\"list\":[1,2,255]}\r\n",
        "{\"text\":\"a\",\"text\":\"b\",\"unknown\":[{\"x\":[1e999]}],\"decimal\":\"1.25\"}\n",
        "{\"text\":\"é\",\"date\":\"2013-01-01\",\"bytes\":\"00ff\",\"single\":0.1,\"float\":\"-inf\"}\n",
        "\n",
    ];

    /// What breaks texts.
    const BREAKS: [&[u8]; 20] = [
        b"\"",
        b",",
        b"\n",
        b"\r",
        b"\\",
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b"\xff",
        b"\xc3",
        b"\0",
        b"\"\"",
        b"null",
        b"-",
        b"9999999999",
        b"\xef\xbb\xbf",
        b"\\ud800",
        b" ",
    ];

    fn broken(samples: &[&str], numbers: &mut Numbers) -> Vec<u8> {
        let mut text = Vec::new();
        for _ in 0..numbers.below(6) {
            text.extend_from_slice(samples[numbers.below(samples.len())].as_bytes());
        }
        for _ in 0..numbers.below(6) {
            let at = numbers.below(text.len() + 1);
            match numbers.below(3) {
                0 if !text.is_empty() => {
                    text.remove(at.min(text.len() - 1));
                }
                1 => text.truncate(text.len() - numbers.below(text.len() + 1).min(5)),
                _ => {
                    let at = at.min(text.len());
                    let insert = BREAKS[numbers.below(BREAKS.len())];
                    text.splice(at..at, insert.iter().copied());
                }
            }
        }
        text
    }

    #[test]
    fn broken_csv_keeps_to_the_laws() {
        let mut numbers = Numbers(1);
        for _ in 0..4000 {
            csv(&broken(&CSV, &mut numbers));
        }
    }

    #[test]
    fn broken_json_lines_keep_to_the_laws() {
        let mut numbers = Numbers(2);
        for _ in 0..4000 {
            jsonl(&broken(&JSON, &mut numbers));
        }
    }

    #[test]
    fn deep_nesting_is_rejected_not_followed() {
        let deep = "[".repeat(100_000);
        jsonl(format!("{{\"text\":\"a\",\"unknown\":{deep}\n{{\"list\":{deep}}}\n").as_bytes());
        csv(format!("a,,,,,,,,,\"{deep}\",\n").as_bytes());
    }
}
