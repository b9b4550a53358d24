//! The words for every mistake in a project's files.

use super::edit::{Reason, Refusal};
use crate::diagnostic::{Diagnostic, Origin, Severity, did_you_mean};

/// Returns "did you mean", followed by the other names where there are few.
fn among(word: &str, known: &[&str]) -> String {
    match did_you_mean(word, known.iter().copied()) {
        Some(name) if known.len() <= 12 => {
            let others: Vec<&str> = known
                .iter()
                .copied()
                .filter(|other| *other != name)
                .collect();
            if others.is_empty() {
                format!("did you mean `{name}`?")
            } else {
                format!("did you mean `{name}`?\nothers: {}", others.join(", "))
            }
        }
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("known here: {}", known.join(", ")),
    }
}

pub(super) fn wrong_kind(at: Origin, what: &str, wanted: &str, found: &str) -> Diagnostic {
    let label = if found == "empty" {
        format!("nothing stands here, {wanted} is needed")
    } else {
        format!("this is {found}")
    };
    let diagnostic = Diagnostic::error("project::wrong-kind", format!("{what} must be {wanted}"))
        .label(at, label);
    match (wanted, found) {
        ("text", "a number" | "a truth value") => diagnostic.help("put it in quotes"),
        ("a list", _) => diagnostic.help("write one item to a line, each after `- `"),
        ("a mapping", _) => diagnostic.help("write `key: value`, one to a line"),
        ("text", _) => diagnostic.help("write a text, in quotes where it holds special characters"),
        _ => diagnostic.help(format!("write {wanted}")),
    }
}

pub(super) fn empty_name(at: Origin, what: &str) -> Diagnostic {
    Diagnostic::error("project::empty-name", format!("{what} is empty"))
        .label(at, "")
        .help("give it a name")
}

pub(super) fn unknown_key(at: Origin, key: &str, what: &str, known: &[&str]) -> Diagnostic {
    Diagnostic::error("project::unknown-key", format!("{what} has no key `{key}`"))
        .label(at, "not known")
        .help(among(key, known))
        .fix_spelling(at, key, did_you_mean(key, known.iter().copied()))
}

/// A key that Rasa passes over: most often a misspelling of one that it knows.
pub(super) fn unused_key(at: Origin, key: &str, what: &str, known: &[&str]) -> Diagnostic {
    Diagnostic::warning(
        "project::unused-key",
        format!("{what} has no key `{key}`: it is passed over"),
    )
    .label(at, "not known")
    .help(among(key, known))
    .fix_spelling(at, key, did_you_mean(key, known.iter().copied()))
}

pub(super) fn not_utf8(at: Origin, line: usize) -> Diagnostic {
    Diagnostic::error("project::not-utf8", format!("line {line} is not UTF-8"))
        .label(at, "the first such byte stands in this line")
        .help("save the file as UTF-8")
}

/// A file whose top level is a list or a scalar, which Rasa passes over without a word.
pub(super) fn skipped_file(at: Origin, found: &str) -> Diagnostic {
    Diagnostic::warning(
        "project::skipped-file",
        "the whole file is passed over: its top level is no mapping",
    )
    .label(at, format!("this is {found}"))
    .help("put it under a key: `nlu:`, `stories:`, `rules:` or `responses:` for training data")
}

/// A file that is named as one of tests and holds none.
pub(super) fn test_file_without_tests(at: Origin) -> Diagnostic {
    Diagnostic::warning(
        "project::skipped-file",
        "the file is called `test_…`, but holds no tests: it is passed over",
    )
    .label(at, "")
    .help("put conversations under `stories:`, and single messages under `nlu:`")
}

/// A file of a domain folder without any key of a domain.
pub(super) fn not_a_domain(at: Origin) -> Diagnostic {
    Diagnostic::warning(
        "domain::no-domain-key",
        "this file of the domain folder holds nothing of a domain: it is passed over",
    )
    .label(at, "")
    .help("start it with a key such as `intents:`, `entities:`, `slots:`, `responses:`")
}

/// A file among the training data that no reader takes.
pub(super) fn unused_file(at: Origin, keys: &[String]) -> Diagnostic {
    let has = |names: &[&str]| names.iter().any(|name| keys.iter().any(|key| key == name));
    let help = if has(&["intents", "entities", "slots", "forms", "actions"]) {
        "it looks like a domain: name it with `--domain`, or move it to the domain folder"
    } else if has(&["flows", "test_cases", "pattern_completed"]) {
        "it looks like a file of Rasa Pro, which has other kinds of data"
    } else {
        "training data stands under `nlu:`, `stories:`, `rules:` or `responses:`"
    };
    Diagnostic::advice(
        "project::unused-file",
        "this file holds no training data: it is passed over",
    )
    .label(at, "")
    .help(help)
}

/// Files of a version below 3.1, told once.
pub(super) fn old_version(first: &crate::data::Located<String>, files: usize) -> Diagnostic {
    Diagnostic::advice(
        "project::old-version",
        format!(
            "{} of version {} or so: read as 3.1",
            if files == 1 {
                "a file is".to_owned()
            } else {
                format!("{files} files are")
            },
            first.value
        ),
    )
    .label(first.origin, "the first of them")
    .help("`bot migrate` brings them to `version: \"3.1\"`")
}

pub(super) fn no_version(at: Origin, written: &str) -> Diagnostic {
    Diagnostic::warning(
        "project::no-version",
        format!("`{written}` is no version: the file is read as 3.1"),
    )
    .label(at, "")
    .help("write `version: \"3.1\"`")
}

/// A domain of Rasa 1 or 2: what was assumed to read it as 3.1.
pub(super) fn migrated(
    at: Origin,
    filled: &[&str],
    custom: &[&str],
    forms: &[String],
    templates: bool,
) -> Diagnostic {
    let list = |names: &[&str]| {
        names
            .iter()
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let mut assumed = Vec::new();
    if !filled.is_empty() {
        assumed.push(format!(
            "filled from the entity of the same name: {}",
            list(filled)
        ));
    }
    if !custom.is_empty() {
        assumed.push(format!("set by custom actions only: {}", list(custom)));
    }
    if !forms.is_empty() {
        let forms: Vec<&str> = forms.iter().map(String::as_str).collect();
        assumed.push(format!(
            "slots and their mappings taken out of the form: {}",
            list(&forms)
        ));
    }
    if templates {
        assumed.push("`templates` read as `responses`".to_owned());
    }
    assumed.push("`bot migrate` writes this down as version 3.1".to_owned());
    Diagnostic::advice(
        "project::migrated",
        "the domain is written for Rasa 2 or earlier; it is read as 3.1",
    )
    .label(at, "the first place that says so")
    .help(assumed.join("\n"))
}

/// A version that is a list or the like.
pub(super) fn version_not_text(at: Origin, found: &str) -> Diagnostic {
    Diagnostic::error("project::version-not-text", "`version` must be text")
        .label(at, format!("this is {found}"))
        .help("write `version: \"3.1\"`")
}

pub(super) fn version_number(at: Origin, written: &str) -> Diagnostic {
    Diagnostic::error("project::version-not-text", "`version` must be text")
        .label(at, "this is a number")
        .help(format!("write `version: \"{written}\"`"))
        .fix(at, written, &format!("\"{written}\""))
}

/// Rasa passes over such a file; without the domain nothing would be right.
pub(super) fn version_too_new(at: Origin, written: &str, is_domain: bool) -> Diagnostic {
    let severity = if is_domain {
        Severity::Error
    } else {
        Severity::Warning
    };
    Diagnostic::new(
        severity,
        "project::version-too-new",
        format!("version `{written}` is newer than 3.1: the whole file is skipped, as by Rasa"),
    )
    .label(at, "")
    .help("write `version: \"3.1\"`")
}

pub(super) fn duplicate(at: Origin, first: Origin, what: &str, name: &str) -> Diagnostic {
    Diagnostic::error(
        "domain::duplicate",
        format!("the {what} `{name}` is declared twice"),
    )
    .label(at, "the second time")
    .label(first, "the first time")
    .help("keep one of them")
}

pub(super) fn duplicate_across_files(
    at: Origin,
    first: Origin,
    what: &str,
    name: &str,
) -> Diagnostic {
    Diagnostic::warning(
        "domain::duplicate-across-files",
        format!("the {what} `{name}` is declared in two domain files"),
    )
    .label(at, "this declaration is not used")
    .label(first, "this one is")
    .help("keep one of them")
}

pub(super) fn examples_not_a_block(at: Origin) -> Diagnostic {
    Diagnostic::error(
        "nlu::examples-not-a-block",
        "`examples` is a plain list, but must be one block of text",
    )
    .label(at, "a `|` is missing here")
    .help("write `examples: |` and keep the `- ` lines under it")
}

pub(super) fn example_without_dash(at: Origin) -> Diagnostic {
    Diagnostic::warning(
        "nlu::line-without-dash",
        "a line of `examples` does not start with `-`: it is skipped",
    )
    .label(at, "skipped")
    .help("start it with `- `, at the same depth as its neighbours")
}

pub(super) fn no_examples(at: Origin, what: &str, name: &str) -> Diagnostic {
    Diagnostic::warning(
        "nlu::no-examples",
        format!("the {what} `{name}` has no examples"),
    )
    .label(at, "")
    .help("add `examples: |` with a `- ` line for each")
}

pub(super) fn nlu_item_without_name(at: Origin) -> Diagnostic {
    Diagnostic::error(
        "nlu::item-without-name",
        "an item of `nlu` names neither intent, synonym, regex nor lookup",
    )
    .label(at, "this item")
    .help("start it with `- intent: NAME`")
}

pub(super) fn bad_annotation(at: Origin, why: &str) -> Diagnostic {
    Diagnostic::error(
        "nlu::bad-annotation",
        format!("this entity annotation cannot be read: {why}"),
    )
    .label(at, "")
    .help("write `[text](entity)` or `[text]{\"entity\": \"name\", \"value\": \"…\"}`")
}

pub(super) fn slashes_in_intent(at: Origin, name: &str) -> Diagnostic {
    Diagnostic::error(
        "nlu::several-slashes",
        format!("the intent `{name}` has more than one `/`"),
    )
    .label(at, "")
    .help("a retrieval intent is written `group/key`")
}

pub(super) fn unknown_slot_type(at: Origin, kind: &str, slot: &str, known: &[&str]) -> Diagnostic {
    Diagnostic::error(
        "domain::unknown-slot-type",
        format!("unknown slot type `{kind}`"),
    )
    .label(at, format!("in slot `{slot}`"))
    .help(among(kind, known))
    .fix_spelling(at, kind, did_you_mean(kind, known.iter().copied()))
}

/// A slot class written in Python, which only Python can run.
pub(super) fn custom_slot_type(at: Origin, kind: &str, slot: &str) -> Diagnostic {
    Diagnostic::warning(
        "domain::custom-slot-type",
        format!("the slot type `{kind}` is a Python class: the slot is read as `any`"),
    )
    .label(at, format!("in slot `{slot}`"))
    .help("it keeps its value, but no policy sees it; one of text, bool, float, categorical, list is seen")
}

pub(super) fn unknown_mapping(at: Origin, kind: &str, slot: &str, known: &[&str]) -> Diagnostic {
    Diagnostic::error(
        "domain::unknown-mapping",
        format!("unknown slot mapping type `{kind}`"),
    )
    .label(at, format!("in slot `{slot}`"))
    .help(among(kind, known))
    .fix_spelling(at, kind, did_you_mean(kind, known.iter().copied()))
}

pub(super) fn mapping_lacks(at: Origin, kind: &str, key: &str) -> Diagnostic {
    Diagnostic::error(
        "domain::mapping-lacks-key",
        format!("a `{kind}` mapping needs `{key}`"),
    )
    .label(at, "")
    .help(format!("add `{key}: …` under it"))
}

pub(super) fn slot_lacks_mappings(at: Origin, slot: &str) -> Diagnostic {
    Diagnostic::error(
        "domain::slot-without-mappings",
        format!("the slot `{slot}` has no `mappings`"),
    )
    .label(at, "")
    .help("add `mappings:` with how it is filled; `mappings: []` where nothing fills it")
}

pub(super) fn slot_lacks_type(at: Origin, slot: &str) -> Diagnostic {
    Diagnostic::error(
        "domain::slot-without-type",
        format!("the slot `{slot}` has no `type`"),
    )
    .label(at, "")
    .help("add `type: text`, or bool, float, categorical, list, any")
}

pub(super) fn bad_range(at: Origin, slot: &str) -> Diagnostic {
    Diagnostic::error(
        "domain::empty-range",
        format!("`min_value` of the slot `{slot}` is not below `max_value`"),
    )
    .label(at, "")
    .help("swap them, or widen the range")
}

pub(super) fn any_influences(at: Origin, slot: &str) -> Diagnostic {
    Diagnostic::error(
        "domain::any-influences",
        format!("the slot `{slot}` of type `any` cannot influence the conversation"),
    )
    .label(at, "")
    .help("remove `influence_conversation`, or choose another type")
}

pub(super) fn empty_variation(at: Origin, response: &str) -> Diagnostic {
    Diagnostic::error(
        "domain::empty-variation",
        format!("a variation of `{response}` has neither `text` nor `custom`"),
    )
    .label(at, "")
    .help("add `text: …`")
}

pub(super) fn intent_body_empty(at: Origin, name: &str) -> Diagnostic {
    Diagnostic::error(
        "domain::empty-body",
        format!("`{name}` ends in a colon, but nothing follows"),
    )
    .label(at, "")
    .help(format!("write `- {name}` without the colon"))
}

pub(super) fn story_without_name(at: Origin, kind: &str) -> Diagnostic {
    Diagnostic::warning(
        "story::without-name",
        format!("a {kind} without a name is skipped"),
    )
    .label(at, "")
    .help(format!("start it with `- {kind}: NAME`"))
}

/// Rasa's schema of stories refuses the whole file.
pub(super) fn unknown_story_key(at: Origin, kind: &str, key: &str, known: &[&str]) -> Diagnostic {
    Diagnostic::error("story::unknown-key", format!("a {kind} has no key `{key}`"))
        .label(at, "not known")
        .help(among(key, known))
        .fix_spelling(at, key, did_you_mean(key, known.iter().copied()))
}

pub(super) fn story_without_steps(at: Origin, kind: &str, name: &str) -> Diagnostic {
    Diagnostic::warning(
        "story::without-steps",
        format!("the {kind} `{name}` has no steps: it is skipped"),
    )
    .label(at, "")
    .help("add `steps:` with a list of intents and actions")
}

pub(super) fn story_not_a_mapping(at: Origin, kind: &str, found: &str) -> Diagnostic {
    Diagnostic::warning(
        "story::not-a-mapping",
        format!("an item that is no {kind} is skipped"),
    )
    .label(at, format!("this is {found}"))
    .help(format!("start it with `- {kind}: NAME`"))
}

pub(super) fn story_with_empty_name(at: Origin, kind: &str) -> Diagnostic {
    Diagnostic::warning(
        "story::empty-name",
        format!("this {kind} has an empty name"),
    )
    .label(at, "")
    .help("give it a name, so that tests and traces can name it")
}

pub(super) fn step_not_a_mapping(at: Origin, found: &str) -> Diagnostic {
    Diagnostic::warning(
        "story::unknown-step",
        "a step that is no mapping is skipped",
    )
    .label(at, format!("this is {found}"))
    .help("write `- intent: NAME` or `- action: NAME`")
}

pub(super) fn empty_step(at: Origin, key: &str) -> Diagnostic {
    Diagnostic::warning("story::empty-step", format!("`{key}` names nothing"))
        .label(at, "")
        .help(format!("write `{key}: NAME`, or remove the step"))
}

pub(super) fn text_in_or(at: Origin) -> Diagnostic {
    Diagnostic::warning(
        "story::text-in-or",
        "a text without an intent cannot stand under `or`: the whole `or` is left out",
    )
    .label(at, "")
    .help("give it an `intent:` as well")
}

pub(super) fn unknown_step(at: Origin, key: &str, known: &[&str]) -> Diagnostic {
    Diagnostic::warning(
        "story::unknown-step",
        format!("a step cannot be `{key}`: it is skipped"),
    )
    .label(at, "")
    .help(among(key, known))
    .fix_spelling(at, key, did_you_mean(key, known.iter().copied()))
}

pub(super) fn unknown_beside(at: Origin, key: &str, known: &[&str], steps: &[&str]) -> Diagnostic {
    let first = known.first().copied().unwrap_or_default();
    let finding = Diagnostic::warning(
        "story::unknown-step",
        format!("`{key}` does not belong to a step of `{first}`: it is skipped"),
    )
    .label(at, "");
    if steps.contains(&key) {
        return finding.help(format!("write `- {key}:` for a step of its own"));
    }
    let meant = did_you_mean(key, known.iter().copied());
    finding.help(among(key, known)).fix_spelling(at, key, meant)
}

pub(super) fn step_not_allowed(at: Origin, step: &str, place: &str) -> Diagnostic {
    Diagnostic::error(
        "story::step-not-allowed",
        format!("`{step}` cannot stand in {place}"),
    )
    .label(at, "")
    .help("move it to a story, or remove it")
}

pub(super) fn slash_in_step(at: Origin, name: &str) -> Diagnostic {
    Diagnostic::warning(
        "story::leading-slash",
        format!("`{name}` starts with `/`, which is not part of the intent's name"),
    )
    .label(at, "read without the slash")
    .help("write the name alone")
}

pub(super) fn unknown_severity(at: Origin, word: &str, known: &[&str]) -> Diagnostic {
    Diagnostic::error(
        "config::unknown-severity",
        format!("`{word}` is no severity"),
    )
    .label(at, "")
    .help(among(word, known))
}

pub(super) fn endpoint_without_url(at: Origin, name: &str) -> Diagnostic {
    Diagnostic::error("endpoints::without-url", format!("`{name}` has no `url`"))
        .label(at, "")
        .help("add `url: http://localhost:5055/webhook`, or remove the section")
}

pub(super) fn unknown_channel(at: Origin, name: &str, known: &[&str]) -> Diagnostic {
    let close = did_you_mean(name, known.iter().copied());
    Diagnostic::warning(
        "credentials::unknown-channel",
        format!("there is no channel `{name}`"),
    )
    .label(at, "")
    .help(match close {
        Some(close) => format!("did you mean `{close}`?"),
        None => "keys of a channel stand under its name, indented by two blanks".to_owned(),
    })
    .fix_spelling(at, name, close)
}

/// An entry of actions.yml that does nothing.
pub(super) fn stub_without_answer(at: Origin, action: &str) -> Diagnostic {
    Diagnostic::warning(
        "actions::does-nothing",
        format!("`{action}` does nothing: it says nothing and sets no slot"),
    )
    .label(at, "")
    .help("give it `responses:` or `slots:`, or `http:` or `program:` to ask somebody")
}

/// An entry of actions.yml of two kinds at once.
pub(super) fn stub_of_two_kinds(at: Origin, action: &str, first: &str, second: &str) -> Diagnostic {
    Diagnostic::error(
        "actions::two-kinds",
        format!("`{action}` has `{first}` beside `{second}`"),
    )
    .label(at, format!("`{first}` says already what it does"))
    .help(match first {
        "http" => format!("move `{second}` under `http:`, or remove one of the two"),
        _ => format!(
            "remove one of the two: a program's answer says everything itself, `{second}` too"
        ),
    })
}

/// Something that an entry of actions.yml cannot do without.
pub(super) fn stub_lacks(at: Origin, what: &str, key: &str, example: &str) -> Diagnostic {
    Diagnostic::error("actions::incomplete", format!("{what} has no `{key}`"))
        .label(at, "")
        .help(format!("add `{key}: {example}`"))
}

/// A value of actions.yml that cannot be what it is meant for.
pub(super) fn stub_value(at: Origin, what: &str, wanted: &str, example: &str) -> Diagnostic {
    Diagnostic::error(
        "actions::unusable-value",
        format!("{what} must be {wanted}"),
    )
    .label(at, "")
    .help(format!("such as `{example}`"))
}

/// An event of actions.yml that is none.
pub(super) fn stub_event(at: Origin, why: &str) -> Diagnostic {
    Diagnostic::error("actions::unusable-event", why)
        .label(at, "")
        .help("such as `{event: followup, name: utter_bye}`; docs/actions.md lists them")
}

/// No training data at all.
pub(super) fn no_data(folder: &str) -> Diagnostic {
    Diagnostic::error(
        "project::no-data",
        format!("there is no training data: `{folder}` does not exist"),
    )
    .help("put nlu.yml, stories.yml and rules.yml there, or name other places with `--data`")
}

pub(super) fn component_without_name(at: Origin) -> Diagnostic {
    Diagnostic::error(
        "config::component-without-name",
        "a component has no `name`",
    )
    .label(at, "")
    .help("start it with `- name: ComponentName`")
}

/// Files that a new project would replace.
pub(super) fn in_the_way(files: &[String]) -> Diagnostic {
    let (one, they) = if files.len() == 1 {
        ("is", "it")
    } else {
        ("are", "them")
    };
    Diagnostic::error(
        "project::in-the-way",
        format!(
            "{} {one} there already; nothing was written",
            files
                .iter()
                .map(|file| format!("`{file}`"))
                .collect::<Vec<_>>()
                .join(", ")
        ),
    )
    .help(format!(
        "`--force` replaces {they}, `--to DIR` writes elsewhere; a project with a domain is added to instead"
    ))
}

/// An edit that cannot be made safely, with the lines to paste.
pub(super) fn refused(refusal: &Refusal) -> Diagnostic {
    const SHOWN: usize = 40;
    let (what, how) = match &refusal.reason {
        Reason::Broken => (
            "the file cannot be read".to_owned(),
            "`bot validate` says what is wrong with it",
        ),
        Reason::Outdated => (
            "the file has changed since it was read".to_owned(),
            "try again",
        ),
        Reason::Flow => (
            "the list is not written one item to a line".to_owned(),
            "write it as a list with one item to a line",
        ),
        Reason::Shared => (
            "an alias stands for this part, or the part is one".to_owned(),
            "change the part that has the anchor, or write it out",
        ),
        Reason::Block => (
            "the examples are not written as a `|` block".to_owned(),
            "write `examples: |` with a `- ` line for each",
        ),
        Reason::WrongKind => (
            "the part is of another kind".to_owned(),
            "`bot validate` says what is wrong with it",
        ),
        Reason::Variable => (
            "the text comes from a variable".to_owned(),
            "change the variable",
        ),
        Reason::Escapes => (
            "the file has `\\u` escapes, which are only read where all of it is ASCII".to_owned(),
            "write the characters themselves in their place",
        ),
        Reason::Duplicate { intent, place } => (
            format!("the example stands under `{intent}` already, at {place}"),
            "keep that one, or move it",
        ),
        Reason::UnknownIntent(intent) => (
            format!("there is no intent `{intent}`"),
            "add the intent first",
        ),
        Reason::KnownIntent(intent) => (
            format!("the intent `{intent}` has examples already"),
            "add to them",
        ),
        Reason::NothingThere => (
            "nothing that can be changed stands there".to_owned(),
            "try again",
        ),
        Reason::LastExample => (
            "it is the only example of its intent".to_owned(),
            "remove the intent by hand",
        ),
        Reason::Overlap => (
            "the entity cuts through another one".to_owned(),
            "remove the other one first",
        ),
        Reason::Unwritable => (
            "no way of writing it is read back exactly".to_owned(),
            "change the text; blanks at its ends and brackets are the usual reason",
        ),
        Reason::Misread => (
            "the file would be read differently afterwards".to_owned(),
            "make the change by hand",
        ),
    };
    let place = match (refusal.file.as_str(), refusal.line) {
        ("", _) => String::new(),
        (file, 0) => format!("`{file}`: "),
        (file, line) => format!("`{file}:{line}`: "),
    };
    let mut shown: Vec<&str> = refusal.lines.lines().take(SHOWN).collect();
    if refusal.lines.lines().count() > SHOWN {
        shown.push("…");
    }
    let help = if shown.is_empty() {
        how.to_owned()
    } else {
        format!("{how}; or paste there:\n{}", shown.join("\n"))
    };
    Diagnostic::error(
        "project::cannot-edit",
        format!("{place}{what}, so nothing was written"),
    )
    .help(help)
}

/// A file whose places of lines cannot be told.
pub(super) fn not_laid_out(at: Origin) -> Diagnostic {
    Diagnostic::warning(
        "format::left-alone",
        "this file is left as it is: it is written in a way that `bot format` does not know",
    )
    .label(at, "")
    .help("write every key as `key: value`, and end lines with a line feed")
}

/// A file that would say something else afterwards.
pub(super) fn format_would_change(at: Origin) -> Diagnostic {
    Diagnostic::warning(
        "format::left-alone",
        "this file is left as it is: in canonical form it would say something else",
    )
    .label(at, "")
    .help("this is a mistake of `bot`; a report with the file would help to mend it")
}

/// A version that was a number and is a text now.
pub(super) fn version_quoted(at: Origin) -> Diagnostic {
    Diagnostic::advice(
        "format::version-quoted",
        "`version` is a number here, which Rasa refuses; `bot format` puts it in quotes",
    )
    .label(at, "")
}
