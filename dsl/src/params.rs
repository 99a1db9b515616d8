//! Job parameters: the arguments of a job that are neither streams nor tables.

use crate::error::{Error, Result};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

/// The values given for a job's parameters, as text, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(BTreeMap<String, String>);

impl Params {
    /// No values.
    pub fn new() -> Params {
        Params::default()
    }

    /// With one more value.
    pub fn with(mut self, name: &str, value: impl Display) -> Params {
        self.0.insert(name.to_owned(), value.to_string());
        self
    }

    /// The value of a parameter, parsed. An error names the parameter.
    pub fn get<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T> {
        let flag = name.replace('_', "-");
        let text = self.0.get(name).ok_or_else(|| {
            Error::Usage(format!(
                "the parameter `{name}` has no value; give it as `--{flag} VALUE`"
            ))
        })?;
        text.parse().map_err(|e| Error::Usage(format!("`--{flag} {text}`: {e}")))
    }

    /// Names and values in order of name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }
}

/// A job parameter's declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParamInfo {
    /// Its name; the flag has dashes in the place of underscores.
    pub name: &'static str,
    /// Its type as written.
    pub ty: &'static str,
}
