//! The words for findings across files.

use crate::diagnostic::{Diagnostic, Origin, Severity, count, did_you_mean};

/// A name that the domain lacks.
pub(super) struct Missing<'a> {
    pub(super) code: &'static str,
    pub(super) severity: Severity,
    /// What it would be: `intent`, `slot`, …
    pub(super) what: &'a str,
    pub(super) name: &'a str,
    pub(super) at: Origin,
    /// Key of the domain that lists such names.
    pub(super) list: &'a str,
}

pub(super) fn missing<'k>(
    missing: &Missing<'_>,
    known: impl Iterator<Item = &'k str>,
) -> Diagnostic {
    let Missing {
        code,
        severity,
        what,
        name,
        at,
        list,
    } = *missing;
    let close = did_you_mean(name, known);
    let help = match close {
        Some(close) => format!("did you mean `{close}`?"),
        None => format!("add it under `{list}:` in the domain"),
    };
    Diagnostic::new(severity, code, format!("the domain has no {what} `{name}`"))
        .label(at, "not in the domain")
        .help(help)
        .fix_spelling(at, name, close)
}

/// Nothing is declared anywhere.
pub(super) fn no_domain(at: Origin) -> Diagnostic {
    Diagnostic::warning(
        "check::undeclared-intent",
        "there is no domain: intents and entities of examples are declared nowhere",
    )
    .label(at, "the first example")
    .help("write a domain.yml that lists them under `intents:` and `entities:`")
}

/// An entry of actions.yml that no conversation reaches.
pub(super) fn stub_of_response(at: Origin, name: &str) -> Diagnostic {
    Diagnostic::warning(
        "actions::is-a-response",
        format!("`{name}` is a response: its words stand in the domain, actions.yml is not asked"),
    )
    .label(at, "never run")
    .help("move its text under `responses:` in the domain, or rename it to `action_…`")
}

pub(super) fn no_form(at: Origin, name: &str) -> Diagnostic {
    Diagnostic::warning(
        "check::not-a-form",
        format!("`{name}` is an action, but no form"),
    )
    .label(at, "used as a loop")
    .help("declare it under `forms:`, or write `action:` in the place of `active_loop:`")
}

pub(super) fn untouched_template(at: Origin, file: usize) -> Diagnostic {
    Diagnostic::warning(
        "test::untouched-template",
        format!(
            "these {} are still those of `rasa init`, about moods, and do not fit this project",
            count(file, "test story")
        ),
    )
    .label(at, "the first of them")
    .help("delete the file, or write tests about this assistant")
}

pub(super) fn action_without_response(at: Origin, name: &str) -> Diagnostic {
    Diagnostic::warning(
        "check::action-without-response",
        format!("`{name}` is listed under `actions`, but has no response"),
    )
    .label(at, "")
    .help(format!("add `{name}:` under `responses:`"))
}

pub(super) fn slot_in_text(at: Origin, name: &str, severity: Severity) -> Diagnostic {
    Diagnostic::new(
        severity,
        "check::unknown-slot-in-response",
        format!("the response names `{{{name}}}`, but the domain has no slot `{name}`"),
    )
    .label(at, "shown to people as it is written")
    .help("add the slot, or let the custom action that says this fill it in")
}

pub(super) fn intent_without_examples(at: Origin, name: &str) -> Diagnostic {
    Diagnostic::warning(
        "check::intent-without-examples",
        format!("the intent `{name}` has no examples"),
    )
    .label(at, "never understood")
    .help(format!(
        "add `- intent: {name}` with examples under `nlu:`, or remove it"
    ))
}

/// Something declared that no file uses.
pub(super) fn unused(
    code: &'static str,
    severity: Severity,
    what: &str,
    name: &str,
    at: Origin,
    help: &str,
) -> Diagnostic {
    Diagnostic::new(severity, code, format!("the {what} `{name}` is never used"))
        .label(at, "")
        .help(help)
}

pub(super) fn slot_never_filled(at: Origin, form: &str, slot: &str, mapped: Origin) -> Diagnostic {
    Diagnostic::warning(
        "form::slot-never-filled",
        format!("nothing fills the slot `{slot}` while the form `{form}` asks for it"),
    )
    .label(at, "required here")
    .label(mapped, "none of its mappings holds in this form")
    .help(format!(
        "add a mapping without conditions, or one with `active_loop: {form}`"
    ))
}

pub(super) fn no_question(at: Origin, form: &str, slot: &str) -> Diagnostic {
    Diagnostic::warning(
        "form::no-question",
        format!("the form `{form}` has no way to ask for `{slot}`"),
    )
    .label(at, "")
    .help(format!(
        "add the response `utter_ask_{form}_{slot}` or `utter_ask_{slot}`"
    ))
}

pub(super) fn slot_not_in_form(at: Origin, form: &str, slot: &str) -> Diagnostic {
    Diagnostic::warning(
        "check::slot-not-in-form",
        format!("the form `{form}` never asks for `{slot}`, so this condition never holds"),
    )
    .label(at, "")
    .help("add the slot to its `required_slots`, or correct the condition")
}

pub(super) fn few_examples(at: Origin, intent: &str, n: usize) -> Diagnostic {
    Diagnostic::warning(
        "nlu::few-examples",
        format!("the intent `{intent}` has only {}", count(n, "example")),
    )
    .label(
        at,
        if n == 1 {
            "the only one"
        } else {
            "the first one"
        },
    )
    .help("give at least 5, better 20, in different words")
}

pub(super) fn imbalance(at: Origin, small: (&str, usize), large: (&str, usize)) -> Diagnostic {
    Diagnostic::advice(
        "nlu::imbalance",
        format!(
            "the intent `{}` has {} and `{}` has {}",
            small.0,
            count(small.1, "example"),
            large.0,
            count(large.1, "example")
        ),
    )
    .label(at, "the smallest intent")
    .help("an intent with few examples is seldom chosen beside one with many: add to the small one")
}

pub(super) fn several_intents(
    text: &str,
    first: (&str, Origin),
    second: (&str, Origin),
) -> Diagnostic {
    Diagnostic::warning(
        "nlu::same-text",
        format!("`{text}` is an example of two intents"),
    )
    .label(second.1, format!("of `{}` here", second.0))
    .label(first.1, format!("of `{}` here", first.0))
    .help("keep it under one of them: nothing can tell them apart by this text")
}

pub(super) fn repeated(intent: &str, first: Origin, second: Origin) -> Diagnostic {
    Diagnostic::advice(
        "nlu::repeated-example",
        format!("an example of `{intent}` stands there twice; it is learnt once"),
    )
    .label(second, "the second time")
    .label(first, "the first time")
    .help("remove one of them")
    .fix(second, "", "")
}

pub(super) fn seen_in_training(at: Origin, trained: Origin, is_same: bool) -> Diagnostic {
    Diagnostic::warning(
        "test::seen-in-training",
        if is_same {
            "a test message is a training example, so it proves nothing"
        } else {
            "a test message is nearly a training example, so it proves little"
        },
    )
    .label(at, "tested here")
    .label(trained, "learnt here")
    .help("say it in other words in one of the two")
}

pub(super) fn misaligned(at: Origin, entity: &str, starts: bool) -> Diagnostic {
    let side = if starts { "starts" } else { "ends" };
    Diagnostic::warning(
        "nlu::misaligned-entity",
        format!("entity `{entity}` {side} in the middle of a word"),
    )
    .label(at, "the annotation")
    .help("this example trains the intent, but not the entity\nannotate the whole word, or move the bracket")
}

/// The tokenizer sees one word where the script puts no blanks between several.
pub(super) fn joined_words(at: Origin, entity: &str) -> Diagnostic {
    Diagnostic::warning(
        "nlu::misaligned-entity",
        format!("entity `{entity}` is part of what the tokenizer takes for one word"),
    )
    .label(at, "the annotation")
    .help("this example trains the intent, but not the entity\nuse `IcuTokenizer`, which knows the words of scripts without blanks, or put blanks around the entity")
}

/// The tokenizer passes over what is marked: as Rasa's, that of blanks takes Chinese between blanks for emoji.
pub(super) fn no_word(at: Origin, entity: &str) -> Diagnostic {
    Diagnostic::warning(
        "nlu::misaligned-entity",
        format!("entity `{entity}` is no word to the tokenizer, which passes over it"),
    )
    .label(at, "the annotation")
    .help("this example trains the intent, but not the entity\nuse `IcuTokenizer`, which knows the words of other scripts")
}

/// A mark takes in more than words.
pub(super) fn loose_edge(at: Origin, entity: &str, text: &str) -> Diagnostic {
    let is_blank = text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace);
    let what = if is_blank { "a blank" } else { "punctuation" };
    Diagnostic::warning(
        "nlu::misaligned-entity",
        format!("entity `{entity}` takes in {what} at its edge"),
    )
    .label(at, "the annotation")
    .help("move the bracket to the words alone: values found in messages could keep it")
}

pub(super) fn overlapping(at: Origin, entity: &str) -> Diagnostic {
    Diagnostic::warning(
        "nlu::overlapping-entities",
        format!("`{entity}` is marked twice at the same place"),
    )
    .label(at, "")
    .help("mark it once")
}

pub(super) fn inconsistent(
    spelling: &str,
    entity: &str,
    marked: (usize, Origin),
    bare: (usize, Origin),
) -> Diagnostic {
    Diagnostic::warning(
        "nlu::inconsistent-annotation",
        format!(
            "`{spelling}` is marked as `{entity}` {}, and left unmarked {}",
            times(marked.0),
            times(bare.0)
        ),
    )
    .label(bare.1, "not marked here")
    .label(marked.1, "marked here")
    .help(format!(
        "mark it everywhere, `[{spelling}]({entity})`, or nowhere"
    ))
}

fn times(n: usize) -> String {
    match n {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        _ => format!("{n} times"),
    }
}

pub(super) fn few_annotations(at: Origin, label: &str) -> Diagnostic {
    Diagnostic::warning(
        "nlu::few-annotations",
        format!("the entity `{label}` is marked only once"),
    )
    .label(at, "")
    .help("mark it in several examples, in different words")
}

pub(super) fn synonym_conflict(
    spelling: &str,
    first: (&str, Origin),
    second: (&str, Origin),
) -> Diagnostic {
    Diagnostic::warning(
        "nlu::synonym-conflict",
        format!("`{spelling}` stands for two values; the later one wins"),
    )
    .label(second.1, format!("`{}` here", second.0))
    .label(first.1, format!("`{}` here", first.0))
    .help("keep one of them")
}

pub(super) fn repeated_entry(at: Origin, table: &str, entry: &str) -> Diagnostic {
    Diagnostic::advice(
        "nlu::repeated-entry",
        format!("`{entry}` stands twice in the lookup table `{table}`"),
    )
    .label(at, "the second time")
    .help("remove one of them")
    .fix(at, "", "")
}

pub(super) fn duplicate_story(kind: &str, name: &str, first: Origin, second: Origin) -> Diagnostic {
    Diagnostic::warning(
        "story::duplicate-name",
        format!("two {kind} have the name `{name}`"),
    )
    .label(second, "the second one")
    .label(first, "the first one")
    .help("give each a name of its own, so that tests and traces can tell them apart")
}

pub(super) fn unknown_checkpoint(at: Origin, name: &str, known: &[&str]) -> Diagnostic {
    let close = did_you_mean(name, known.iter().copied());
    Diagnostic::warning(
        "story::unknown-checkpoint",
        format!("no story ends in the checkpoint `{name}`, so this one can never be followed"),
    )
    .label(at, "")
    .help(match close {
        Some(close) => format!("did you mean `{close}`?"),
        None => format!("end another story with `- checkpoint: {name}`"),
    })
    .fix_spelling(at, name, close)
}

pub(super) fn unused_checkpoint(at: Origin, name: &str) -> Diagnostic {
    Diagnostic::warning(
        "story::unused-checkpoint",
        format!("no story starts at the checkpoint `{name}`"),
    )
    .label(at, "")
    .help(format!(
        "start another story with `- checkpoint: {name}`, or remove it"
    ))
}

pub(super) fn never_followed(at: Origin, kind: &str, story: &str, intent: &str) -> Diagnostic {
    Diagnostic::warning(
        "story::never-followed",
        format!(
            "the {kind} `{story}` can never be followed: no message gets the intent `{intent}`"
        ),
    )
    .label(at, "no examples, and no button names it")
    .help(format!("add examples for `{intent}`, or remove the {kind}"))
}

pub(super) fn unknown_code(at: Origin, code: &str, close: Option<&str>) -> Diagnostic {
    Diagnostic::warning(
        "config::unknown-code",
        format!("no finding has the code `{code}`"),
    )
    .label(at, "")
    .help(match close {
        Some(close) => format!("did you mean `{close}`?"),
        None => "the code stands above each finding; `bot explain` lists all".to_owned(),
    })
    .fix_spelling(at, code, close)
}

pub(super) fn no_extractor(at: Origin, entity: &str) -> Diagnostic {
    Diagnostic::warning(
        "config::no-extractor",
        format!(
            "examples mark entities such as `{entity}`, but nothing in the pipeline extracts them"
        ),
    )
    .label(at, "marked here")
    .help("add `- name: CRFEntityExtractor` or `- name: DIETClassifier` to `pipeline`")
}

pub(super) fn not_in_pipeline(
    code: &'static str,
    at: Origin,
    what: &str,
    components: &str,
) -> Diagnostic {
    Diagnostic::warning(code, format!("the pipeline makes no use of {what}"))
        .label(at, "")
        .help(format!("add {components} to `pipeline`, or remove them"))
}

pub(super) fn twice_in_pipeline(at: Origin, first: Origin, what: &str) -> Diagnostic {
    Diagnostic::error(
        "config::only-one",
        format!("the pipeline has more than one {what}"),
    )
    .label(at, "the second one")
    .label(first, "the first one")
    .help("keep one of them")
}

pub(super) fn same_alias(at: Origin, first: Origin, alias: &str) -> Diagnostic {
    Diagnostic::error(
        "config::same-alias",
        format!("two components have the alias `{alias}`"),
    )
    .label(at, "the second one")
    .label(first, "the first one")
    .help("give each featurizer an alias of its own")
}

pub(super) fn no_rule_policy(at: Origin, what: &str, severity: Severity) -> Diagnostic {
    Diagnostic::new(
        severity,
        "config::no-rule-policy",
        format!("there are {what}, but no `RulePolicy` follows them"),
    )
    .label(at, "")
    .help("add `- name: RulePolicy` to `policies`")
}
