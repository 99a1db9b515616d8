//! The name that a misspelt one most likely meant.

/// The candidate nearest to `name` by edit distance, if at most a third of the name differs.
fn nearest<'a>(name: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let len = wanted.chars().count();
    let near = candidates.iter().map(|c| (strsim::levenshtein(&wanted, &c.to_lowercase()), *c));
    near.min_by_key(|(d, _)| *d).filter(|(d, _)| *d <= 1.max(len / 3) && *d < len).map(|(_, c)| c)
}

/// ``unknown noun `name`; did you mean `x`?``, or else what there is.
pub(crate) fn unknown(noun: &str, name: &str, candidates: &[&str]) -> String {
    match nearest(name, candidates) {
        Some(near) => format!("unknown {noun} `{name}`; did you mean `{near}`?"),
        None => format!("unknown {noun} `{name}`; expected {}", any_of(candidates)),
    }
}

/// `` `a`, `b` or `c` ``
pub(crate) fn any_of(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_only_what_is_near() {
        let names = ["rename", "event_time", "default"];
        assert_eq!(nearest("renam", &names), Some("rename"));
        assert_eq!(nearest("eventtime", &names), Some("event_time"));
        assert_eq!(nearest("x", &names), None);
        assert_eq!(
            unknown("attribute", "skip", &["a", "b"]),
            "unknown attribute `skip`; expected `a` or `b`"
        );
    }
}
