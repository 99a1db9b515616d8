//! What is asked of a registry, and what is said where it fails: with a server that gives the answers
//! it is told to, in their order.

use arrow::datatypes::{DataType, Field, Schema};
use ouzel_schema::registry::{Kind, Reference};
use ouzel_schema::{Codec, Fault, Registry, avro, json, protobuf};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::JoinHandle;

/// What a server was asked: the first line, the header with the password, and the body.
struct Asked {
    line: String,
    auth: Option<String>,
    body: String,
}

/// Gives the answers, each on a connection of its own, and then what was asked.
fn serve(answers: Vec<(u16, &'static str)>) -> (String, JoinHandle<Vec<Asked>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://me:secret@{}/api/", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let mut asked = Vec::new();
        for (status, body) in answers {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream);
            let mut line = || {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                line.trim_end().to_string()
            };
            let (first, mut auth, mut length) = (line(), None, 0);
            loop {
                let header = line();
                let Some((name, value)) = header.split_once(": ") else { break };
                match name.to_lowercase().as_str() {
                    "authorization" => auth = Some(value.to_string()),
                    "content-length" => length = value.parse().unwrap(),
                    _ => {}
                }
            }
            let mut sent = vec![0; length];
            reader.read_exact(&mut sent).unwrap();
            let head = format!(
                "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            reader.get_mut().write_all((head + body).as_bytes()).unwrap();
            asked.push(Asked { line: first, auth, body: String::from_utf8(sent).unwrap() });
        }
        asked
    });
    (url, server)
}

fn registry(answers: Vec<(u16, &'static str)>) -> (Arc<Registry>, JoinHandle<Vec<Asked>>) {
    let (url, server) = serve(answers);
    (Arc::new(Registry::new(&url, None).unwrap()), server)
}

fn columns() -> Schema {
    Schema::new(vec![
        Field::new("id", DataType::Int64, false),
        Field::new("name", DataType::Utf8, true),
    ])
}

const SCHEMA: &str = r#"{"schema":"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"id\",\"type\":\"long\"}]}"}"#;

#[test]
fn a_schema_is_asked_for_once_and_again_where_the_registry_stumbles() {
    let (registry, server) = registry(vec![(503, ""), (500, "{}"), (200, SCHEMA)]);
    let codec = avro::registry_reader(registry);
    for _ in 0..3 {
        let mut json = String::new();
        codec.decode(&[0, 0, 0, 0, 7, 14], &mut json).unwrap();
        assert_eq!(json, r#"{"id":7}"#);
    }
    let asked = server.join().unwrap();
    assert!(asked.iter().all(|a| a.line == "GET /api/schemas/ids/7 HTTP/1.1"));
    assert!(asked.iter().all(|a| a.auth.as_deref() == Some("Basic bWU6c2VjcmV0")));
}

#[test]
fn an_unknown_id_is_the_payloads_fault_and_not_asked_for_again_and_again() {
    let unknown = r#"{"error_code":40403,"message":"Schema 7 not found"}"#;
    let (registry, server) = registry(vec![(404, unknown)]);
    let codec = avro::registry_reader(registry.clone());
    for _ in 0..2 {
        let fault = codec.decode(&[0, 0, 0, 0, 7, 14], &mut String::new()).unwrap_err();
        assert_eq!(fault, Fault::Payload(format!("{registry} has no schema 7")));
    }
    server.join().unwrap();
    // Nor is it asked for what is no frame at all.
    for payload in [&b""[..], b"\0\0", b"{\"id\":7}"] {
        let fault = codec.decode(payload, &mut String::new()).unwrap_err();
        assert!(matches!(fault, Fault::Payload(_)), "{fault}");
    }
}

#[test]
fn a_registry_that_cannot_be_asked_is_an_error_of_the_run() {
    for (answer, said) in [
        ((401, r#"{"error_code":40101,"message":"Who are you?"}"#), "Who are you?. Check user and"),
        ((404, "<html>no</html>"), "status 404: <html>no</html>. Is the path right?"),
        ((200, "<html>hello</html>"), "is the path right?"),
        ((302, ""), "status 302: it gives no reason"),
    ] {
        let (registry, server) = registry(vec![answer]);
        let fault = avro::registry_reader(registry.clone())
            .decode(&[0, 0, 0, 0, 7, 14], &mut String::new())
            .unwrap_err();
        let text = fault.to_string();
        assert!(matches!(fault, Fault::Registry(_)), "{text}");
        assert!(text.contains(said) && text.contains("schema 7"), "{text}");
        assert!(text.contains(registry.url()), "{text}");
        for shown in [text, format!("{registry:?}"), registry.to_string()] {
            assert!(!shown.contains("secret") && !shown.contains("me:"), "{shown}");
        }
        server.join().unwrap();
    }
    // Where nobody listens.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let registry = Registry::new(&format!("http://{free}"), Some(("me", "secret"))).unwrap();
    let fault = registry.schema(7, Kind::Avro).unwrap_err();
    assert!(matches!(&fault, Fault::Registry(text) if text.contains("gives no answer")), "{fault}");
    assert!(!fault.to_string().contains("secret"));
}

#[test]
fn a_schema_that_does_not_go_with_those_before_says_what_to_do() {
    let refused =
        r#"{"error_code":409,"message":"Schema being registered is incompatible: field name"}"#;
    let (registry, server) = registry(vec![(409, refused)]);
    let fault = avro::registry_writer("r", &columns(), registry, "a/b-value").err().unwrap();
    let text = fault.to_string();
    assert!(matches!(fault, Fault::Registry(_)));
    for said in
        ["subject `a/b-value`", "is incompatible: field name", "PUT http", "/config/a%2Fb-value"]
    {
        assert!(text.contains(said), "{text}");
    }
    let asked = server.join().unwrap();
    assert_eq!(asked[0].line, "POST /api/subjects/a%2Fb-value/versions HTTP/1.1");
    assert!(asked[0].body.contains(r#"\"name\":\"id\""#), "{}", asked[0].body);
}

#[test]
fn a_schema_comes_with_all_that_it_refers_to() {
    let link = r#"{"schemaType":"PROTOBUF","schema":"syntax = \"proto3\"; import \"b.proto\"; message A { B b = 1; message In { int32 n = 1; } }","references":[{"name":"b.proto","subject":"b","version":2}]}"#;
    let middle = r#"{"schemaType":"PROTOBUF","schema":"syntax = \"proto3\"; import \"c.proto\"; message B { C c = 1; }","references":[{"name":"c.proto","subject":"c","version":1}]}"#;
    let last =
        r#"{"schemaType":"PROTOBUF","schema":"syntax = \"proto3\"; message C { string s = 1; }"}"#;
    let (registry, server) = registry(vec![(200, link), (200, middle), (200, last)]);
    let codec = protobuf::registry_reader(registry.clone());
    let mut json = String::new();
    codec.decode(b"\0\0\0\0\x05\0\x0a\x05\x0a\x03\x0a\x01x", &mut json).unwrap();
    assert_eq!(json, r#"{"b":{"c":{"s":"x"}}}"#);
    // A message within the first.
    json.clear();
    codec.decode(b"\0\0\0\0\x05\x04\0\0\x08\x05", &mut json).unwrap();
    assert_eq!(json, r#"{"n":5}"#);
    let fault = codec.decode(b"\0\0\0\0\x05\x02\x02", &mut json).unwrap_err();
    assert!(fault.to_string().contains("has no message [1]"), "{fault}");
    let fault = avro::registry_reader(registry.clone()).decode(b"\0\0\0\0\x05", &mut json);
    assert!(fault.unwrap_err().to_string().contains("of kind PROTOBUF, not AVRO"));
    let names = registry.schema(5, Kind::Protobuf).unwrap().references.clone();
    let names: Vec<String> = names.into_iter().map(|Reference { name, .. }| name).collect();
    assert_eq!(names, ["c.proto", "b.proto"]);
    let lines: Vec<String> = server.join().unwrap().into_iter().map(|a| a.line).collect();
    assert_eq!(lines[1], "GET /api/subjects/b/versions/2 HTTP/1.1");
}

#[test]
fn schemas_that_refer_to_themselves_end() {
    let link = r#"{"schema":"{}","references":[{"name":"a","subject":"a","version":1}]}"#;
    let (registry, server) = registry(vec![(200, link), (200, link)]);
    let fault = registry.schema(5, Kind::Avro).unwrap_err();
    assert!(fault.to_string().contains("or to itself"), "{fault}");
    server.join().unwrap();
}

/// A real registry: what is registered is found, and refused where it does not go with the latest.
#[test]
fn apicurio() {
    if ouzel_kafka_broker::skipped() {
        return;
    }
    let started = ouzel_kafka_broker::Registry::start().unwrap();
    let registry = Arc::new(Registry::new(started.url(), None).unwrap());
    let row = r#"{"id":7,"name":"x"}"#;
    let fault = registry.schema(4711, Kind::Avro).unwrap_err();
    assert!(matches!(fault, Fault::Payload(_)), "{fault}");
    assert_eq!(registry.latest("none-value", Kind::Avro).unwrap(), None);
    let nested = Schema::new(vec![
        Field::new("id", DataType::Int64, false),
        Field::new("at", DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, None), true),
        Field::new("part", DataType::Struct(columns().fields), true),
    ]);
    let deep = r#"{"id":1,"at":"2013-01-01T00:00:00.5Z","part":{"id":2,"name":"x"}}"#;
    let deep_back = {
        let (mut payload, mut json) = (Vec::new(), String::new());
        let writer = avro::writer("deep", &nested).unwrap();
        writer.encode(deep, &mut payload).unwrap();
        writer.decode(&payload, &mut json).unwrap();
        json
    };
    type Reader = Box<dyn Codec>;
    let kinds: [(Kind, Reader); 3] = [
        (Kind::Avro, avro::registry_reader(registry.clone())),
        (Kind::Protobuf, protobuf::registry_reader(registry.clone())),
        (Kind::Json, json::registry_reader()),
    ];
    for (kind, reader) in kinds {
        let writer = |columns: &Schema, subject: &str| match kind {
            Kind::Avro => avro::registry_writer("shop.row", columns, registry.clone(), subject),
            Kind::Protobuf => {
                protobuf::registry_writer("shop.row", columns, registry.clone(), subject)
            }
            Kind::Json => json::registry_writer("shop.row", columns, &registry, subject),
        };
        for (columns, given, wanted) in [(columns(), row, row), (nested.clone(), deep, &deep_back)]
        {
            let subject = format!("{kind}/{}-value", columns.fields().len());
            let first = writer(&columns, &subject).unwrap();
            assert_eq!(writer(&columns, &subject).unwrap().id(), first.id());
            let (id, schema) = registry.latest(&subject, kind).unwrap().unwrap();
            assert_eq!(Some(id), first.id());
            assert!(schema.text.contains("name"));
            let (mut payload, mut json) = (Vec::new(), String::new());
            first.encode(given, &mut payload).unwrap();
            reader.decode(&payload, &mut json).unwrap();
            assert_eq!(json, if kind == Kind::Json { given } else { wanted });
        }
    }
    // One that is to take only what older data can be read with.
    let subject = "strict-value";
    avro::registry_writer("row", &columns(), registry.clone(), subject).unwrap();
    let rule = r#"{"compatibility":"BACKWARD"}"#;
    put(started.url(), &format!("/config/{subject}"), rule);
    let mut fields = columns().fields().to_vec();
    let new = |name: &str, nullable| Arc::new(Field::new(name, DataType::Int64, nullable));
    fields.push(new("may_be_missing", true));
    let columns = Schema::new(fields.clone());
    avro::registry_writer("row", &columns, registry.clone(), subject).unwrap();
    fields.push(new("must_be_there", false));
    let fault =
        avro::registry_writer("row", &Schema::new(fields), registry, subject).err().unwrap();
    let text = fault.to_string();
    assert!(text.contains("refuses the new Avro schema of subject `strict-value`"), "{text}");
}

fn put(url: &str, path: &str, body: &str) {
    let (host, api) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    let head = format!(
        "PUT /{api}{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
