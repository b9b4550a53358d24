//! What a text would do, told at once where that is quick, else by a thread of its own for which only the newest text
//! counts.

use std::{
    sync::{
        Arc,
        mpsc::{self, Receiver, Sender},
    },
    thread,
};

use crate::workbench::{Preview, View};

/// Longer than this, in seconds, nobody is made to wait.
const QUICK: f64 = 0.005;
/// Longer texts, in bytes, are never previewed at once.
const SHORT: usize = 2_000;

/// Previews texts.
#[derive(Default)]
pub(super) struct Previewer {
    /// How long the last one took.
    last: f64,
    worker: Option<Worker>,
}

struct Worker {
    ask: Sender<(Arc<View>, String)>,
    told: Receiver<Preview>,
    /// Texts that were asked for and not told of.
    open: usize,
}

impl Previewer {
    /// Previews a text at once, or lets it be told later by [`Previewer::take`].
    pub(super) fn ask(&mut self, view: Arc<View>, text: String) -> Option<Preview> {
        let quick = self.last < QUICK && text.len() < SHORT && self.worker.is_none();
        if quick || text.is_empty() {
            let preview = view.preview(&text);
            self.last = preview.seconds;
            return Some(preview);
        }
        let worker = self.worker.get_or_insert_with(Worker::start);
        // A worker that is gone has panicked, which has been told.
        if worker.ask.send((view, text)).is_ok() {
            worker.open += 1;
        }
        None
    }

    /// Returns the newest preview that has become known since.
    pub(super) fn take(&mut self) -> Option<Preview> {
        let worker = self.worker.as_mut()?;
        let mut newest = None;
        while let Ok(preview) = worker.told.try_recv() {
            worker.open = worker.open.saturating_sub(1);
            newest = Some(preview);
        }
        let preview = newest?;
        self.last = preview.seconds;
        if worker.open == 0 && self.last < QUICK && preview.text.len() < SHORT {
            self.worker = None;
        }
        Some(preview)
    }

    pub(super) fn is_busy(&self) -> bool {
        self.worker.as_ref().is_some_and(|worker| worker.open > 0)
    }
}

impl Worker {
    fn start() -> Self {
        let (ask, asked) = mpsc::channel::<(Arc<View>, String)>();
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            while let Ok(first) = asked.recv() {
                let mut waiting: Vec<(Arc<View>, String)> = vec![first];
                waiting.extend(asked.try_iter());
                let Some((view, text)) = waiting.pop() else {
                    continue;
                };
                // Each text that was asked for is answered, the old ones by the newest.
                let preview = view.preview(&text);
                for _ in 0..=waiting.len() {
                    if tell.send(preview.clone()).is_err() {
                        return;
                    }
                }
            }
        });
        Self { ask, told, open: 0 }
    }
}
