//! What the workbench tells, taken into the state: turns, answers, trainings, mistakes of files; and bars that follow
//! what is typed.

use super::{
    app::{App, Bar, Health},
    layout::Pane,
    popup::{Entry, Picker, Popup, Purpose},
    reviewing,
    update::Effect,
};
use crate::{
    data::IntentScore,
    diagnostic::count,
    workbench::{Answer, Choice, Command, News, Plan, Preview},
};

/// Rows change places only where one leads its upper neighbour by so much: bars that dance cannot be read.
const OVERTAKE: f64 = 0.05;
/// Changes smaller than this are not marked.
const NOTICEABLE: f64 = 0.005;

pub(super) fn news(app: &mut App, news: News) -> Vec<Effect> {
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
            let before = std::mem::take(&mut app.status);
            match answer {
                // What was written is still worth knowing where only the tests came out otherwise.
                Some(Answer::Changed(tests))
                    if tests.starts_with("tests ") && !before.is_empty() =>
                {
                    let dot = app.theme.pick("·", "-");
                    app.status = format!("{tests} {dot} {before}");
                    Vec::new()
                }
                Some(answer) => answered(app, answer),
                None => {
                    app.status = before;
                    Vec::new()
                }
            }
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
            app.waiting = None;
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
        Answer::Text(title, text) => app.popups.push(Popup::text(title, text)),
        Answer::Plan(plan) => app.popups.push(Popup::Confirm { plan, scroll: 0 }),
        Answer::Changes(plans) => app.popups.push(changes(plans)),
        Answer::Choices(choice, names) => {
            let entry = |name| Entry {
                name,
                note: String::new(),
                grey: None,
            };
            let purpose = match choice {
                Choice::Model => Purpose::Model,
                Choice::Branch => Purpose::Branch,
                Choice::Story | Choice::Change => Purpose::Story,
            };
            let entries = names.into_iter().map(entry).collect();
            app.popups.push(Popup::Pick(Picker::new(purpose, entries)));
        }
    }
    Vec::new()
}

/// Returns the changes of the session as a list, the newest first: that is most likely the one to be taken back.
fn changes(plans: Vec<Plan>) -> Popup {
    let entry = |(at, plan): (usize, &Plan)| {
        let files = plan.changes.iter().map(|change| change.shown.as_str());
        Entry {
            name: format!("{} {}", at + 1, plan.what),
            note: files.collect::<Vec<_>>().join(", "),
            grey: None,
        }
    };
    let entries = plans.iter().enumerate().rev().map(entry).collect();
    Popup::Pick(Picker::new(Purpose::Change(plans), entries))
}

/// Returns the rows of intents as they are ranked.
pub(super) fn in_order(preview: &Preview) -> Vec<Bar> {
    let bar = |score: &IntentScore| Bar {
        name: score.name.clone().unwrap_or_default(),
        confidence: score.confidence,
        change: 0.0,
    };
    preview.parse.intent_ranking.iter().map(bar).collect()
}

/// Returns the rows of intents for a new preview: the winner first, the others in their old order unless one clearly
/// leads.
pub(super) fn reorder(old: &[Bar], preview: &Preview) -> Vec<Bar> {
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
