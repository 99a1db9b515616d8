//! The state folder: which manifest in it counts.

use super::Manifest;
use ouzel_dsl::{Error, Result};
use ouzel_engine::fresh_run;
use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The manifest of the last commit.
const MANIFEST: &str = "manifest.json";
/// That of the commit which is being made.
const PREPARED: &str = "manifest.next.json";

/// Who says which commit was the last.
#[derive(Clone, Debug)]
pub enum Says {
    /// The manifest that is in its place: no log has commits of its own.
    Manifest,
    /// The log that outputs have gone to, exactly once; none if it has not heard of any commit.
    Log(Option<String>),
}

/// The folder, held by this process alone.
pub struct Folder {
    dir: PathBuf,
    /// Held for its lock.
    _lock: File,
    /// What the run is called by logs that it writes to.
    pub run: String,
}

impl Folder {
    /// Takes the folder, and makes it if there is none.
    pub fn take(dir: &Path, job: &str) -> Result<Folder> {
        let what = |e| Error::io(format!("the state folder {}", dir.display()), e);
        std::fs::create_dir_all(dir).map_err(what)?;
        let lock = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(dir.join("lock"))
            .map_err(what)?;
        take(&lock).map_err(|error| match error {
            TryLockError::WouldBlock => Error::State(format!(
                "the state folder {} is in use by another process: wait for it to end, or give another `--state`",
                dir.display()
            )),
            TryLockError::Error(e) => what(e),
        })?;
        let run = match std::fs::read_to_string(dir.join("run")) {
            Ok(run) => run,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                let run = fresh_run(job);
                write_file(dir, "run", run.as_bytes()).map_err(what)?;
                run
            }
            Err(e) => return Err(what(e)),
        };
        Ok(Folder { dir: dir.to_owned(), _lock: lock, run })
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A manifest, if it is there.
    fn manifest(&self, name: &str) -> Result<Option<Manifest>> {
        let path = self.dir.join(name);
        match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|e| {
                Error::State(format!(
                    "{} cannot be read, it may have been made by another version: {e}\n  begin anew with another `--state`",
                    path.display()
                ))
            }),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(Error::io(format!("the state folder {}", self.dir.display()), e)),
        }
    }

    /// The manifest of the last commit. Where a session has committed, and the process has ended
    /// before the manifest that goes with it was in its place, it is put there.
    pub fn last(&self, says: &Says) -> Result<Option<Manifest>> {
        let manifest = self.manifest(MANIFEST)?;
        // What was prepared beside it does not count, and is written over by the next commit.
        let Says::Log(committed) = says else { return Ok(manifest) };
        let prepared = self.manifest(PREPARED)?.filter(|m| m.by_log);
        let epoch = manifest.as_ref().map_or(0, |m| m.epoch);
        let Some(committed) = committed else {
            // Nothing was ever committed, or the log has forgotten it, as it does after some time.
            return match prepared.is_some() && epoch > 0 {
                true => Err(Error::State(format!(
                    "whether the last commit of the run `{}` was done is not known any more: the log has forgotten it, and the state in {} goes up to commit {epoch}, or to the one after it\n  begin anew with another `--state`",
                    self.run,
                    self.dir.display()
                ))),
                false => Ok(manifest),
            };
        };
        let is_it = |m: &Manifest| m.epoch.to_string() == *committed;
        if let Some(prepared) = prepared.filter(is_it) {
            self.publish()?;
            return Ok(Some(prepared));
        }
        // What was last committed at least once is not in the log.
        match manifest.filter(|m| !m.by_log || is_it(m)) {
            Some(manifest) => Ok(Some(manifest)),
            None => Err(Error::State(format!(
                "the last commit of the run `{}` was number {committed}, and the state in {} is not of that: it is a copy, or an older one\n  bring back what was there, or begin anew with another `--state`",
                self.run,
                self.dir.display()
            ))),
        }
    }

    /// Writes a manifest beside the one before.
    pub fn prepare(&self, manifest: &Manifest) -> Result<()> {
        let what = |e| Error::io(format!("writing the checkpoint in {}", self.dir.display()), e);
        let bytes = serde_json::to_vec_pretty(manifest).map_err(|e| what(e.into()))?;
        write_file(&self.dir, PREPARED, &bytes).map_err(what)
    }

    /// Puts the manifest that was written last in the place of the one before.
    pub fn publish(&self) -> Result<()> {
        let what = |e| Error::io(format!("writing the checkpoint in {}", self.dir.display()), e);
        std::fs::rename(self.dir.join(PREPARED), self.dir.join(MANIFEST))
            .and_then(|()| File::open(&self.dir)?.sync_all())
            .map_err(what)
    }
}

/// Writes a file so that it is there whole, or not at all.
fn write_file(dir: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let unfinished = dir.join(format!("{name}.tmp"));
    let mut file = File::create(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, dir.join(name))?;
    File::open(dir)?.sync_all()
}

/// Takes a lock. A process that has just ended may still seem to hold it: a child that it, or this
/// one, is about to start has all its files until it runs a program of its own.
fn take(lock: &File) -> std::result::Result<(), TryLockError> {
    for _ in 0..40 {
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(25)),
            done => return done,
        }
    }
    lock.try_lock()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of the commit that a run goes on from: the manifest is of one, another is prepared,
    /// each with whether a log has it.
    pub fn last(manifest: (u64, bool), prepared: Option<(u64, bool)>, says: &Says) -> Option<u64> {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::take(dir.path(), "job").unwrap();
        let put = |name, (epoch, by_log)| {
            let manifest = Manifest { epoch, by_log, ..Manifest::default() };
            std::fs::write(dir.path().join(name), serde_json::to_vec(&manifest).unwrap()).unwrap();
        };
        put(MANIFEST, manifest);
        prepared.into_iter().for_each(|prepared| put(PREPARED, prepared));
        let last = folder.last(says).ok()?.unwrap();
        // What was found is in its place.
        assert_eq!(folder.manifest(MANIFEST).unwrap().unwrap().epoch, last.epoch);
        Some(last.epoch)
    }

    #[test]
    fn the_log_says_which_commit_was_the_last() {
        let log = |committed: &str| Says::Log(Some(committed.to_owned()));
        assert_eq!(last((4, true), None, &log("4")), Some(4));
        assert_eq!(last((4, true), Some((5, true)), &log("4")), Some(4));
        assert_eq!(last((4, true), Some((5, true)), &log("5")), Some(5));
        // A copy, or an older one.
        assert_eq!(last((4, true), Some((5, true)), &log("6")), None);
        // The log has forgotten it.
        assert_eq!(last((4, true), Some((5, true)), &Says::Log(None)), None);
        assert_eq!(last((4, true), None, &Says::Log(None)), Some(4));
    }

    #[test]
    fn a_run_moves_between_exactly_and_at_least_once() {
        let log = |committed: &str| Says::Log(Some(committed.to_owned()));
        // On to at least once: the manifest says it.
        assert_eq!(last((4, true), Some((5, true)), &Says::Manifest), Some(4));
        // And back: the log knows only what was committed before, or nothing.
        assert_eq!(last((7, false), None, &log("4")), Some(7));
        assert_eq!(last((7, false), Some((8, false)), &log("4")), Some(7));
        assert_eq!(last((7, false), Some((8, false)), &Says::Log(None)), Some(7));
        // The first commit since then was on its way.
        assert_eq!(last((7, false), Some((8, true)), &log("4")), Some(7));
        assert_eq!(last((7, false), Some((8, true)), &log("8")), Some(8));
    }
}
