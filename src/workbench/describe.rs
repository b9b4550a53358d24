//! What happened, as text for people.

use super::{Record, Workbench};
use crate::{
    data::{EventKind, Json},
    diagnostic::count,
    dialogue::Prediction,
};

impl Workbench {
    pub(super) fn describe_slots(&self) -> String {
        let set: Vec<String> = self
            .slots()
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| format!("{name}={}", show(value)))
            .collect();
        if set.is_empty() {
            "no slot is set".to_owned()
        } else {
            set.join("\n")
        }
    }

    pub(super) fn describe_model(&self) -> String {
        let metadata = &self.model().metadata;
        let figures = &metadata.figures;
        let tests = self.tests.map_or_else(String::new, |tests| {
            format!("\ntests {}/{}", tests.passed, tests.total)
        });
        format!(
            "{}\n{}, {} intents, {} examples, trained {}{tests}",
            crate::files::show(&self.path),
            figures.classifier,
            figures.intents,
            figures.examples,
            metadata.trained_at
        )
    }

    pub(super) fn describe_events(&self) -> String {
        let conversation = self.agent.get(&self.sender);
        let events = conversation.map_or(&[][..], |conversation| conversation.tracker().events());
        if events.is_empty() {
            return "nothing has happened yet".to_owned();
        }
        let lines = events
            .iter()
            .enumerate()
            .map(|(number, event)| format!("{:>3} {}", number + 1, event_line(&event.kind)));
        lines.collect::<Vec<_>>().join("\n")
    }

    pub(super) fn describe_branches(&self) -> String {
        if self.branches.is_empty() {
            return "the conversation went no other way".to_owned();
        }
        let lines = self.list_branches().join("\n");
        format!("{lines}\n`:branches 1` goes on with the first")
    }

    /// Returns each way that the conversation went, in a line.
    pub(super) fn list_branches(&self) -> Vec<String> {
        let lines = self.branches.iter().enumerate().map(|(number, branch)| {
            let texts: Vec<String> = branch.records.iter().map(|one| short(&one.text)).collect();
            format!(
                "{} after turn {}: {} ({})",
                number + 1,
                branch.after,
                texts.join(" · "),
                count(texts.len(), "turn")
            )
        });
        lines.collect()
    }

    pub(super) fn describe_changes(&self) -> String {
        if self.changes.is_empty() {
            return "nothing was changed in this session".to_owned();
        }
        let lines: Vec<String> = self
            .changed()
            .iter()
            .enumerate()
            .map(|(number, (what, where_))| format!("{} {what}: {where_}", number + 1))
            .collect();
        format!(
            "{}\n`:changes undo 1` takes the first back",
            lines.join("\n")
        )
    }

    /// Returns the full trace of a turn as text.
    pub(super) fn why(&self, number: usize, record: &Record) -> String {
        let parse = &record.turn.parse;
        let mut lines = vec![format!("turn {number}: \"{}\"", short(&record.text))];
        for score in parse.intent_ranking.iter().take(3) {
            lines.push(format!(
                "  intent {} {:.2}",
                score.name.as_deref().unwrap_or("none"),
                score.confidence
            ));
        }
        if let Some(was) = &record.was {
            lines.push(format!(
                "  was {} {:.2} → {}",
                was.intent.0,
                was.intent.1,
                was.actions.join(" · ")
            ));
        }
        if let Some(explanation) = self.model().explain(&record.text) {
            let mut words: Vec<_> = explanation.words.iter().collect();
            words.sort_by(|a, b| b.share.abs().total_cmp(&a.share.abs()));
            let words: Vec<String> = words
                .iter()
                .take(5)
                .map(|word| format!("{} {:+.2}", word.word, word.share))
                .collect();
            lines.push(format!(
                "  words for {} and against {}: {}",
                explanation.winner,
                explanation.runner_up,
                words.join(", ")
            ));
        }
        for entity in parse.entities.iter().take(ENTITIES) {
            lines.push(format!(
                "  entity {}={} at {}-{} by {}",
                entity.entity,
                show(&entity.value),
                entity.start,
                entity.end,
                entity.extractor.as_deref().unwrap_or("nobody")
            ));
        }
        let more = parse.entities.len().saturating_sub(ENTITIES);
        if more > 0 {
            lines.push(format!("  and {}", count(more, "more entity")));
        }
        for (name, value) in &record.turn.slots {
            lines.push(format!("  slot {name}={}", show(value)));
        }
        for decision in &record.turn.decisions {
            let why = decision.vote.as_ref().map_or_else(
                || "the start of a session".to_owned(),
                |vote| {
                    format!(
                        "{} {:.2}, {}",
                        vote.policy,
                        vote.winner.confidence,
                        reason(vote.policy, &vote.winner)
                    )
                },
            );
            let failure = decision
                .failure
                .as_ref()
                .map(|failure| format!(" ({failure})"))
                .unwrap_or_default();
            lines.push(format!("  action {} · {why}{failure}", decision.action));
        }
        if let Some(mistake) = &record.mistake {
            lines.push(format!("  {mistake}"));
        }
        lines.join("\n")
    }
}

/// Most entities that a trace lists.
const ENTITIES: usize = 100;
/// Most letters of a message where it is only to be known again.
const LETTERS: usize = 200;

/// Returns a message, or its start where it is long.
pub(super) fn short(text: &str) -> String {
    match text.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Returns an event in a line.
fn event_line(event: &EventKind) -> String {
    match event {
        EventKind::User {
            text, parse_data, ..
        } => format!(
            "user     {} ({})",
            text.as_deref().unwrap_or_default(),
            parse_data.intent_name()
        ),
        EventKind::Bot { text, .. } => {
            format!("bot      {}", text.as_deref().unwrap_or("no text"))
        }
        EventKind::Slot { name, value } => format!("slot     {name}={}", show(value)),
        EventKind::Action {
            name,
            action_text,
            policy,
            ..
        } => {
            let action = name.as_deref().or(action_text.as_deref());
            let policy = policy.as_deref().unwrap_or_default();
            format!("action   {} {policy}", action.unwrap_or_default())
        }
        EventKind::ActiveLoop { name } => {
            format!("loop     {}", name.as_deref().unwrap_or("ends"))
        }
        other => serde_json::to_value(other)
            .ok()
            .and_then(|json| Some(json.get("event")?.as_str()?.to_owned()))
            .unwrap_or_default(),
    }
}

/// Returns who decided, and where that is written.
pub fn reason(policy: &str, prediction: &Prediction) -> String {
    crate::eval::story::why(policy, prediction)
}

/// Returns a value as people read it.
pub fn show(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_messages_are_known_by_their_start() {
        let fits = "é".repeat(LETTERS);
        assert_eq!(short(&fits), fits);
        assert_eq!(short(&format!("{fits}x")), format!("{fits}…"));
    }
}
