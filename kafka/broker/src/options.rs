use std::path::PathBuf;

/// How a broker is to be.
#[derive(Clone, Debug)]
pub struct Options {
    pub(crate) port: Option<u16>,
    pub(crate) data: Option<PathBuf>,
    pub(crate) partitions: u32,
    pub(crate) heap: u32,
    pub(crate) fast: bool,
    pub(crate) properties: Vec<(String, String)>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: None,
            data: None,
            partitions: 1,
            heap: 768,
            fast: true,
            properties: Vec::new(),
        }
    }
}

impl Options {
    /// A free port, a folder that goes with the broker, topics of one partition, quick to start.
    pub fn new() -> Self {
        Self::default()
    }

    /// The port to listen on.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// A folder to keep topics in beyond the broker's life; made if it is not there.
    pub fn data(mut self, dir: impl Into<PathBuf>) -> Self {
        self.data = Some(dir.into());
        self
    }

    /// How many partitions a topic has that is made without saying so.
    pub fn partitions(mut self, partitions: u32) -> Self {
        self.partitions = partitions;
        self
    }

    /// The greatest heap, in megabytes.
    pub fn heap(mut self, megabytes: u32) -> Self {
        self.heap = megabytes;
        self
    }

    /// `false` for benches: slower to start and greedier, but as fast as a broker gets once it runs.
    pub fn fast(mut self, fast: bool) -> Self {
        self.fast = fast;
        self
    }

    /// Sets a property of the server; the last one of a name holds.
    pub fn property(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.properties.push((name.into(), value.into()));
        self
    }

    /// What Java is told of its heap.
    pub(crate) fn memory(&self) -> String {
        format!("-Xmx{}m", self.heap)
    }

    /// What Java is told of its speed.
    pub(crate) fn speed(&self) -> &'static [&'static str] {
        if self.fast { &["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"] } else { &[] }
    }

    /// `server.properties` of a single node, but for where it listens and keeps its data.
    pub(crate) fn server(&self) -> Vec<(String, String)> {
        let mut all: Vec<_> =
            SERVER.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        all.push(("num.partitions".to_owned(), self.partitions.to_string()));
        if self.fast {
            all.extend(FAST.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        }
        all.extend(self.properties.iter().cloned());
        all
    }
}

const SERVER: [(&str, &str); 19] = [
    ("process.roles", "broker,controller"),
    ("node.id", "1"),
    ("controller.listener.names", "CONTROLLER"),
    ("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"),
    // Everything once: there is one node.
    ("offsets.topic.replication.factor", "1"),
    ("transaction.state.log.replication.factor", "1"),
    ("transaction.state.log.min.isr", "1"),
    ("share.coordinator.state.topic.replication.factor", "1"),
    ("share.coordinator.state.topic.min.isr", "1"),
    // Few files to make and to read at a start.
    ("offsets.topic.num.partitions", "4"),
    ("transaction.state.log.num.partitions", "4"),
    // A mistyped name is an error, not an empty topic.
    ("auto.create.topics.enable", "false"),
    // Records keep the event times of their tests, which are of years ago.
    ("log.retention.ms", "-1"),
    ("log.segment.delete.delay.ms", "1000"),
    // Groups form at once, and may be quick to give a member up.
    ("group.initial.rebalance.delay.ms", "0"),
    ("group.min.session.timeout.ms", "1000"),
    ("group.consumer.min.session.timeout.ms", "1000"),
    ("group.consumer.min.heartbeat.interval.ms", "100"),
    // A transaction whose time is over is aborted at once, not up to 10 s later.
    ("transaction.abort.timed.out.transaction.cleanup.interval.ms", "500"),
];

const FAST: [(&str, &str); 5] = [
    // A broker that was killed may register again only when its session is over: by default that is
    // 9 s. Not for benches: one that is starved for so long would be taken for dead.
    ("broker.session.timeout.ms", "2000"),
    ("broker.heartbeat.interval.ms", "200"),
    // By default 128 MB, of the heap.
    ("log.cleaner.dedupe.buffer.size", "4194304"),
    ("num.io.threads", "4"),
    ("num.network.threads", "2"),
];
