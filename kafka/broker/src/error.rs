use std::fmt;

/// What is wrong, and what to do next.
#[derive(Clone)]
pub struct Error(String);

/// A result whose error is for people.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// Makes an error of another, and says of what.
pub(crate) trait Of<T> {
    fn of(self, what: impl fmt::Display) -> Result<T>;
}

impl<T, E: fmt::Display> Of<T> for std::result::Result<T, E> {
    fn of(self, what: impl fmt::Display) -> Result<T> {
        self.map_err(|error| Error(format!("{what}: {error}")))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// As it is displayed, so that `unwrap` in a test shows the tail of a log line by line.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
