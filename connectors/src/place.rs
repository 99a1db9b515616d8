//! Where inputs are read and outputs written, to tell whether they get in each other's way.

use crate::listing;
use crate::uri::Uri;
use crate::{input, sink};
use glob::{MatchOptions, Pattern};
use ouzel_dsl::Result;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

/// The files of an input or an output, those included that may come.
#[derive(Clone, Debug)]
pub struct Place {
    /// The file, the folder, or the part of a glob before its first wildcard; canonical. None for
    /// standard input and output, and for devices and pipes, which keep nothing.
    root: Option<PathBuf>,
    /// The rest of a glob.
    pattern: Vec<String>,
    /// What an input names, as it was written.
    listed: Option<String>,
    /// What is no file, by its name.
    name: Option<String>,
    /// Whether an output puts files into the root, rather than it being one.
    folder: bool,
}

impl Place {
    /// Where the input of a URI is read.
    ///
    /// # Errors
    ///
    /// A URI that is not an input's.
    pub fn input(uri: &str) -> Result<Place> {
        let path = Uri::parse(uri, &input::OPTIONS)?.path;
        let is_glob = path != "-" && listing::is_glob(&path) && !Path::new(&path).exists();
        let fixed = |part: &Component<'_>| {
            !is_glob || !listing::is_glob(&part.as_os_str().to_string_lossy())
        };
        let root: PathBuf = Path::new(&path).components().take_while(fixed).collect();
        let pattern = Path::new(&path).components().skip_while(fixed);
        let pattern = pattern.map(|part| part.as_os_str().to_string_lossy().into_owned());
        let pattern = pattern.collect();
        let root = (path != "-").then(|| canonical(&root)).flatten();
        Ok(Place { root, pattern, listed: Some(path), ..Place::nowhere() })
    }

    /// Where the output of a URI is written.
    ///
    /// # Errors
    ///
    /// A URI that is not an output's.
    pub fn output(uri: &str) -> Result<Place> {
        let uri = Uri::parse(uri, &sink::OPTIONS)?;
        let place =
            if uri.path == "-" { Place::nowhere() } else { Place::file(Path::new(&uri.path)) };
        let becomes_folder = uri.path.ends_with('/') || uri.given(&["partition_by"]).is_some();
        Ok(Place { folder: place.folder || becomes_folder, ..place })
    }

    /// A file to be written.
    pub fn file(path: &Path) -> Place {
        Place { root: canonical(path), folder: path.is_dir(), ..Place::nowhere() }
    }

    /// What is no file, by its name.
    pub fn named(name: &str) -> Place {
        Place { name: Some(name.to_owned()), ..Place::nowhere() }
    }

    fn nowhere() -> Place {
        Place { root: None, pattern: Vec::new(), listed: None, name: None, folder: false }
    }

    /// Whether what is written here would go over, into or around what is read or written there.
    pub fn overlaps(&self, other: &Place) -> bool {
        let (Some(here), Some(there)) = (&self.root, &other.root) else {
            return self.name.is_some() && self.name == other.name;
        };
        if there.starts_with(here) {
            return true;
        }
        let inside = here.strip_prefix(there).is_ok_and(|below| {
            let below: Vec<_> = below.components().map(Component::as_os_str).collect();
            let pattern: Vec<_> = other.pattern.iter().map(String::as_str).collect();
            reaches(&pattern, &below, self.folder)
        });
        inside || other.links_to(here)
    }

    /// Whether a file of an input is another by a link.
    fn links_to(&self, path: &Path) -> bool {
        let found = match &self.listed {
            // What cannot be listed is told of where it is opened.
            Some(listed) if path.exists() => listing::list(listed).unwrap_or_default(),
            _ => return false,
        };
        found.iter().any(|file| std::fs::canonicalize(&file.path).is_ok_and(|file| file == path))
    }
}

/// Whether a pattern names a path or a folder that it is in; or, of a folder, may name files in it.
fn reaches(pattern: &[&str], path: &[&OsStr], folder: bool) -> bool {
    let options = MatchOptions { require_literal_leading_dot: true, ..MatchOptions::new() };
    match (pattern, path) {
        ([], _) => true,
        (_, []) => folder || pattern.iter().all(|part| *part == "**"),
        (["**", rest @ ..], [_, more @ ..]) => {
            reaches(rest, path, folder) || reaches(pattern, more, folder)
        }
        ([part, rest @ ..], [name, more @ ..]) => {
            // What is no pattern names nothing; that is told where it is opened.
            Pattern::new(part).is_ok_and(|p| p.matches_with(&name.to_string_lossy(), options))
                && reaches(rest, more, folder)
        }
    }
}

/// A path without links, of which the end may not be there yet. None for what is neither a file nor
/// a folder.
fn canonical(path: &Path) -> Option<PathBuf> {
    let path = if path == Path::new("") { Path::new(".") } else { path };
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        return None;
    }
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let known = path.ancestors().find_map(|a| Some((a, std::fs::canonicalize(a).ok()?)));
    Some(match known {
        Some((ancestor, real)) => {
            // Joining nothing would add a slash, with which a file is none.
            let rest = path.strip_prefix(ancestor).unwrap_or(Path::new(""));
            if rest == Path::new("") { real } else { real.join(rest) }
        }
        None => path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder `r` with `in/a.csv`, `in/sub/`, and a link from `linked/b.csv` to `b.csv`.
    fn folder() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::create_dir_all(at("in/sub")).unwrap();
        std::fs::create_dir(at("linked")).unwrap();
        std::fs::write(at("in/a.csv"), "").unwrap();
        std::fs::write(at("b.csv"), "").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(at("b.csv"), at("linked/b.csv")).unwrap();
        dir
    }

    #[test]
    fn what_is_written_over_or_among_an_inputs_files_overlaps() {
        let dir = folder();
        let at = |uri: &str| format!("{}/{uri}", dir.path().display());
        let overlap = |output: &str, input: &str| {
            let (output, input) = (Place::output(&at(output)), Place::input(&at(input)));
            output.unwrap().overlaps(&input.unwrap())
        };
        for (output, input) in [
            ("in/a.csv", "in/a.csv?follow"),
            ("in/../in/./a.csv?header=false", "in/a.csv"),
            ("in/out.csv", "in"),
            ("in/sub/out.csv", "in/?format=csv"),
            ("in/out.csv", "in/*.csv"),
            ("in/sub/out.csv", "in/*"),
            ("in/sub/out.csv", "**/*.csv"),
            ("in/sub/out/?format=csv", "**/*.csv"),
            ("in/x?format=csv&partition_by=a", "in/*/*.csv"),
            ("in/?format=csv", "in/a.csv"),
            ("in/?format=csv", "in/*.csv"),
            ("in/new/?format=csv", "in"),
            #[cfg(unix)]
            ("b.csv", "linked"),
            #[cfg(unix)]
            ("linked/b.csv", "b.csv"),
        ] {
            assert!(overlap(output, input), "{output} and {input}");
        }
        for (output, input) in [
            ("out.csv", "in/a.csv"),
            ("in/out.csv", "in/a.csv"),
            ("in.csv", "in"),
            ("in/out.jsonl", "in/*.csv"),
            ("in/out.csv", "in/*/*.csv"),
            ("in/sub/out.csv", "in/*.csv"),
            ("in/b.csv", "in/[ac].csv"),
            ("in2/?format=csv", "in/*.csv"),
        ] {
            assert!(!overlap(output, input), "{output} and {input}");
        }
    }

    #[test]
    fn paths_begin_at_the_working_folder() {
        let place = |uri: &str| Place::output(uri).unwrap();
        let glob = Place::input("*.csv").unwrap();
        assert!(place("new.csv").overlaps(&glob) && place("./new.csv").overlaps(&glob));
        assert!(!place("new.jsonl").overlaps(&glob) && !place("src/new.csv").overlaps(&glob));
        assert!(place("src/new.csv").overlaps(&Place::input(".").unwrap()));
    }

    #[test]
    fn of_two_outputs_none_is_in_the_other() {
        let dir = folder();
        let place = |uri: &str| Place::output(&format!("{}/{uri}", dir.path().display())).unwrap();
        let report = Place::file(&dir.path().join("out.jsonl"));
        assert!(place("out.jsonl").overlaps(&report));
        assert!(place("out/?format=csv").overlaps(&place("out/a.csv")));
        assert!(place("out/a.csv").overlaps(&place("out/?format=csv")));
        assert!(!place("out/a.csv").overlaps(&place("out/b.csv")));
        assert!(!place("new/a.csv").overlaps(&place("new/a.csv.gz")));
    }

    #[test]
    fn standard_streams_and_devices_overlap_nothing() {
        let (out, null) = (Place::output("-").unwrap(), Place::file(Path::new("/dev/null")));
        assert!(!out.overlaps(&out) && !null.overlaps(&null));
        assert!(!out.overlaps(&Place::input("-?format=csv").unwrap()));
    }
}
