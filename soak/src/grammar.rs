//! Writes jobs at random, as Rust: each a few operators, each of which takes what those before it
//! give. All streams are of `Event`, and all tables by `String` of `Val`, so that any operator may
//! follow any other.

use std::fmt::Write;

/// SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
struct Random(u64);

impl Random {
    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, most: usize) -> usize {
        (self.draw() % most.max(1) as u64) as usize
    }

    fn of(&mut self, several: &[&'static str]) -> &'static str {
        several[self.below(several.len())]
    }
}

/// What a `let` gives.
struct Given {
    name: String,
    /// As an output.
    ty: String,
    used: bool,
    /// How many joins are upstream, since each multiplies.
    joins: usize,
}

struct Job {
    random: Random,
    text: String,
    streams: Vec<Given>,
    /// Tables by `String` of `Val`.
    tables: Vec<Given>,
    /// What is shown as it is.
    shown: Vec<Given>,
    count: usize,
}

/// Writes a job; a seed always gives the same.
pub fn job(seed: u64, name: &str) -> String {
    let input = |name: &str| Given {
        name: name.to_owned(),
        ty: "Stream<Event>".to_owned(),
        used: false,
        joins: 0,
    };
    let mut job = Job {
        random: Random(seed.wrapping_mul(0x5851_F42D_4C95_7F2D)),
        text: String::new(),
        streams: vec![input("a"), input("b")],
        tables: Vec::new(),
        shown: Vec::new(),
        count: 0,
    };
    for _ in 0..3 + job.random.below(5) {
        job.step();
    }
    for input in 0..2 {
        if !job.streams[input].used {
            let from = job.stream(input);
            job.stream_let(format!("{from}.filter(|e| e.n != 2)"), 0);
        }
    }
    let outputs: Vec<&Given> =
        [&job.streams, &job.tables, &job.shown].into_iter().flatten().filter(|g| !g.used).collect();
    let list = |of: fn(&Given) -> &str| {
        let list: Vec<_> = outputs.iter().map(|given| of(given)).collect();
        if list.len() == 1 { list[0].to_owned() } else { format!("({})", list.join(", ")) }
    };
    let (types, names) = (list(|given| &given.ty), list(|given| &given.name));
    let text = &job.text;
    format!(
        "#[job]\npub fn {name}(a: Stream<Event>, b: Stream<Event>) -> {types} {{\n{text}    {names}\n}}\n"
    )
}

const FILTERS: &[&str] = &["e.n % 3 != 1", "e.who != \"a\"", "e.maybe.is_some()", "e.x < 2.0"];

const KEYS: &[&str] = &[
    "|e| e.who",
    "|e| e.who",
    "|e| format!(\"{}\", e.n.rem_euclid(3))",
    "|e| if e.n > 0 { \"a\" } else { \"b\" }",
];

const LATENESSES: &[&str] = &["minutes(0)", "minutes(7)", "minutes(30)", "hours(5)", "hours(300)"];

/// The struct of an aggregate, how it is written, and a `Val` and an `n` of its view `v`.
const AGGREGATES: &[(&str, &str, &str, &str)] = &[
    (
        "Sums",
        "Sums { count: count(), sum: sum(|e| e.n), exact: sum(|e| e.x), least: min(|e| e.n), greatest: max(|e| e.x) }",
        "Val { n: v.sum % 50, m: v.count as i64 }",
        "v.sum % 9",
    ),
    (
        "Picks",
        "Picks { first: first(|e| e.n), last: last(|e| e.maybe), by: max_by(|e| e.n, |e| e.who), list: collect_list(|e| e.n), top: top_k_by(2, |e| e.n, |e| e.x), whole: last(|e| e) }",
        "Val { n: v.first, m: v.last.unwrap_or(7) }",
        "v.first",
    ),
    (
        "Sets",
        "Sets { distinct: count_distinct(|e| e.n), set: collect_set(|e| e.n), map: collect_map(|e| e.n, |e| e.x), per: per_key(|e| e.n, count()), mean: mean(|e| e.maybe), positive: filtered(|e| e.n > 0, count()), ties: min_with_ties(|e| e.n, |e| e.who) }",
        "Val { n: v.distinct as i64, m: v.positive as i64 }",
        "v.positive as i64",
    ),
];

impl Job {
    fn name(&mut self, prefix: &str) -> String {
        self.count += 1;
        format!("{prefix}{}", self.count)
    }

    fn put(&mut self, prefix: &str, expression: &str) -> String {
        let name = self.name(prefix);
        // Writing into a text cannot fail.
        let _ = writeln!(self.text, "    let {name} = {expression};");
        name
    }

    fn stream_let(&mut self, expression: String, joins: usize) {
        let name = self.put("s", &expression);
        self.streams.push(Given { name, ty: "Stream<Event>".to_owned(), used: false, joins });
    }

    fn table_let(&mut self, expression: String) {
        let name = self.put("t", &expression);
        let ty = "Table<String, Val>".to_owned();
        self.tables.push(Given { name, ty, used: false, joins: 0 });
    }

    /// Shown, and used by others as well.
    fn shown_let(&mut self, expression: &str, ty: &str) -> String {
        let name = self.put("r", expression);
        let given = Given { name: name.clone(), ty: ty.to_owned(), used: false, joins: 0 };
        self.shown.push(given);
        name
    }

    fn stream(&mut self, index: usize) -> String {
        self.streams[index].used = true;
        self.streams[index].name.clone()
    }

    /// A stream: the later ones more often.
    fn any_stream(&mut self) -> usize {
        let len = self.streams.len();
        let (a, b) = (self.random.below(len), self.random.below(len));
        a.max(b)
    }

    fn any_table(&mut self) -> String {
        let index = self.random.below(self.tables.len());
        self.tables[index].used = true;
        self.tables[index].name.clone()
    }

    fn step(&mut self) {
        if !self.tables.is_empty() && self.random.below(5) < 2 {
            return self.table_step();
        }
        match self.random.below(12) {
            0 | 1 => self.each(),
            2..=4 => self.windowed(),
            5 => self.unwindowed(),
            6 | 7 => self.join(),
            8 => self.as_of(),
            _ => self.ordered(),
        }
    }

    /// An operator that looks at one record at a time, or a merge.
    fn each(&mut self) {
        let from = self.any_stream();
        let joins = self.streams[from].joins;
        let from = self.stream(from);
        let event = |n: &str| {
            format!("Event {{ at: e.at, who: e.who.to_owned(), n: {n}, x: e.x, maybe: e.maybe }}")
        };
        let expression = match self.random.below(6) {
            0 => format!("{from}.filter(|e| {})", self.random.of(FILTERS)),
            1 => format!("{from}.map(|e| {})", event("(e.n * 3 + 1) % 10")),
            2 => format!(
                "{from}.flat_map(|e| (0..e.n.rem_euclid(3)).map(move |i| {}))",
                event("e.n + i")
            ),
            3 => format!(
                "{from}.try_map(|e| if e.n == 3 {{ Err(\"three\") }} else {{ Ok({}) }})",
                event("e.n + 1")
            ),
            4 => format!("{from}.filter_map(|e| e.maybe.map(|m| {}))", event("m - e.n")),
            _ => {
                let other = self.any_stream();
                let joins = joins.max(self.streams[other].joins);
                let other = self.stream(other);
                return self.stream_let(format!("{from}.merge({other})"), joins);
            }
        };
        self.stream_let(expression, joins);
    }

    fn keyed(&mut self, index: usize) -> String {
        let (from, id) = (self.stream(index), self.name("id"));
        format!("{from}.key_by({}).named(\"{id}\")", self.random.of(KEYS))
    }

    /// An aggregate over windows, with what is late for it, and what it finally gives.
    fn windowed(&mut self) {
        let from = self.any_stream();
        let joins = self.streams[from].joins;
        let windows = self.random.of(&[
            "tumbling(hours(1))",
            "tumbling(minutes(20))",
            "hopping(hours(1), minutes(20))",
            "hopping(minutes(50), minutes(20))",
            "session(minutes(15))",
            "session(minutes(40))",
        ]);
        let lateness = self.random.below(4) > 0;
        let mut keyed = format!("{}.window({windows})", self.keyed(from));
        if lateness {
            let _ = write!(keyed, ".lateness({})", self.random.of(LATENESSES));
        }
        let keyed = self.put("k", &keyed);
        if lateness && self.random.below(3) == 0 {
            self.stream_let(format!("{keyed}.late()"), joins);
        }
        if self.random.below(6) == 0 {
            self.shown_let(&format!("{keyed}.distinct()"), "Table<Windowed<String>, ()>");
            return;
        }
        let (ty, aggregate, val, n) = AGGREGATES[self.random.below(AGGREGATES.len())];
        let table = format!("{keyed}.aggregate({aggregate})");
        let table = self.shown_let(&table, &format!("Table<Windowed<String>, {ty}>"));
        if lateness && self.random.below(2) == 0 {
            self.stream_let(
                format!(
                    "{table}.finals().map(|f| {{ let v = &f.value; Event {{ at: f.window.start, who: f.key.to_owned(), n: {n}, x: 0.5, maybe: None }} }})"
                ),
                joins,
            );
        } else if self.random.below(3) > 0 {
            let key = self.random.of(&[
                "k.key",
                "format!(\"{}\", k.window.start.micros().div_euclid(3_600_000_000))",
            ]);
            let mapped = format!("{table}.map(|(_, v)| {val})");
            self.grouped(&mapped, key);
        }
    }

    /// Rows by another key.
    fn grouped(&mut self, table: &str, key: &str) {
        let aggregate = "Inverted { count: count(), sum: sum(|(_, v)| v.n), mean: mean(|(_, v)| Some(v.m)), greatest: kept(max(|(_, v)| v.m)), per: per_key(|(_, v)| v.n, count()) }";
        let id = self.name("id");
        let grouped =
            format!("{table}.group_by(|(k, v)| {key}).named(\"{id}\").aggregate({aggregate})");
        let grouped = self.shown_let(&grouped, "Table<String, Inverted>");
        self.table_let(format!("{grouped}.map(|(_, v)| Val {{ n: v.sum % 50, m: v.greatest }})"));
    }

    fn unwindowed(&mut self) {
        let from = self.any_stream();
        let keyed = self.keyed(from);
        match self.random.below(4) {
            0 => {
                let table = self.shown_let(&format!("{keyed}.latest()"), "Table<String, Event>");
                self.table_let(format!("{table}.map(|(_, e)| Val {{ n: e.n, m: 1 }})"));
            }
            1 => {
                let table = self.shown_let(&format!("{keyed}.distinct()"), "Table<String, ()>");
                self.table_let(format!("{table}.map(|(k, _)| Val {{ n: k.len() as i64, m: 0 }})"));
            }
            _ => {
                let (ty, aggregate, val, _) = AGGREGATES[self.random.below(AGGREGATES.len())];
                let table = format!("{keyed}.aggregate({aggregate})");
                let table = self.shown_let(&table, &format!("Table<String, {ty}>"));
                self.table_let(format!("{table}.map(|(_, v)| {val})"));
            }
        }
    }

    fn table_step(&mut self) {
        let table = self.any_table();
        match self.random.below(8) {
            0 => {
                let keep = self.random.of(&["v.n % 2 == 0", "*k != \"a\"", "v.m > 1"]);
                self.table_let(format!("{table}.filter(|(k, v)| {keep})"));
            }
            1 => self.table_let(format!(
                "{table}.filter_map(|(_, v)| (v.n > 0).then(|| Val {{ n: v.n - 1, m: v.m }}))"
            )),
            2 => {
                let rows = format!(
                    "{table}.flat_map(|(k, v)| (0..v.n.rem_euclid(3)).map(move |i| (format!(\"{{i}}/{{k}}\"), Val {{ n: v.n + i, m: v.m }})))"
                );
                self.grouped(&rows, "if k.len() > 2 { \"b\" } else { \"a\" }");
            }
            3 => self.table_let(format!(
                "{table}.try_map(|(_, v)| if v.n == 4 {{ Err(\"four\") }} else {{ Ok(Val {{ n: v.m % 50, m: v.n + 1 }}) }})"
            )),
            4 => {
                let key = self.random.of(&[
                    "if v.n % 2 == 0 { \"even\" } else { \"odd\" }",
                    "format!(\"{}\", v.m.rem_euclid(3))",
                    "\"\"",
                ]);
                self.grouped(&table, key);
            }
            5 => {
                let other = self.any_table();
                let (method, val) = [
                    ("join", "Val { n: a.n + b.m, m: a.m - b.n }"),
                    ("left_join", "Val { n: a.n, m: b.as_ref().map_or(-1, |b| b.m) }"),
                    (
                        "full_join",
                        "Val { n: a.as_ref().map_or(-1, |a| a.n), m: b.as_ref().map_or(-1, |b| b.m) }",
                    ),
                ][self.random.below(3)];
                self.table_let(format!("{table}.{method}({other}).map(|(_, (a, b))| {val})"));
            }
            6 => {
                let other = self.any_table();
                let method = self.random.of(&["semi_join", "anti_join"]);
                self.table_let(format!("{table}.{method}({other})"));
            }
            _ => {
                let other = self.any_table();
                let key = self.random.of(&[
                    "if v.n % 2 == 0 { \"a\" } else { \"b\" }",
                    "format!(\"{}\", v.n.rem_euclid(3))",
                ]);
                let (method, val) = [
                    ("join_on", "Val { n: a.n + b.m, m: b.n }"),
                    ("left_join_on", "Val { n: a.n, m: b.as_ref().map_or(-1, |b| b.m) }"),
                ][self.random.below(2)];
                self.table_let(format!(
                    "{table}.{method}(|(_, v)| {key}, {other}).map(|(_, (a, b))| {val})"
                ));
            }
        }
    }

    /// A join of streams, within a range of time, or in windows, or of all.
    fn join(&mut self) {
        let (left, right) = (self.any_stream(), self.any_stream());
        let joins = self.streams[left].joins + self.streams[right].joins;
        if joins > 1 {
            return self.each();
        }
        let [mut left, mut right] = [self.keyed(left), self.keyed(right)];
        let range = self.random.below(if joins == 0 { 5 } else { 4 });
        let window = match range {
            0 | 1 => {
                let windows =
                    self.random.of(&["tumbling(hours(1))", "hopping(hours(1), minutes(30))"]);
                format!(".window({windows})")
            }
            _ => String::new(),
        };
        let lateness = range < 4 && self.random.below(5) > 0;
        for side in [&mut left, &mut right] {
            side.push_str(&window);
            if lateness {
                let _ = write!(side, ".lateness({})", self.random.of(LATENESSES));
            }
        }
        if let 2 | 3 = range {
            right.push_str(self.random.of(&[
                ".between(minutes(-10), minutes(20))",
                ".between(minutes(0), minutes(0))",
                ".between(minutes(5), minutes(30))",
                ".between(minutes(-60), minutes(-1))",
            ]));
        }
        let [left, right] = [self.put("k", &left), self.put("k", &right)];
        if lateness && self.random.below(3) == 0 {
            self.stream_let(format!("{right}.late()"), joins);
        }
        let both = |method: &str, n: &str, optional: bool| {
            let b = if optional { "" } else { "let b = Some(b);" };
            format!(
                "{left}.{method}({right}).map(|(a, b)| {{ {b} Event {{ at: a.at, who: a.who.to_owned(), n: {n}, x: a.x, maybe: b.as_ref().map(|b| b.n) }} }})"
            )
        };
        let kind = if lateness { self.random.below(5) } else { 0 };
        let expression = match kind {
            0 => both("join", "a.n - 1", false),
            1 => both("left_join", "a.n", true),
            2 => format!(
                "{left}.full_join({right}).map(|(a, b)| Event {{ at: a.as_ref().or(b.as_ref()).map_or(Timestamp::from_micros(0), |e| e.at), who: \"f\".to_owned(), n: a.as_ref().map_or(-1, |e| e.n), x: 0.25, maybe: b.as_ref().map(|e| e.n) }})"
            ),
            3 => format!("{left}.semi_join({right})"),
            _ => format!("{left}.anti_join({right})"),
        };
        self.stream_let(expression, joins + usize::from(kind < 3));
    }

    fn as_of(&mut self) {
        let (left, right) = (self.any_stream(), self.any_stream());
        let joins = self.streams[left].joins.max(self.streams[right].joins);
        let [left, right] = [self.keyed(left), self.keyed(right)];
        let [of_left, of_right] = [self.random.of(LATENESSES), self.random.of(LATENESSES)];
        let right = self.put("k", &format!("{right}.lateness({of_right})"));
        self.stream_let(
            format!(
                "{left}.lateness({of_left}).as_of_join({right}).map(|(a, b)| Event {{ at: a.at, who: a.who.to_owned(), n: a.n, x: a.x, maybe: b.as_ref().map(|b| b.n) }})"
            ),
            joins,
        );
    }

    /// What sees records in order.
    fn ordered(&mut self) {
        let from = self.any_stream();
        let joins = self.streams[from].joins;
        let keyed = self.keyed(from);
        let lateness = self.random.below(5) > 0;
        let keyed = match lateness {
            true => format!("{keyed}.lateness({})", self.random.of(LATENESSES)),
            false => format!("{keyed}.at_end()"),
        };
        let keyed = self.put("k", &keyed);
        if lateness && self.random.below(4) == 0 {
            self.stream_let(format!("{keyed}.late()"), joins);
        }
        let event = |n: &str| {
            format!("Event {{ at: e.at, who: e.who.to_owned(), n: {n}, x: e.x, maybe: e.maybe }}")
        };
        let id = self.name("id");
        let expression = match self.random.below(9) {
            0 => format!(
                "{keyed}.lag({}).map(|(e, p)| {})",
                1 + self.random.below(2),
                event("e.n - p.as_ref().map_or(0, |p| p.n)")
            ),
            1 => format!("{keyed}.rank().map(|(e, r)| {})", event("*r as i64")),
            2 => format!("{keyed}.dedup({})", self.random.of(&["minutes(10)", "minutes(0)"])),
            3 => format!(
                "{keyed}.scan(0i64, |sum, e| {{ *sum = (*sum * 2 + e.n) % 100; assert!(e.n != 5, \"five\"); }}).named(\"{id}\").map(|s| {{ let n = *s; Event {{ at: Timestamp::from_micros(0), who: \"s\".to_owned(), n: n, x: 0.0, maybe: None }} }})"
            ),
            4 => {
                let frame =
                    self.random.of(&["last_rows(3)", "last_span(minutes(30))", "last_rows(1)"]);
                format!(
                    "{keyed}.sliding({frame}, (count(), sum(|e| e.n))).map(|(e, (c, s))| {})",
                    event("*c as i64 * 10 + *s")
                )
            }
            5 => {
                return self.table_let(format!(
                    "{keyed}.fold(Val {{ n: 0, m: 0 }}, |s, e| {{ s.n = (s.n * 3 + e.n) % 100; s.m += 1; assert!(e.n != 4, \"four\"); }})"
                ));
            }
            6 => {
                let reduced = format!(
                    "{keyed}.reduce(|a, b| Event {{ at: b.at, who: a.who.to_owned(), n: (a.n * 2 - b.n) % 50, x: b.x, maybe: b.maybe }})"
                );
                let table = self.shown_let(&reduced, "Table<String, Event>");
                return self.table_let(format!("{table}.map(|(_, e)| Val {{ n: e.n, m: 2 }})"));
            }
            _ => format!(
                "{keyed}.process(0i64, |cx| {{ let time = cx.time().micros(); match cx.record() {{ Some(e) => {{ *cx.state = (*cx.state + e.n) % 20; cx.clear_timer(\"again\"); cx.set_timer(\"silent\", Timestamp::from_micros(time + 20 * 60_000_000)); if e.n == 3 {{ cx.set_timer(\"a\", Timestamp::from_micros(time + 20 * 60_000_000)); }} if e.n == 4 {{ cx.emit((cx.key().to_owned(), cx.time(), *cx.state)); }} }} None => {{ cx.emit((cx.key().to_owned(), cx.time(), *cx.state)); if *cx.state % 2 == 0 {{ cx.set_timer(\"again\", Timestamp::from_micros(time + 45 * 60_000_000)); }} if *cx.state == 7 {{ *cx.state = 0; panic!(\"seven\"); }} }} }} }}).map(|(who, at, n)| {{ let at = *at; let n = *n; Event {{ at: at, who: who.to_string(), n: n, x: 1.0, maybe: None }} }})"
            ),
        };
        self.stream_let(expression, joins);
    }
}
