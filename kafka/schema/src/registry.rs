//! A schema registry that speaks Confluent's protocol, as Apicurio, Karapace and Redpanda do too.
//!
//! It is asked over plain HTTP, with a user and password if need be: `https` addresses are refused
//! with an error, since this build has no TLS.

mod http;

use crate::fault::Fault;
use http::{Answer, Http};
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many schemas one may refer to, directly and through others.
const REFERENCES_MAX: usize = 1000;

/// How long an id that the registry does not know is not asked for again.
const UNKNOWN_FOR: Duration = Duration::from_secs(5);

/// How many such ids are remembered.
const UNKNOWN_MAX: usize = 10_000;

/// What a schema is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Avro.
    Avro,
    /// Protobuf.
    Protobuf,
    /// JSON Schema.
    Json,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Avro => "AVRO",
            Kind::Protobuf => "PROTOBUF",
            Kind::Json => "JSON",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Avro => "Avro",
            Kind::Protobuf => "Protobuf",
            Kind::Json => "JSON Schema",
        })
    }
}

/// A schema as the registry has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// Its text.
    pub text: String,
    /// What it refers to, those first that others refer to.
    pub references: Vec<Reference>,
}

/// A schema that another refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// What it is called there: an Avro type's full name, or the path of an import.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// A schema registry.
pub struct Registry {
    http: Http,
    schemas: Mutex<HashMap<u32, (String, Arc<Schema>)>>,
    unknown: Mutex<HashMap<u32, Instant>>,
}

/// A schema in an answer.
#[derive(Deserialize)]
struct Stored {
    schema: String,
    #[serde(default, rename = "schemaType")]
    kind: Option<String>,
    #[serde(default)]
    references: Option<Vec<Link>>,
    /// Only where a subject's version was asked for.
    #[serde(default)]
    id: Option<u32>,
}

/// A reference in an answer.
#[derive(Clone, Deserialize, PartialEq, Eq, Hash)]
struct Link {
    name: String,
    subject: String,
    version: i64,
}

#[derive(Deserialize)]
struct Registered {
    id: u32,
}

impl Registry {
    /// The registry at an `http` address; nothing is asked of it yet. User and password may also
    /// stand in the address, and are shown nowhere.
    pub fn new(url: &str, auth: Option<(&str, &str)>) -> Result<Registry, String> {
        Ok(Registry {
            http: Http::new(url, auth)?,
            schemas: Mutex::default(),
            unknown: Mutex::default(),
        })
    }

    /// Its address, without user and password.
    pub fn url(&self) -> &str {
        self.http.url()
    }

    /// The schema with this id, which is asked for once.
    ///
    /// That the registry has no such schema, or one of another kind, is the payload's fault:
    /// whatever bytes begin with zero have an id. That it cannot be asked is the registry's.
    pub fn schema(&self, id: u32, kind: Kind) -> Result<Arc<Schema>, Fault> {
        let known = lock(&self.schemas).get(&id).cloned();
        let (found, schema) = match known {
            Some(known) => known,
            None => self.fetch(id)?,
        };
        match found == kind.name() {
            true => Ok(schema),
            false => Err(Fault::Payload(format!(
                "schema {id} of {self} is of kind {found}, not {}",
                kind.name()
            ))),
        }
    }

    fn fetch(&self, id: u32) -> Result<(String, Arc<Schema>), Fault> {
        let missing = || Fault::Payload(format!("{self} has no schema {id}"));
        if lock(&self.unknown).get(&id).is_some_and(|at| at.elapsed() < UNKNOWN_FOR) {
            return Err(missing());
        }
        let what = format!("schema {id}");
        let answer = self.http.get(&format!("/schemas/ids/{id}"), &what)?;
        if answer.status == 404 && answer.code() == Some(40403) {
            let mut unknown = lock(&self.unknown);
            if unknown.len() >= UNKNOWN_MAX {
                unknown.clear();
            }
            unknown.insert(id, Instant::now());
            return Err(missing());
        }
        let stored: Stored = self.http.read(answer, &what)?;
        let (_, kind, schema) = self.whole(stored)?;
        let known = (kind, Arc::new(schema));
        lock(&self.schemas).insert(id, known.clone());
        Ok(known)
    }

    /// The latest schema of a subject and its id, if there is the subject.
    pub fn latest(&self, subject: &str, kind: Kind) -> Result<Option<(u32, Schema)>, Fault> {
        let what = format!("the latest schema of subject `{subject}`");
        let path = format!("/subjects/{}/versions/latest", http::escaped(subject));
        let answer = self.http.get(&path, &what)?;
        if answer.status == 404 && matches!(answer.code(), Some(40401 | 40402)) {
            return Ok(None);
        }
        let (id, found, schema) = self.whole(self.http.read(answer, &what)?)?;
        if found != kind.name() {
            return Err(Fault::Registry(format!(
                "{what} in {self} is of kind {found}, not {}",
                kind.name()
            )));
        }
        match id {
            Some(id) => Ok(Some((id, schema))),
            None => Err(Fault::Registry(format!("{self}: {what} comes without its id"))),
        }
    }

    /// Registers a schema under a subject and gives its id; where it is there already, finds it.
    pub fn register(&self, subject: &str, kind: Kind, text: &str) -> Result<u32, Fault> {
        let what = format!("registering the {kind} schema of subject `{subject}`");
        let path = format!("/subjects/{}/versions", http::escaped(subject));
        let body = match kind {
            // The default, which old registries know no name for.
            Kind::Avro => json!({"schema": text}),
            _ => json!({"schema": text, "schemaType": kind.name()}),
        };
        let answer = self.http.post(&path, &body.to_string(), &what)?;
        if answer.status == 409 {
            return Err(Fault::Registry(format!(
                "the registry {self} refuses the new {kind} schema of subject `{subject}`, which \
                 does not go with those before it: {}. Either keep the output's fields as they \
                 were and make new ones optional, or write to another topic, or have the \
                 registry allow it: PUT {self}/config/{}",
                answer.message(),
                http::escaped(subject),
            )));
        }
        self.http.read(answer, &what).map(|registered: Registered| registered.id)
    }

    /// A schema with all that it refers to.
    fn whole(&self, stored: Stored) -> Result<(Option<u32>, String, Schema), Fault> {
        // Walked without recursion; what is met again later has to come earlier.
        let mut found: Vec<(Link, Reference)> = Vec::new();
        let mut open: Vec<Link> = stored.references.unwrap_or_default();
        let mut fetched: HashMap<(String, i64), (String, Vec<Link>)> = HashMap::new();
        let mut steps = 0;
        let mut at = 0;
        while let Some(link) = open.get(at).cloned() {
            at += 1;
            steps += 1;
            if steps > REFERENCES_MAX {
                return Err(Fault::Registry(format!(
                    "{self}: a schema refers to more than {REFERENCES_MAX} others, or to itself"
                )));
            }
            let key = (link.subject.clone(), link.version);
            let (text, links) = match fetched.get(&key) {
                Some(known) => known.clone(),
                None => {
                    let Link { subject, version, name } = &link;
                    let what = format!("version {version} of `{subject}`, referred to as `{name}`");
                    let path = format!("/subjects/{}/versions/{version}", http::escaped(subject));
                    let stored: Stored = self.http.read(self.http.get(&path, &what)?, &what)?;
                    let links = stored.references.unwrap_or_default();
                    fetched.insert(key, (stored.schema.clone(), links.clone()));
                    (stored.schema, links)
                }
            };
            found.retain(|(known, _)| known.name != link.name);
            found.push((link.clone(), Reference { name: link.name, text }));
            open.extend(links);
        }
        let references = found.into_iter().rev().map(|(_, reference)| reference).collect();
        let kind = stored.kind.unwrap_or_else(|| Kind::Avro.name().into());
        Ok((stored.id, kind, Schema { text: stored.schema, references }))
    }
}

impl fmt::Display for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url())
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("url", &self.url()).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a registry says of an error.
impl Answer {
    fn code(&self) -> Option<u64> {
        self.error().get("error_code")?.as_u64()
    }

    /// Its message, or else the text as it is, cut short.
    fn message(&self) -> String {
        let error = self.error();
        let text = error.get("message").and_then(|m| m.as_str()).unwrap_or(&self.body).trim();
        let text = text.trim_end_matches('.');
        match text.char_indices().nth(1000) {
            Some((end, _)) => format!("{}..", &text[..end]),
            None if text.is_empty() => "it gives no reason".into(),
            None => text.into(),
        }
    }

    fn error(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}
