//! `--report`: the totals of a run in a file.

use ouzel_dsl::{Error, Result};
use ouzel_hooks::Summary;
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::Path;

/// Checks before a run that its report can be written after it, and leaves all as it was.
pub(super) fn check(path: &Path) -> Result<()> {
    let tried = match std::fs::metadata(path) {
        // To open a pipe and close it again would end it for who reads it.
        Ok(there) if !there.is_file() && !there.is_dir() => Ok(()),
        Err(e) if e.kind() == ErrorKind::NotFound => {
            let made = OpenOptions::new().write(true).create_new(true).open(path);
            made.and_then(|_| std::fs::remove_file(path))
        }
        _ => OpenOptions::new().write(true).open(path).map(|_| ()),
    };
    tried.map_err(|e| Error::Usage(format!("the report {} cannot be written: {e}", path.display())))
}

pub(super) fn write(path: &Path, summary: &Summary) -> Result<()> {
    std::fs::write(path, summary.to_json() + "\n")
        .map_err(|e| Error::io(format!("writing the report {}", path.display()), e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_leaves_all_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let (new, old) = (dir.path().join("new.json"), dir.path().join("old.json"));
        std::fs::write(&old, "kept").unwrap();
        check(&new).unwrap();
        check(&old).unwrap();
        assert!(!new.exists());
        assert_eq!(std::fs::read_to_string(&old).unwrap(), "kept");
    }

    #[test]
    fn what_cannot_be_written_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        for path in [dir.path().to_owned(), dir.path().join("missing/report.json")] {
            let error = check(&path).unwrap_err();
            assert!(matches!(error, Error::Usage(_)), "{error}");
            let said = format!("the report {} cannot be written: ", path.display());
            assert!(error.to_string().starts_with(&said), "{error}");
        }
    }
}
