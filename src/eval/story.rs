//! Test stories: every conversation is held with the model, and each step compared.

use std::sync::Arc;

use crate::{
    data::{
        Entity, Event, EventKind, IntentScore, Json, Parse, SlotValue, Step, StepKind, Story,
        UserStep,
    },
    diagnostic::{Origin, Place, Sources, count},
    dialogue::{Evidence, Filling, LISTEN, SlotTable, Tracker, Vote, extract},
    model::Model,
};

/// What became of all test stories.
#[derive(Clone, Debug, Default)]
pub struct StoryReport {
    /// Number of stories.
    pub total: usize,
    /// Number that went as written.
    pub passed: usize,
    /// The others, with their first mistake each.
    pub failures: Vec<Failure>,
    /// Number of user turns held.
    pub turns: usize,
    /// Each failed story as `failed_test_stories.yml` shows it.
    pub failed: Vec<String>,
}

/// Where a story left its path.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Name of the story.
    pub story: String,
    /// Number of the user's turn, from 1; 0 before the first.
    pub turn: usize,
    /// Step that failed.
    pub origin: Origin,
    /// Its address.
    pub place: Place,
    /// What went wrong.
    pub mistake: Mistake,
}

/// What can go wrong in a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Mistake {
    /// A message was understood as something else.
    Intent {
        /// The message.
        text: String,
        /// Intent in the story.
        expected: String,
        /// Intents found, best first, with their confidence.
        ranking: Vec<(String, f64)>,
    },
    /// An entity of the story was not found, or found otherwise.
    Entity {
        /// The message.
        text: String,
        /// Entity in the story, `type=value`.
        expected: String,
        /// Entities found.
        found: Vec<String>,
    },
    /// Another action ran.
    Action {
        /// Action in the story.
        expected: String,
        /// Action that ran; `None` if the bot listened.
        found: Option<String>,
        /// Who chose it, and where that is written.
        why: Option<String>,
    },
    /// An action ran that the story does not have.
    Surplus {
        /// The action.
        found: String,
        /// Who chose it, and where that is written.
        why: Option<String>,
    },
    /// A slot has another value.
    Slot {
        /// The slot.
        name: String,
        /// Value in the story.
        expected: Json,
        /// Value found.
        found: Json,
    },
}

/// Holds every conversation with the model.
///
/// As in `rasa test`, what stands in the story is what happens, whatever was predicted: custom actions are not run, and
/// one mistake does not lead to the next. A loop that the story leaves is taken to have refused.
pub fn evaluate(
    model: &Arc<Model>,
    stories: &[Story],
    sources: &Sources,
    on: &mut dyn FnMut(usize),
) -> StoryReport {
    let ways: Vec<(&Story, Vec<&Step>)> = stories
        .iter()
        .flat_map(|story| {
            let ways = ways(story, stories, 0).into_iter();
            ways.map(move |steps| (story, steps))
        })
        .collect();
    let mut report = StoryReport {
        total: ways.len(),
        ..StoryReport::default()
    };
    let slots = SlotTable::of(&model.domain);
    for (number, (story, steps)) in ways.into_iter().enumerate() {
        on(number);
        let mut run = Run {
            model,
            tracker: Tracker::with_slots(story.name.clone(), Arc::clone(&slots)),
            turn: 0,
            first: None,
            lines: Vec::new(),
        };
        run.hold(story, &steps);
        report.turns += run.turn;
        match run.first {
            None => report.passed += 1,
            Some((turn, origin, mistake)) => {
                let place = sources.place(origin);
                let file = sources.place(story.origin).file;
                let name = format!("{} ({file})", story.name);
                report.failed.push(format!(
                    "- story: {}\n  steps:\n{}",
                    word(&name),
                    run.lines.concat()
                ));
                report.failures.push(Failure {
                    story: story.name.clone(),
                    turn,
                    origin,
                    place,
                    mistake,
                });
            }
        }
    }
    report
}

/// Most stories that checkpoints may join to one.
const DEEPEST: usize = 8;

/// Returns every way through a story: each choice of its `or` steps, after every story that leads to its checkpoint.
/// One that itself leads to a checkpoint of another is only a part of that.
fn ways<'s>(story: &'s Story, all: &'s [Story], depth: usize) -> Vec<Vec<&'s Step>> {
    fn checkpoint(step: Option<&Step>) -> Option<&str> {
        match &step?.kind {
            StepKind::Checkpoint { name, .. } => Some(name),
            _ => None,
        }
    }
    let goes_on = checkpoint(story.steps.last()).is_some_and(|name| {
        all.iter()
            .any(|other| checkpoint(other.steps.first()) == Some(name))
    });
    if depth == 0 && goes_on {
        return Vec::new();
    }
    let mut ways: Vec<Vec<&Step>> = match checkpoint(story.steps.first()) {
        Some(name) if depth < DEEPEST => all
            .iter()
            .filter(|other| checkpoint(other.steps.last()) == Some(name))
            .flat_map(|other| self::ways(other, all, depth + 1))
            .collect(),
        _ => Vec::new(),
    };
    if ways.is_empty() {
        ways.push(Vec::new());
    }
    for step in &story.steps {
        let choices: Vec<&Step> = match &step.kind {
            StepKind::Or(choices) if !choices.is_empty() => choices.iter().collect(),
            StepKind::Checkpoint { .. } => continue,
            _ => vec![step],
        };
        ways = ways
            .iter()
            .flat_map(|way| {
                let next = |choice: &&'s Step| way.iter().copied().chain([*choice]).collect();
                choices.iter().map(next).collect::<Vec<_>>()
            })
            .collect();
    }
    ways
}

struct Run<'m> {
    model: &'m Model,
    tracker: Tracker,
    turn: usize,
    /// The first mistake: after which turn, where, what.
    first: Option<(usize, Origin, Mistake)>,
    /// The steps as `failed_test_stories.yml` shows them.
    lines: Vec<String>,
}

impl Run<'_> {
    fn hold(&mut self, story: &Story, steps: &[&Step]) {
        self.acts(LISTEN, false, None);
        let mut last = story.origin;
        let mut heard = false;
        for step in steps {
            match &step.kind {
                StepKind::User(user) => {
                    self.listens(last);
                    self.turn += 1;
                    self.hear(user, step.origin);
                }
                StepKind::Action(name) if name == LISTEN => self.listens(step.origin),
                StepKind::Action(action) | StepKind::Bot(action) => {
                    self.expect(action, matches!(step.kind, StepKind::Bot(_)), step.origin);
                }
                StepKind::SlotWasSet(slots) => {
                    self.lines.push("  - slot_was_set:\n".to_owned());
                    for slot in slots {
                        self.slot(slot, heard);
                    }
                }
                StepKind::ActiveLoop(name) => {
                    let shown = name.as_deref().map_or("null".to_owned(), word);
                    self.lines.push(format!("  - active_loop: {shown}\n"));
                    self.happens(EventKind::ActiveLoop { name: name.clone() });
                }
                StepKind::Or(_) | StepKind::Checkpoint { .. } => {}
            }
            heard = matches!(step.kind, StepKind::User(_));
            last = step.origin;
        }
        self.listens(last);
    }

    fn wrong(&mut self, origin: Origin, mistake: Mistake) {
        if self.first.is_none() {
            self.first = Some((self.turn, origin, mistake));
        }
    }

    fn happens(&mut self, kind: EventKind) {
        self.tracker.apply(Event {
            kind,
            timestamp: self.turn as f64,
            metadata: serde_json::Map::new(),
        });
    }

    /// An action runs, by the decision of a policy or by the story's alone.
    fn acts(&mut self, action: &str, is_text: bool, vote: Option<&Vote>) {
        if let Some(vote) = vote {
            for event in vote.events.clone() {
                self.happens(event);
            }
        }
        self.happens(EventKind::Action {
            name: (!is_text).then(|| action.to_owned()),
            policy: vote.map(|vote| vote.policy.to_owned()),
            confidence: vote.map(|vote| vote.winner.confidence),
            action_text: is_text.then(|| action.to_owned()),
            hide_rule_turn: vote.is_some_and(|vote| vote.winner.hide_rule_turn),
        });
    }

    /// Returns what the policies say where the story goes on with this action.
    fn vote(&mut self, expected: &str) -> Vote {
        let domain = &self.model.domain;
        let vote = self.model.dialogue.predict(&self.tracker, domain);
        match self.tracker.active_loop() {
            Some(active) if active == vote.action && active != expected => {
                let rejected = EventKind::ActionExecutionRejected {
                    name: active.to_owned(),
                    policy: None,
                    confidence: None,
                };
                self.happens(rejected);
                self.model.dialogue.predict(&self.tracker, domain)
            }
            _ => vote,
        }
    }

    /// The story goes on with an action, or with a text that the bot says.
    fn expect(&mut self, expected: &str, is_text: bool, origin: Origin) {
        let mut vote = self.vote(expected);
        let action = vote.action.clone();
        // A story may name the very answer of a retrieval intent: then the selector's choice is what counts.
        if expected
            .split_once('/')
            .is_some_and(|(base, _)| base == action)
        {
            let message = self.tracker.latest_message();
            if let Some(chosen) = message.and_then(|message| message.selected(&action)) {
                chosen.clone_into(&mut vote.action);
            }
        }
        let right = vote.action == expected;
        let note = if right {
            String::new()
        } else {
            format!("  # predicted: {}", vote.action)
        };
        let does = if right { action.as_str() } else { expected };
        let key = if is_text { "bot" } else { "action" };
        self.lines
            .push(format!("  - {key}: {}{note}\n", word(expected)));
        self.acts(does, is_text, right.then_some(&vote));
        if !right {
            let listened = vote.action == LISTEN;
            let why = (!listened).then(|| why(vote.policy, &vote.winner));
            self.wrong(
                origin,
                Mistake::Action {
                    expected: expected.to_owned(),
                    found: (!listened).then_some(vote.action),
                    why,
                },
            );
        }
    }

    /// The bot must listen now, if it has not done so.
    fn listens(&mut self, origin: Origin) {
        if self.tracker.latest_action() == Some(LISTEN) && !self.spoken() {
            return;
        }
        let vote = self.vote(LISTEN);
        let right = vote.action == LISTEN;
        self.acts(LISTEN, false, right.then_some(&vote));
        if !right {
            self.lines.push(format!(
                "  - action: {LISTEN}  # predicted: {}\n",
                vote.action
            ));
            let why = Some(why(vote.policy, &vote.winner));
            let found = vote.action;
            self.wrong(origin, Mistake::Surplus { found, why });
        }
    }

    /// Tells whether the user has spoken since the bot last did something.
    fn spoken(&self) -> bool {
        let last = self.tracker.events().iter().rev().find(|event| {
            matches!(
                event.kind,
                EventKind::User { .. } | EventKind::Action { .. }
            )
        });
        last.is_some_and(|event| matches!(event.kind, EventKind::User { .. }))
    }

    /// Compares how the message is understood; the story's own understanding is what counts from here on.
    fn hear(&mut self, user: &UserStep, origin: Origin) {
        let entities: Vec<Entity> = user.entities.iter().map(Entity::from).collect();
        let intent = user.intent.as_deref().unwrap_or_default();
        let mut parse = Parse {
            text: user.text.clone().unwrap_or_else(|| format!("/{intent}")),
            intent: IntentScore {
                name: intent.split('/').next().map(str::to_owned),
                confidence: 1.0,
                ..IntentScore::default()
            },
            entities,
            ..Parse::default()
        };
        let (mut note, mut entity_note) = (String::new(), String::new());
        if let Some(text) = &user.text {
            let found = self.model.parse(text);
            if let Err(mistake) = right_intent(user, &found) {
                note = format!("  # predicted: {}: {}", found.intent_name(), marked(&found));
                self.wrong(mistake.0, mistake.1);
            }
            if let Err(mistake) = right_entities(user, &found, origin) {
                let list: Vec<String> = found
                    .entities
                    .iter()
                    .map(|found| format!("{}: {}", found.entity, plain(&found.value)))
                    .collect();
                let list = if list.is_empty() {
                    "none".to_owned()
                } else {
                    list.join(", ")
                };
                entity_note = format!("  # predicted: {list}");
                self.wrong(mistake.0, mistake.1);
            }
            if user.intent.is_none() {
                parse = found;
            } else {
                if text.starts_with('/') && user.entities.is_empty() {
                    parse.entities = found.entities;
                }
                parse.response_selector = found.response_selector;
            }
        }
        let intent = word(user.intent.as_deref().unwrap_or(parse.intent_name()));
        self.lines.push(format!("  - intent: {intent}{note}\n"));
        if !user.entities.is_empty() {
            self.lines.push("    entities:\n".to_owned());
            for entity in &user.entities {
                let (name, value) = (word(&entity.entity), value(&entity.value));
                self.lines
                    .push(format!("    - {name}: {value}{entity_note}\n"));
            }
        }
        self.happens(EventKind::User {
            text: user.text.clone(),
            parse_data: parse,
            input_channel: None,
            message_id: None,
        });
        for filling in extract(self.tracker.situation(), &self.model.domain) {
            if let Filling::Value(name, value) = filling {
                self.happens(EventKind::Slot { name, value });
            }
        }
    }

    /// A slot has a value: right after a message it must, later some action gave it.
    fn slot(&mut self, slot: &SlotValue, heard: bool) {
        let SlotValue {
            name,
            value: expected,
            origin,
        } = slot;
        let found = self.tracker.situation().slot(name).clone();
        let right = expected
            .as_ref()
            .map_or(!found.is_null(), |expected| *expected == found);
        let shown = expected.as_ref().map_or(word(name), |expected| {
            format!("{}: {}", word(name), value(expected))
        });
        let note = if heard && !right {
            format!("  # predicted: {found}")
        } else {
            String::new()
        };
        self.lines.push(format!("    - {shown}{note}\n"));
        if heard && !right {
            let expected = expected.clone().unwrap_or("any value".into());
            self.wrong(
                *origin,
                Mistake::Slot {
                    name: name.clone(),
                    expected,
                    found,
                },
            );
        }
        if let Some(value) = expected.clone().filter(|_| !right) {
            let name = name.clone();
            self.happens(EventKind::Slot { name, value });
        }
    }
}

/// Where a story left its path, and how.
type Wrong = Box<(Origin, Mistake)>;

fn wrong(origin: Origin, mistake: Mistake) -> Wrong {
    Box::new((origin, mistake))
}

/// Returns a word as YAML writes it.
fn word(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || " _-/().+".contains(c))
        && !text.ends_with(' ')
        && !matches!(
            text.to_lowercase().as_str(),
            "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n"
        );
    if plain {
        text.to_owned()
    } else {
        Json::from(text).to_string()
    }
}

/// Returns a text with the entities found marked in it.
fn marked(parse: &Parse) -> String {
    let mut found: Vec<&Entity> = parse.entities.iter().collect();
    found.sort_by_key(|entity| entity.start);
    let (mut out, mut at) = (String::new(), 0);
    for entity in found {
        if entity.start < at || entity.end <= entity.start {
            continue;
        }
        let part = |from: usize, to: usize| -> String {
            parse.text.chars().skip(from).take(to - from).collect()
        };
        out.push_str(&part(at, entity.start));
        let (text, kind) = (part(entity.start, entity.end), &entity.entity);
        out.extend(["[", &text, "](", kind, ")"]);
        at = entity.end;
    }
    out.extend(parse.text.chars().skip(at));
    out.replace(['\n', '\r'], " ")
}

/// Returns a value as YAML writes it.
fn value(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), word)
}

/// Compares the intent that was understood with the story's.
fn right_intent(user: &UserStep, parse: &Parse) -> Result<(), Wrong> {
    let text = parse.text.clone();
    if let Some(expected) = &user.intent {
        let base = expected.split('/').next().unwrap_or(expected);
        if parse.intent_name() != base {
            let ranking = parse
                .intent_ranking
                .iter()
                .filter_map(|score| Some((score.name.clone()?, score.confidence)))
                .collect();
            return Err(wrong(
                user.intent_origin,
                Mistake::Intent {
                    text,
                    expected: expected.clone(),
                    ranking,
                },
            ));
        }
    }
    Ok(())
}

/// Compares the entities that were found with those marked in the story's text.
fn right_entities(user: &UserStep, parse: &Parse, step: Origin) -> Result<(), Wrong> {
    let text = parse.text.clone();
    for expected in user
        .entities
        .iter()
        .filter(|expected| user.text.is_some() && expected.span.is_some())
    {
        let right = parse.entities.iter().any(|found| {
            found.entity == expected.entity
                && found.role == expected.role
                && found.group == expected.group
                && plain(&found.value) == plain(&expected.value)
        });
        if !right {
            let show = |entity: &str, value: &Json| format!("{entity}={}", plain(value));
            let found = parse
                .entities
                .iter()
                .map(|found| show(&found.entity, &found.value))
                .collect();
            let expected = show(&expected.entity, &expected.value);
            return Err(wrong(
                step,
                Mistake::Entity {
                    text,
                    expected,
                    found,
                },
            ));
        }
    }
    Ok(())
}

fn plain(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Returns what speaks for a prediction and against it, the strongest first.
fn evidence(found: &[Evidence]) -> String {
    let parts = found.iter().map(|one| {
        let when = match one.turns_ago {
            0 => String::new(),
            turns => format!(" ({} ago)", count(turns, "turn")),
        };
        format!("{}{when} {:+.2}", one.feature, one.share)
    });
    parts.collect::<Vec<_>>().join(" · ")
}

/// Returns who decided and where that is written, in a few words.
pub fn why(policy: &str, prediction: &crate::dialogue::Prediction) -> String {
    use crate::dialogue::Reason;
    match &prediction.reason {
        Some(Reason::Rule { name, place }) => format!("rule \"{name}\" {place}"),
        Some(Reason::Story { name, place }) => format!("story \"{name}\" {place}"),
        Some(Reason::Loop {
            name,
            place: Some(place),
        }) => format!("form \"{name}\" {place}"),
        Some(Reason::Loop { name, place: None }) => format!("the loop \"{name}\""),
        Some(Reason::DefaultIntent) => "the default for this intent".to_owned(),
        Some(Reason::Fallback) => format!("{policy} knows nothing better"),
        Some(Reason::Followup) => "another action asked for it".to_owned(),
        Some(Reason::Learnt {
            because,
            rather_than,
        }) => format!(
            "learnt from stories: {}; rather than `{rather_than}`",
            evidence(because)
        ),
        Some(Reason::Unlikely {
            intent,
            because,
            rather_than,
        }) => format!(
            "no story has `{intent}` here, `{rather_than}` would be likelier: {}",
            evidence(because)
        ),
        None if policy.is_empty() => "no policy has anything to say".to_owned(),
        None => policy.to_owned(),
    }
}
