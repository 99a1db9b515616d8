//! Flags' values: sizes, lengths of time, error policies.

use ouzel_dsl::stage::OnError;

/// A number of bytes: `2GiB`, `512MiB`, `1GB`, `4096`.
pub(super) fn size(text: &str) -> Result<usize, String> {
    let wrong = || format!("{text:?} is not a size such as 2GiB, 512MiB, 1GB or a number of bytes");
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return Err(wrong()),
    };
    let bytes = match number.contains('.') {
        true => number.parse::<f64>().ok().map(|n| (n * unit as f64) as u64),
        false => number.parse::<u64>().ok().and_then(|n| n.checked_mul(unit)),
    };
    match bytes.and_then(|bytes| usize::try_from(bytes).ok()) {
        None => Err(wrong()),
        Some(0) => Err("a size of nothing is too small".to_owned()),
        Some(bytes) => Ok(bytes),
    }
}

/// A length of time in milliseconds: `1s`, `500ms`, `1m 30s`.
pub(super) fn duration_ms(text: &str) -> Result<u64, String> {
    let duration = humantime::parse_duration(text)
        .map_err(|_| format!("{text:?} is not a length of time such as 1s, 500ms or 1m 30s"))?;
    match u64::try_from(duration.as_millis()) {
        Ok(0) => Err("at least a millisecond is needed".to_owned()),
        Ok(ms) => Ok(ms),
        Err(_) => Err("that is too long".to_owned()),
    }
}

/// What to do with bad records, and where they go if they are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Policy {
    /// The operator it is for; if none, for all others.
    pub operator: Option<String>,
    pub on_error: OnError,
    pub dead_letters: Option<String>,
}

/// `fail`, `skip`, `dead-letter` or `dead-letter=URI`, as far as `policies` lists it, with or
/// without an operator and `=` before it.
pub(super) fn policy(text: &str, policies: &[&str]) -> Result<Policy, String> {
    let is_known = |name| policies.iter().any(|p| p.split('=').next() == Some(name));
    let (operator, text) = match text.split_once('=') {
        Some((name, policy)) if !is_known(name) && !name.is_empty() => {
            (Some(name.to_owned()), policy)
        }
        _ => (None, text),
    };
    let (name, uri) = match text.split_once('=') {
        Some((name, uri)) => (name, Some(uri)),
        None => (text, None),
    };
    let takes_uri = policies.contains(&"dead-letter=URI");
    let (on_error, dead_letters) = match (name, uri) {
        ("fail", None) if is_known(name) => (OnError::Fail, None),
        ("skip", None) if is_known(name) => (OnError::Skip, None),
        ("dead-letter", None) if is_known(name) && !takes_uri => (OnError::DeadLetter, None),
        ("dead-letter", Some(uri)) if takes_uri && !uri.is_empty() => {
            (OnError::DeadLetter, Some(uri.to_owned()))
        }
        ("dead-letter", _) if takes_uri => {
            return Err(
                "say where they go: dead-letter=URI, such as dead-letter=bad.jsonl".to_owned()
            );
        }
        _ => return Err(format!("it is one of {}", policies.join(", "))),
    };
    Ok(Policy { operator, on_error, dead_letters })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_binary_or_decimal() {
        let sizes = ["2GiB", "512MiB", "1GB", "4096", "1.5 KiB", "10kb", "7B"].map(size);
        let expected = [2 << 30, 512 << 20, 1_000_000_000, 4096, 1536, 10_000, 7].map(Ok);
        assert_eq!(sizes, expected);
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in ["", "GiB", "2G", "-1", "1.2.3MB", "99999999999TiB", "2 GiB more", "1e9"] {
            let error = size(text).unwrap_err();
            assert!(error.contains("not a size such as"), "{text}: {error}");
        }
        assert!(size("0").unwrap_err().contains("too small"));
        assert!(size("0.0001kB").unwrap_err().contains("too small"));
    }

    #[test]
    fn epochs_are_lengths_of_time() {
        let good = ["1s", "500ms", "1m 30s"].map(duration_ms);
        assert_eq!(good, [Ok(1_000), Ok(500), Ok(90_000)]);
        for text in ["", "1", "fast", "10us", "-1s"] {
            assert!(duration_ms(text).is_err(), "{text}");
        }
    }

    #[test]
    fn policies_are_read() {
        let all = ["fail", "skip", "dead-letter=URI"];
        let read = |text| policy(text, &all).map(|p| (p.on_error, p.dead_letters));
        assert_eq!(read("fail"), Ok((OnError::Fail, None)));
        assert_eq!(read("skip"), Ok((OnError::Skip, None)));
        let bad = "bad.csv?delimiter=;".to_owned();
        assert_eq!(read("dead-letter=bad.csv?delimiter=;"), Ok((OnError::DeadLetter, Some(bad))));
        for text in ["", "Fail", "skip=x", "dead-letter", "dead-letter="] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(policy("dead-letter=x", &all[..2]).is_err());
        let one = policy("a.filter=dead-letter=x=y", &all).unwrap();
        let (operator, uri) = (one.operator.unwrap(), one.dead_letters.unwrap());
        assert_eq!((operator.as_str(), uri.as_str()), ("a.filter", "x=y"));
    }
}
