//! The words for every mistake in foreign files, and for what has no counterpart here.

use crate::diagnostic::{Diagnostic, Origin, did_you_mean};

/// Something that was read but has no counterpart: known by its code, so that reports can list it apart.
pub(super) fn not_mapped(at: Origin, what: impl Into<String>, help: &str) -> Diagnostic {
    Diagnostic::advice(super::NOT_MAPPED, what)
        .label(at, "not taken over")
        .help(help)
}

/// Something that an old file leaves open, and what was made of it.
pub(super) fn assumed(at: Origin, what: impl Into<String>) -> Diagnostic {
    Diagnostic::advice(super::ASSUMED, what).label(at, "")
}

pub(super) fn missing_key(at: Origin, what: &str, key: &str) -> Diagnostic {
    Diagnostic::error("foreign::missing-key", format!("{what} has no `{key}`"))
        .label(at, "")
        .help(format!("add `\"{key}\": …`"))
}

pub(super) fn example_without_intent(at: Origin, text: &str) -> Diagnostic {
    Diagnostic::warning(
        "foreign::no-intent",
        format!("`{text}` has no intent: it is left out"),
    )
    .label(at, "")
    .help("give it an intent, or remove it")
}

pub(super) fn entity_outside(at: Origin, start: f64, end: f64, chars: usize) -> Diagnostic {
    Diagnostic::error(
        "foreign::entity-outside",
        format!("the entity goes from character {start} to {end}, but the text has {chars}"),
    )
    .label(at, "")
    .help("characters count from 0; the end is the first character after the entity")
}

pub(super) fn entity_too_long(at: Origin, end: f64, chars: usize) -> Diagnostic {
    Diagnostic::warning(
        "foreign::entity-too-long",
        format!("the entity goes up to character {end}, but the text has {chars}: it is cut there"),
    )
    .label(at, "")
    .help("characters count from 0; the end is the first character after the entity")
}

pub(super) fn entities_overlap(at: Origin, text: &str) -> Diagnostic {
    Diagnostic::warning(
        "foreign::entities-overlap",
        format!("the entity `{text}` overlaps the one before it: it is left out"),
    )
    .label(at, "")
    .help("a text marks an entity once; keep one of them")
}

pub(super) fn unknown_format(at: Origin) -> Diagnostic {
    Diagnostic::error("foreign::unknown-format", "this is no training data that is known here")
        .label(at, "neither Rasa, LUIS, Wit nor Dialogflow JSON")
        .help("Rasa's has the key `rasa_nlu_data`, LUIS's `luis_schema_version`, Wit's `utterances`, Dialogflow's `responses` or `isEnum`")
}

pub(super) fn unknown_key(at: Origin, key: &str, known: &[&str]) -> Diagnostic {
    let help = did_you_mean(key, known.iter().copied()).map_or_else(
        || format!("known here: {}", known.join(", ")),
        |name| format!("did you mean `{name}`?"),
    );
    Diagnostic::error(
        "foreign::unknown-key",
        format!("`rasa_nlu_data` has no key `{key}`"),
    )
    .label(at, "not known")
    .help(help)
}

pub(super) fn lookup_file_missing(at: Origin, file: &str) -> Diagnostic {
    Diagnostic::error(
        "foreign::lookup-file",
        format!("there is no file `{file}` for this lookup table"),
    )
    .label(at, "")
    .help("the path counts from the folder of this file, or from one above it")
}

pub(super) fn no_examples_file(at: Origin, what: &str, found: &str) -> Diagnostic {
    Diagnostic::warning(
        "foreign::no-examples-file",
        format!("{what} has no examples"),
    )
    .label(at, found)
    .help("export the agent with this language, or name another with `--language`")
}

pub(super) fn unknown_section(at: Origin, section: &str) -> Diagnostic {
    let known = super::markdown_nlu::SECTIONS;
    let help = did_you_mean(section, known).map_or_else(
        || format!("sections are {}", known.join(", ")),
        |name| format!("did you mean `{name}`?"),
    );
    Diagnostic::error(
        "foreign::unknown-section",
        format!("`{section}` is no section of training data"),
    )
    .label(at, "")
    .help(help)
}

pub(super) fn skipped_line(at: Origin, why: &str, help: &str) -> Diagnostic {
    Diagnostic::warning(
        "foreign::skipped-line",
        format!("this line is skipped: {why}"),
    )
    .label(at, "")
    .help(help)
}

pub(super) fn bad_json(at: Origin, why: &str) -> Diagnostic {
    Diagnostic::error(
        "foreign::bad-json",
        format!("what stands in braces is not JSON: {why}"),
    )
    .label(at, "")
    .help("write `{\"name\": \"value\"}`, names and texts in double quotes")
}

pub(super) fn outside_story(at: Origin) -> Diagnostic {
    Diagnostic::error(
        "foreign::outside-story",
        "this line stands before the first story",
    )
    .label(at, "")
    .help("start a story above it with `## NAME`")
}

pub(super) fn old_form(at: Origin, name: &str, slots: &[String]) -> Diagnostic {
    if slots.is_empty() {
        Diagnostic::warning(
            "foreign::form-in-code",
            format!("the slots of the form `{name}` stand in Python code only"),
        )
        .label(at, "converted without slots")
        .help("list them under `required_slots`, and give each slot its `mappings`")
    } else {
        assumed(
            at,
            format!(
                "the slots of the form `{name}` stand in Python code only: taken for {}, which have `utter_ask_…`",
                slots.join(", ")
            ),
        )
    }
}

pub(super) fn custom_slot_type(at: Origin, slot: &str, kind: &str) -> Diagnostic {
    not_mapped(
        at,
        format!("the type `{kind}` of the slot `{slot}` is a Python class: it becomes `any`"),
        "choose one of text, bool, float, categorical, list",
    )
}
