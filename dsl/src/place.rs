//! Canonical order: event time, then address.

/// Where a record stands in canonical order: what decides ties, and the order in which
/// order-sensitive operators see records.
///
/// It is made of what the record carries from its source: event time, input, partition, offset, and
/// the numbers it was given on the way. Threads, chunks and arrival play no part.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The event time in microseconds.
    pub time: i64,
    /// The address of the log, or of the row that an operator made.
    pub log: &'a [u8],
    /// The offset in the log; a row that an operator made has none.
    pub offset: Option<u64>,
    /// What was done since.
    pub path: Path<'a>,
}

impl Place<'_> {
    /// Appends a form whose order, byte by byte, is the canonical order.
    pub fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&ordered(self.time));
        self.write_address(out);
    }

    /// Appends the address: the same without the event time.
    pub fn write_address(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.log);
        if let Some(offset) = self.offset {
            out.extend_from_slice(&offset.to_be_bytes());
        }
        self.path.write(out);
    }

    /// That form alone.
    pub fn to_vec(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(24 + self.log.len());
        self.write(&mut out);
        out
    }
}

/// An event time as bytes in its order.
#[inline(always)]
pub fn ordered(time: i64) -> [u8; 8] {
    ((time as u64) ^ (1 << 63)).to_be_bytes()
}

/// The event time with which the written form of a place begins.
pub fn time_of(place: &[u8]) -> i64 {
    let bytes = place.first_chunk::<8>().copied().unwrap_or_default();
    (u64::from_be_bytes(bytes) ^ (1 << 63)) as i64
}

/// The numbers that a record was given since its source: its number among those that a call made,
/// and that of a merge's input.
#[derive(Clone, Copy, Debug, Default)]
pub struct Path<'a>(Option<Step<'a>>);

#[derive(Clone, Copy, Debug)]
struct Step<'a> {
    above: &'a Path<'a>,
    kind: u8,
    number: u32,
}

/// A path's kinds of steps: none is a prefix of another.
const MADE: u8 = 1;
const MERGED: u8 = 2;

impl Path<'static> {
    /// Nothing was done.
    pub const fn new() -> Path<'static> {
        Path(None)
    }
}

impl<'a> Path<'a> {
    /// The `number`th record made of one.
    #[inline(always)]
    pub fn made(&'a self, number: usize) -> Path<'a> {
        Path(Some(Step { above: self, kind: MADE, number: number as u32 }))
    }

    /// A record of the `number`th input of a merge.
    #[inline(always)]
    pub fn merged(&'a self, number: u32) -> Path<'a> {
        Path(Some(Step { above: self, kind: MERGED, number }))
    }

    fn write(self, out: &mut Vec<u8>) {
        if let Some(Step { above, kind, number }) = self.0 {
            above.write(out);
            out.push(kind);
            out.extend_from_slice(&number.to_be_bytes());
        }
    }
}

/// The address of a partition's log: the input's place among the job's, then the partition's name.
pub fn log(input: usize, partition: &str) -> Vec<u8> {
    let mut out = vec![SOURCE];
    out.extend_from_slice(&(input as u16).to_be_bytes());
    write_bytes(partition.as_bytes(), &mut out);
    out
}

/// The address of what an operator made of a key: it sorts after those of sources.
pub fn made_by(operator: usize, write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = vec![OPERATOR];
    out.extend_from_slice(&(operator as u16).to_be_bytes());
    write(&mut out);
    out
}

/// Appends the address of the `number`th record that was made of one.
pub fn write_made(address: &[u8], number: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(address);
    out.push(MADE);
    out.extend_from_slice(&number.to_be_bytes());
}

/// Where in a source the record with an address comes from, if it is made of one alone: the input's
/// number, the partition's name, the offset.
pub fn source(address: &[u8]) -> Option<(usize, String, u64)> {
    let (&[SOURCE, high, low], mut rest) = address.split_first_chunk()? else { return None };
    let input = u16::from_be_bytes([high, low]).into();
    let mut name = Vec::new();
    loop {
        match rest {
            [0, 0, after @ ..] => {
                let offset = u64::from_be_bytes(*after.first_chunk()?);
                return Some((input, String::from_utf8(name).ok()?, offset));
            }
            [0, 0xFF, after @ ..] => {
                name.push(0);
                rest = after;
            }
            [byte, after @ ..] => {
                name.push(*byte);
                rest = after;
            }
            [] => return None,
        }
    }
}

/// Appends the address of a pair.
pub fn write_pair(left: &[u8], right: &[u8], out: &mut Vec<u8>) {
    write_bytes(left, out);
    out.extend_from_slice(right);
}

const SOURCE: u8 = 0;
const OPERATOR: u8 = 1;

/// Appends bytes so that their order is kept whatever follows.
fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    for byte in bytes {
        out.push(*byte);
        if *byte == 0 {
            out.push(0xFF);
        }
    }
    out.extend_from_slice(&[0, 0]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_sort_by_time_then_address() {
        let (a, b) = (log(0, "a"), log(0, "a\0b"));
        let none = Path::new();
        let (first, second) = (none.made(0), none.made(1));
        let nested = first.merged(1);
        let place = |time, log, offset, path| Place { time, log, offset: Some(offset), path };
        let row = made_by(3, |out| out.push(7));
        let later = Place { time: 5, log: &row, offset: None, path: none };
        let places = [
            place(i64::MIN, &b, 9, none),
            place(-1, &b, 0, none),
            place(5, &a, 2, none),
            place(5, &a, 256, first),
            place(5, &a, 256, nested),
            place(5, &a, 256, second),
            place(5, &b, 0, none),
            later,
            place(6, &a, 0, none),
        ];
        let written: Vec<_> = places.iter().map(|place| place.to_vec()).collect();
        assert!(written.windows(2).all(|w| w[0] < w[1]), "{written:?}");
        let source = |place: Place<'_>| {
            let mut address = Vec::new();
            place.write_address(&mut address);
            source(&address)
        };
        assert_eq!(source(places[5]), Some((0, "a".to_owned(), 256)));
        assert_eq!(source(places[1]), Some((0, "a\0b".to_owned(), 0)));
        assert_eq!(source(later), None);
        assert!(written.iter().zip(places).all(|(bytes, place)| time_of(bytes) == place.time));
    }
}
