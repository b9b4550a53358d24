//! A small HTTP server on loopback that answers as a test says and remembers what it was asked.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard},
    thread,
    time::Duration,
};

use serde_json::Value;

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Number of the connection, from 1.
    pub(crate) connection: usize,
    pub(crate) method: String,
    pub(crate) target: String,
    /// Names in small letters.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What the server does with a request.
#[derive(Clone)]
pub(crate) enum Say {
    /// Answers with a status, further headers and a body.
    Answer(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Writes these bytes and closes the connection.
    Raw(Vec<u8>),
    /// Waits, then closes the connection.
    Silence(Duration),
}

impl Say {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let json = vec![("Content-Type", "application/json".to_owned())];
        Self::Answer(status, json, body.to_string().into_bytes())
    }

    pub(crate) fn moved(status: u16, to: &str) -> Self {
        Self::Answer(status, vec![("Location", to.to_owned())], Vec::new())
    }
}

/// A running server; it ends with the process.
pub(crate) struct Server {
    pub(crate) port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Starts a server on a free port.
    pub(crate) fn start(say: impl Fn(&Asked) -> Say + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (say, seen) = (Arc::new(say), Arc::clone(&asked));
        thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let (say, seen) = (Arc::clone(&say), Arc::clone(&seen));
                thread::spawn(move || serve(&stream.unwrap(), number + 1, &*say, &seen));
            }
        });
        Self { port, asked }
    }

    /// Starts a server that answers every request alike.
    pub(crate) fn always(status: u16, body: Value) -> Self {
        Self::start(move |_| Say::json(status, &body))
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/webhook", self.port)
    }

    pub(crate) fn asked(&self) -> MutexGuard<'_, Vec<Asked>> {
        self.asked.lock().unwrap()
    }
}

/// Returns a port on which nobody listens.
pub(crate) fn silent_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn serve(
    stream: &TcpStream,
    connection: usize,
    say: &(impl Fn(&Asked) -> Say + ?Sized),
    seen: &Mutex<Vec<Asked>>,
) {
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    while let Some(asked) = read(&mut reader, connection) {
        seen.lock().unwrap().push(asked.clone());
        match say(&asked) {
            Say::Answer(status, headers, body) => {
                let mut head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n", body.len());
                for (name, value) in headers {
                    head.extend([name, ": ", &value, "\r\n"]);
                }
                head += "\r\n";
                // Whoever reads no further closes the connection.
                if writer.write_all(head.as_bytes()).is_err() || writer.write_all(&body).is_err() {
                    return;
                }
            }
            Say::Raw(bytes) => return drop(writer.write_all(&bytes)),
            Say::Silence(time) => return thread::sleep(time),
        }
    }
}

fn read(reader: &mut impl BufRead, connection: usize) -> Option<Asked> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let mut first = lines.first()?.split(' ').map(str::to_owned);
    let headers: BTreeMap<String, String> = lines
        .iter()
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers
        .get("content-length")
        .map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked {
        connection,
        method: first.next()?,
        target: first.next()?,
        headers,
        body,
    })
}
