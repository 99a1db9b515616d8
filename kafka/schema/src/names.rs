//! Names as Avro and Protobuf take them.

use std::collections::HashSet;

/// Whether it is letters, digits and underscores, and no digit first.
pub(crate) fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// A column's name, which has to be one already: it would come back as another.
pub(crate) fn column<'n>(name: &'n str, format: &str) -> Result<&'n str, String> {
    match is_name(name) {
        true => Ok(name),
        false => Err(format!(
            "column `{name}`: names in {format} are letters, digits and underscores; \
             rename the field by #[record(rename = \"..\")]"
        )),
    }
}

/// A record's name made of that of a topic: parts between dots, other characters as underscores.
pub(crate) fn record(name: &str) -> String {
    let part = |part: &str| {
        let mut clean: String =
            part.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        if !is_name(&clean) {
            clean.insert(0, '_');
        }
        clean
    };
    let parts: Vec<String> = name.split('.').filter(|p| !p.is_empty()).map(part).collect();
    match parts.is_empty() {
        true => "Record".into(),
        false => parts.join("."),
    }
}

/// The name, with a number behind it if it is taken.
pub(crate) fn unique(name: String, taken: &mut HashSet<String>) -> String {
    let mut found = name.clone();
    let mut n = 2;
    while !taken.insert(found.clone()) {
        found = format!("{name}{n}");
        n += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_become_names() {
        for (topic, name) in [
            ("orders", "orders"),
            ("shop.orders-v1", "shop.orders_v1"),
            ("1st", "_1st"),
            ("..", "Record"),
            ("é", "_"),
        ] {
            assert_eq!(record(topic), name);
            assert!(record(topic).split('.').all(is_name));
        }
    }
}
