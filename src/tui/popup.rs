//! Windows over the panes: a text to read, a list to choose from, changes to agree to, words to mark.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::{
    text::Span,
    workbench::{Command, Correction, Plan},
};

/// A window over the panes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Popup {
    /// A text to read.
    Text {
        title: String,
        text: String,
        scroll: usize,
    },
    /// A list to choose from.
    Pick(Picker),
    /// Changes to agree to.
    Confirm { plan: Box<Plan>, scroll: usize },
    /// Words of a message to mark.
    Mark(Marker),
}

/// A list to choose from, narrowed by typing.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Picker {
    pub(super) purpose: Purpose,
    pub(super) entries: Vec<Entry>,
    pub(super) filter: String,
    /// The chosen row among those that match.
    pub(super) at: usize,
    /// What the choice would change, where that is known by now.
    pub(super) plan: Option<Box<Plan>>,
    /// Why the choice cannot be made, if so.
    pub(super) refused: Option<String>,
    /// Enter came before it was known what the choice would change.
    agreed: bool,
}

/// A row of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) note: String,
    /// Why it cannot be chosen now.
    pub(super) grey: Option<String>,
}

/// What a choice is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The intent of a text.
    Intent { text: String },
    /// The type of an entity.
    Entity { text: String, span: Span },
    /// A command.
    Palette,
    /// A model to listen to.
    Model,
    /// A story to play.
    Story,
    /// A line that was sent before.
    History,
    /// A way that the conversation went, to go on with.
    Branch,
    /// A change to take back: what that would change, for each change of the session.
    Change(Vec<Plan>),
}

/// What became of a key.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// It is still open.
    Open,
    /// It is closed, and nothing is to be done.
    Closed,
    /// It is still open, and wants to know what its choice would change.
    Ask(Command),
    /// It is closed, and this is to be done.
    Do(Command),
    /// A correction was agreed to; what it would change, where that is known by now.
    Agreed(Correction, Option<Box<Plan>>),
    /// It is closed; another is to open.
    Then(Popup),
    /// It is closed; this goes to the message line.
    Type(String),
    /// It is closed; the command of this name was chosen.
    Invoke(String),
}

impl Popup {
    /// Makes a text to read.
    pub(super) fn text(title: &str, text: String) -> Self {
        Self::Text {
            title: title.to_owned(),
            text,
            scroll: 0,
        }
    }

    /// Scrolls by lines of the wheel, up by positive ones; of a list the choice moves. Returns what that asks for.
    pub(super) fn wheel(&mut self, lines: isize) -> Option<Command> {
        match self {
            Self::Text { scroll, .. } | Self::Confirm { scroll, .. } => {
                *scroll = scroll.saturating_add_signed(-lines);
                None
            }
            Self::Pick(picker) => picker.go(picker.at.saturating_add_signed(-lines.signum())),
            Self::Mark(_) => None,
        }
    }

    /// Scrolls back to where the last lines are in sight, if it is further.
    pub(super) fn limit(&mut self, most: usize) {
        if let Self::Text { scroll, .. } | Self::Confirm { scroll, .. } = self {
            *scroll = (*scroll).min(most);
        }
    }

    /// Takes a key.
    pub(super) fn key(&mut self, key: KeyEvent) -> Outcome {
        match self {
            Self::Text { scroll, .. } => {
                if scrolled(scroll, key.code) {
                    return Outcome::Open;
                }
                match key.code {
                    KeyCode::Esc | KeyCode::Enter | KeyCode::F(1) | KeyCode::Char('q') => {
                        Outcome::Closed
                    }
                    _ => Outcome::Open,
                }
            }
            Self::Confirm { plan, scroll } => {
                if scrolled(scroll, key.code) {
                    return Outcome::Open;
                }
                match key.code {
                    KeyCode::Enter | KeyCode::Char('y') => {
                        Outcome::Do(Command::Accept(plan.clone()))
                    }
                    KeyCode::Esc | KeyCode::Char('n' | 'q') => Outcome::Closed,
                    _ => Outcome::Open,
                }
            }
            Self::Pick(picker) => picker.key(key),
            Self::Mark(marker) => marker.key(key),
        }
    }
}

fn scrolled(scroll: &mut usize, code: KeyCode) -> bool {
    match code {
        KeyCode::Up => *scroll = scroll.saturating_sub(1),
        KeyCode::Down => *scroll = scroll.saturating_add(1),
        KeyCode::PageUp => *scroll = scroll.saturating_sub(10),
        KeyCode::PageDown => *scroll = scroll.saturating_add(10),
        KeyCode::Home => *scroll = 0,
        KeyCode::End => *scroll = usize::MAX,
        _ => return false,
    }
    true
}

impl Picker {
    pub(super) fn new(purpose: Purpose, entries: Vec<Entry>) -> Self {
        Self {
            purpose,
            entries,
            filter: String::new(),
            at: 0,
            plan: None,
            refused: None,
            agreed: false,
        }
    }

    /// Returns the rows that match what was typed: those that begin so, then those that hold it.
    pub(super) fn matching(&self) -> Vec<&Entry> {
        let wanted = self.filter.to_lowercase();
        let has = |entry: &&Entry| {
            let name = entry.name.to_lowercase();
            name.contains(&wanted) || entry.note.to_lowercase().contains(&wanted)
        };
        let mut found: Vec<&Entry> = self.entries.iter().filter(has).collect();
        if !wanted.is_empty() {
            found.sort_by_key(|entry| {
                let name = entry.name.to_lowercase();
                (!name.starts_with(&wanted), !name.contains(&wanted))
            });
        }
        found
    }

    /// Returns the name that a new one would have: what was typed, where new names can be given and none is just so.
    pub(super) fn new_name(&self) -> Option<&str> {
        let may = matches!(
            self.purpose,
            Purpose::Intent { .. } | Purpose::Entity { .. }
        );
        let name = self.filter.trim();
        let known = self.entries.iter().any(|entry| entry.name == name);
        (may && !name.is_empty() && !name.contains(' ') && !known).then_some(name)
    }

    /// Returns what a new name would be of, where the last row is for a new one.
    pub(super) fn new_row(&self) -> Option<&'static str> {
        let what = match self.purpose {
            Purpose::Intent { .. } => "intent",
            Purpose::Entity { .. } => "entity",
            _ => return None,
        };
        (self.filter.trim().is_empty() || self.new_name().is_some()).then_some(what)
    }

    /// Returns how many rows there are to choose from.
    pub(super) fn rows(&self) -> usize {
        self.matching().len() + usize::from(self.new_row().is_some())
    }

    /// Returns the name that is chosen now.
    pub(super) fn chosen(&self) -> Option<&str> {
        let rows = self.matching();
        match rows.get(self.at) {
            Some(entry) => Some(&entry.name),
            None => self.new_name(),
        }
    }

    fn key(&mut self, key: KeyEvent) -> Outcome {
        let last = self.rows().saturating_sub(1);
        let before = self.correction();
        self.agreed = key.code == KeyCode::Enter;
        match key.code {
            KeyCode::Esc => return Outcome::Closed,
            KeyCode::Up => self.at = self.at.saturating_sub(1),
            KeyCode::Down => self.at = (self.at + 1).min(last),
            KeyCode::PageUp => self.at = self.at.saturating_sub(8),
            KeyCode::PageDown => self.at = (self.at + 8).min(last),
            KeyCode::Home => self.at = 0,
            KeyCode::End => self.at = last,
            KeyCode::Backspace => {
                self.filter.pop();
                self.at = 0;
            }
            KeyCode::Enter => return self.take(),
            KeyCode::Char(' ') if self.filter.is_empty() => {
                if let (Purpose::Intent { text }, Some(intent)) = (&self.purpose, self.chosen()) {
                    return Outcome::Do(Command::SayAs(text.clone(), intent.to_owned()));
                }
            }
            KeyCode::Char(c)
                if !key
                    .modifiers
                    .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) =>
            {
                self.filter.push(c);
                self.at = 0;
            }
            _ => return Outcome::Open,
        }
        if self.correction() == before {
            return Outcome::Open;
        }
        self.plan = None;
        self.refused = None;
        self.ask().map_or(Outcome::Open, Outcome::Ask)
    }

    /// Chooses another row; returns the command that tells what it would change.
    pub(super) fn go(&mut self, to: usize) -> Option<Command> {
        let before = self.correction();
        self.at = to.min(self.rows().saturating_sub(1));
        if self.correction() == before {
            return None;
        }
        self.plan = None;
        self.refused = None;
        self.ask()
    }

    /// Takes the first line of what was pasted as if it had been typed.
    pub(super) fn paste(&mut self, text: &str) -> Option<Command> {
        self.filter += text.lines().next().unwrap_or_default();
        self.at = 0;
        self.plan = None;
        self.refused = None;
        self.ask()
    }

    /// Returns the command that tells what the present choice would change.
    pub(super) fn ask(&self) -> Option<Command> {
        Some(Command::Foresee(self.correction()?))
    }

    /// Takes what a correction would change, if it is the one that is chosen; returns it where Enter came before.
    pub(super) fn foresee(
        &mut self,
        of: &Correction,
        planned: Result<Box<Plan>, String>,
    ) -> Option<Box<Plan>> {
        if self.correction().as_ref() != Some(of) {
            return None;
        }
        let agreed = std::mem::take(&mut self.agreed);
        (self.plan, self.refused) = match planned {
            Ok(plan) => (Some(plan), None),
            Err(why) => (None, Some(why)),
        };
        self.plan.clone().filter(|_| agreed)
    }

    /// Returns the number of the change that is chosen, from 1, and what taking it back would change.
    fn change(&self) -> Option<(usize, &Plan)> {
        let Purpose::Change(plans) = &self.purpose else {
            return None;
        };
        let chosen = self.chosen()?;
        let place = self.entries.iter().position(|entry| entry.name == chosen)?;
        // The newest stands first.
        let number = plans.len().checked_sub(place)?;
        Some((number, plans.get(number.checked_sub(1)?)?))
    }

    /// Returns what the choice would change, where that is known.
    pub(super) fn foreseen(&self) -> Option<&Plan> {
        self.plan.as_deref().or(self.change().map(|(_, plan)| plan))
    }

    fn correction(&self) -> Option<Correction> {
        let chosen = self.chosen()?.to_owned();
        match &self.purpose {
            Purpose::Intent { text } => Some(Correction::Intent {
                text: text.clone(),
                intent: chosen,
            }),
            Purpose::Entity { text, span } => Some(Correction::Mark {
                text: text.clone(),
                span: *span,
                entity: chosen,
            }),
            _ => None,
        }
    }

    /// Enter was pressed.
    fn take(&mut self) -> Outcome {
        let grey = self
            .matching()
            .get(self.at)
            .and_then(|entry| entry.grey.clone());
        let Some(chosen) = self.chosen().filter(|_| grey.is_none()) else {
            if let Some(what) = self.new_row() {
                self.refused = Some(format!("type the name of the new {what}"));
            }
            return Outcome::Open;
        };
        let chosen = chosen.to_owned();
        match &self.purpose {
            Purpose::Intent { .. } | Purpose::Entity { .. } => match self.correction() {
                Some(correction) if self.refused.is_none() => {
                    Outcome::Agreed(correction, self.plan.clone())
                }
                _ => Outcome::Open,
            },
            Purpose::Palette => Outcome::Invoke(chosen),
            Purpose::Model => Outcome::Do(Command::Compare(Some(chosen))),
            Purpose::Story => Outcome::Do(Command::Replay(Some(chosen))),
            Purpose::History => Outcome::Type(chosen),
            Purpose::Branch => {
                let place = self.entries.iter().position(|entry| entry.name == chosen);
                Outcome::Do(Command::Branches(place.map(|place| place + 1)))
            }
            Purpose::Change(_) => match self.change() {
                Some((number, _)) => Outcome::Do(Command::Changes(Some(number))),
                None => Outcome::Open,
            },
        }
    }
}

/// Words of a message to mark as an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Marker {
    pub(super) text: String,
    /// Places of its words, in bytes.
    pub(super) words: Vec<Span>,
    /// The chosen words, the first and the last.
    pub(super) from: usize,
    pub(super) to: usize,
    /// Types of entities to choose from.
    types: Vec<String>,
}

impl Marker {
    /// Starts at the first word; nothing where the text has no word.
    pub(super) fn new(text: String, types: Vec<String>) -> Option<Self> {
        let words = crate::text::whitespace_tokens(&text);
        (!words.is_empty()).then_some(Self {
            text,
            words,
            from: 0,
            to: 0,
            types,
        })
    }

    /// Returns the bytes of the chosen words.
    pub(super) fn span(&self) -> Span {
        let place = |word: usize| self.words.get(word).copied().unwrap_or_default();
        Span::new(place(self.from).start, place(self.to).end)
    }

    fn key(&mut self, key: KeyEvent) -> Outcome {
        let last = self.words.len().saturating_sub(1);
        let extends = key.modifiers.contains(KeyModifiers::SHIFT);
        match key.code {
            KeyCode::Esc => return Outcome::Closed,
            KeyCode::Right | KeyCode::Char('+') if extends || key.code == KeyCode::Char('+') => {
                self.to = (self.to + 1).min(last);
            }
            KeyCode::Left | KeyCode::Char('-') if extends || key.code == KeyCode::Char('-') => {
                self.to = self.to.saturating_sub(1).max(self.from);
            }
            KeyCode::Right => {
                self.from = (self.from + 1).min(last);
                self.to = self.from;
            }
            KeyCode::Left => {
                self.from = self.from.saturating_sub(1);
                self.to = self.from;
            }
            KeyCode::Delete | KeyCode::Backspace => {
                let text = self.text.clone();
                let span = self.span();
                return Outcome::Do(Command::Plan(Correction::Unmark { text, span }));
            }
            KeyCode::Enter => {
                let entries = self.types.iter().map(|name| Entry {
                    name: name.clone(),
                    note: String::new(),
                    grey: None,
                });
                let purpose = Purpose::Entity {
                    text: self.text.clone(),
                    span: self.span(),
                };
                return Outcome::Then(Popup::Pick(Picker::new(purpose, entries.collect())));
            }
            _ => {}
        }
        Outcome::Open
    }
}
