//! A round: a job over topics of its own, ill-treated.

use crate::Result;
use crate::check::{self, Difference, Rows};
use crate::fault::{Kind, PARTITIONS_MAX};
use crate::feed::Feeder;
use crate::process::{Ends, Process};
use crate::random::Random;
use crate::topic::{self, Topic};
use ouzel_kafka_broker::{Broker, Options};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How many processes share a run.
const PROCESSES: usize = 3;

/// How many partitions topics have at first.
const PARTITIONS: u32 = 3;

/// How long after its start a process is at its work.
const SETTLED: Duration = Duration::from_millis(2_500);

/// How long outputs may take to come to rest when all is well again.
const REST: Duration = Duration::from_secs(240);

/// How a job runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One process, with a state folder.
    Alone,
    /// Several processes.
    Group,
}

/// Which job runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// All kinds of outputs, with a lateness.
    Timed,
    /// No lateness; partitions are added.
    Growing,
}

impl Job {
    fn name(self) -> &'static str {
        match self {
            Job::Timed => "timed",
            Job::Growing => "growing",
        }
    }

    /// Outputs, and whether each is a table.
    fn outputs(self) -> &'static [(&'static str, bool)] {
        match self {
            Job::Timed => &[
                ("totals", true),
                ("kept", false),
                ("finals", false),
                ("sizes", true),
                ("late", false),
                ("sessions", false),
                ("steps", false),
                ("pairs", false),
            ],
            Job::Growing => &[("totals", true), ("kept", false), ("counts", true)],
        }
    }
}

/// What a soak is told.
#[derive(Clone, Debug)]
pub struct Told {
    /// The program that runs a job where its first argument is one.
    pub program: PathBuf,
    pub faults: u64,
    pub seed: u64,
    /// None: both in turn.
    pub mode: Option<Mode>,
    /// None: both in turn.
    pub job: Option<Job>,
    pub exactly_once: bool,
    /// Faults in short order, of the kinds that take no time.
    pub quick: bool,
    /// How many faults a round has.
    pub round: u64,
    /// Events a second.
    pub rate: u64,
    /// The kinds of faults; all that there are, if empty.
    pub kinds: Vec<Kind>,
    /// Where to keep topics, state and logs; a folder that goes unless something differs, if not
    /// given.
    pub dir: Option<PathBuf>,
}

impl Told {
    pub fn new(program: impl Into<PathBuf>) -> Told {
        Told {
            program: program.into(),
            faults: 100,
            seed: 0,
            mode: None,
            job: None,
            exactly_once: true,
            quick: false,
            round: 50,
            rate: 300,
            kinds: Vec::new(),
            dir: None,
        }
    }
}

/// What became of an output.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub rows: u64,
    pub lost: u64,
    pub doubled: u64,
}

/// What became of a soak.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub faults: BTreeMap<Kind, u64>,
    pub rounds: u64,
    pub events: u64,
    pub restarts: u64,
    /// How often a process ended of itself, by what it said last.
    pub errors: BTreeMap<String, u64>,
    /// Ids of the stream output, beside those of the input.
    pub ids: Outcome,
    /// By output: rows beside those of batch. Of a table, a row that is another is lost and doubled.
    pub outputs: BTreeMap<String, Outcome>,
    /// Processes that did not end when they were told to.
    pub stuck: u64,
    pub seconds: f64,
}

impl Report {
    /// How many faults there were.
    pub fn count(&self) -> u64 {
        self.faults.values().sum()
    }

    /// How many rows are lost and doubled, in all.
    pub fn differences(&self) -> (u64, u64) {
        let all = self.outputs.values().chain([&self.ids]);
        all.fold((0, 0), |(lost, doubled), o| (lost + o.lost, doubled + o.doubled))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.count();
        writeln!(f, "{count} faults in {} rounds, {} events", self.rounds, self.events)?;
        for (kind, count) in &self.faults {
            writeln!(f, "  {:<12} {count}", format!("{kind:?}"))?;
        }
        writeln!(f, "{} restarts; processes that ended of themselves:", self.restarts)?;
        for (said, count) in &self.errors {
            writeln!(f, "  {count} x {said}")?;
        }
        writeln!(f, "{:<12} {:>9} {:>7} {:>7}", "", "rows", "lost", "doubled")?;
        let ids = ("ids".to_owned(), self.ids.clone());
        for (name, Outcome { rows, lost, doubled }) in
            std::iter::once((&ids.0, &ids.1)).chain(&self.outputs)
        {
            writeln!(f, "{name:<12} {rows:>9} {lost:>7} {doubled:>7}")?;
        }
        if self.stuck > 0 {
            writeln!(f, "{} processes did not end when they were told to", self.stuck)?;
        }
        let per = self.seconds * 100.0 / count.max(1) as f64;
        write!(f, "{:.0} s, {per:.0} s per 100 faults", self.seconds)
    }
}

/// Soaks; an error only where the soak itself goes wrong.
pub fn soak(told: &Told) -> Result<Report> {
    let began = Instant::now();
    let temp = tempfile::Builder::new().prefix("ouzel-ksoak-").tempdir()?;
    let dir = told.dir.clone().unwrap_or_else(|| temp.path().to_owned());
    let options = Options::new()
        .data(dir.join("broker"))
        // Snapshots are to be compacted while the soak lasts.
        .property("log.cleaner.min.cleanable.ratio", "0.1")
        .property("log.cleaner.backoff.ms", "2000");
    let broker = Arc::new(Broker::start(options)?);
    let mut report = Report::default();
    let mut random = Random::new(told.seed);
    let mut left = told.faults;
    while left > 0 {
        let nth = report.rounds;
        let mode = match nth % 2 {
            0 => Mode::Alone,
            _ => Mode::Group,
        };
        let job = if nth % 6 < 4 { Job::Timed } else { Job::Growing };
        let dir = dir.join(format!("round{nth}"));
        std::fs::create_dir_all(&dir)?;
        let mut round = Round {
            told,
            mode: told.mode.unwrap_or(mode),
            job: told.job.unwrap_or(job),
            nth,
            dir: &dir,
            broker: &broker,
            busy: None,
            partitions: PARTITIONS,
            processes: Vec::new(),
            guests: Vec::new(),
            ends: Ends::default(),
            random: Random::new(random.next()),
        };
        let before = report.differences();
        let result = round.run(left.min(told.round), &mut report);
        let ends = std::mem::take(&mut round.ends);
        drop(round);
        report.restarts += ends.restarts;
        for (said, count) in ends.errors {
            *report.errors.entry(said).or_default() += count;
        }
        report.rounds += 1;
        report.seconds = began.elapsed().as_secs_f64();
        if let Err(error) = result {
            eprintln!("{report}\nkept: {}", temp.keep().display());
            return Err(error);
        }
        left -= left.min(told.round);
        if left > 0 {
            eprintln!("\n{report}");
        }
        if told.exactly_once && report.differences() != before {
            eprintln!("kept: {}", temp.keep().display());
            return Ok(report);
        }
        let suffix = format!("-r{nth}");
        topic::delete(broker.bootstrap(), |name| name.contains(&suffix))?;
        if told.dir.is_none() {
            std::fs::remove_dir_all(&dir)?;
        }
    }
    Ok(report)
}

struct Round<'a> {
    told: &'a Told,
    mode: Mode,
    job: Job,
    nth: u64,
    dir: &'a Path,
    broker: &'a Arc<Broker>,
    /// Brings the broker back.
    busy: Option<JoinHandle<ouzel_kafka_broker::Result<()>>>,
    partitions: u32,
    processes: Vec<Process>,
    /// Processes of a storm, and when they leave.
    guests: Vec<(Process, Instant)>,
    ends: Ends,
    random: Random,
}

impl Round<'_> {
    fn topic(&self, name: &str) -> String {
        format!("{name}-r{}", self.nth)
    }

    fn uri(&self, name: &str) -> String {
        format!("kafka://{}/{}", self.broker.bootstrap(), self.topic(name))
    }

    /// The command line of a process of the run.
    fn stream(&self, instance: Option<&str>) -> Vec<String> {
        let mut all = vec![self.job.name().to_owned(), "run".to_owned()];
        all.extend(["--in".to_owned(), format!("events={}", self.uri("events"))]);
        for (name, _) in self.job.outputs() {
            all.extend(["--out".to_owned(), format!("{name}={}", self.uri(name))]);
        }
        all.extend(["--on-error".to_owned(), format!("dead-letter={}", self.uri("dead"))]);
        let guarantee = if self.told.exactly_once { "exactly-once" } else { "at-least-once" };
        let flags = ["--mode", "stream", "--epoch", "300ms", "--workers", "2", "--guarantee"];
        all.extend(flags.iter().chain([&guarantee]).map(|flag| (*flag).to_owned()));
        match self.mode {
            Mode::Alone => {
                all.extend(["--state".to_owned(), self.dir.join("state").display().to_string()]);
            }
            Mode::Group => {
                all.extend(["--group".to_owned(), self.topic("group")]);
                if let Some(instance) = instance {
                    all.extend(["--instance".to_owned(), instance.to_owned()]);
                    // One of them keeps copies of the others' state.
                    all.push("--standby".to_owned());
                }
            }
        }
        all
    }

    fn run(&mut self, faults: u64, report: &mut Report) -> Result<()> {
        let Told { program, seed, rate, .. } = self.told;
        eprintln!("round {}: {:?}, {:?}, {faults} faults", self.nth, self.mode, self.job);
        let bootstrap = self.broker.bootstrap().to_owned();
        topic::create(&bootstrap, &[self.topic("events")], self.partitions)?;
        let outputs = self.job.outputs().iter().map(|(name, _)| self.topic(name));
        topic::create(&bootstrap, &outputs.chain([self.topic("dead")]).collect::<Vec<_>>(), 2)?;
        let count = if self.mode == Mode::Alone { 1 } else { PROCESSES };
        for index in 0..count {
            // Some keep their names, and some do not.
            let instance = (index == 0).then(|| format!("p{index}"));
            let log = self.dir.join(format!("p{index}.log"));
            self.processes.push(Process::new(program, self.stream(instance.as_deref()), log));
        }
        let seed = seed.wrapping_add(self.nth);
        // Snapshots, and logs that are written anew, come with megabytes.
        let pad = if self.told.quick { 100 } else { 500 };
        let (topic, partitions) = (self.topic("events"), self.partitions);
        let feeder = Feeder::start(&bootstrap, &topic, partitions, *rate, pad, seed)?;
        self.wait(Duration::from_secs(3))?;
        for _ in 0..faults {
            let kind = self.fault(&feeder)?;
            *report.faults.entry(kind).or_default() += 1;
            let most = if self.told.quick { 1_200 } else { 3_000 };
            let length = Duration::from_millis(100 + self.random.below(most));
            self.wait(length)?;
        }
        self.heal()?;
        report.events += feeder.finish()?;
        let expected = self.expected()?;
        self.compare(&expected, report)
    }

    /// Lets time pass.
    fn wait(&mut self, length: Duration) -> Result<()> {
        let until = Instant::now() + length;
        loop {
            self.supervise()?;
            let now = Instant::now();
            if now >= until {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(10).min(until - now));
        }
    }

    fn supervise(&mut self) -> Result<()> {
        for process in &mut self.processes {
            process.supervise(&mut self.ends)?;
        }
        let now = Instant::now();
        let leaving = self.guests.extract_if(.., |(_, until)| now >= *until);
        for (nth, (mut guest, _)) in leaving.enumerate() {
            // One has to be killed as it is dropped; another leaves in order.
            if nth % 2 == 0 {
                guest.terminate()?;
                std::thread::spawn(move || guest.end());
            }
        }
        for (guest, _) in &mut self.guests {
            guest.supervise(&mut self.ends)?;
        }
        if let Some(busy) = self.busy.take_if(|busy| busy.is_finished()) {
            busy.join().map_err(|_| "bringing the broker back panicked")??;
        }
        Ok(())
    }

    fn fault(&mut self, feeder: &Feeder) -> Result<Kind> {
        let Told { quick, program, .. } = self.told;
        let kind = loop {
            let kind = Kind::choose(self.mode, self.job, *quick, self.partitions, &mut self.random);
            let of_broker = matches!(
                kind,
                Kind::KillWriting
                    | Kind::BrokerKill
                    | Kind::BrokerPause
                    | Kind::BrokerLong
                    | Kind::Grow
            );
            let wanted = self.told.kinds.is_empty() || self.told.kinds.contains(&kind);
            // It can only be done to a broker that is there.
            if wanted && (self.busy.is_none() || !of_broker) {
                break kind;
            }
        };
        let millis = |from: u64, to: u64, random: &mut Random| {
            Duration::from_millis(from + random.below(to - from))
        };
        let index = self.random.below(self.processes.len() as u64) as usize;
        // Most faults are to meet a process at its work, and not at its start.
        if kind == Kind::KillWriting || !self.random.one_in(4) {
            let until = Instant::now() + SETTLED * 3;
            while self.processes[index].age() < SETTLED && Instant::now() < until {
                self.wait(Duration::from_millis(50))?;
            }
        }
        if kind == Kind::KillWriting && self.busy.is_some() {
            self.processes[index].kill();
            return Ok(Kind::Kill);
        }
        let random = &mut self.random;
        let process = &mut self.processes[index];
        match kind {
            Kind::Kill => process.kill(),
            Kind::KillWriting => {
                // An epoch ends meanwhile.
                self.broker.pause()?;
                std::thread::sleep(millis(300, 1_000, random));
                process.kill();
                self.broker.resume()?;
            }
            Kind::Terminate => process.terminate()?,
            Kind::Pause => process.pause(millis(300, 4_000, random))?,
            Kind::Zombie => process.pause(millis(11_000, 16_000, random))?,
            Kind::DiskFull if !process.is_full() => {
                process.fill_disk(millis(5_000, 9_000, random));
            }
            Kind::DiskFull => {}
            Kind::BrokerKill => {
                let gone = millis(0, 1_500, random);
                self.busy = Some(down(self.broker, gone));
            }
            Kind::BrokerLong => {
                let gone = millis(15_000, 60_000, random);
                self.busy = Some(down(self.broker, gone));
            }
            Kind::BrokerPause => {
                let length = millis(500, if *quick { 3_000 } else { 8_000 }, random);
                let broker = self.broker.clone();
                self.busy = Some(std::thread::spawn(move || {
                    broker.pause()?;
                    std::thread::sleep(length);
                    broker.resume()
                }));
            }
            Kind::Storm => {
                for nth in 0..3 {
                    let until = Instant::now() + millis(500, 5_000, &mut self.random);
                    let log = self.dir.join(format!("guest{nth}.log"));
                    let guest = Process::new(program, self.stream(None), log);
                    self.guests.push((guest, until));
                }
            }
            Kind::Poison => _ = feeder.orders.poison.fetch_add(4, Ordering::Relaxed),
            Kind::Quiet => {
                feeder.orders.quiet.store(true, Ordering::Relaxed);
                let length = millis(500, 3_000, random);
                self.wait(length)?;
                self.processes[index].kill();
                let length = millis(30_000, 36_000, &mut self.random);
                self.wait(length)?;
                feeder.orders.quiet.store(false, Ordering::Relaxed);
            }
            Kind::Grow => {
                self.partitions = (self.partitions + 1).min(PARTITIONS_MAX);
                topic::grow(self.broker.bootstrap(), &self.topic("events"), self.partitions)?;
                feeder.orders.partitions.store(self.partitions, Ordering::Relaxed);
            }
        }
        Ok(kind)
    }

    /// Ends all faults.
    fn heal(&mut self) -> Result<()> {
        self.guests.iter_mut().for_each(|(_, until)| *until = Instant::now());
        while self.busy.is_some() || !self.guests.is_empty() {
            self.wait(Duration::from_millis(50))?;
        }
        while self.processes.iter().any(Process::is_full) {
            self.wait(Duration::from_millis(50))?;
        }
        self.processes.iter_mut().try_for_each(Process::go_on)
    }

    /// What batch makes of the topic, by output; dead letters are the one that no output can be.
    fn expected(&mut self) -> Result<BTreeMap<String, Rows>> {
        let dir = self.dir.join("batch");
        std::fs::create_dir_all(&dir)?;
        let path = |name: &str| dir.join(format!("{name}.jsonl"));
        let mut command = Command::new(&self.told.program);
        command.args([self.job.name(), "run", "--mode", "batch"]);
        command.args(["--in", &format!("events={}", self.uri("events"))]);
        for (name, _) in self.job.outputs() {
            command.args(["--out", &format!("{name}={}", path(name).display())]);
        }
        command.args(["--on-error", &format!("dead-letter={}", path("dead").display())]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut batch = command.spawn()?;
        while batch.try_wait()?.is_none() {
            self.wait(Duration::from_millis(20))?;
        }
        let batch = batch.wait_with_output()?;
        if !batch.status.success() {
            return Err(String::from_utf8_lossy(&batch.stderr).into());
        }
        let names = self.job.outputs().iter().map(|(name, _)| *name).chain(["dead"]);
        names.map(|name| Ok((name.to_owned(), check::of_file(&path(name))?))).collect()
    }

    fn compare(&mut self, expected: &BTreeMap<String, Rows>, report: &mut Report) -> Result<()> {
        let bootstrap = self.broker.bootstrap();
        let mut input = Topic::open(bootstrap, &self.topic("events"))?;
        input.read()?;
        let mut topics = BTreeMap::new();
        for name in expected.keys() {
            let is_table = self.job.outputs().contains(&(name, true));
            topics.insert(name, (Topic::open(bootstrap, &self.topic(name))?, is_table));
        }
        let healed = Instant::now();
        let mut found = BTreeMap::new();
        loop {
            let mut covered = true;
            for (name, (topic, is_table)) in &mut topics {
                topic.read()?;
                let rows = check::of_topic(&topic.records, *is_table)?;
                covered &= Difference::of(&expected[*name], &rows).lost.is_empty();
                found.insert((*name).clone(), rows);
            }
            if covered || healed.elapsed() > REST {
                break;
            }
            self.wait(Duration::from_secs(1))?;
        }
        eprintln!("at rest after {:.1} s", healed.elapsed().as_secs_f64());
        // What is doubled may come late.
        self.wait(Duration::from_secs(2))?;
        for process in std::mem::take(&mut self.processes) {
            report.stuck += u64::from(!process.end()?);
        }
        for (name, (topic, is_table)) in &mut topics {
            topic.read()?;
            found.insert((*name).clone(), check::of_topic(&topic.records, *is_table)?);
        }
        for (name, expected) in expected {
            let difference = Difference::of(expected, &found[name]);
            let outcome = report.outputs.entry(name.clone()).or_default();
            self.note(name, expected, &difference, outcome)?;
        }
        let expected = check::ids_to_keep(&input);
        let difference = Difference::of(&expected, &check::ids(&found["kept"])?);
        self.note("ids", &expected, &difference, &mut report.ids)
    }

    fn note(
        &self,
        name: &str,
        expected: &Rows,
        difference: &Difference,
        outcome: &mut Outcome,
    ) -> Result<()> {
        outcome.rows += expected.values().sum::<i64>() as u64;
        outcome.lost += difference.lost.len() as u64;
        outcome.doubled += difference.doubled.len() as u64;
        if !difference.is_empty() {
            let text = format!("{difference:#?}");
            std::fs::write(self.dir.join(format!("{name}.differs")), &text)?;
            if self.told.exactly_once {
                let text: Vec<&str> = text.lines().take(20).collect();
                eprintln!("{name} differs:\n{}", text.join("\n"));
            }
        }
        Ok(())
    }
}

/// Kills the broker, and starts it again after a time.
fn down(broker: &Arc<Broker>, gone: Duration) -> JoinHandle<ouzel_kafka_broker::Result<()>> {
    let broker = broker.clone();
    std::thread::spawn(move || {
        broker.kill()?;
        std::thread::sleep(gone);
        broker.restart()
    })
}
