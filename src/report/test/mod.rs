//! The verdict of `bot test`, in many forms: one file for each.

pub mod concise;
pub mod configs;
mod failure;
pub mod github;
pub mod gitlab;
pub mod html;
pub mod human;
pub mod json;
pub mod junit;
pub mod lines;
pub mod lists;
pub mod markdown;
pub mod rasa;
mod svg;
mod table;

pub use failure::failure;

use crate::{
    diagnostic::count,
    eval::{
        run::{How, TestReport},
        verdict::Missed,
    },
};

/// Returns the verdict in one sentence, without the time.
fn verdict(report: &TestReport) -> String {
    if report.passed() {
        return tested(report);
    }
    let mut reasons = Vec::new();
    if let Some(stories) = report
        .stories
        .as_ref()
        .filter(|stories| !stories.failures.is_empty())
    {
        reasons.push(format!(
            "{} of {}",
            stories.failures.len(),
            count(stories.total, "conversation")
        ));
    }
    reasons.extend(report.missed.iter().map(Missed::words));
    reasons.join("; ")
}

/// Returns what was tested.
fn tested(report: &TestReport) -> String {
    let mut tested = Vec::new();
    if let Some(stories) = &report.stories {
        tested.push(count(stories.total, "conversation"));
    }
    if let Some(nlu) = &report.nlu {
        let messages = count(nlu.messages.len(), "message");
        tested.push(match report.how {
            How::Files => messages,
            How::CrossValidation { folds } => format!("{messages} in {folds} folds"),
            How::HoldOut { .. } => format!("{messages} held out"),
        });
    }
    tested.join(", ")
}
