//! Standard input that can be interrupted: a process that waits for a line ends at the first Ctrl-C.

use std::{
    io::{self, BufRead, Read, StdinLock},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// What the handler of signals and a reader of stdin know of each other.
#[derive(Clone, Debug, Default)]
pub struct Waiting {
    /// Set once the person has asked to stop.
    pub stop: Arc<AtomicBool>,
    /// Set while nothing happens until a line comes in: stopping need not wait for a good moment.
    pub now: Arc<AtomicBool>,
}

/// Standard input; ends once the person has asked to stop.
pub struct Input {
    stdin: StdinLock<'static>,
    waiting: Waiting,
}

impl Input {
    /// Takes standard input.
    pub fn new(waiting: Waiting) -> Self {
        Self {
            stdin: io::stdin().lock(),
            waiting,
        }
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut available = self.fill_buf()?;
        let read = available.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Input {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.waiting.now.store(true, Ordering::SeqCst);
        // Whoever asked a moment before sees no one waiting, so it is looked at here.
        if self.waiting.stop.load(Ordering::SeqCst) {
            return Ok(&[]);
        }
        let filled = self.stdin.fill_buf();
        self.waiting.now.store(false, Ordering::SeqCst);
        filled
    }

    fn consume(&mut self, amount: usize) {
        self.stdin.consume(amount);
    }
}
