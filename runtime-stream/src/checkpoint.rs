//! The state folder: what makes a run go on where it was.
//!
//! A checkpoint is a manifest that names everything it covers: positions, what was seen, the
//! lengths of the state's logs and of the outputs. It is written last and put in place by a
//! rename; whatever goes beyond it is cut off when a run resumes.

mod changed;

use ouzel_dsl::keyed_node::KeyedState;
use ouzel_dsl::log::LogSession;
use ouzel_dsl::{Error, Plan, Result};
use ouzel_engine::{CommitPoint, RunConfig, fresh_run};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, TryLockError};
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The version of everything in the folder.
const FORMAT: u32 = 1;

/// The manifest of the last commit.
const MANIFEST: &str = "manifest.json";
/// That of the commit which is being made.
const PREPARED: &str = "manifest.next.json";

/// A log is written anew when it is this many times as long as what it holds.
const COMPACT_AT: u64 = 4;
/// And not before it has this many bytes.
const COMPACT_FROM: u64 = 64 << 20;

/// What a checkpoint covers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Manifest {
    format: u32,
    job: String,
    params: BTreeMap<String, String>,
    /// The code of each operator, by id.
    operators: BTreeMap<String, u64>,
    /// The number of commits so far.
    pub epoch: u64,
    /// Whether the input was read to its end.
    pub finished: bool,
    /// Whether its outputs were ended after that.
    pub closed: bool,
    /// Positions by input and partition.
    pub inputs: BTreeMap<String, Vec<Position>>,
    /// Keyed operators, by id.
    pub keyed: BTreeMap<String, Kept>,
    /// Outputs' marks, by name; the dead letters' has the name that no output can have.
    pub outputs: BTreeMap<String, String>,
    /// Counts by operator: out, late, errors.
    pub totals: BTreeMap<String, (u64, u64, u64)>,
    /// Bytes of input read.
    pub bytes: u64,
    /// Where the layout ends.
    #[serde(default)]
    pub layout_bytes: u64,
    /// Where inputs come from and outputs go, by kind and name, as the user wrote it.
    pub places: BTreeMap<String, String>,
    /// Outputs made by more than one version of the code: batch cannot give the same.
    pub incomparable: BTreeSet<String>,
}

/// Where a partition is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Position {
    /// Its name.
    pub partition: String,
    /// The next offset.
    pub offset: u64,
    /// What the source said stands there.
    pub landmark: String,
    /// The greatest event time before it, or the watermark that has passed the partition.
    pub seen: i64,
    /// The greatest event time alone; what was seen, if it is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub greatest: Option<i64>,
    /// The watermark that has passed the partition since the last record, and that the layout does
    /// not have yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<i64>,
    /// Whether it had ended: then it may not have grown since.
    pub ended: bool,
}

/// Who says which commit was the last.
#[derive(Clone, Debug)]
pub enum Says {
    /// The manifest that is in its place: no log has commits of its own.
    Manifest,
    /// The log that outputs have gone to, exactly once; none if it has not heard of any commit.
    Log(Option<String>),
}

/// What is kept of a keyed operator.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Kept {
    state_type: String,
    log: String,
    log_bytes: u64,
    /// Its log's length when it was last written anew.
    base_bytes: u64,
    lateness: Option<i64>,
    /// The watermark up to which windows are closed.
    pub closed: i64,
    /// Where the rows of closed windows end.
    pub settled_bytes: u64,
}

/// The folder, held by this process alone.
pub struct Folder {
    dir: PathBuf,
    /// Held for its lock.
    _lock: File,
    /// What the run is called by logs that it writes to.
    pub run: String,
}

/// What the folder holds.
pub struct Checkpoint {
    folder: Folder,
    /// The last one committed.
    pub manifest: Manifest,
    logs: Vec<Log>,
}

struct Log {
    id: String,
    file: BufWriter<File>,
    bytes: u64,
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
    fn last(&self, says: &Says) -> Result<Option<Manifest>> {
        let manifest = self.manifest(MANIFEST)?;
        // What was prepared beside it does not count, and is written over by the next commit.
        let Says::Log(committed) = says else { return Ok(manifest) };
        let prepared = self.manifest(PREPARED)?;
        let Some(committed) = committed else {
            let epoch = manifest.as_ref().map_or(0, |m| m.epoch);
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
            publish(&self.dir)?;
            return Ok(Some(prepared));
        }
        match manifest.filter(is_it) {
            Some(manifest) => Ok(Some(manifest)),
            None => Err(Error::State(format!(
                "the last commit of the run `{}` was number {committed}, and the state in {} is not of that: it is a copy, or an older one\n  bring back what was there, or begin anew with another `--state`",
                self.run,
                self.dir.display()
            ))),
        }
    }
}

impl Checkpoint {
    /// Reads what the folder holds, as of the last commit, and checks that it belongs to this job.
    pub fn open(
        folder: Folder,
        plan: &Plan,
        config: &RunConfig,
        accept: &[String],
        says: &Says,
    ) -> Result<Checkpoint> {
        let mut manifest = folder.last(says)?;
        if let Some(manifest) = &mut manifest {
            changed::check(manifest, plan, config, accept, &folder.dir)?;
        }
        let manifest = manifest.unwrap_or_default();
        let mut checkpoint = Checkpoint { folder, manifest, logs: Vec::new() };
        checkpoint.describe(plan);
        checkpoint.manifest.places = changed::places(plan, config);
        for entry in &plan.keyed {
            let id = plan.operators[entry.operator].id.clone();
            let log = checkpoint.open_log(&id, &entry.node.state_type(), entry.lateness)?;
            checkpoint.logs.push(log);
        }
        Ok(checkpoint)
    }

    fn describe(&mut self, plan: &Plan) {
        self.manifest.format = FORMAT;
        self.manifest.job = plan.job.to_owned();
        self.manifest.params = plan.params.iter().cloned().collect();
        self.manifest.operators =
            plan.operators.iter().map(|o| (o.id.clone(), o.fingerprint)).collect();
    }

    fn open_log(&mut self, id: &str, state_type: &str, lateness: Option<i64>) -> Result<Log> {
        let fresh = || Kept {
            state_type: state_type.to_owned(),
            log: format!("{}.0.log", file_name(id)),
            lateness,
            closed: i64::MIN,
            ..Kept::default()
        };
        let kept = self.manifest.keyed.entry(id.to_owned()).or_insert_with(fresh);
        let path = self.folder.dir.join(&kept.log);
        let what = |e| Error::io(format!("the state log {}", path.display()), e);
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(what)?;
        let found = file.metadata().map_err(what)?.len();
        if found < kept.log_bytes {
            return Err(Error::State(format!(
                "{} has {found} bytes, but the last checkpoint covers {}: the folder was changed by something else",
                path.display(),
                kept.log_bytes
            )));
        }
        file.set_len(kept.log_bytes).map_err(what)?;
        file.seek(SeekFrom::End(0)).map_err(what)?;
        Ok(Log {
            id: id.to_owned(),
            file: BufWriter::with_capacity(1 << 18, file),
            bytes: kept.log_bytes,
        })
    }

    /// Whether there is anything to resume from.
    pub fn is_fresh(&self) -> bool {
        self.manifest.epoch == 0
    }

    /// What is kept of a keyed operator, by index.
    pub fn kept(&mut self, keyed: usize) -> &mut Kept {
        let id = self.logs[keyed].id.clone();
        self.manifest.keyed.entry(id).or_default()
    }

    /// The file of a keyed operator's closed rows.
    pub fn settled_path(&self, keyed: usize) -> PathBuf {
        self.folder.dir.join(format!("{}.rows", file_name(&self.logs[keyed].id)))
    }

    /// Fills a keyed operator's state from its log.
    pub fn load(&mut self, keyed: usize, state: &mut dyn KeyedState) -> Result<()> {
        let kept = self.kept(keyed).clone();
        let path = self.folder.dir.join(&kept.log);
        let file = File::open(&path)
            .map_err(|e| Error::io(format!("the state log {}", path.display()), e))?;
        state.load(
            &mut BufReader::with_capacity(1 << 18, file).take(kept.log_bytes),
            Some(kept.closed),
        )
    }

    /// Where a keyed operator's changes are written.
    pub fn log(&mut self, keyed: usize) -> impl Write + '_ {
        Counted(&mut self.logs[keyed])
    }

    /// Makes everything durable that the manifest covers, then the manifest itself. Logs that hold
    /// mostly what is gone are written anew first. With a session, its commit is what counts: the
    /// manifest lies beside the one before until that is done. `at` ends it where it fails.
    pub fn commit(
        &mut self,
        states: &mut [Box<dyn KeyedState>],
        session: Option<&dyn LogSession>,
        at: impl Fn(CommitPoint) -> Result<()>,
    ) -> Result<u64> {
        let mut written = 0;
        let mut old = Vec::new();
        for (log, state) in self.logs.iter_mut().zip(states) {
            let kept = self.manifest.keyed.entry(log.id.clone()).or_default();
            written += log.bytes - kept.log_bytes;
            if log.bytes > COMPACT_FROM.max(kept.base_bytes * COMPACT_AT) {
                old.push(self.folder.dir.join(&kept.log));
                kept.log = format!("{}.{}.log", file_name(&log.id), self.manifest.epoch + 1);
                let path = self.folder.dir.join(&kept.log);
                let file = File::create(&path)
                    .map_err(|e| Error::io(format!("the state log {}", path.display()), e))?;
                (log.file, log.bytes) = (BufWriter::with_capacity(1 << 18, file), 0);
                state.save(&mut Counted(log))?;
                kept.base_bytes = log.bytes;
                written += log.bytes;
            }
            let what = |e| Error::io("writing a checkpoint", e);
            log.file.flush().map_err(what)?;
            log.file.get_ref().sync_data().map_err(what)?;
            kept.log_bytes = log.bytes;
        }
        at(CommitPoint::BeforeManifest)?;
        self.manifest.epoch += 1;
        self.prepare()?;
        if let Some(session) = session {
            at(CommitPoint::BeforeSession)?;
            session.commit(&self.manifest.epoch.to_string())?;
            at(CommitPoint::AfterSession)?;
        }
        publish(&self.folder.dir)?;
        for path in old {
            // Nothing refers to it any more; if it stays, it only takes room.
            let _ = std::fs::remove_file(path);
        }
        Ok(written)
    }

    /// Notes that the outputs of a finished run were ended.
    pub fn close(&mut self) -> Result<()> {
        self.manifest.closed = true;
        self.prepare()?;
        publish(&self.folder.dir)
    }

    /// Writes the manifest beside the one before.
    fn prepare(&self) -> Result<()> {
        let dir = &self.folder.dir;
        let what = |e| Error::io(format!("writing the checkpoint in {}", dir.display()), e);
        let bytes = serde_json::to_vec_pretty(&self.manifest).map_err(|e| what(e.into()))?;
        write_file(dir, PREPARED, &bytes).map_err(what)
    }
}

/// Puts the manifest that was written last in the place of the one before.
fn publish(dir: &Path) -> Result<()> {
    let renamed = std::fs::rename(dir.join(PREPARED), dir.join(MANIFEST));
    renamed
        .and_then(|()| File::open(dir)?.sync_all())
        .map_err(|e| Error::io(format!("writing the checkpoint in {}", dir.display()), e))
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

struct Counted<'a>(&'a mut Log);

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let n = self.0.file.write(bytes)?;
        self.0.bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.file.flush()
    }
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

/// An operator's id as a file's name.
fn file_name(id: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if id.chars().all(plain) {
        return id.to_owned();
    }
    // Two ids must not share a file, whatever their letters.
    let hex: String = id.bytes().map(|b| format!("{b:02x}")).collect();
    format!("x{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder as it is after a process was killed between two commits of its own.
    fn killed(dir: &Path) -> Folder {
        let folder = Folder::take(dir, "job").unwrap();
        for (name, epoch) in [(MANIFEST, 3), (PREPARED, 4)] {
            let manifest = Manifest { epoch, ..Manifest::default() };
            write_file(dir, name, &serde_json::to_vec(&manifest).unwrap()).unwrap();
        }
        folder
    }

    #[test]
    fn a_commit_that_was_prepared_counts_where_the_log_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let log = |committed: &str| Says::Log(Some(committed.to_owned()));
        for (says, epoch) in [(Says::Manifest, 3), (log("3"), 3), (log("4"), 4)] {
            let folder = killed(dir.path());
            assert_eq!(folder.last(&says).unwrap().unwrap().epoch, epoch, "{says:?}");
        }
        let folder = killed(dir.path());
        for says in [log("2"), log("5"), Says::Log(None)] {
            assert!(folder.last(&says).is_err(), "{says:?}");
        }
    }
}
