//! The words for mistakes in pipelines and training data.

use crate::diagnostic::{Diagnostic, Origin, Severity, count, did_you_mean};

/// An expression does not compile: an error where a component needs it.
pub(super) fn bad_regex(at: Origin, why: &str, is_used: bool) -> Diagnostic {
    let severity = if is_used {
        Severity::Error
    } else {
        Severity::Warning
    };
    Diagnostic::new(severity, "nlu::bad-regex", "this is no regular expression")
        .label(at, why.lines().last().unwrap_or_default().trim())
        .help(
            "close every bracket, and write `\\` before a special character that stands for itself",
        )
}

pub(super) fn unknown_component(at: Origin, name: &str, known: &[&str]) -> Diagnostic {
    let help = match did_you_mean(name, known.iter().copied()) {
        Some(close) => format!("did you mean `{close}`?"),
        None if name.contains('.') => {
            "a Python class cannot run here; remove it, or name one of bot's components".into()
        }
        None => format!("known here: {}", known.join(", ")),
    };
    Diagnostic::error(
        "config::unknown-component",
        format!("there is no component `{name}`"),
    )
    .label(at, "")
    .help(help)
}

pub(super) fn replaced(at: Origin, name: &str, by: &str) -> Diagnostic {
    Diagnostic::advice(
        "config::component-replaced",
        format!("`{name}` is replaced by `{by}`"),
    )
    .label(at, "")
    .help(format!("write `{by}` to choose its options"))
}

pub(super) fn left_out(at: Origin, name: &str) -> Diagnostic {
    Diagnostic::advice(
        "config::component-left-out",
        format!("`{name}` is left out: nothing here does its work yet"),
    )
    .label(at, "left out")
    .help("remove it to silence this")
}

pub(super) fn bad_option(at: Origin, component: &str, why: &str) -> Diagnostic {
    Diagnostic::error(
        "config::bad-option",
        format!("an option of `{component}` cannot be used: {why}"),
    )
    .label(at, "")
    .help("correct the option, or remove its line to use the default")
}

pub(super) fn unknown_option(
    at: Origin,
    component: &str,
    option: &str,
    known: &[&str],
) -> Diagnostic {
    let help = match did_you_mean(option, known.iter().copied()) {
        Some(close) => format!("did you mean `{close}`?"),
        None if known.is_empty() => "it has none; remove the line".to_owned(),
        None => format!("known here: {}", known.join(", ")),
    };
    Diagnostic::warning(
        "config::unknown-option",
        format!("`{component}` has no option `{option}`: it is not used"),
    )
    .label(at, "")
    .help(help)
}

pub(super) fn features_left_out(at: Origin, names: &[String]) -> Diagnostic {
    Diagnostic::advice(
        "config::features-left-out",
        format!(
            "features of `CRFEntityExtractor` are left out: {}",
            names.join(", ")
        ),
    )
    .label(at, "")
    .help("they need a language model, which nothing here loads; without `features` the best ones known are used")
}

pub(super) fn dimensions_left_out(at: Origin, missing: &[&str], known: &[&str]) -> Diagnostic {
    Diagnostic::advice(
        "config::dimensions-left-out",
        format!(
            "dimensions of `DucklingEntityExtractor` are left out: {}",
            missing.join(", ")
        ),
    )
    .label(at, "")
    .help(format!("found without a server: {}", known.join(", ")))
}

pub(super) fn needs(at: Origin, component: &str, needed: &str) -> Diagnostic {
    Diagnostic::error(
        "config::component-needs",
        format!("`{component}` needs {needed} before it in the pipeline"),
    )
    .label(at, "")
    .help(format!("put {needed} above it"))
}

/// There is nothing to understand messages by; nothing to learn at all where there are no stories either.
pub(super) fn no_examples(at: Origin, is_all: bool) -> Diagnostic {
    let (severity, what) = if is_all {
        (
            Severity::Error,
            "there are no examples to learn intents from",
        )
    } else {
        (
            Severity::Warning,
            "there are no examples: only the dialogue is learnt, and messages must be payloads such as `/greet`",
        )
    };
    Diagnostic::new(severity, "nlu::nothing-to-learn", what)
        .label(at, "")
        .help(
            "add examples under `nlu:` in data/nlu.yml, or `bot convert data.csv` a table of them",
        )
}

pub(super) fn one_intent(at: Origin, intent: &str) -> Diagnostic {
    Diagnostic::warning(
        "nlu::one-intent",
        format!("all examples have the intent `{intent}`: every message will get it"),
    )
    .label(at, "")
    .help("add examples of a second intent")
}

pub(super) fn too_many_for_kernel(at: Origin, rows: usize, most: usize) -> Diagnostic {
    Diagnostic::error(
        "config::too-many-examples",
        format!(
            "`SvmClassifier` with this kernel would take minutes on {}",
            count(rows, "example")
        ),
    )
    .label(at, format!("up to {} it is quick", count(most, "example")))
    .help("use `LinearSvmClassifier`, or `kernel: linear`")
}
