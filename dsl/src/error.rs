//! Errors, in the words of the person who runs the job.

use std::sync::Arc;

/// What can go wrong before or during a run.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The command line, a URI or an option is not usable.
    #[error("{0}")]
    Usage(String),
    /// An input's columns are not those that the job declares.
    #[error("{0}")]
    Schema(String),
    /// A record could not be read or processed, and the policy is to fail.
    #[error(
        "{site}: {message}\n  at {address}{record}\n  `--on-error skip` goes on without such records, `--on-error dead-letter=URI` keeps them aside"
    )]
    Record {
        /// `src/main.rs:14 filter`.
        site: String,
        /// Input, partition and offset.
        address: String,
        /// The record, if it can be shown, on a line of its own.
        record: String,
        /// What was wrong.
        message: String,
    },
    /// An aggregate's result could not be read or merged.
    #[error("{site}: {message}")]
    Aggregate {
        /// `src/main.rs:14 aggregate`.
        site: String,
        /// What was wrong.
        message: String,
    },
    /// Kept state does not belong to this job.
    #[error("{0}")]
    State(String),
    /// Reading or writing failed.
    #[error("{what}: {source}")]
    Io {
        /// The file and what was being done with it.
        what: String,
        /// The system's reason.
        source: Arc<std::io::Error>,
    },
    /// A file is not what its format says.
    #[error("{0}")]
    Format(String),
    /// The run was told to stop, and did.
    #[error("stopped before the end of input; nothing was written")]
    Cancelled,
    /// A run of `verify` found a difference, or another check failed.
    #[error("{0}")]
    Failed(String),
}

impl Error {
    /// An I/O error with what was being done.
    pub fn io(what: impl Into<String>, source: std::io::Error) -> Error {
        Error::Io { what: what.into(), source: Arc::new(source) }
    }
}

/// The result of most of what can fail here.
pub type Result<T, E = Error> = std::result::Result<T, E>;
