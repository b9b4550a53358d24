//! What commands do beyond talking: correct, learn anew, replay, compare.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

use super::{
    Answer, COMMANDS, Choice, Command, Correction, Decision, Plan, Project, Workbench,
    editing::{Decided, mark, told},
    input,
    record::{From, Record, Remembering},
    replay::{Replay, done},
    table,
    training::{self, Job, Outcome, Tests},
};
use crate::{
    actions,
    agent::Incoming,
    data::IntentScore,
    diagnostic::{count, did_you_mean},
    files,
    model::Folder,
    project,
};

impl Workbench {
    /// Does what a command says, but for learning, which [`Workbench::training_job`] hands out.
    pub(super) fn begin(&mut self, command: &Command, now: f64) -> Answer {
        let answer = self.answer(command, now);
        let changes_turns = matches!(
            command,
            Command::Say(_)
                | Command::SayAs(..)
                | Command::SetSlot(..)
                | Command::Undo
                | Command::Redo
                | Command::Rewind(_)
                | Command::Branches(Some(_))
        );
        if changes_turns && let Err(why) = self.keep_recording() {
            return Answer::Refused(why);
        }
        answer
    }

    fn answer(&mut self, command: &Command, now: f64) -> Answer {
        match command {
            Command::Say(text) => self.say(text, now),
            Command::SayAs(text, intent) => self.say_as(text, intent, now),
            Command::Undo => self.undo(),
            Command::Redo => self.redo(),
            Command::Rewind(turn) => self.rewind(*turn),
            Command::Branches(None) => Answer::Text("Branches", self.describe_branches()),
            Command::Branches(Some(number)) => self.branch(*number),
            Command::Restart => self.restart(),
            Command::Slots => Answer::Text("Slots", self.describe_slots()),
            Command::SetSlot(name, value) => self.set_slot(name, value, now),
            Command::Why(number) => {
                let number = number.unwrap_or(self.turns.len());
                match number.checked_sub(1).and_then(|at| self.turns.get(at)) {
                    Some(record) => Answer::Text("Why", self.why(number, record)),
                    None => Answer::Refused(match self.turns.len() {
                        0 => "there is no turn yet".to_owned(),
                        turns => format!("there is no turn {number}; the last one is {turns}"),
                    }),
                }
            }
            Command::Correct(intent) => self.correct(intent.as_deref()),
            Command::Entity(words) => self.entity(words),
            Command::Right => self.right(),
            Command::Plan(correction) => self.plan(correction),
            Command::Foresee(correction) => {
                let planned = match self.plan(correction) {
                    Answer::Plan(plan) => Ok(plan),
                    Answer::Refused(why) => Err(why),
                    other => return other,
                };
                Answer::Foreseen(correction.clone(), planned)
            }
            Command::Gather(decisions) => self.gather(decisions),
            Command::Accept(plan) => self.accept(plan),
            Command::SaveStory(name) => self.save(name.as_deref(), false),
            Command::SaveRule(name) => self.save(name.as_deref(), true),
            Command::Choose(choice) => self.choices(*choice),
            Command::Compare(name) => self.compare(name.as_deref()),
            Command::Swap => self.swap(),
            Command::Record => self.toggle_recording(),
            Command::Replay(name) => self.replay(name.as_deref(), now),
            Command::Next => self.play(1, now),
            Command::Rest => self.play(usize::MAX, now),
            Command::Stub(rest) => self.stub(rest),
            Command::Changes(None) => Answer::Text("Changes", self.describe_changes()),
            Command::Changes(Some(number)) => self.take_back(*number),
            Command::Events => Answer::Text("Events", self.describe_events()),
            Command::Model => Answer::Text("Model", self.describe_model()),
            Command::Help => Answer::Text("Help", table::help()),
            Command::Quit => Answer::Quit,
            Command::Train => Answer::Written {
                text: "learning anew".to_owned(),
                retrain: true,
            },
            Command::Wrong(why) => Answer::Refused(why.clone()),
            Command::Unknown(word) => {
                let names = COMMANDS.iter().map(|info| info.name);
                Answer::Refused(match did_you_mean(word, names) {
                    Some(close) => {
                        format!("there is no command `{word}`; did you mean `:{close}`?")
                    }
                    None => format!("there is no command `{word}`; `:help` lists them"),
                })
            }
        }
    }

    fn say(&mut self, text: &str, now: f64) -> Answer {
        let message = Incoming {
            sender: self.sender.clone(),
            text: text.to_owned(),
            ..Incoming::default()
        };
        Answer::Turn(Box::new(self.receive(message, now)))
    }

    /// Says a text as if it had been understood so; the last turn goes back first if it is that very text.
    fn say_as(&mut self, text: &str, intent: &str, now: f64) -> Answer {
        let instead_of = self.make_way(text);
        let mut parse = self.model().parse(text);
        parse.intent = IntentScore {
            name: Some(intent.split('/').next().unwrap_or(intent).to_owned()),
            confidence: 1.0,
            ..IntentScore::default()
        };
        let record = self.receive(
            Incoming {
                sender: self.sender.clone(),
                text: text.to_owned(),
                parse: Some(parse),
                ..Incoming::default()
            },
            now,
        );
        if let Some(last) = self.turns.last_mut() {
            last.instead_of = instead_of;
        }
        Answer::Turn(Box::new(record))
    }

    pub(super) fn files(&self) -> Result<&Project, String> {
        let none = "there is no project here whose files could be changed";
        self.project.as_ref().ok_or_else(|| none.to_owned())
    }

    /// Returns the text of the last message that has words.
    fn last_text(&self) -> Result<String, String> {
        let spoken = self.turns.iter().rev().find(|record| {
            !record.text.starts_with([':', '/']) && !record.text.starts_with("EXTERNAL:")
        });
        spoken
            .map(|record| record.text.clone())
            .ok_or_else(|| "there is no message yet that could be corrected".to_owned())
    }

    fn correct(&mut self, intent: Option<&str>) -> Answer {
        let text = match self.last_text() {
            Ok(text) => text,
            Err(why) => return Answer::Refused(why),
        };
        let Some(intent) = intent else {
            let parse = self.model().preview(&text);
            let names: Vec<&str> = parse
                .intent_ranking
                .iter()
                .filter_map(|score| score.name.as_deref())
                .take(5)
                .collect();
            return Answer::Refused(format!(
                "to which intent does \"{text}\" belong? `:correct {}`",
                names.join("`, `:correct ")
            ));
        };
        let intent = intent.to_owned();
        self.plan(&Correction::Intent { text, intent })
    }

    fn right(&mut self) -> Answer {
        let text = match self.last_text() {
            Ok(text) => text,
            Err(why) => return Answer::Refused(why),
        };
        let intent = self.understood(&text);
        if intent.is_empty() {
            return Answer::Refused(format!("\"{text}\" was not understood at all"));
        }
        self.plan(&Correction::Intent { text, intent })
    }

    /// Returns the intent of a text, whatever a fallback made of it.
    fn understood(&self, text: &str) -> String {
        let parse = self.model().preview(text);
        let mut names = parse
            .intent_ranking
            .iter()
            .filter_map(|score| score.name.clone());
        let found = names.find(|name| name != "nlu_fallback");
        found.unwrap_or_else(|| parse.intent_name().to_owned())
    }

    fn entity(&mut self, words: &str) -> Answer {
        let correction = self.last_text().and_then(|text| mark(&text, words));
        match correction {
            Ok(correction) => self.plan(&correction),
            Err(why) => Answer::Refused(why),
        }
    }

    fn plan(&self, correction: &Correction) -> Answer {
        let (Correction::Intent { text, .. }
        | Correction::Mark { text, .. }
        | Correction::Unmark { text, .. }) = correction;
        let parse = self.model().preview(text);
        let planned = self.files().and_then(|project| {
            project.correct(correction, &self.understood(text), &parse.entities)
        });
        match planned {
            Ok(plan) => Answer::Plan(Box::new(plan)),
            Err(why) => Answer::Refused(why),
        }
    }

    fn gather(&self, decisions: &[(String, Decision)]) -> Answer {
        let decided: Vec<Decided> = decisions
            .iter()
            .map(|(text, decision)| Decided {
                text: text.clone(),
                intent: decision
                    .intent
                    .clone()
                    .unwrap_or_else(|| self.understood(text)),
                entities: self.model().preview(text).entities,
                marks: decision.marks.clone(),
            })
            .collect();
        let planned = self
            .files()
            .and_then(|project| project.correct_all(&decided));
        match planned {
            Ok(plan) => Answer::Plan(Box::new(plan)),
            Err(why) => Answer::Refused(why),
        }
    }

    fn accept(&mut self, plan: &Plan) -> Answer {
        let files_now = plan.changes.iter().find(|change| {
            let now = files::read(&change.path).ok();
            now != change.old
        });
        if let Some(change) = files_now {
            return Answer::Refused(format!("{} has changed meanwhile: try again", change.shown));
        }
        if let Err(error) = project::apply(&plan.changes) {
            return Answer::Refused(told(&error));
        }
        self.changes.push(plan.clone());
        Answer::Written {
            text: format!("{}: {}", plan.what, plan.summary()),
            retrain: plan.retrains,
        }
    }

    fn take_back(&mut self, number: usize) -> Answer {
        let at = number.checked_sub(1).filter(|at| *at < self.changes.len());
        let Some(done) = at.map(|at| self.changes.remove(at)) else {
            return Answer::Refused(match self.changes.len() {
                0 => "nothing was changed in this session".to_owned(),
                all => format!("there is no change {number}; the last one is {all}"),
            });
        };
        match Project::take_back(&done.changes) {
            Ok(()) => Answer::Written {
                text: format!("took back {}", done.what),
                retrain: done.retrains,
            },
            Err(why) => {
                self.changes.insert(at.unwrap_or_default(), done);
                Answer::Refused(why)
            }
        }
    }

    fn choices(&self, choice: Choice) -> Answer {
        let names = match choice {
            Choice::Story => self.files().and_then(Replay::names),
            Choice::Model => Ok(self.other_models()),
            Choice::Branch if self.branches.is_empty() => Err(self.describe_branches()),
            Choice::Branch => Ok(self.list_branches()),
            Choice::Change if self.changes.is_empty() => Err(self.describe_changes()),
            Choice::Change => {
                return Answer::Changes(self.changes.iter().map(Plan::back).collect());
            }
        };
        match names {
            Ok(names) if names.is_empty() => Answer::Refused(match choice {
                Choice::Story => "there is no story to play".to_owned(),
                _ => "there is no other model here".to_owned(),
            }),
            Ok(names) => Answer::Choices(choice, names),
            Err(why) => Answer::Refused(why),
        }
    }

    /// Returns the folder that other models are looked for in.
    fn models(&self) -> PathBuf {
        match (&self.project, self.path.parent()) {
            (Some(project), _) => project.paths.models.clone(),
            (None, parent) => parent.unwrap_or(Path::new(".")).to_owned(),
        }
    }

    /// Returns the file names of models beside the one that answers, newest first.
    fn other_models(&self) -> Vec<String> {
        let (models, _) = Folder::new(self.models()).list();
        let others = models.into_iter().filter(|entry| entry.path != self.path);
        others
            .filter_map(|entry| Some(entry.path.file_name()?.to_string_lossy().into_owned()))
            .collect()
    }

    fn compare(&mut self, name: Option<&str>) -> Answer {
        let Some(name) = name else {
            return match self.other.take() {
                Some(other) => Answer::Changed(format!("{} listens no more", shown(&other.path))),
                None => Answer::Refused("which model is to listen? `:compare MODEL`".to_owned()),
            };
        };
        match Folder::new(self.models()).load(Some(Path::new(name))) {
            Ok((path, mut model)) => {
                let text = format!("{} listens too", shown(&path));
                self.connect(&mut model);
                self.other = Some(self.listener(path, &Arc::new(model)));
                Answer::Changed(text)
            }
            Err(error) => Answer::Refused(told(&error)),
        }
    }

    fn swap(&mut self) -> Answer {
        let Some(other) = self.other.take() else {
            return Answer::Refused("no other model listens: `:compare MODEL`".to_owned());
        };
        let (path, model) = (self.path.clone(), Arc::clone(self.model()));
        let new = Arc::clone(other.conversation.model());
        let changed = self.change_model(other.path, new);
        self.other = Some(self.listener(path, &model));
        Answer::Changed(format!(
            "{} answers now; {} of {} otherwise",
            shown(&self.path),
            changed,
            count(self.turns.len(), "turn")
        ))
    }

    fn replay(&mut self, name: Option<&str>, now: f64) -> Answer {
        let Some(name) = name else {
            return Answer::Refused("which story? `:replay happy path`".to_owned());
        };
        let found = self.files().and_then(|project| Replay::find(project, name));
        match found {
            Err(why) => Answer::Refused(why),
            Ok(replay) => {
                self.restart();
                self.replay = Some(replay);
                self.play(1, now)
            }
        }
    }

    /// Plays so many messages of the story.
    fn play(&mut self, most: usize, now: f64) -> Answer {
        let Some(mut replay) = self.replay.take() else {
            return Answer::Refused("no story is being played: `:replay STORY`".to_owned());
        };
        for _ in 0..most {
            let Some(played) = replay.next() else { break };
            let conversation = self.agent.conversation(&self.sender);
            let events_before = conversation.tracker().events().len();
            let step = conversation.say(&played.text, now);
            let mut driver = Remembering {
                stubs: &self.stubs,
                outcomes: played.outcomes.clone(),
                otherwise: done(&[]),
            };
            let mut record = Record {
                text: played.text.clone(),
                turn: actions::finish(conversation, step, now, &mut driver),
                was: None,
                mistake: None,
                instead_of: None,
                origin: From::Text,
                events_before,
                outcomes: played.outcomes.clone(),
            };
            record.mistake = played.mistake(&record);
            self.add(record);
        }
        let (at, all) = replay.progress();
        let wrong = self
            .turns
            .iter()
            .filter(|record| record.mistake.is_some())
            .count();
        let verdict = match wrong {
            0 => "as written".to_owned(),
            wrong => format!("{} otherwise", count(wrong, "turn")),
        };
        let text = format!("`{}`: {at} of {all} played, {verdict}", replay.name);
        self.replay = (at < all).then_some(replay);
        Answer::Changed(text)
    }

    fn stub(&mut self, rest: &str) -> Answer {
        match input::stub(rest) {
            Err(why) => Answer::Refused(why),
            Ok((action, slots)) => {
                let what = match slots.len() {
                    0 => "does nothing".to_owned(),
                    n => format!("sets {}", count(n, "slot")),
                };
                let text = format!("`{action}` {what} from now on");
                self.stubs.insert(action, slots);
                Answer::Changed(text)
            }
        }
    }

    /// Returns a training of the project's files, to be run anywhere; its outcome goes to [`Workbench::adopt`].
    pub fn training_job(&mut self, stop: Arc<AtomicBool>) -> Result<Job, String> {
        let project = self.files()?.clone();
        if self.tests.is_none() {
            self.tests = training::tests(&project, self.model());
        }
        Ok(Job {
            project,
            part: self.part,
            seed: self.model().metadata.seed,
            model: Arc::clone(self.model()),
            replaces: self.written.clone(),
            stop,
        })
    }

    /// Notes what became of the tests, and tells it where it is otherwise than before.
    pub(super) fn retested(&mut self, now: Option<Tests>) -> Option<String> {
        let before = std::mem::replace(&mut self.tests, now)?;
        let now = now.filter(|now| *now != before)?;
        let [before, now] = [before, now].map(|tests| format!("{}/{}", tests.passed, tests.total));
        Some(format!("tests {before} → {now}"))
    }

    /// Lets a freshly trained model answer from here on, and tells what is otherwise now.
    pub fn adopt(&mut self, outcome: Outcome) -> Answer {
        match outcome {
            Outcome::Unchanged(tests) => Answer::Changed(match self.retested(tests) {
                Some(tests) => tests,
                None => "the model knows all that already".to_owned(),
            }),
            Outcome::Failed(why) => Answer::Refused(why),
            Outcome::Broken(lines) => Answer::Refused(lines.join("\n")),
            Outcome::Trained(trained) => {
                let mut model = trained.model;
                if let Some(model) = Arc::get_mut(&mut model) {
                    self.connect(model);
                }
                self.written = Some(trained.path.clone());
                let changed = self.change_model(trained.path, model);
                let mut parts = vec![format!("retrained in {:.1} s", trained.seconds)];
                if !self.turns.is_empty() {
                    let turns = count(self.turns.len(), "turn");
                    parts.push(format!("{changed} of {turns} changed"));
                }
                let told = self.retested(trained.tests);
                let passed = self
                    .tests
                    .map(|now| format!("tests {}/{}", now.passed, now.total));
                parts.extend(told.or(passed));
                if !self.changes.is_empty() {
                    parts.push(":changes".to_owned());
                }
                let text = parts.join(" · ");
                Answer::Changed(text)
            }
        }
    }
}

/// Returns the name of a model's file.
fn shown(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}
