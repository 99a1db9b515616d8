//! What can go wrong with a payload.

use std::fmt;

/// Why a payload could not be decoded or encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The payload or the record is at fault; others may be well.
    Payload(String),
    /// The registry could not be asked, or refused: an error of the run. The text names the URL.
    Registry(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Payload(text) | Fault::Registry(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Fault {}

/// What is wrong with a value, and where it stands in its record.
#[derive(Debug)]
pub(crate) struct Wrong {
    path: String,
    what: String,
}

impl Wrong {
    /// Of a field of a record.
    pub(crate) fn within(mut self, field: &str) -> Wrong {
        self.path = match self.path.is_empty() {
            true => field.to_string(),
            false => format!("{field}.{}", self.path),
        };
        self
    }
}

impl From<String> for Wrong {
    fn from(what: String) -> Wrong {
        Wrong { path: String::new(), what }
    }
}

impl From<&str> for Wrong {
    fn from(what: &str) -> Wrong {
        what.to_string().into()
    }
}

impl From<Wrong> for Fault {
    fn from(wrong: Wrong) -> Fault {
        Fault::Payload(match wrong.path.is_empty() {
            true => wrong.what,
            false => format!("field `{}`: {}", wrong.path, wrong.what),
        })
    }
}
