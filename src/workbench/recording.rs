//! Conversations become tests, and turns rules: once, or as they go on.

use super::{Answer, Project, Recording, Workbench, editing::told, story};
use crate::{diagnostic::count, project};

impl Workbench {
    pub(super) fn save(&self, name: Option<&str>, as_rule: bool) -> Answer {
        let Some(last) = self.turns.last() else {
            return Answer::Refused("there is no turn yet".to_owned());
        };
        let planned = self.files().and_then(|project| {
            if as_rule {
                let intent = last.turn.parse.intent_name();
                let name = name.map_or_else(|| format!("answer {intent}"), str::to_owned);
                return project.add(&story::rule(&name, last));
            }
            let name = name.map_or_else(|| self.default_name(), str::to_owned);
            project.add(&story::test_story(&name, &self.turns))
        });
        match planned {
            Ok(plan) => Answer::Plan(Box::new(plan)),
            Err(why) => Answer::Refused(why),
        }
    }

    /// Returns a name for the conversation: its intents.
    fn default_name(&self) -> String {
        let mut intents: Vec<&str> = self
            .turns
            .iter()
            .map(|record| record.turn.parse.intent_name())
            .filter(|name| !name.is_empty())
            .collect();
        intents.dedup();
        intents.truncate(4);
        if intents.is_empty() {
            "conversation".to_owned()
        } else {
            intents.join(", ")
        }
    }

    pub(super) fn toggle_recording(&mut self) -> Answer {
        if let Some(recording) = self.recording.take() {
            let turns = self.turns.len().saturating_sub(recording.from);
            return Answer::Changed(format!("recorded {}", count(turns, "turn")));
        }
        if let Err(why) = self.files() {
            return Answer::Refused(why);
        }
        self.recording = Some(Recording {
            name: String::new(),
            from: self.turns.len(),
            written: Vec::new(),
        });
        Answer::Changed("recording: every turn goes to the tests".to_owned())
    }

    /// Writes what was said since the recording began, in the place of what was written before.
    pub(super) fn keep_recording(&mut self) -> Result<(), String> {
        let Some(mut recording) = self.recording.take() else {
            return Ok(());
        };
        if !recording.written.is_empty() {
            Project::take_back(&recording.written)?;
            self.changes
                .retain(|done| done.changes != recording.written);
            recording.written.clear();
        }
        let turns = self.turns.get(recording.from..).unwrap_or_default();
        if turns.is_empty() {
            self.recording = Some(recording);
            return Ok(());
        }
        if recording.name.is_empty() {
            recording.name = self.default_name();
        }
        let story = story::test_story(&recording.name, turns);
        let plan = self.files()?.add(&story)?;
        project::apply(&plan.changes).map_err(|error| told(&error))?;
        recording.written.clone_from(&plan.changes);
        self.changes.push(plan);
        self.recording = Some(recording);
        Ok(())
    }

    /// Tells whether the conversation is being recorded.
    pub fn is_recording(&self) -> bool {
        self.recording.is_some()
    }
}
