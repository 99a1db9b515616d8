//! `rename_all`: how the names of fields and variants are written on the wire.

/// A way to write names.
#[derive(Clone, Copy)]
pub(crate) enum Case {
    Camel,
    Pascal,
    Snake,
    ScreamingSnake,
    Kebab,
    Lower,
    Upper,
}

impl Case {
    /// The names of all cases, as `rename_all` takes them.
    pub(super) const NAMES: [&str; 7] = [
        "camelCase",
        "PascalCase",
        "snake_case",
        "SCREAMING_SNAKE_CASE",
        "kebab-case",
        "lowercase",
        "UPPERCASE",
    ];

    pub(super) fn named(name: &str) -> Option<Case> {
        Some(match name {
            "camelCase" => Case::Camel,
            "PascalCase" => Case::Pascal,
            "snake_case" => Case::Snake,
            "SCREAMING_SNAKE_CASE" => Case::ScreamingSnake,
            "kebab-case" => Case::Kebab,
            "lowercase" => Case::Lower,
            "UPPERCASE" => Case::Upper,
            _ => return None,
        })
    }

    /// The name of a field or variant in this case.
    pub(crate) fn apply(self, name: &str) -> String {
        let words = words(name);
        let capitals: Vec<_> = words.iter().map(|word| capitalized(word)).collect();
        match self {
            Case::Camel => {
                let rest: String = capitals.iter().skip(1).map(String::as_str).collect();
                words.first().cloned().unwrap_or_default() + &rest
            }
            Case::Pascal => capitals.concat(),
            Case::Snake => words.join("_"),
            Case::ScreamingSnake => words.join("_").to_uppercase(),
            Case::Kebab => words.join("-"),
            // As serde does, these two change the letters only.
            Case::Lower => name.to_lowercase(),
            Case::Upper => name.to_uppercase(),
        }
    }
}

/// The words of a name in lower case: `dep_delay`, `depDelay` and `DepDelay` have two, and so has
/// `HTTPError`.
fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (i, letter) in letters.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|i| letters.get(i));
        let after = letters.get(i + 1);
        let begins = letter.is_uppercase()
            && before.is_some_and(|b| !b.is_uppercase() || after.is_some_and(|a| a.is_lowercase()));
        if *letter == '_' || begins {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| *letter != '_') {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(name: &str) -> String {
        let cases = Case::NAMES.iter().filter_map(|case| Case::named(case));
        cases.map(|case| case.apply(name)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_are_written_in_each_case() {
        assert_eq!(
            all("dep_delay"),
            "depDelay DepDelay dep_delay DEP_DELAY dep-delay dep_delay DEP_DELAY"
        );
        assert_eq!(
            all("CreditCard"),
            "creditCard CreditCard credit_card CREDIT_CARD credit-card creditcard CREDITCARD"
        );
        assert_eq!(Case::Snake.apply("HTTPError"), "http_error");
        assert_eq!(Case::Snake.apply("Terminal2"), "terminal2");
        assert_eq!(Case::Camel.apply("_größe_2"), "größe2");
    }
}
