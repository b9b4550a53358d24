//! Commands by name, as keys, hints and the palette ask for them.

use super::{
    app::{App, Tab},
    keymap::OWN,
    layout::Pane,
    popup::{Entry, Marker, Picker, Popup, Purpose},
    reviewing,
    update::Effect,
    view,
};
use crate::{
    data::Parse,
    diagnostic::Place,
    dialogue::{Prediction, Reason},
    workbench::{COMMANDS, Choice, Command, Correction, show},
};

/// Does what the command of this name does when no more is said.
pub(super) fn invoke(app: &mut App, name: &str) -> Vec<Effect> {
    if let Some(info) = COMMANDS.iter().find(|info| info.name == name)
        && let Some(why) = info.grey(app.state.situation)
    {
        why.clone_into(&mut app.status);
        return Vec::new();
    }
    match name {
        "help" => app.popups.push(help(app)),
        "palette" => app.popups.push(palette(app)),
        "history" => {
            let lines = app.sent.iter().rev().map(|line| Entry {
                name: line.clone(),
                note: String::new(),
                grey: None,
            });
            let picker = Picker::new(Purpose::History, lines.collect());
            app.popups.push(Popup::Pick(picker));
        }
        "suspend" => return vec![Effect::Suspend],
        "quit" => return reviewing::quit(app),
        "correct" => return correct(app, None),
        "right" => return right(app),
        "entity" => match app.subject() {
            None => no_subject(app),
            Some(text) => {
                let types = app
                    .domain()
                    .entities
                    .iter()
                    .map(|entity| entity.name.clone());
                let marker = Marker::new(text, types.collect());
                app.popups.extend(marker.map(Popup::Mark));
            }
        },
        "compare" if app.state.situation.compared => return vec![Effect::Run(Command::Swap)],
        "compare" => return vec![Effect::Run(Command::Choose(Choice::Model))],
        "replay" => return vec![Effect::Run(Command::Choose(Choice::Story))],
        "changes" => return vec![Effect::Run(Command::Choose(Choice::Change))],
        "branches" => return vec![Effect::Run(Command::Choose(Choice::Branch))],
        "rewind" | "slot" | "intent" | "stub" => {
            // These need words of their own.
            app.focus = Pane::Message;
            app.set_text(&format!(":{name} "));
            return super::typing::edited(app);
        }
        _ => {
            let found = COMMANDS.iter().find(|info| info.name == name);
            return found
                .map(|info| Effect::Run(info.with("")))
                .into_iter()
                .collect();
        }
    }
    Vec::new()
}

fn no_subject(app: &mut App) {
    "there is no message yet that could be corrected".clone_into(&mut app.status);
}

/// Opens a popup, and asks what its first choice would change.
pub(super) fn open(app: &mut App, popup: Popup) -> Vec<Effect> {
    let ask = match &popup {
        Popup::Pick(picker) => picker.ask(),
        _ => None,
    };
    app.popups.push(popup);
    ask.map(Effect::Run).into_iter().collect()
}

/// Lets the person choose the right intent of the subject; `chosen` is the row to begin with.
pub(super) fn correct(app: &mut App, chosen: Option<&str>) -> Vec<Effect> {
    let Some(text) = app.subject() else {
        no_subject(app);
        return Vec::new();
    };
    let parse = understood(app, &text);
    let entries = intents(app, &parse);
    let wanted = chosen
        .and_then(|name| entries.iter().position(|entry| entry.name == name))
        // The predicted one is most likely not the one that is wanted.
        .unwrap_or_else(|| usize::from(entries.len() > 1));
    let mut picker = Picker::new(Purpose::Intent { text }, entries);
    picker.at = wanted;
    open(app, Popup::Pick(picker))
}

/// Returns how a text is understood, from what is known on the screen already where that is possible.
fn understood(app: &App, text: &str) -> Parse {
    let preview = app.preview.as_ref().filter(|preview| preview.text == text);
    match preview {
        Some(preview) => preview.parse.clone(),
        None => app.state.view.model.preview(text),
    }
}

/// Returns all intents, the likeliest first.
fn intents(app: &App, parse: &Parse) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for score in &parse.intent_ranking {
        let Some(name) = score.name.as_ref().filter(|name| *name != "nlu_fallback") else {
            continue;
        };
        let predicted = if entries.is_empty() {
            "  predicted"
        } else {
            ""
        };
        entries.push(Entry {
            name: name.clone(),
            note: format!("{:.2}{predicted}", score.confidence),
            grey: None,
        });
    }
    for intent in &app.domain().intents {
        let known = entries.iter().any(|entry| entry.name == intent.name);
        if !known && intent.name != "nlu_fallback" {
            entries.push(Entry {
                name: intent.name.clone(),
                note: String::new(),
                grey: None,
            });
        }
    }
    entries
}

/// Keeps the subject as an example of what it was understood as.
pub(super) fn right(app: &mut App) -> Vec<Effect> {
    let Some(text) = app.subject() else {
        no_subject(app);
        return Vec::new();
    };
    let parse = understood(app, &text);
    let mut names = parse
        .intent_ranking
        .iter()
        .filter_map(|score| score.name.clone());
    let Some(intent) = names.find(|name| name != "nlu_fallback") else {
        format!(
            "\"{text}\" was not understood at all: {} chooses its intent",
            key_of_correct(app)
        )
        .clone_into(&mut app.status);
        return Vec::new();
    };
    let correction = Correction::Intent { text, intent };
    if app.review.is_some() {
        return reviewing::decide(app, correction);
    }
    vec![Effect::Run(Command::Plan(correction))]
}

/// Returns what lets an intent be chosen.
fn key_of_correct(app: &App) -> &str {
    match (&app.review, app.keys.shown("correct")) {
        (Some(_), _) => "c",
        (None, "") => ":correct",
        (None, key) => key,
    }
}

/// Returns every command, its key, and why it can do nothing now.
fn palette(app: &App) -> Popup {
    let commands = COMMANDS.iter().map(|info| {
        let grey = info.grey(app.state.situation).map(str::to_owned);
        (info.name, info.help, grey)
    });
    let own = OWN.iter().map(|(name, _, help)| (*name, *help, None));
    let entries = commands.chain(own).map(|(name, help, grey)| {
        let key = app.keys.shown(name);
        let why = grey.as_deref().unwrap_or(help);
        Entry {
            name: name.to_owned(),
            note: format!("{key:<6} {why}"),
            grey,
        }
    });
    Popup::Pick(Picker::new(Purpose::Palette, entries.collect()))
}

/// Returns where what the focused pane shows is written.
pub(super) fn place(app: &App) -> Option<Place> {
    let prediction: &Prediction = match app.focus {
        Pane::Chat => {
            let at = app.chosen.unwrap_or(app.state.turns.len().checked_sub(1)?);
            let (record, _) = app.all_turns().nth(at)?;
            let votes = record
                .turn
                .decisions
                .iter()
                .filter_map(|one| one.vote.as_ref());
            &votes.into_iter().next()?.winner
        }
        _ => &app.preview.as_ref()?.vote.as_ref()?.winner,
    };
    match prediction.reason.as_ref()? {
        Reason::Rule { place, .. } | Reason::Story { place, .. } => Some(place.clone()),
        Reason::Loop { place, .. } => place.clone(),
        _ => None,
    }
}

/// Copies what the focused pane shows.
pub(super) fn copy(app: &mut App) -> Vec<Effect> {
    let text = match app.focus {
        Pane::Chat => {
            let last = app.state.turns.len().checked_sub(1);
            let at = app.chosen.or(last);
            at.and_then(|at| app.all_turns().nth(at))
                .map(|(record, _)| {
                    let said = record
                        .turn
                        .messages
                        .iter()
                        .filter_map(|(_, message)| message.text.clone());
                    let lines: Vec<String> =
                        std::iter::once(record.text.clone()).chain(said).collect();
                    lines.join("\n")
                })
        }
        Pane::Intents => {
            let rows = app
                .bars
                .iter()
                .map(|bar| format!("{} {:.2}", bar.name, bar.confidence));
            Some(rows.collect::<Vec<_>>().join("\n"))
        }
        Pane::Memory => Some(remembered(app, app.memory)),
        Pane::Inspector if Tab::MEMORY.contains(&app.tab) => Some(remembered(app, app.tab)),
        pane => Some(pane)
            .filter(|_| !app.bars.is_empty())
            .map(|pane| view::text_of(app, pane)),
    };
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        "copied".clone_into(&mut app.status);
        vec![Effect::Copy(text)]
    } else {
        "there is nothing to copy".clone_into(&mut app.status);
        Vec::new()
    }
}

/// Returns what a tab shows of the conversation, uncut.
fn remembered(app: &App, tab: Tab) -> String {
    match tab {
        Tab::Events => app.state.events.clone(),
        Tab::Story => view::story(app).join("\n"),
        _ => {
            let slots = app.state.slots.iter();
            let rows = slots.map(|(name, value)| format!("{name}={}", show(value)));
            rows.collect::<Vec<_>>().join("\n")
        }
    }
}

/// Returns the keys of the focused pane, then all commands.
pub(super) fn help(app: &App) -> Popup {
    let here = match app.focus {
        Pane::Message => {
            "Enter send · Alt-Enter or Ctrl-J new line · ↑ ↓ earlier messages · Tab completes after / and :\nAlt-1 … Alt-9 choose a button · Ctrl-A E K U W Y as in readline · Ctrl-L draws anew"
        }
        Pane::Chat => {
            "↑ ↓ choose a turn · Enter goes back to it · F2 corrects it · y copies it · 1 … 9 choose a button · PgUp PgDn scroll"
        }
        Pane::Inspector => "1 2 3 4 5 tabs · y copies · PgUp PgDn scroll",
        Pane::Memory => "1 2 3 tabs · y copies · PgUp PgDn scroll",
        Pane::Next => "Enter opens the rule or story in $EDITOR · y copies",
        Pane::Intents => "a click on a bar corrects to that intent · y copies",
        _ => "y copies · PgUp PgDn scroll",
    };
    let mut text = format!(
        "{here}\n\nTab, Shift-Tab   next pane, previous pane\nPgUp, PgDn       scroll the pane\n\
         Esc              back to the message line\nCtrl-C           clears the line; twice on an empty line leaves\n\n"
    );
    let commands = COMMANDS.iter().map(|info| (info.name, info.help));
    for (name, help) in commands.chain(OWN.iter().map(|(name, _, help)| (*name, *help))) {
        let word = format!(":{name}");
        let key = app.keys.shown(name);
        let key = if key.is_empty() {
            String::new()
        } else {
            format!(" ({key})")
        };
        text = format!("{text}{word:<16} {help}{key}\n");
    }
    text += "\n/intent{\"entity\": \"value\"} sends an intent by name";
    let text = if app.theme.ascii {
        text.replace('·', "-")
            .replace('↑', "Up")
            .replace('↓', "Down")
            .replace('…', "...")
    } else {
        text
    };
    Popup::text("Help", text)
}
