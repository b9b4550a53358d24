//! HTTP to the servers of a project: bounded in time and size, connections kept, nothing sent twice.

use std::{collections::HashSet, io, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ureq::{
    Agent, Error, Timeout,
    http::Request,
    tls::{PemItem, RootCerts, TlsConfig, parse_pem},
};

use super::problem::{Failure, Peer};
use crate::{data::Endpoint, diagnostic::Diagnostic, files};

/// Seconds until a whole exchange is given up where the file does not say: Rasa's.
const TIMEOUT: f64 = 300.0;
/// Seconds until a connection must stand where the file does not say.
const CONNECT_TIMEOUT: f64 = 5.0;
/// Largest answer that is read.
pub(super) const LARGEST: u64 = 64 << 20;
/// Most times that an answer may send us elsewhere.
const MOST_HOPS: usize = 5;
/// Servers close silent connections, some after five seconds: ours are not used that long after.
const IDLE: Duration = Duration::from_secs(4);

/// Makes and keeps connections.
#[derive(Clone, Debug)]
pub(super) struct Http {
    agent: Agent,
}

/// What is asked of a server.
#[derive(Clone, Debug)]
pub(super) struct Call<'a> {
    pub(super) method: &'a str,
    pub(super) url: &'a str,
    pub(super) headers: &'a [(String, String)],
    pub(super) body: Option<&'a [u8]>,
    /// Seconds for all of it.
    pub(super) timeout: f64,
    /// Seconds for the connection.
    pub(super) connect_timeout: f64,
    pub(super) peer: &'a Peer,
}

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Http {
    /// Trusts the usual certificate authorities, or only those of a PEM file.
    pub(super) fn new(cafile: Option<&std::path::Path>) -> Result<Self, Failure> {
        let mut tls = TlsConfig::builder();
        if let Some(path) = cafile {
            tls = tls.root_certs(certificates(path)?);
        }
        let config = Agent::config_builder()
            .tls_config(tls.build())
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // Rasa reads no proxy from the environment either.
            .proxy(None)
            .max_idle_age(IDLE)
            .user_agent(concat!("bot/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self {
            agent: config.into(),
        })
    }

    /// Asks once; again only where no connection came about, so that nothing is ever sent twice.
    ///
    /// 307 and 308 are followed, and the other redirects where the request has no body; headers that may hold secrets
    /// stay with the host they are meant for.
    pub(super) fn send(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        let mut url = call.url.to_owned();
        let mut headers = call.headers.to_vec();
        for _ in 0..=MOST_HOPS {
            let (answer, to) = match self.once(call, &url, &headers) {
                Err(error) if never_left(&error) => self.once(call, &url, &headers),
                other => other,
            }
            .map_err(|error| failure(error, call))?;
            let Some(to) = to else {
                return Ok(answer);
            };
            let Some(to) = resolve(&url, &to) else {
                return Err(Failure::Moved(call.peer.clone(), to));
            };
            let keeps_body = matches!(answer.status, 307 | 308);
            if !keeps_body && !matches!(call.method, "GET" | "HEAD") {
                return Err(Failure::Moved(call.peer.clone(), to));
            }
            if origin(&url) != origin(&to) {
                headers.retain(|(name, _)| is_harmless(name));
            }
            url = to;
        }
        Err(Failure::Moved(call.peer.clone(), url))
    }

    /// Asks one server; returns its answer, and where it sends us instead.
    fn once(
        &self,
        call: &Call<'_>,
        url: &str,
        headers: &[(String, String)],
    ) -> Result<(Answer, Option<String>), Error> {
        let mut request = Request::builder().method(call.method).uri(url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let seconds = |value: f64| Duration::try_from_secs_f64(value).ok();
        let (all, connect) = (seconds(call.timeout), seconds(call.connect_timeout));
        let response = if let Some(body) = call.body {
            let request = self.agent.configure_request(request.body(body)?);
            let config = request.timeout_global(all).timeout_connect(connect);
            self.agent.run(config.build())?
        } else {
            let request = self.agent.configure_request(request.body(())?);
            let config = request.timeout_global(all).timeout_connect(connect);
            self.agent.run(config.build())?
        };
        let status = response.status();
        let to = response
            .headers()
            .get("location")
            .filter(|_| matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308))
            .and_then(|to| to.to_str().ok())
            .map(str::to_owned);
        let body = response.into_body().into_with_config().limit(LARGEST);
        let answer = Answer {
            status: status.as_u16(),
            body: body.read_to_vec()?,
        };
        Ok((answer, to))
    }
}

/// A server that `endpoints.yml` names.
#[derive(Clone, Debug)]
pub(super) struct Server {
    pub(super) peer: Peer,
    http: Http,
    url: String,
    headers: Vec<(String, String)>,
    timeout: f64,
    connect_timeout: f64,
}

impl Server {
    /// Reads an entry of `endpoints.yml`; `place` is where its address stands.
    pub(super) fn new(
        what: &'static str,
        endpoint: &Endpoint,
        place: &str,
        root: &std::path::Path,
    ) -> Result<Self, Failure> {
        let address = endpoint
            .url
            .as_ref()
            .map(|url| url.value.trim())
            .unwrap_or_default();
        if !address.starts_with("http://") && !address.starts_with("https://") {
            return Err(Failure::Unusable(format!(
                "`{address}` is no address of a server ({place}): it starts with neither `http://` nor `https://`"
            )));
        }
        let token = endpoint.token.clone().map(|token| {
            let name = endpoint.token_name.clone();
            (name.unwrap_or_else(|| "token".to_owned()), token)
        });
        let query: Vec<(String, String)> = endpoint.params.iter().cloned().chain(token).collect();
        let mut headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
        if let Some((user, password)) = &endpoint.basic_auth {
            let both = STANDARD.encode(format!("{user}:{password}"));
            headers.push(("Authorization".to_owned(), format!("Basic {both}")));
        }
        headers.extend(endpoint.headers.iter().cloned());
        let headers = last_of_each(headers);
        let cafile = endpoint
            .options
            .get("cafile")
            .and_then(|file| file.as_str());
        let seconds = |key: &str, usual: f64| {
            let value = endpoint.options.get(key).and_then(|value| {
                value
                    .as_f64()
                    .or_else(|| value.as_str()?.trim().parse().ok())
            });
            value.filter(|s| *s > 0.0 && s.is_finite()).unwrap_or(usual)
        };
        Ok(Self {
            peer: Peer {
                what,
                name: authority(address).to_owned(),
                place: place.to_owned(),
            },
            http: Http::new(cafile.map(|file| root.join(file)).as_deref())?,
            url: with_query(address, &query),
            headers,
            timeout: seconds("timeout", TIMEOUT),
            connect_timeout: seconds("connect_timeout", CONNECT_TIMEOUT),
        })
    }

    /// Posts JSON; `encoding` is the body's `Content-Encoding` where it is packed.
    pub(super) fn post(&self, body: &[u8], encoding: Option<&str>) -> Result<Answer, Failure> {
        let mut headers = self.headers.clone();
        headers.extend(encoding.map(|name| ("Content-Encoding".to_owned(), name.to_owned())));
        self.http.send(&Call {
            method: "POST",
            url: &self.url,
            headers: &headers,
            body: Some(body),
            timeout: self.timeout,
            connect_timeout: self.connect_timeout,
            peer: &self.peer,
        })
    }
}

/// Keeps of headers with one name the last: what the file says replaces what is usual.
fn last_of_each(headers: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut seen = HashSet::new();
    let mut kept: Vec<_> = headers
        .into_iter()
        .rev()
        .filter(|(name, _)| seen.insert(name.to_ascii_lowercase()))
        .collect();
    kept.reverse();
    kept
}

fn certificates(path: &std::path::Path) -> Result<RootCerts, Failure> {
    let unusable = |why: &str| {
        Failure::Unusable(format!(
            "the certificates in `{}` cannot be used: {why}",
            files::show(path)
        ))
    };
    let pem = files::read_limited(path, 16 << 20)
        .map_err(|problem| Failure::Unusable(Diagnostic::from(problem).message))?;
    let mut found = Vec::new();
    for item in parse_pem(&pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => found.push(certificate),
            Ok(_) => {}
            Err(error) => return Err(unusable(&error.to_string())),
        }
    }
    if found.is_empty() {
        return Err(unusable("there is none"));
    }
    Ok(RootCerts::new_with_certs(&found))
}

/// Tells whether not a byte of the request can have arrived.
fn never_left(error: &Error) -> bool {
    match error {
        Error::Io(error) => error.kind() == io::ErrorKind::ConnectionRefused,
        Error::ConnectionFailed | Error::HostNotFound => true,
        _ => false,
    }
}

fn failure(error: Error, call: &Call<'_>) -> Failure {
    let peer = call.peer.clone();
    match error {
        Error::Io(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused => Failure::Unreachable(peer, String::new()),
            io::ErrorKind::TimedOut => Failure::TimedOut(peer, call.timeout),
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::BrokenPipe => {
                Failure::Broken(peer, "the connection was closed".to_owned())
            }
            _ => Failure::Unreachable(peer, error.to_string()),
        },
        Error::ConnectionFailed => Failure::Unreachable(peer, String::new()),
        Error::HostNotFound => Failure::Unreachable(peer, "there is no such host".to_owned()),
        Error::Timeout(Timeout::Connect | Timeout::Resolve) => Failure::Unreachable(
            peer,
            format!(
                "no connection within {} s",
                call.connect_timeout.min(call.timeout)
            ),
        ),
        Error::Timeout(_) => Failure::TimedOut(peer, call.timeout),
        Error::BodyExceedsLimit(limit) => Failure::TooLarge(peer, limit),
        // The address may hold secrets.
        Error::BadUri(_) => Failure::Unusable(format!("the address of {peer} cannot be used")),
        Error::Http(error) => {
            Failure::Unusable(format!("the request to {peer} cannot be made: {error}"))
        }
        Error::Rustls(error) => Failure::Unreachable(peer, error.to_string()),
        other => Failure::Broken(peer, other.to_string()),
    }
}

/// Returns host and port of an address, without a password.
pub(super) fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let all = rest.get(..end).unwrap_or_default();
    all.rsplit_once('@').map_or(all, |(_, host)| host)
}

/// Returns scheme, host and port.
fn origin(url: &str) -> (&str, &str) {
    (url.split("://").next().unwrap_or_default(), authority(url))
}

/// Returns the address that a `Location` means.
fn resolve(from: &str, to: &str) -> Option<String> {
    let to = to.trim();
    if to.starts_with("http://") || to.starts_with("https://") {
        return Some(to.to_owned());
    }
    let (scheme, host) = origin(from);
    (to.starts_with('/') && !to.starts_with("//")).then(|| format!("{scheme}://{host}{to}"))
}

fn is_harmless(name: &str) -> bool {
    ["content-type", "content-encoding", "accept"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

fn with_query(url: &str, query: &[(String, String)]) -> String {
    let (url, fragment) = match url.split_once('#') {
        Some((url, fragment)) => (url, Some(fragment)),
        None => (url, None),
    };
    let mut out = url.to_owned();
    for (name, value) in query {
        out.push(if out.contains('?') { '&' } else { '?' });
        out += &encode(name);
        out.push('=');
        out += &encode(value);
    }
    if let Some(fragment) = fragment {
        out.push('#');
        out += fragment;
    }
    out
}

/// Writes a text so that it can stand anywhere in an address (RFC 3986, §2.3).
pub(super) fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_stand_before_the_fragment() {
        let query = [
            ("a b".to_owned(), "ü&".to_owned()),
            ("t".to_owned(), "1".to_owned()),
        ];
        assert_eq!(
            with_query("http://h/x#top", &query),
            "http://h/x?a%20b=%C3%BC%26&t=1#top"
        );
        assert_eq!(with_query("http://h?q=1", &query[1..]), "http://h?q=1&t=1");
        assert_eq!(with_query("http://h/x", &[]), "http://h/x");
    }

    #[test]
    fn passwords_of_addresses_are_never_shown() {
        assert_eq!(authority("http://ann:secret@h:5055/webhook?x=@y"), "h:5055");
        assert_eq!(authority("https://h"), "h");
    }

    #[test]
    fn redirects_lead_to_whole_addresses_only() {
        let from = "https://ann:secret@h:1/a/b";
        assert_eq!(resolve(from, "/c"), Some("https://h:1/c".to_owned()));
        assert_eq!(resolve(from, "http://o/c"), Some("http://o/c".to_owned()));
        for to in ["//o/c", "c", "ftp://o", "", "javascript:x"] {
            assert_eq!(resolve(from, to), None, "{to}");
        }
    }
}
