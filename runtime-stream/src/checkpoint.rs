//! The state folder: what makes a run go on where it was.
//!
//! A checkpoint is a manifest that names everything it covers: positions, what was seen, the
//! lengths of the state's logs and of the outputs. It is written last and put in place by a
//! rename; whatever goes beyond it is cut off when a run resumes.

mod changed;
mod folder;

pub use folder::{Folder, Says};

use ouzel_dsl::keyed_node::KeyedState;
use ouzel_dsl::log::LogSession;
use ouzel_dsl::{Error, Plan, Result};
use ouzel_engine::{CommitPoint, RunConfig};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

/// The version of everything in the folder.
const FORMAT: u32 = 1;

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
    /// Whether the log that outputs go to has a commit of the same number, without which this one does
    /// not count.
    #[serde(default)]
    by_log: bool,
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
            changed::check(manifest, plan, config, accept, folder.dir())?;
        }
        let manifest = manifest.unwrap_or_default();
        let mut checkpoint = Checkpoint { folder, manifest, logs: Vec::new() };
        checkpoint.describe(plan);
        checkpoint.manifest.places = changed::places(plan, config);
        checkpoint.manifest.by_log = matches!(says, Says::Log(_));
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
        let path = self.folder.dir().join(&kept.log);
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
        self.folder.dir().join(format!("{}.rows", file_name(&self.logs[keyed].id)))
    }

    /// Fills a keyed operator's state from its log.
    pub fn load(&mut self, keyed: usize, state: &mut dyn KeyedState) -> Result<()> {
        let kept = self.kept(keyed).clone();
        let path = self.folder.dir().join(&kept.log);
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
                old.push(self.folder.dir().join(&kept.log));
                kept.log = format!("{}.{}.log", file_name(&log.id), self.manifest.epoch + 1);
                let path = self.folder.dir().join(&kept.log);
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
        self.folder.prepare(&self.manifest)?;
        if let Some(session) = session {
            at(CommitPoint::BeforeSession)?;
            session.commit(&self.manifest.epoch.to_string())?;
            at(CommitPoint::AfterSession)?;
        }
        self.folder.publish()?;
        for path in old {
            // Nothing refers to it any more; if it stays, it only takes room.
            let _ = std::fs::remove_file(path);
        }
        Ok(written)
    }

    /// Notes that the outputs of a finished run were ended.
    pub fn close(&mut self) -> Result<()> {
        self.manifest.closed = true;
        self.folder.prepare(&self.manifest)?;
        self.folder.publish()
    }
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
