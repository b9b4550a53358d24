//! Lists of examples worth reading, in the place of a verdict.

use super::{Request, load, measure};
use crate::{
    commands::{Context, Format},
    console::ExitStatus,
    diagnostic::Result,
    eval::{duplicates, lists, message::Heard},
    project::Paths,
    report::test::lists as form,
};

/// A list of examples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// Training examples that are probably labelled wrongly.
    Suspects,
    /// Messages understood rightly by little.
    Shaky,
    /// What is taken for what, with the messages.
    Confusions,
    /// Training examples that say the same.
    Duplicates,
}

/// Prints a list.
pub(super) fn run(
    list: List,
    request: &Request,
    paths: &Paths,
    context: &mut Context,
) -> Result<ExitStatus> {
    super::in_words_or_json(context, "a list")?;
    let as_json = matches!(context.format, Format::Json | Format::JsonLines);
    if list == List::Duplicates {
        let assistant = load::training(request, paths, context)?;
        let found = duplicates::duplicates(&assistant.training.examples, &context.sources);
        let console = &mut context.console;
        if as_json {
            console.result(form::duplicates_json(&found).to_string())?;
        } else {
            form::duplicates(console, &found)?;
        }
        return Ok(ExitStatus::Success);
    }
    let messages = messages(list, request, paths, context)?;
    let console = &mut context.console;
    match list {
        List::Suspects => {
            let found = lists::suspects(&messages);
            if as_json {
                console.result(form::messages_json("suspects", &found).to_string())?;
            } else {
                form::suspects(console, &found)?;
            }
        }
        List::Shaky => {
            let found = lists::shaky(&messages);
            if as_json {
                console.result(form::messages_json("shaky", &found).to_string())?;
            } else {
                form::shaky(console, &found)?;
            }
        }
        List::Confusions => {
            let found = lists::confusions(&messages);
            if as_json {
                console.result(form::confusions_json(&found).to_string())?;
            } else {
                form::confusions(console, &found)?;
            }
        }
        List::Duplicates => {}
    }
    Ok(ExitStatus::Success)
}

/// Returns the messages that a list is made of: training examples in cross-validation for suspects and where no message
/// is there to be tested, else the tests'.
fn messages(
    list: List,
    request: &Request,
    paths: &Paths,
    context: &mut Context,
) -> Result<Vec<Heard>> {
    let format = std::mem::replace(&mut context.format, Format::Human);
    let nlu_only = Request {
        part: crate::model::Part::Nlu,
        names: Vec::new(),
        ..request.clone()
    };
    let has_tests = || -> bool {
        let tests =
            crate::project::load_tests(&paths.tests, paths, &mut crate::diagnostic::Sources::new());
        !request.nlu.is_empty() || tests.is_ok_and(|tests| !tests.examples.is_empty())
    };
    let report = if list == List::Suspects || request.validates() || !has_tests() {
        measure::training(&nlu_only, paths, false, context)
    } else {
        load::project(paths, context)
            .and_then(|project| measure::tests(&nlu_only, paths, project.as_ref(), false, context))
    };
    context.format = format;
    Ok(report?.nlu.map(|nlu| nlu.messages).unwrap_or_default())
}
