//! The whole state of the shell.

use ratatui::layout::Rect;
use ratatui_textarea::TextArea;

use super::{
    layout::{Pane, Tier},
    theme::Theme,
};
use crate::{
    data::Domain,
    dialogue::Slots,
    workbench::{Preview, Record, Workbench},
};

/// Everything that is on the screen, and what it needs to change.
#[derive(Clone, Debug)]
pub struct App {
    pub(super) theme: Theme,
    pub(super) size: Rect,
    /// Name of the assistant.
    pub(super) name: String,
    /// Short name of the model.
    pub(super) model: String,
    /// When it was trained, and how long that took.
    pub(super) trained: String,
    pub(super) domain: Domain,
    pub(super) thresholds: Option<(f64, f64)>,
    pub(super) message: TextArea<'static>,
    /// Lines sent, oldest first, and which of them is shown.
    pub(super) sent: Vec<String>,
    pub(super) recalled: Option<usize>,
    /// What was typed before an old line was recalled.
    pub(super) draft: String,
    pub(super) preview: Option<Preview>,
    /// Intents in the order of their rows.
    pub(super) bars: Vec<Bar>,
    pub(super) turns: Vec<Record>,
    pub(super) slots: Slots,
    pub(super) focus: Pane,
    /// Lines that each pane is scrolled by: up from the end in the chat, down from the start elsewhere.
    pub(super) chat_scroll: usize,
    pub(super) tab: Tab,
    /// Whether the inspector lies over the chat on a small screen.
    pub(super) overlay: bool,
    /// Popups, the topmost last.
    pub(super) popups: Vec<Popup>,
    /// A word about what just happened.
    pub(super) status: String,
    /// Ctrl-C was pressed on an empty line: once more leaves.
    pub(super) leaving: bool,
    pub(super) completions: Vec<String>,
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
}

impl Tab {
    pub(super) const ALL: [Self; 3] = [Self::Words, Self::Next, Self::Slots];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Words => "Words",
            Self::Next => "Next",
            Self::Slots => "Slots",
        }
    }
}

/// A window over the panes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Popup {
    pub(super) title: String,
    pub(super) text: String,
    pub(super) scroll: usize,
}

impl App {
    /// Makes the state for a conversation that may have begun already.
    pub fn new(workbench: &Workbench, theme: Theme) -> Self {
        let model = workbench.model();
        let metadata = &model.metadata;
        let clock = metadata.trained_at.get(11..16).unwrap_or_default();
        Self {
            theme,
            size: Rect::default(),
            name: metadata
                .assistant_id
                .clone()
                .unwrap_or_else(|| "bot".to_owned()),
            model: metadata.id.clone(),
            trained: format!("trained {clock} in {:.1} s", metadata.figures.seconds),
            domain: workbench.domain().clone(),
            thresholds: model.nlu.thresholds(),
            message: new_message(""),
            sent: Vec::new(),
            recalled: None,
            draft: String::new(),
            preview: None,
            bars: Vec::new(),
            turns: workbench.turns().to_vec(),
            slots: workbench.slots().clone(),
            focus: Pane::Message,
            chat_scroll: 0,
            tab: Tab::default(),
            overlay: false,
            popups: Vec::new(),
            status: String::new(),
            leaving: false,
            completions: Vec::new(),
        }
    }

    /// Returns what is typed.
    pub(super) fn text(&self) -> String {
        self.message.lines().join("\n")
    }

    /// Puts a text into the message line, cursor at its end.
    pub(super) fn set_text(&mut self, text: &str) {
        self.message = new_message(text);
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
            Tier::Small | Tier::None => &[Pane::Message, Pane::Chat],
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
