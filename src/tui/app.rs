//! The whole state of the shell.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use ratatui::layout::Rect;
use ratatui_textarea::TextArea;

use super::{
    keymap::Keymap,
    layout::{Pane, Tier},
    popup::Popup,
    reviewing::Reviewing,
    theme::Theme,
};
use crate::{
    data::Domain,
    workbench::{Command, Input, Preview, Record, State, read_input},
};

/// Everything that is on the screen, and what it needs to change.
#[derive(Clone, Debug)]
pub struct App {
    pub(super) theme: Theme,
    pub(super) keys: Keymap,
    /// Times are shown as they are there.
    pub(super) zone: TimeZone,
    pub(super) size: Rect,
    /// What the workbench has told last.
    pub(super) state: State,
    pub(super) message: TextArea<'static>,
    /// Lines sent, oldest first, and which of them is shown.
    pub(super) sent: Vec<String>,
    pub(super) recalled: Option<usize>,
    /// What was typed before an old line was recalled.
    pub(super) draft: String,
    pub(super) preview: Option<Preview>,
    /// Intents in the order of their rows.
    pub(super) bars: Vec<Bar>,
    pub(super) focus: Pane,
    /// Turn chosen in the chat, from 0; turns that were taken back count on.
    pub(super) chosen: Option<usize>,
    /// Lines that each pane is scrolled by, from its end or from its start.
    pub(super) scroll: BTreeMap<Pane, usize>,
    pub(super) tab: Tab,
    /// Tab of the lowest pane on large screens.
    pub(super) memory: Tab,
    /// Whether the inspector lies over the chat on a small screen.
    pub(super) overlay: bool,
    /// Popups, the topmost last.
    pub(super) popups: Vec<Popup>,
    /// Whether it was told that a name is both an intent and a command.
    pub(super) told_clash: bool,
    /// A word about what just happened.
    pub(super) status: String,
    /// Ctrl-C was pressed on an empty line: once more leaves.
    pub(super) leaving: bool,
    pub(super) completions: Vec<String>,
    /// The one of them that is chosen, if any is yet.
    pub(super) completing: Option<usize>,
    /// How the model stands to the files.
    pub(super) health: Health,
    /// What has not been answered for a while.
    pub(super) waiting: Option<Waiting>,
    /// Messages to look through.
    pub(super) review: Option<Reviewing>,
}

/// How the model stands to the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// It has learnt what they say.
    Fresh,
    /// A new one is being learnt.
    Training,
    /// They have mistakes.
    Broken,
}

/// A command that is not answered yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    /// The message, if it is one.
    pub(super) text: Option<String>,
    /// Who is asked, and for which custom action if it is one.
    pub(super) call: Option<(Option<String>, String)>,
    /// Whole seconds since it was sent.
    pub(super) seconds: u64,
}

/// An intent with its bar.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bar {
    pub(super) name: String,
    pub(super) confidence: f64,
    /// Change against the keystroke before.
    pub(super) change: f64,
}

/// A tab of the inspector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tab {
    #[default]
    Words,
    Next,
    Slots,
    Story,
    Events,
}

impl Tab {
    pub(super) const ALL: [Self; 5] = [
        Self::Words,
        Self::Next,
        Self::Slots,
        Self::Story,
        Self::Events,
    ];
    /// Those of the lowest pane on large screens.
    pub(super) const MEMORY: [Self; 3] = [Self::Slots, Self::Story, Self::Events];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Words => "Words",
            Self::Next => "Next",
            Self::Slots => "Slots",
            Self::Story => "Story",
            Self::Events => "Events",
        }
    }
}

impl App {
    /// Makes the state for a conversation that may have begun already.
    pub fn new(state: State, theme: Theme, keys: Keymap, zone: TimeZone) -> Self {
        Self {
            theme,
            keys,
            zone,
            size: Rect::default(),
            state,
            message: new_message(""),
            sent: Vec::new(),
            recalled: None,
            draft: String::new(),
            preview: None,
            bars: Vec::new(),
            focus: Pane::Message,
            chosen: None,
            scroll: BTreeMap::new(),
            tab: Tab::default(),
            memory: Tab::Slots,
            overlay: false,
            popups: Vec::new(),
            told_clash: false,
            status: String::new(),
            leaving: false,
            completions: Vec::new(),
            completing: None,
            health: Health::Fresh,
            waiting: None,
            review: None,
        }
    }

    /// Returns the domain of the model.
    pub(super) fn domain(&self) -> &Domain {
        &self.state.view.model.domain
    }

    /// Returns below which confidence and lead the bot falls back, if it does at all.
    pub(super) fn thresholds(&self) -> Option<(f64, f64)> {
        self.state.view.model.nlu.thresholds()
    }

    /// Returns what is typed.
    pub(super) fn text(&self) -> String {
        self.message.lines().join("\n")
    }

    /// Returns the text whose meaning is shown: what is typed, or the message that is looked at.
    pub(super) fn live_text(&self) -> String {
        let typed = self.text();
        // A command is no message, and half a name no intent.
        match read_input(&typed, self.domain()) {
            Input::Command(Command::Say(said)) => {
                let name = said
                    .strip_prefix('/')
                    .map(|rest| rest.split(['{', '@']).next().unwrap_or_default().trim());
                let is_known = |name: &str| self.domain().has_intent(name);
                if !typed.starts_with("//") && name.is_some_and(|name| !is_known(name)) {
                    return String::new();
                }
            }
            Input::Command(_) => return String::new(),
            Input::Nothing => {}
        }
        match &self.review {
            Some(review) if typed.is_empty() => review
                .list
                .items
                .get(review.at)
                .map_or(typed, |item| item.text.clone()),
            _ => typed,
        }
    }

    /// Puts a text into the message line, cursor at its end.
    pub(super) fn set_text(&mut self, text: &str) {
        self.message = new_message(text);
    }

    /// Tells whether somebody outside is waited for.
    pub(super) fn is_calling(&self) -> bool {
        let waiting = self.waiting.as_ref();
        waiting.is_some_and(|waiting| waiting.call.is_some())
    }

    /// Opens a tab of the inspector, from its start or end.
    pub(super) fn open_tab(&mut self, tab: Option<Tab>) {
        if let Some(tab) = tab.filter(|tab| *tab != self.tab) {
            self.tab = tab;
            self.scroll.remove(&Pane::Inspector);
        }
    }

    /// Opens a tab of the lowest pane on large screens, from its start or end.
    pub(super) fn open_memory(&mut self, tab: Option<Tab>) {
        if let Some(tab) = tab.filter(|tab| *tab != self.memory) {
            self.memory = tab;
            self.scroll.remove(&Pane::Memory);
        }
    }

    /// Tells whether a pane shows the end of what it holds, as long as it is not scrolled.
    pub(super) fn is_from_its_end(&self, pane: Pane) -> bool {
        match pane {
            Pane::Chat => true,
            Pane::Memory => self.memory == Tab::Story,
            Pane::Inspector => self.tab == Tab::Story,
            _ => false,
        }
    }

    /// Returns how far a pane is scrolled.
    pub(super) fn scrolled(&self, pane: Pane) -> usize {
        self.scroll.get(&pane).copied().unwrap_or_default()
    }

    /// Returns all turns, those taken back at the end, with whether each still counts.
    pub(super) fn all_turns(&self) -> impl Iterator<Item = (&Record, bool)> {
        let counts = self.state.turns.iter().map(|record| (record, true));
        counts.chain(self.state.undone.iter().map(|record| (record, false)))
    }

    /// Returns the text that corrections are about: of a review, of what is typed, of the chosen turn, of the last one.
    pub(super) fn subject(&self) -> Option<String> {
        if let Some(review) = &self.review {
            let item = review.list.items.get(review.at);
            return item.map(|item| item.text.clone());
        }
        let typed = self.text();
        let typed = typed.trim();
        if !typed.is_empty() && !typed.starts_with([':', '/']) {
            return Some(typed.to_owned());
        }
        let chosen = self.chosen.and_then(|at| self.all_turns().nth(at));
        let spoken = |record: &&Record| {
            !record.text.starts_with([':', '/']) && !record.text.starts_with("EXTERNAL:")
        };
        let record = match chosen {
            Some((record, _)) => Some(record).filter(spoken),
            None => self.state.turns.iter().rev().find(spoken),
        };
        record.map(|record| record.text.clone())
    }

    /// Returns the buttons of the last message that has some, each with what it sends.
    pub(super) fn buttons(&self) -> Vec<(String, String)> {
        let last = self.state.turns.last();
        let messages = last.into_iter().flat_map(|record| &record.turn.messages);
        let shown =
            messages.flat_map(|(_, message)| message.buttons.iter().chain(message.replies()));
        shown
            .filter_map(|button| {
                let title = button.get("title")?.as_str()?;
                let payload = button.get("payload").and_then(|payload| payload.as_str());
                Some((title.to_owned(), payload.unwrap_or(title).to_owned()))
            })
            .collect()
    }

    /// Returns the panes that can have the focus at this size, in the order of Tab.
    pub(super) fn panes(&self) -> &'static [Pane] {
        match Tier::of(self.size) {
            Tier::Wide => &[
                Pane::Message,
                Pane::Chat,
                Pane::Intents,
                Pane::Words,
                Pane::Entities,
                Pane::Next,
                Pane::Memory,
            ],
            Tier::Medium => &[Pane::Message, Pane::Chat, Pane::Intents, Pane::Inspector],
            Tier::Small | Tier::None => &[Pane::Message, Pane::Inspector, Pane::Chat],
        }
    }
}

fn new_message(text: &str) -> TextArea<'static> {
    let mut message = TextArea::new(text.split('\n').map(str::to_owned).collect());
    message.set_cursor_line_style(ratatui::style::Style::new());
    message.move_cursor(ratatui_textarea::CursorMove::Bottom);
    message.move_cursor(ratatui_textarea::CursorMove::End);
    message
}
