//! The words for mistakes in stories, rules and policies.

use super::{
    LISTEN,
    training::{Left, MOST_PATHS},
};
use crate::diagnostic::{Diagnostic, Origin, count, did_you_mean};

pub(super) fn left_out(left: &Left) -> Diagnostic {
    Diagnostic::warning(
        "dialogue::story-left-out",
        format!(
            "`{}` has too many ways through its `or` steps: nothing is learnt from it",
            left.name
        ),
    )
    .label(left.origin, "left out")
    .help(format!("keep it below {}", count(MOST_PATHS, "way")))
}

pub(super) fn several_user_turns(name: &str, rule: Origin, second: Origin) -> Diagnostic {
    Diagnostic::error(
        "dialogue::rule-too-long",
        format!("the rule `{name}` has more than one turn of the user"),
    )
    .label(second, "the second turn")
    .label(rule, "in this rule")
    .help("make it a story, or two rules")
}

/// A rule predicts something else than a story or another rule says.
pub(super) struct Conflict<'a> {
    pub(super) rule: &'a str,
    pub(super) rule_at: Origin,
    pub(super) predicted: &'a str,
    pub(super) other: &'a str,
    pub(super) other_is_rule: bool,
    pub(super) other_at: Origin,
    pub(super) expected: &'a str,
}

pub(super) fn conflict(conflict: &Conflict<'_>) -> Diagnostic {
    let Conflict {
        rule,
        rule_at,
        predicted,
        other,
        other_is_rule,
        other_at,
        expected,
    } = conflict;
    let kind = if *other_is_rule { "rule" } else { "story" };
    let help = if *other_is_rule {
        "change one of them, or give one a `condition:`".to_owned()
    } else {
        "rules win, so this story can never be followed\nchange one of them, or give the rule a `condition:` the story fails"
            .to_owned()
    };
    Diagnostic::error(
        "dialogue::conflict",
        format!("rule `{rule}` and {kind} `{other}` disagree about what comes next"),
    )
    .label(*rule_at, format!("the rule predicts `{predicted}`"))
    .help(help)
    .related(
        format!("the {kind} says something else"),
        *other_at,
        format!("here: `{expected}`"),
    )
}

/// Stories go on differently `after` the same history: the actions, the story and the place of each.
pub(super) fn story_conflict(after: &str, next: &[(String, String, Origin)]) -> Diagnostic {
    let mut diagnostic = Diagnostic::warning(
        "dialogue::story-conflict",
        format!("stories disagree about what comes after {after}"),
    );
    for (i, (action, story, at)) in next.iter().enumerate() {
        let says = if action == LISTEN {
            format!("here `{story}` waits for the user")
        } else {
            format!("`{action}` in `{story}`")
        };
        diagnostic = if i == 0 {
            diagnostic.label(*at, says)
        } else {
            diagnostic.related("another story says something else", *at, says)
        };
    }
    diagnostic.help("all before it is the same, so nothing can tell them apart\nmake them go on alike, or let a slot, an entity or an earlier step differ")
}

pub(super) fn default_conflict(
    predicted: &str,
    other: &str,
    at: Origin,
    expected: &str,
) -> Diagnostic {
    Diagnostic::error(
        "dialogue::default-conflict",
        format!("`{other}` answers a default intent with `{expected}`, but `{predicted}` always runs first"),
    )
    .label(at, format!("here: `{expected}`"))
    .help("use an intent of your own, or start with the default action")
}

pub(super) fn loop_conflict(
    name: &str,
    predicted: &str,
    other: &str,
    at: Origin,
    expected: &str,
) -> Diagnostic {
    Diagnostic::error(
        "dialogue::loop-conflict",
        format!(
            "`{other}` goes on with `{expected}` where the loop `{name}` goes on with `{predicted}`"
        ),
    )
    .label(at, format!("here: `{expected}`"))
    .help("end the loop first with `active_loop: null`, or let the loop run here")
}

pub(super) fn incomplete_slots(
    rule: &str,
    action: &str,
    at: Origin,
    slots: &[&str],
    elsewhere: Origin,
) -> Diagnostic {
    let names = slots.join("`, `");
    Diagnostic::error(
        "dialogue::incomplete-rule",
        format!("`{action}` does not set `{names}` in the rule `{rule}`, but it does in another rule"),
    )
    .label(at, format!("`{names}` is not set after this"))
    .help(format!("add `- slot_was_set: [{{{}: …}}]` after it, with `null` where it stays empty\nwhere it is the last action, `wait_for_user_input: false` does too", slots.first().unwrap_or(&"slot")))
    .related("another rule sets it", elsewhere, "here")
}

pub(super) fn incomplete_loop(rule: &str, form: &str, at: Origin, elsewhere: Origin) -> Diagnostic {
    Diagnostic::error(
        "dialogue::incomplete-rule",
        format!("the rule `{rule}` does not say whether the loop is active after `{form}`, but another rule does"),
    )
    .label(at, "no `active_loop` after this")
    .help(format!("add `- active_loop: {form}` or `- active_loop: null` after it\nwhere it is the last action, `wait_for_user_input: false` does too"))
    .related("another rule says it", elsewhere, "here")
}

pub(super) fn unknown_policy(at: Origin, name: &str, known: &[&str]) -> Diagnostic {
    let help = match did_you_mean(name, known.iter().copied()) {
        Some(close) => format!("did you mean `{close}`?"),
        None => format!("known here: {}", known.join(", ")),
    };
    Diagnostic::error(
        "config::unknown-policy",
        format!("there is no policy `{name}`"),
    )
    .label(at, "")
    .help(help)
}

pub(super) fn policy_replaced(at: Origin, name: &str) -> Diagnostic {
    Diagnostic::advice(
        "config::policy-replaced",
        format!("`{name}` is a linear model here, trained on the same stories"),
    )
    .label(at, "replaced")
    .help("`max_history`, `priority` and what the policy says of them mean the same; options of neural networks are passed over")
}

pub(super) fn bad_option(at: Origin, policy: &str, option: &str, wanted: &str) -> Diagnostic {
    Diagnostic::error(
        "config::bad-option",
        format!("`{option}` of `{policy}` must be {wanted}"),
    )
    .label(at, "")
    .help(format!("write {wanted}, or remove the line"))
}

pub(super) fn unknown_fallback(at: Origin, name: &str) -> Diagnostic {
    Diagnostic::error(
        "config::unknown-fallback-action",
        format!("the domain has no action `{name}`, which RulePolicy is to fall back to"),
    )
    .label(at, "")
    .help("add it under `actions:` in the domain, or remove `core_fallback_action_name`")
}
