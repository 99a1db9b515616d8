//! The input of a failure, kept in files.
//!
//! `target/ouzel-failures/JOB-SEED` has `case.json`, which says how the job was run, and a folder for
//! each input with a file for each partition.

use crate::report::again;
use crate::trial::{Inputs, Trial};
use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use ouzel::dsl::connector::{Demand, Request};
use ouzel::dsl::plan::SourceNode;
use ouzel::private::difference_of_rows;
use ouzel::stage::OnError;
use ouzel::{Error, Layout, Passed, Plan, Result, connectors};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How the job was run.
#[derive(Serialize, Deserialize)]
pub(crate) struct Case {
    job: String,
    pub params: BTreeMap<String, String>,
    on_error: String,
    pub seed: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    layout: Vec<Passed>,
}

impl Case {
    pub fn layout(&self) -> Layout {
        Layout::new(self.layout.clone())
    }

    pub fn on_error(&self) -> OnError {
        let policies = [OnError::Fail, OnError::Skip, OnError::DeadLetter];
        policies.into_iter().find(|policy| flag(*policy) == self.on_error).unwrap_or_default()
    }
}

/// A policy as the command line has it.
fn flag(policy: OnError) -> &'static str {
    match policy {
        OnError::Fail => "fail",
        OnError::Skip => "skip",
        OnError::DeadLetter => "dead-letter",
    }
}

/// Keeps the input of a failure; says where, and how to run it again.
pub(crate) fn keep(trial: &Trial, inputs: &Inputs) -> String {
    let dir = failures().join(format!("{}-{}", trial.plan.job, trial.seed));
    match write(trial, inputs, &dir) {
        Ok(()) => how(trial, inputs, &dir),
        Err(error) => format!("its input could not be kept in {}: {error}\n", dir.display()),
    }
}

fn how(trial: &Trial, inputs: &Inputs, dir: &Path) -> String {
    let (job, at) = (trial.plan.job, dir.display());
    let names = inputs.iter().map(|(name, _)| format!(" --in {name}={at}/{name}"));
    let params = trial.plan.params.iter().map(|(name, value)| {
        let value = if value.contains([' ', '\'']) { format!("{value:?}") } else { value.clone() };
        format!(" --{}={value}", name.replace('_', "-"))
    });
    let policy = match trial.on_error {
        OnError::Fail => String::new(),
        OnError::Skip => " --on-error skip".to_owned(),
        OnError::DeadLetter => format!(" --on-error dead-letter={at}/dead-letters.jsonl"),
    };
    let flags: String = names.chain(params).chain([policy]).collect();
    format!(
        "its input is kept in {at}\n{}\
         to step through one mode: a test of one line, `ouzel_testkit::replay({job}, \"{at}\", \
         ouzel::Mode::Batch);`, or `Stream`\n  \
         or the job's own command line, with `batch` or `stream`: run --mode batch{flags}\n",
        again(trial.seed)
    )
}

/// The folder of all failures: in cargo's target folder, or else that of temporary files.
fn failures() -> PathBuf {
    let exe = std::env::current_exe().unwrap_or_default();
    let is_target = |dir: &&Path| dir.join("CACHEDIR.TAG").is_file();
    let target = exe.ancestors().find(is_target).map(Path::to_owned);
    target.unwrap_or_else(std::env::temp_dir).join("ouzel-failures")
}

/// Writes everything to a folder beside, and then puts it in place of what was there.
fn write(trial: &Trial, inputs: &Inputs, dir: &Path) -> Result<()> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let nth = COUNT.fetch_add(1, Ordering::Relaxed);
    let beside = dir.with_extension(format!("{}-{nth}.tmp", std::process::id()));
    let what = |e| Error::io("keeping the input", e);
    for (name, partitions) in inputs {
        let folder = beside.join(name);
        fs::create_dir_all(&folder).map_err(what)?;
        let source = trial.plan.sources.iter().find(|source| source.input == name);
        // JSON lines are for people, and cannot hold everything to the bit.
        if !write_all(&folder, "jsonl", partitions, source)? {
            fs::remove_dir_all(&folder).and_then(|()| fs::create_dir(&folder)).map_err(what)?;
            write_all(&folder, "arrow", partitions, None)?;
        }
    }
    let case = Case {
        job: trial.plan.job.to_owned(),
        params: trial.plan.params.iter().cloned().collect(),
        on_error: flag(trial.on_error).to_owned(),
        seed: trial.seed,
        layout: trial.layout.passed(),
    };
    let case = serde_json::to_vec_pretty(&case).map_err(|e| Error::Failed(e.to_string()))?;
    fs::write(beside.join("case.json"), case).map_err(what)?;
    let _ = fs::remove_dir_all(dir);
    fs::rename(&beside, dir).map_err(what)
}

/// Writes a file for each partition. Where a source is given, says whether each reads back the same.
fn write_all(
    folder: &Path,
    format: &str,
    partitions: &[RecordBatch],
    source: Option<&SourceNode>,
) -> Result<bool> {
    let digits = partitions.len().saturating_sub(1).to_string().len();
    for (partition, batch) in partitions.iter().enumerate() {
        let path = folder.join(format!("{partition:0digits$}.{format}"));
        let uri = path.display().to_string();
        let mut content = connectors::output(&uri)?.replace(&batch.schema())?;
        content.write(batch)?;
        content.finish()?;
        if let Some(source) = source
            && !read(&path, source).is_ok_and(|read| same(batch, &read))
        {
            return Ok(false);
        }
    }
    Ok(true)
}

fn same(batch: &RecordBatch, read: &RecordBatch) -> bool {
    difference_of_rows(std::slice::from_ref(batch), std::slice::from_ref(read)).is_none()
}

/// What was kept: how the job was run, and its input.
pub(crate) fn load(dir: &Path, plan: &dyn Fn(&Case) -> Result<Plan>) -> Result<(Case, Inputs)> {
    let path = dir.join("case.json");
    let what = |e| Error::io(format!("reading {}", path.display()), e);
    let text = fs::read(&path).map_err(what)?;
    let case: Case = serde_json::from_slice(&text)
        .map_err(|e| Error::Format(format!("{}: {e}", path.display())))?;
    let plan = plan(&case)?;
    let mut inputs = Inputs::new();
    for source in &plan.sources {
        let folder = dir.join(source.input);
        let files = fs::read_dir(&folder).map_err(what)?.map(|file| Ok(file.map_err(what)?.path()));
        let mut files = files.collect::<Result<Vec<_>>>()?;
        files.sort();
        let partitions = files.iter().map(|file| read(file, source)).collect::<Result<_>>()?;
        inputs.push((source.input.to_owned(), partitions));
    }
    Ok((case, inputs))
}

/// A file as the records of an input.
fn read(path: &Path, source: &SourceNode) -> Result<RecordBatch> {
    let request = Request {
        input: source.input.to_owned(),
        fields: source.fields.clone(),
        read: (0..source.fields.len()).collect(),
        chunk_rows: 1_024,
        split_bytes: u64::MAX,
        until_now: true,
        history: false,
        time: None,
        ..Request::default()
    };
    let mut chunks = Vec::new();
    for split in connectors::input(&path.display().to_string())?.open(&request)?.splits(&[])?.splits
    {
        split.read(&mut |chunk| {
            match chunk.rejects.first() {
                Some(reject) => return Err(Error::Format(reject.reason.clone())),
                None => chunks.push(chunk.batch),
            }
            Ok(Demand::More)
        })?;
    }
    let fields = source.fields.iter().map(ouzel::schema::Field::arrow).collect::<Vec<_>>();
    let schema = match chunks.first() {
        Some(chunk) => chunk.schema(),
        None => Arc::new(arrow::datatypes::Schema::new(fields)),
    };
    concat_batches(&schema, &chunks).map_err(|e| Error::Format(e.to_string()))
}
