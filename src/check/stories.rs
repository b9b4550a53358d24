//! Stories and rules that nobody can tell apart, or follow.

use std::collections::{BTreeMap, BTreeSet};

use super::{button_intents, problem};
use crate::{
    data::{Assistant, DEFAULT_INTENTS, Step, StepKind, Story, StoryKind},
    diagnostic::{Diagnostic, Origin},
};

/// Checks names, checkpoints and intents of stories.
pub(super) fn check(assistant: &Assistant) -> Vec<Diagnostic> {
    let mut findings = duplicates(&assistant.stories);
    findings.extend(checkpoints(&assistant.stories));
    findings.extend(never_followed(assistant));
    findings
}

fn duplicates(stories: &[Story]) -> Vec<Diagnostic> {
    let mut seen: BTreeMap<(bool, &str), Origin> = BTreeMap::new();
    let mut findings = Vec::new();
    for story in stories.iter().filter(|story| !story.name.is_empty()) {
        let is_rule = story.kind != StoryKind::Story;
        match seen.get(&(is_rule, story.name.as_str())) {
            Some(first) => {
                let kind = if is_rule { "rules" } else { "stories" };
                findings.push(problem::duplicate_story(
                    kind,
                    &story.name,
                    *first,
                    story.origin,
                ));
            }
            None => drop(seen.insert((is_rule, &story.name), story.origin)),
        }
    }
    findings
}

fn checkpoints(stories: &[Story]) -> Vec<Diagnostic> {
    let stories: Vec<&Story> = stories
        .iter()
        .filter(|story| story.kind == StoryKind::Story)
        .collect();
    let (mut starts, mut ends) = (BTreeMap::new(), BTreeMap::new());
    for story in &stories {
        let mut begun = false;
        for step in &story.steps {
            if let StepKind::Checkpoint { name, .. } = &step.kind {
                let list = if begun { &mut ends } else { &mut starts };
                list.entry(name.as_str()).or_insert(step.origin);
                if begun {
                    // What follows a checkpoint inside a story starts there.
                    starts.entry(name.as_str()).or_insert(step.origin);
                }
            } else {
                begun = true;
            }
        }
    }
    let known: Vec<&str> = ends.keys().copied().collect();
    let mut findings = Vec::new();
    for (name, at) in &starts {
        if !ends.contains_key(name) {
            findings.push(problem::unknown_checkpoint(*at, name, &known));
        }
    }
    let last_only: BTreeMap<&str, Origin> = stories
        .iter()
        .filter_map(|story| story.steps.last())
        .filter_map(|step| match &step.kind {
            StepKind::Checkpoint { name, .. } => Some((name.as_str(), step.origin)),
            _ => None,
        })
        .collect();
    let first_only: BTreeSet<&str> = stories
        .iter()
        .flat_map(|story| {
            story.steps.iter().map_while(|step| match &step.kind {
                StepKind::Checkpoint { name, .. } => Some(name.as_str()),
                _ => None,
            })
        })
        .collect();
    for (name, at) in last_only {
        if !first_only.contains(name) {
            findings.push(problem::unused_checkpoint(at, name));
        }
    }
    findings
}

fn never_followed(assistant: &Assistant) -> Vec<Diagnostic> {
    if assistant.training.examples.is_empty() {
        return Vec::new();
    }
    let mut possible: BTreeSet<&str> = assistant.training.intents().into_iter().collect();
    possible.extend(DEFAULT_INTENTS);
    possible.extend(button_intents(&assistant.domain).map(|(intent, _)| intent));
    // Custom actions and channels may send intents that no example has: only declared ones are certain to be meant as
    // something that people say.
    let mut findings = Vec::new();
    for story in &assistant.stories {
        let kind = if story.kind == StoryKind::Story {
            "story"
        } else {
            "rule"
        };
        let stuck = story
            .steps
            .iter()
            .find_map(|step| impossible(step, &possible));
        if let Some((intent, at)) = stuck
            && assistant.domain.intent(intent).is_some()
        {
            findings.push(problem::never_followed(at, kind, &story.name, intent));
        }
    }
    findings
}

/// Returns the intent of a step that no message can have; of an `or`, where none of its choices can happen.
fn impossible<'a>(step: &'a Step, possible: &BTreeSet<&str>) -> Option<(&'a str, Origin)> {
    match &step.kind {
        StepKind::User(user) => {
            let intent = user.intent.as_deref()?;
            let base = intent.split('/').next().unwrap_or_default();
            (!base.is_empty() && !possible.contains(base)).then_some((intent, user.intent_origin))
        }
        StepKind::Or(choices) => {
            let first = choices
                .first()
                .and_then(|choice| impossible(choice, possible))?;
            choices
                .iter()
                .all(|choice| impossible(choice, possible).is_some())
                .then_some(first)
        }
        _ => None,
    }
}
