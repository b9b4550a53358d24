//! An event changes the state and asks for effects; nothing else happens here.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent};
use ratatui::layout::Rect;
use ratatui_textarea::{Input as Typed, Key};

use super::{
    app::{App, Bar, Health, Tab},
    invoke::{self, help, invoke},
    layout::{Pane, Tier},
    mouse,
    popup::{Entry, Outcome, Picker, Popup, Purpose},
    reviewing,
};
use crate::{
    diagnostic::{Place, count},
    workbench::{Answer, Choice, Command, Input, News, Preview, complete, read_input},
};

/// Something that happened.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Started,
    Key(KeyEvent),
    Paste(String),
    Mouse(MouseEvent),
    Resized(u16, u16),
    Previewed(Box<Preview>),
    News(News),
    /// A command has not been answered for a while.
    Waiting,
}

/// Something to be done outside.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Effect {
    Preview(String),
    Run(Command),
    /// Stop learning.
    Cancel,
    /// Open a file where it says something.
    Open(Place),
    /// Put a text on the clipboard.
    Copy(String),
    Suspend,
    Quit,
}

/// Rows change places only where one leads its upper neighbour by so much: bars that dance cannot be read.
const OVERTAKE: f64 = 0.05;
/// Changes smaller than this are not marked.
const NOTICEABLE: f64 = 0.005;

/// Changes the state for an event.
pub(super) fn update(app: &mut App, event: Event) -> Vec<Effect> {
    match event {
        Event::Started => vec![Effect::Preview(app.live_text())],
        Event::Key(key) => self::key(app, key),
        Event::Paste(text) => {
            app.popups.clear();
            app.focus = Pane::Message;
            app.message
                .insert_str(text.replace("\r\n", "\n").replace('\r', "\n"));
            edited(app)
        }
        Event::Mouse(mouse) => mouse::mouse(app, mouse),
        Event::Resized(width, height) => {
            app.size = Rect::new(0, 0, width, height);
            if !app.panes().contains(&app.focus) {
                app.focus = Pane::Message;
            }
            Vec::new()
        }
        Event::Previewed(preview) => {
            // An answer to a text that has changed since is of no use.
            if preview.text == app.live_text() {
                app.bars = if preview.text.trim().is_empty() {
                    Vec::new()
                } else {
                    reorder(&app.bars, &preview)
                };
                app.preview = Some(*preview);
            }
            Vec::new()
        }
        Event::Waiting => {
            app.waiting = true;
            Vec::new()
        }
        Event::News(news) => self::news(app, news),
    }
}

fn news(app: &mut App, news: News) -> Vec<Effect> {
    match news {
        News::State(state) => {
            let turns = app.state.turns.len();
            app.state = *state;
            app.chosen = app
                .chosen
                .filter(|at| *at < app.all_turns().count() && turns == app.state.turns.len());
            app.scroll.remove(&Pane::Chat);
            vec![Effect::Preview(app.live_text())]
        }
        News::Training => {
            app.health = Health::Training;
            Vec::new()
        }
        News::Trained(answer) => {
            app.health = Health::Fresh;
            app.popups.retain(|popup| !is_about_mistakes(popup));
            answer.map_or_else(Vec::new, |answer| answered(app, answer))
        }
        News::Broken(lines) => {
            app.health = Health::Broken;
            let title = count(lines.len(), "mistake");
            app.popups.retain(|popup| !is_about_mistakes(popup));
            app.popups
                .push(Popup::text(&format!("{title} {GOES_ON}"), lines.join("\n")));
            Vec::new()
        }
        News::Answer(answer) => {
            app.waiting = false;
            if answer == Answer::Quit {
                return vec![Effect::Quit];
            }
            let mut effects = answered(app, answer);
            if app.review.is_some() {
                effects.push(Effect::Preview(app.live_text()));
            }
            effects
        }
    }
}

/// How the title of mistakes in the files ends.
const GOES_ON: &str = "in the files; the old model goes on";

fn is_about_mistakes(popup: &Popup) -> bool {
    matches!(popup, Popup::Text { title, .. } if title.ends_with(GOES_ON))
}

fn answered(app: &mut App, answer: Answer) -> Vec<Effect> {
    match answer {
        Answer::Foreseen(correction, planned) => {
            // A list that is closed by now, or has gone on, does not care.
            if let Some(Popup::Pick(picker)) = app.popups.last_mut()
                && let Some(plan) = picker.foresee(&correction, planned)
            {
                app.popups.pop();
                return vec![Effect::Run(Command::Accept(plan))];
            }
        }
        Answer::Turn(_) | Answer::Quit => app.status.clear(),
        Answer::Changed(text) | Answer::Written { text, .. } => {
            reviewing::written(app, &text);
            app.status = text;
        }
        Answer::Refused(why) if why.contains('\n') => {
            app.popups.push(Popup::text("Not done", why));
        }
        Answer::Refused(why) => app.status = why,
        Answer::Text(text) => app.popups.push(Popup::text("Answer", text)),
        Answer::Plan(plan) => app.popups.push(Popup::Confirm { plan, scroll: 0 }),
        Answer::Choices(choice, names) => {
            let entry = |name| Entry {
                name,
                note: String::new(),
                grey: None,
            };
            let purpose = match choice {
                Choice::Model => Purpose::Model,
                Choice::Story => Purpose::Story,
            };
            let entries = names.into_iter().map(entry).collect();
            app.popups.push(Popup::Pick(Picker::new(purpose, entries)));
        }
    }
    Vec::new()
}

/// Returns the rows of intents for a new preview: the winner first, the others in their old order unless one clearly
/// leads.
fn reorder(old: &[Bar], preview: &Preview) -> Vec<Bar> {
    let ranking = preview.parse.intent_ranking.iter();
    let mut bars: Vec<Bar> = ranking
        .map(|score| {
            let name = score.name.clone().unwrap_or_default();
            let before = old
                .iter()
                .find(|bar| bar.name == name)
                .map_or(0.0, |bar| bar.confidence);
            let change = score.confidence - before;
            Bar {
                name,
                confidence: score.confidence,
                change: if change.abs() < NOTICEABLE {
                    0.0
                } else {
                    change
                },
            }
        })
        .collect();
    if bars.is_empty() {
        return bars;
    }
    let winner = bars.remove(0);
    let place = |bar: &Bar| {
        old.iter()
            .position(|known| known.name == bar.name)
            .unwrap_or(usize::MAX)
    };
    bars.sort_by_key(place);
    // A few passes of bubbling, each only over a clear lead.
    for _ in 0..bars.len() {
        for i in 1..bars.len() {
            if bars[i].confidence > bars[i - 1].confidence + OVERTAKE {
                bars.swap(i, i - 1);
            }
        }
    }
    bars.insert(0, winner);
    bars
}

fn key(app: &mut App, key: KeyEvent) -> Vec<Effect> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    let was_leaving = std::mem::take(&mut app.leaving);
    if let KeyCode::Char('c') = key.code
        && control
    {
        if !app.popups.is_empty() {
            app.popups.pop();
        } else if app.text().is_empty() {
            if was_leaving {
                return vec![Effect::Quit];
            }
            app.leaving = true;
            "Ctrl-C once more leaves".clone_into(&mut app.status);
        } else {
            app.set_text("");
            return edited(app);
        }
        return Vec::new();
    }
    if app.keys.command(key) == Some("suspend") {
        return vec![Effect::Suspend];
    }
    if let Some(popup) = app.popups.last_mut() {
        let outcome = popup.key(key);
        return popped(app, outcome);
    }
    if let Some(effects) = reviewing::key(app, key) {
        return effects;
    }
    if let Some(name) = app.keys.command(key).map(str::to_owned) {
        return invoke(app, &name);
    }
    let playing = app.state.situation.replaying && app.text().is_empty();
    match key.code {
        KeyCode::Char('d') if control && app.text().is_empty() => vec![Effect::Quit],
        KeyCode::Char(' ') if playing && app.focus == Pane::Message => {
            vec![Effect::Run(Command::Next)]
        }
        KeyCode::Enter if playing && app.focus == Pane::Message => {
            vec![Effect::Run(Command::Rest)]
        }
        KeyCode::Esc if app.health == Health::Training => vec![Effect::Cancel],
        KeyCode::Esc => {
            app.focus = Pane::Message;
            app.overlay = false;
            app.chosen = None;
            app.scroll.clear();
            app.status.clear();
            app.completions.clear();
            Vec::new()
        }
        KeyCode::Char(digit @ '1'..='9') if alt => {
            let at = digit as usize - '1' as usize;
            match app.buttons().into_iter().nth(at) {
                Some((_, payload)) => vec![Effect::Run(Command::Say(payload))],
                None => Vec::new(),
            }
        }
        KeyCode::Tab if !app.completions.is_empty() => {
            let first = app.completions.first().cloned().unwrap_or_default();
            app.set_text(&first);
            edited(app)
        }
        KeyCode::Tab => focus_next(app, 1),
        KeyCode::BackTab => focus_next(app, -1),
        KeyCode::PageUp => scroll(app, app.focus, 5),
        KeyCode::PageDown => scroll(app, app.focus, -5),
        KeyCode::Char(digit @ '1'..='5') if app.focus == Pane::Inspector || app.overlay => {
            let at = digit as usize - '1' as usize;
            app.tab = Tab::ALL.get(at).copied().unwrap_or_default();
            Vec::new()
        }
        KeyCode::Char(digit @ '1'..='3') if app.focus == Pane::Memory => {
            let at = digit as usize - '1' as usize;
            app.memory = Tab::MEMORY.get(at).copied().unwrap_or(Tab::Slots);
            Vec::new()
        }
        KeyCode::Char('y') if app.focus != Pane::Message => invoke::copy(app),
        KeyCode::Up if app.focus == Pane::Chat => choose(app, -1),
        KeyCode::Down if app.focus == Pane::Chat => choose(app, 1),
        KeyCode::Enter if app.focus == Pane::Chat && app.chosen.is_some() => {
            let turn = app.chosen.unwrap_or_default() + 1;
            vec![Effect::Run(Command::Rewind(turn))]
        }
        KeyCode::Enter if matches!(app.focus, Pane::Next | Pane::Chat | Pane::Inspector) => {
            invoke::place(app).map(Effect::Open).into_iter().collect()
        }
        KeyCode::Up if app.focus != Pane::Message => scroll(app, app.focus, 1),
        KeyCode::Down if app.focus != Pane::Message => scroll(app, app.focus, -1),
        _ => {
            // Letters always go to the message line.
            app.focus = Pane::Message;
            typed(app, key)
        }
    }
}

/// Does what came of a key in a popup.
pub(super) fn popped(app: &mut App, outcome: Outcome) -> Vec<Effect> {
    match outcome {
        Outcome::Open => Vec::new(),
        Outcome::Ask(command) => vec![Effect::Run(command)],
        Outcome::Closed => {
            app.popups.pop();
            Vec::new()
        }
        Outcome::Do(command) => {
            app.popups.pop();
            let said = matches!(command, Command::SayAs(..));
            if said && app.review.is_none() {
                app.set_text("");
            }
            vec![Effect::Run(command)]
        }
        Outcome::Then(popup) => {
            app.popups.pop();
            invoke::open(app, popup)
        }
        Outcome::Type(text) => {
            app.popups.pop();
            app.set_text(&text);
            edited(app)
        }
        Outcome::Invoke(name) => {
            app.popups.pop();
            invoke(app, &name)
        }
    }
}

fn typed(app: &mut App, key: KeyEvent) -> Vec<Effect> {
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    match key.code {
        KeyCode::Enter if alt => {
            app.message.insert_newline();
            edited(app)
        }
        KeyCode::Enter => send(app),
        KeyCode::Up if app.message.cursor().0 == 0 => recall(app, -1),
        KeyCode::Down if app.message.cursor().0 + 1 >= app.message.lines().len() => recall(app, 1),
        _ => {
            let before = app.text();
            let input = Typed::from(key);
            // Tab and Enter are handled above; whatever else would break a line must not.
            if !matches!(input.key, Key::Enter | Key::Tab) {
                app.message.input(input);
            }
            if app.text() == before {
                Vec::new()
            } else {
                edited(app)
            }
        }
    }
}

/// After every change of the text: everything live follows it.
pub(super) fn edited(app: &mut App) -> Vec<Effect> {
    let text = app.text();
    app.status.clear();
    app.completions = complete(&text, app.domain());
    if app.completions == [text.clone()] {
        app.completions.clear();
    }
    vec![Effect::Preview(text)]
}

fn send(app: &mut App) -> Vec<Effect> {
    let text = app.text();
    let Input::Command(command) = read_input(&text, app.domain()) else {
        return Vec::new();
    };
    if app.sent.last() != Some(&text) {
        app.sent.push(text);
    }
    app.recalled = None;
    app.set_text("");
    app.completions.clear();
    // Words that only a screen can answer.
    match command {
        Command::Help => {
            app.popups.push(help(app));
            Vec::new()
        }
        Command::Correct(None) => invoke(app, "correct"),
        Command::Entity(words) if words.is_empty() => invoke(app, "entity"),
        Command::Compare(None) if !app.state.situation.compared => invoke(app, "compare"),
        Command::Replay(None) => invoke(app, "replay"),
        command => vec![Effect::Run(command)],
    }
}

fn recall(app: &mut App, step: isize) -> Vec<Effect> {
    let last = app.sent.len();
    let at = match app.recalled {
        None if step < 0 && last > 0 => {
            app.draft = app.text();
            Some(last - 1)
        }
        None => return Vec::new(),
        Some(at) if step < 0 => Some(at.saturating_sub(1)),
        Some(at) => Some(at + 1).filter(|at| *at < last),
    };
    app.recalled = at;
    let text = at
        .and_then(|at| app.sent.get(at))
        .cloned()
        .unwrap_or_else(|| std::mem::take(&mut app.draft));
    app.set_text(&text);
    edited(app)
}

fn focus_next(app: &mut App, step: isize) -> Vec<Effect> {
    if matches!(Tier::of(app.size), Tier::Small) {
        app.overlay = !app.overlay;
        return Vec::new();
    }
    let panes = app.panes();
    let at = panes
        .iter()
        .position(|pane| *pane == app.focus)
        .unwrap_or_default();
    let next = (at.cast_signed() + step).rem_euclid(panes.len().cast_signed());
    app.focus = panes
        .get(next.cast_unsigned())
        .copied()
        .unwrap_or(Pane::Message);
    Vec::new()
}

/// Scrolls a pane: the chat up from its end, the others down from their start.
pub(super) fn scroll(app: &mut App, pane: Pane, lines: isize) -> Vec<Effect> {
    let pane = if pane == Pane::Message {
        Pane::Chat
    } else {
        pane
    };
    let lines = if pane == Pane::Chat { lines } else { -lines };
    let at = app.scroll.entry(pane).or_default();
    *at = at.saturating_add_signed(lines);
    Vec::new()
}

/// Chooses the next or the previous turn of the chat.
fn choose(app: &mut App, step: isize) -> Vec<Effect> {
    let all = app.all_turns().count();
    let Some(last) = all.checked_sub(1) else {
        return Vec::new();
    };
    app.chosen = Some(match app.chosen {
        None => app.state.turns.len().saturating_sub(1).min(last),
        Some(at) => at.saturating_add_signed(step).min(last),
    });
    Vec::new()
}
