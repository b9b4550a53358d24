//! Messages of real people looked through one by one: kept, corrected, or passed over. What is decided is gathered,
//! shown as one change, and written when it is agreed to.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{app::App, invoke, update::Effect};
use crate::workbench::{Command, Correction, OF_REVIEW, Review};

/// How many messages a page key passes.
const PAGE: usize = 10;

/// A list of messages, and how far it is looked through.
#[derive(Clone, Debug)]
pub(super) struct Reviewing {
    pub(super) list: Review,
    /// The message that is looked at.
    pub(super) at: usize,
    /// Messages whose decisions are in the change that is shown.
    gathered: Vec<usize>,
    /// Messages of each change that is written.
    writes: Vec<Vec<usize>>,
    /// How many decisions were not written when the person was told so last.
    told: Option<usize>,
}

impl Reviewing {
    pub(super) fn new(list: Review) -> Self {
        Self {
            list,
            at: 0,
            gathered: Vec::new(),
            writes: Vec::new(),
            told: None,
        }
    }

    /// Returns how many decisions are not written yet.
    pub(super) fn unwritten(&self) -> usize {
        self.list.decided().0.len()
    }

    fn go(&mut self, to: usize) {
        self.at = to.min(self.list.items.len().saturating_sub(1));
    }
}

/// Takes a key while a list is looked through; nothing where there is none, or the key is for something else.
pub(super) fn key(app: &mut App, key: KeyEvent, was_leaving: bool) -> Option<Vec<Effect>> {
    let others = KeyModifiers::CONTROL | KeyModifiers::ALT;
    if key.modifiers.intersects(others) || !app.text().is_empty() {
        return None;
    }
    let review = app.review.as_mut()?;
    let at = review.at;
    match key.code {
        KeyCode::Up => review.go(at.saturating_sub(1)),
        KeyCode::Down => review.go(at + 1),
        KeyCode::PageUp => review.go(at.saturating_sub(PAGE)),
        KeyCode::PageDown => review.go(at + PAGE),
        KeyCode::Home => review.go(0),
        KeyCode::End => review.go(usize::MAX),
        KeyCode::Char('s' | ' ') => {
            if let Some(item) = review.list.items.get_mut(at)
                && !item.is_done()
            {
                item.passed = true;
            }
            review.go(at + 1);
        }
        KeyCode::Char('u') => {
            if let Some(item) = review.list.items.get_mut(at) {
                if item.written {
                    "it is written: `:changes undo` takes it back".clone_into(&mut app.status);
                    return Some(Vec::new());
                }
                (item.passed, item.decision) = (false, None);
            }
        }
        KeyCode::Enter => return Some(invoke::right(app)),
        KeyCode::Char('c' | 'n') => {
            let effects = invoke::correct(app, None);
            if key.code == KeyCode::Char('n') {
                "type the name of the new intent".clone_into(&mut app.status);
            }
            return Some(effects);
        }
        KeyCode::Char('e') => return Some(invoke::invoke(app, "entity")),
        KeyCode::Char('w') => {
            let (numbers, decisions) = review.list.decided();
            if numbers.is_empty() {
                "nothing is decided that is not written".clone_into(&mut app.status);
                return Some(Vec::new());
            }
            review.gathered = numbers;
            return Some(vec![Effect::Run(Command::Gather(decisions))]);
        }
        KeyCode::Char('q') | KeyCode::Esc => {
            if holds(app, was_leaving, "q once more leaves the list") {
                return Some(Vec::new());
            }
            app.review = None;
            app.status.clear();
            return Some(vec![Effect::Preview(app.text())]);
        }
        // Commands can be typed as ever; other letters mean nothing to a list.
        KeyCode::Char(':' | '/') => return None,
        KeyCode::Char(_) => return Some(Vec::new()),
        _ => return None,
    }
    Some(vec![Effect::Preview(app.live_text())])
}

/// Leaves the shell by its key, unless decisions would be lost: then at the second time.
pub(super) fn leave(app: &mut App, was_leaving: bool) -> Vec<Effect> {
    leave_unless(app, was_leaving, "Ctrl-D once more leaves")
}

fn leave_unless(app: &mut App, was_told: bool, how: &str) -> Vec<Effect> {
    if holds(app, was_told, how) {
        return Vec::new();
    }
    vec![Effect::Quit]
}

/// Leaves the shell by its word, which takes many keys: what was decided since it was said last makes it wait again.
pub(super) fn quit(app: &mut App) -> Vec<Effect> {
    let unwritten = unwritten(app);
    let told = app
        .review
        .as_mut()
        .map(|review| review.told.replace(unwritten));
    let was_told = told.flatten() == Some(unwritten);
    leave_unless(app, was_told, ":quit once more leaves")
}

fn unwritten(app: &App) -> usize {
    app.review.as_ref().map_or(0, Reviewing::unwritten)
}

/// Tells whether leaving must wait, for decisions would be lost; says so with `how`, and lets the next try go through.
pub(super) fn holds(app: &mut App, was_leaving: bool, how: &str) -> bool {
    let unwritten = unwritten(app);
    if unwritten == 0 || was_leaving {
        return false;
    }
    app.leaving = true;
    app.status = format!("{unwritten} not written yet: w shows and writes; {how} without");
    true
}

/// Notes what was said about the present message, and goes on to the next.
pub(super) fn decide(app: &mut App, correction: Correction) -> Vec<Effect> {
    if let Some(review) = &mut app.review {
        let at = review.at;
        let is_intent = matches!(correction, Correction::Intent { .. });
        if let Some(item) = review.list.items.get_mut(at) {
            item.decide(correction);
        }
        // After an entity its intent may still be to be said.
        if is_intent {
            review.go(at + 1);
        }
    }
    app.status.clear();
    vec![Effect::Preview(app.live_text())]
}

/// Notes that the change that was shown is written, or that it was taken back.
pub(super) fn written(app: &mut App, text: &str) {
    let Some(review) = &mut app.review else {
        return;
    };
    let (numbers, is_written) = if text.contains(&format!("{OF_REVIEW}: ")) {
        let numbers = std::mem::take(&mut review.gathered);
        review.writes.push(numbers.clone());
        (numbers, true)
    } else if text.starts_with("took back ") && text.ends_with(OF_REVIEW) {
        // Of changes of the same file only the last can be taken back.
        (review.writes.pop().unwrap_or_default(), false)
    } else {
        return;
    };
    for at in numbers {
        if let Some(item) = review.list.items.get_mut(at) {
            item.written = is_written;
        }
    }
}
