//! URIs of inputs and outputs: a path with options, `data/*.csv?delimiter=;&null=NA`.

use ouzel_dsl::schema::nearest;
use ouzel_dsl::{Error, Result};

/// Where an input or output is, and its options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uri {
    /// As the user wrote it.
    pub text: String,
    /// The path, which may be a glob, or `-`; of another scheme, what stands between it and the
    /// options.
    pub path: String,
    options: Vec<(String, Option<String>)>,
}

impl Uri {
    /// Parses a URI of a path, with some of the `known` options.
    ///
    /// # Errors
    ///
    /// Another scheme, no path, or options that are not known, or given twice.
    pub(crate) fn parse(text: &str, known: &[&str]) -> Result<Uri> {
        let plain = text.strip_prefix("file://").unwrap_or(text);
        if let Some((scheme, _)) = plain.split_once("://")
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
        {
            return Err(Error::Usage(match scheme {
                "kafka" => format!(
                    "{text}: this program was built without Kafka; build it with the feature `kafka` \
                     of `ouzel`"
                ),
                _ => format!(
                    "{text}: there is no connector for {scheme}://; paths of files and folders, \
                     globs and `-` are understood"
                ),
            }));
        }
        Uri::with_options(text, plain, known)
    }

    /// Parses a URI of another scheme, if it is of that.
    ///
    /// # Errors
    ///
    /// Nothing after the scheme, or options that are not known, or given twice.
    pub fn of_scheme(scheme: &str, text: &str, known: &[&str]) -> Result<Option<Uri>> {
        let rest = text.strip_prefix(scheme).and_then(|rest| rest.strip_prefix("://"));
        rest.map(|rest| Uri::with_options(text, rest, known)).transpose()
    }

    fn with_options(text: &str, plain: &str, known: &[&str]) -> Result<Uri> {
        let (path, options) = cut(plain);
        let path = path.to_owned();
        if path.is_empty() {
            return Err(Error::Usage(format!("{text:?} names nothing to read or write")));
        }
        let options: Vec<_> = options.map(pairs).unwrap_or_default();
        for (at, (name, _)) in options.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let near = nearest(name, known.iter().copied());
                let near = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
                return Err(Error::Usage(format!(
                    "{text}: there is no option `{name}`{near}\n  options are: {}",
                    known.join(", ")
                )));
            }
            if options.iter().take(at).any(|(other, _)| other == name) {
                return Err(Error::Usage(format!("{text}: the option `{name}` is given twice")));
            }
        }
        Ok(Uri { text: text.to_owned(), path, options })
    }

    fn find(&self, name: &str) -> Option<&Option<String>> {
        self.options.iter().find(|(n, _)| n == name).map(|(_, value)| value)
    }

    /// An option's value.
    ///
    /// # Errors
    ///
    /// The option without a value.
    pub fn value(&self, name: &str) -> Result<Option<&str>> {
        match self.find(name) {
            None => Ok(None),
            Some(Some(value)) => Ok(Some(value)),
            Some(None) => Err(self.wrong(name, "needs a value")),
        }
    }

    /// An option that is either there or not, or `true` or `false`.
    ///
    /// # Errors
    ///
    /// Any other value.
    pub fn flag(&self, name: &str) -> Result<Option<bool>> {
        match self.find(name).map(|v| v.as_deref()) {
            None => Ok(None),
            Some(None | Some("true")) => Ok(Some(true)),
            Some(Some("false")) => Ok(Some(false)),
            Some(Some(other)) => Err(self.wrong(name, &format!("is true or false, not `{other}`"))),
        }
    }

    /// Which of these options is given.
    pub fn given<'n>(&self, names: &[&'n str]) -> Option<&'n str> {
        names.iter().copied().find(|name| self.find(name).is_some())
    }

    /// An error of an option.
    pub fn wrong(&self, name: &str, problem: &str) -> Error {
        Error::Usage(format!("{}: the option `{name}` {problem}", self.text))
    }
}

/// Cuts options off a path, in which a question mark may also be a glob's: options begin with the
/// first one after which everything reads as options.
fn cut(text: &str) -> (&str, Option<&str>) {
    let name = |pair: &str| {
        let name = pair.split('=').next().unwrap_or_default();
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
    };
    for (at, _) in text.match_indices('?') {
        let (path, options) = (text.get(..at), text.get(at + 1..));
        if let (Some(path), Some(options)) = (path, options)
            && options.split('&').all(name)
        {
            return (path, Some(options));
        }
    }
    (text, None)
}

fn pairs(options: &str) -> Vec<(String, Option<String>)> {
    let pair = |pair: &str| match pair.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(percent_decoded(value))),
        None => (pair.to_owned(), None),
    };
    options.split('&').map(pair).collect()
}

/// Text with each `%41` as the byte it stands for, where that gives text.
pub(crate) fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let code = code.filter(|two| two.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = code.and_then(|two| u8::from_str_radix(two, 16).ok());
        match (first, code) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 4] = ["format", "follow", "null", "delimiter"];

    fn path(text: &str) -> String {
        Uri::parse(text, &KNOWN).unwrap().path
    }

    #[test]
    fn a_question_mark_is_a_globs_or_begins_options() {
        assert_eq!(path("a.csv"), "a.csv");
        assert_eq!(path("file://a?.csv"), "a?.csv");
        assert_eq!(path("a?.csv?format=csv&follow"), "a?.csv");
        let uri = Uri::parse("a?.csv?null=?&delimiter=%26", &KNOWN).unwrap();
        assert_eq!(uri.value("null").unwrap(), Some("?"));
        assert_eq!(uri.value("delimiter").unwrap(), Some("&"));
        assert_eq!(uri.flag("follow").unwrap(), None);
    }

    #[test]
    fn what_is_unknown_is_refused_with_what_there_is() {
        let error = |text| Uri::parse(text, &KNOWN).unwrap_err().to_string();
        assert_eq!(
            error("a.csv?delimeter=;"),
            "a.csv?delimeter=;: there is no option `delimeter`; did you mean `delimiter`?\n  options are: format, follow, null, delimiter"
        );
        assert!(error("kafka://broker/topic").contains("built without Kafka"));
        assert!(error("s3://bucket/key").contains("no connector for s3://"));
        assert!(error("a?follow&follow").contains("given twice"));
        assert!(error("?follow").contains("names nothing"));
        let uri = Uri::parse("a?follow=yes&null", &KNOWN).unwrap();
        assert!(uri.flag("follow").is_err() && uri.value("null").is_err());
    }
}
