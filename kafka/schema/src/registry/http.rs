//! Requests, and asking again.

use crate::fault::Fault;
use serde::de::DeserializeOwned;
use std::time::Duration;
use ureq::http::{HeaderValue, Response, header};
use ureq::{Agent, Body};

const MEDIA_TYPE: &str = "application/vnd.schemaregistry.v1+json";

/// How long is waited before each time that a request is made again.
const WAITS: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(400), Duration::from_millis(1500)];

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The longest answer.
const ANSWER_MAX: u64 = 64 << 20;

/// A server, and how to ask it.
pub(super) struct Http {
    agent: Agent,
    url: String,
    /// The header with user and password.
    auth: Option<HeaderValue>,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

impl Http {
    pub(super) fn new(url: &str, auth: Option<(&str, &str)>) -> Result<Http, String> {
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let (host, path) = match rest.find(['/', '?', '#']) {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let (user, host) = match host.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, host),
        };
        match scheme {
            "http" => {}
            "https" => {
                return Err(format!(
                    "the registry https://{host}{path}: there is no TLS in this build; give an \
                     http address, if need be that of a proxy on this machine"
                ));
            }
            // The address is not shown: without a scheme, user and password may be anywhere.
            _ => return Err("a registry's address begins with http://".into()),
        }
        if host.is_empty() || path.contains(['?', '#']) {
            return Err(format!("the registry http://{host}{path}: not an address and a path"));
        }
        let url = format!("http://{host}{}", path.trim_end_matches('/'));
        if url.parse::<ureq::http::Uri>().is_err() {
            return Err(format!("the registry {url}: not an address and a path"));
        }
        let auth = match (auth, user) {
            (Some((user, password)), _) => Some(format!("{user}:{password}")),
            (None, Some(user)) => Some(match user.split_once(':') {
                Some((user, password)) => format!("{}:{}", unescaped(user), unescaped(password)),
                None => format!("{}:", unescaped(user)),
            }),
            (None, None) => None,
        };
        let auth = auth.map(|text| format!("Basic {}", base64(text.as_bytes())));
        let auth = auth.map(|text| HeaderValue::try_from(text).map_err(|e| e.to_string()));
        let config = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent("ouzel")
            .build();
        Ok(Http { agent: config.into(), url, auth: auth.transpose()? })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn get(&self, path: &str, what: &str) -> Result<Answer, Fault> {
        let url = format!("{}{path}", self.url);
        self.again(&url, what, || {
            let mut request = self.agent.get(&url).header(header::ACCEPT, MEDIA_TYPE);
            if let Some(auth) = &self.auth {
                request = request.header(header::AUTHORIZATION, auth);
            }
            request.call()
        })
    }

    /// Only for what may be asked twice without harm.
    pub(super) fn post(&self, path: &str, body: &str, what: &str) -> Result<Answer, Fault> {
        let url = format!("{}{path}", self.url);
        self.again(&url, what, || {
            let mut request = self.agent.post(&url).header(header::ACCEPT, MEDIA_TYPE);
            if let Some(auth) = &self.auth {
                request = request.header(header::AUTHORIZATION, auth);
            }
            request.content_type(MEDIA_TYPE).send(body)
        })
    }

    /// Asks until there is an answer that asking again would not change.
    fn again(
        &self,
        url: &str,
        what: &str,
        ask: impl Fn() -> Result<Response<Body>, ureq::Error>,
    ) -> Result<Answer, Fault> {
        let mut waits = WAITS.iter();
        loop {
            let result = ask().and_then(|mut response| {
                let status = response.status().as_u16();
                let body = response.body_mut().with_config().limit(ANSWER_MAX).read_to_string()?;
                Ok(Answer { status, body })
            });
            let passing = match &result {
                Ok(answer) => matches!(answer.status, 408 | 425 | 429 | 500..),
                Err(e) => passing(e),
            };
            match waits.next() {
                Some(wait) if passing => std::thread::sleep(*wait),
                _ => {
                    return result.map_err(|e| {
                        Fault::Registry(format!(
                            "{what}: the registry at {url} gives no answer: {e}"
                        ))
                    });
                }
            }
        }
    }

    /// What an answer holds, if it is the one that was hoped for.
    pub(super) fn read<T: DeserializeOwned>(&self, answer: Answer, what: &str) -> Result<T, Fault> {
        let url = &self.url;
        let wrong =
            |said: String| Err(Fault::Registry(format!("{what}: the registry {url} {said}")));
        match answer.status {
            200..300 => match serde_json::from_str(&answer.body) {
                Ok(read) => Ok(read),
                Err(e) => wrong(format!(
                    "answers with something else than a registry would ({e}): is the path right?"
                )),
            },
            401 | 403 => wrong(format!(
                "refuses it (status {}): {}. Check user and password, and what they may do",
                answer.status,
                answer.message()
            )),
            404 => {
                wrong(format!("answers with status 404: {}. Is the path right?", answer.message()))
            }
            status => wrong(format!("answers with status {status}: {}", answer.message())),
        }
    }
}

/// Whether it may go better the next time.
fn passing(error: &ureq::Error) -> bool {
    matches!(
        error,
        ureq::Error::Io(_)
            | ureq::Error::Timeout(_)
            | ureq::Error::HostNotFound
            | ureq::Error::ConnectionFailed
            | ureq::Error::Protocol(_)
    )
}

/// Text as one part of a path.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(byte.into());
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// A part of an address as the text that it stands for.
fn unescaped(text: &str) -> String {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((plain, after)) = rest.split_once('%') {
        out.extend_from_slice(plain.as_bytes());
        let code = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(code.unwrap_or(b'%'));
        rest = if code.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    out.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&out).into_owned()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            out.push(match i <= chunk.len() {
                true => char::from(DIGITS[(bits >> (18 - 6 * i) & 63) as usize]),
                false => '=',
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_password_are_taken_out_of_the_address() {
        let http = Http::new("http://me:p%40ss@host:8081/apis/v7/", None).unwrap();
        assert_eq!(http.url(), "http://host:8081/apis/v7");
        let auth = http.auth.unwrap();
        assert_eq!(auth, format!("Basic {}", base64(b"me:p@ss")));
        assert_eq!(base64(b"me:p@ss"), "bWU6cEBzcw==");
        assert_eq!(base64(b"abc"), "YWJj");
        assert_eq!(base64(b"ab"), "YWI=");
        for url in
            ["https://me:secret@host", "me:secret@host", "http://me:secret@", "http://a:secret@h o"]
        {
            let error = Http::new(url, None).err().unwrap();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn subjects_are_one_part_of_a_path() {
        assert_eq!(escaped("a/b c-value"), "a%2Fb%20c-value");
        assert_eq!(unescaped("a%2Fb%2"), "a/b%2");
    }
}
