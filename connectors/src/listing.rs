//! Which files a path, folder or glob names.

use ouzel_dsl::schema::nearest;
use ouzel_dsl::{Error, Result};
use std::path::{Path, PathBuf};

/// A file of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Its path within the input's folder, with `/` between folders: the partition's name.
    pub(crate) name: String,
}

/// How deep folders may be nested: links may lead back up.
const DEPTH_MAX: usize = 64;

/// The files that a path names, in order of their names.
pub(crate) fn list(path: &str) -> Result<Vec<Found>> {
    let literal = Path::new(path);
    let mut found = Vec::new();
    match std::fs::metadata(literal) {
        Ok(metadata) if metadata.is_dir() => walk(literal, literal, 0, &mut found)?,
        Ok(_) => found.push(named(literal, literal.parent().unwrap_or(Path::new("")))),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => match is_glob(path) {
            true => expand(path, &mut found)?,
            false => return Err(missing(literal)),
        },
        Err(e) => return Err(Error::io(format!("looking for {path}"), e)),
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Whether new files may come to be named by a path.
pub(crate) fn is_many(path: &str) -> bool {
    let literal = Path::new(path);
    literal.is_dir() || (is_glob(path) && !literal.exists())
}

pub(crate) fn is_glob(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

fn named(path: &Path, root: &Path) -> Found {
    let name = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = name.components().map(|c| c.as_os_str().to_string_lossy()).collect();
    Found { path: path.to_owned(), name: parts.join("/") }
}

/// Adds the files in a folder and the folders in it. Names that begin with a dot or underscore
/// are for other purposes: files that are being written, and marks that jobs leave.
fn walk(folder: &Path, root: &Path, depth: usize, found: &mut Vec<Found>) -> Result<()> {
    let failed = |e| Error::io(format!("listing {}", folder.display()), e);
    if depth > DEPTH_MAX {
        return Err(Error::Usage(format!(
            "{}: folders are nested deeper than {DEPTH_MAX}; does a link lead back up?",
            folder.display()
        )));
    }
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') || (name.starts_with('_') && !name.contains('=')) {
            continue;
        }
        let path = entry.path();
        match std::fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => walk(&path, root, depth + 1, found)?,
            Ok(_) => found.push(named(&path, root)),
            // Gone since it was listed, or a link to nothing.
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(Error::io(format!("looking at {}", path.display()), e)),
        }
    }
    Ok(())
}

fn expand(pattern: &str, found: &mut Vec<Found>) -> Result<()> {
    let parts: Vec<_> = Path::new(pattern).components().collect();
    let fixed = parts.iter().take_while(|c| !is_glob(&c.as_os_str().to_string_lossy())).count();
    let root: PathBuf = parts.iter().take(fixed).collect();
    let options =
        glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
    let paths = glob::glob_with(pattern, options)
        .map_err(|e| Error::Usage(format!("{pattern} is no glob: {e}")))?;
    for path in paths {
        let path = path.map_err(|e| {
            let what = format!("looking at {}", e.path().display());
            Error::io(what, e.into())
        })?;
        match path.is_dir() {
            true => walk(&path, &root, 0, found)?,
            false => found.push(named(&path, &root)),
        }
    }
    // `**` names a folder and the files in it.
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found.dedup();
    Ok(())
}

fn missing(path: &Path) -> Error {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let wanted = path.file_name().unwrap_or_default().to_string_lossy();
    let names: Vec<String> = match std::fs::read_dir(folder) {
        Ok(entries) => entries
            .flatten()
            .take(10_000)
            .map(|e| e.file_name().to_string_lossy().into_owned())
            .collect(),
        Err(_) => {
            return Error::Usage(format!(
                "there is no file {}: there is no folder {}",
                path.display(),
                folder.display()
            ));
        }
    };
    let near = nearest(&wanted, names.iter().map(String::as_str));
    let near = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
    Error::Usage(format!("there is no file {}{near}", path.display()))
}
