//! A local program in the place of an action server: the request on stdin, the answer on stdout.

use std::{
    io::{Read, Write},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use super::{
    http::LARGEST,
    problem::{Failure, Peer, short},
};

/// Seconds until a program is ended where the file does not say.
pub(super) const TIMEOUT: f64 = 30.0;
/// What is kept of stderr.
const COMPLAINT: u64 = 64 << 10;
/// How long to wait between two looks whether it has ended.
const PAUSE: Duration = Duration::from_millis(5);

/// Runs a program in a folder and returns what it wrote to stdout.
pub(super) fn run(
    command: &[String],
    folder: &Path,
    input: Vec<u8>,
    timeout: f64,
) -> Result<Vec<u8>, Failure> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(Failure::Unusable("actions.yml names no program".to_owned()));
    };
    let peer = || Peer {
        what: "program",
        name: format!("`{program}`"),
        place: "actions.yml".to_owned(),
    };
    // A path is one from the project; a bare name is looked up as the shell does.
    let path = if program.contains(['/', '\\']) {
        folder.join(program)
    } else {
        program.into()
    };
    let mut child = Command::new(path)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| Failure::NotStarted(program.clone(), error.to_string()))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program need not read its input to the end.
        thread::spawn(move || drop(stdin.write_all(&input)));
    }
    let output = child.stdout.take().map(|stdout| read(stdout, LARGEST + 1));
    let complaint = child.stderr.take().map(|stderr| read(stderr, COMPLAINT));
    let deadline =
        Instant::now() + Duration::try_from_secs_f64(timeout).unwrap_or(Duration::MAX / 4);
    let output = output.and_then(|output| output.recv_timeout(left(deadline)).ok());
    let ended = output.as_ref().and_then(|_| wait(&mut child, deadline));
    let (Some(output), Some(status)) = (output, ended) else {
        // It may have ended in this moment: then there is nothing to end.
        let _ = child.kill();
        let _ = child.wait();
        return Err(Failure::TimedOut(peer(), timeout));
    };
    if output.len() as u64 > LARGEST {
        return Err(Failure::TooLarge(peer(), LARGEST));
    }
    if !status.success() {
        let words = complaint.and_then(|words| words.recv_timeout(Duration::from_secs(1)).ok());
        return Err(Failure::Ended(
            program.clone(),
            how(status, &words.unwrap_or_default()),
        ));
    }
    Ok(output)
}

/// Reads a stream to its end in the background; keeps at most `most` bytes.
fn read(mut stream: impl Read + Send + 'static, most: u64) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stream.by_ref().take(most).read_to_end(&mut bytes);
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
        let _ = sender.send(bytes);
    });
    receiver
}

fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

fn wait(child: &mut Child, deadline: Instant) -> Option<ExitStatus> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if !left(deadline).is_zero() => thread::sleep(PAUSE),
            _ => return None,
        }
    }
}

/// Returns how a program ended, with its last words.
fn how(status: ExitStatus, stderr: &[u8]) -> String {
    let how = match status.code() {
        Some(code) => format!("ended with exit code {code}"),
        None => "was ended by a signal".to_owned(),
    };
    let stderr = String::from_utf8_lossy(stderr);
    match stderr.lines().rfind(|line| !line.trim().is_empty()) {
        Some(line) => format!("{how}: {}", short(line)),
        None => how,
    }
}
