//! Configurations side by side.

use serde_json::{Value, json};

use super::{json::rounded, luck, table::Table};
use crate::{console::Console, diagnostic::Result};

/// How one configuration did in cross-validation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scored {
    /// Its file.
    pub name: String,
    /// Messages tested.
    pub examples: usize,
    /// Messages understood rightly.
    pub right: usize,
    /// Their share.
    pub accuracy: f64,
    /// 95 % interval of it.
    pub interval: (f64, f64),
    /// Mean F1 over intents.
    pub macro_f1: f64,
    /// F1 of entities, where there are any.
    pub entity_f1: Option<f64>,
    /// Calibration error.
    pub ece: f64,
    /// Chance of as great a difference from the first by luck; none for the first.
    pub chance: Option<f64>,
    /// How long it took.
    pub seconds: f64,
}

/// Prints a row for each, and which is best.
pub fn print(console: &mut Console, scored: &[Scored]) -> Result<()> {
    let mut table = Table::new(&[
        "", "right", "of", "accuracy", "by luck", "95 %", "macro F1", "entities", "ECE", "time",
    ]);
    let dash = if console.ascii() { "-" } else { "–" };
    for one in scored {
        let (low, high) = one.interval;
        table.row(vec![
            one.name.clone(),
            one.right.to_string(),
            one.examples.to_string(),
            format!("{:.3}", one.accuracy),
            one.chance.map(luck).unwrap_or_default(),
            format!("{low:.3}{dash}{high:.3}"),
            format!("{:.3}", one.macro_f1),
            one.entity_f1
                .map(|f1| format!("{f1:.3}"))
                .unwrap_or_default(),
            format!("{:.3}", one.ece),
            format!("{:.2} s", one.seconds),
        ]);
    }
    for line in table.lines(console.width()) {
        console.result(line)?;
    }
    // The first of the best, which is the one that is there already where nothing is better.
    let best = scored
        .iter()
        .rev()
        .max_by(|a, b| a.accuracy.total_cmp(&b.accuracy));
    let (Some(best), Some(first)) = (best, scored.first()) else {
        return Ok(());
    };
    let is_tied = scored
        .iter()
        .skip(1)
        .any(|other| other.right == first.right && other.examples == first.examples);
    let said = match best.chance {
        _ if scored.len() == 1 => return Ok(()),
        _ if best.name == first.name && is_tied => format!("none is better than {}", first.name),
        _ if best.name == first.name => match next(scored) {
            Some(next) if next.chance.is_none_or(|chance| chance >= 0.05) => {
                format!("{} leads {}, perhaps by chance", first.name, next.name)
            }
            _ => format!("{} is best", first.name),
        },
        Some(chance) if chance < 0.05 => format!("{} is better than {}", best.name, first.name),
        _ => format!("{} leads {}, perhaps by chance", best.name, first.name),
    };
    console.told(format!("Verdict: {said}"))
}

/// Returns the best of all but the first.
fn next(scored: &[Scored]) -> Option<&Scored> {
    let others = scored.iter().skip(1);
    others.max_by(|a, b| a.accuracy.total_cmp(&b.accuracy))
}

/// Returns one as JSON.
pub fn json(one: &Scored) -> Value {
    json!({
        "config": one.name, "examples": one.examples, "right": one.right, "accuracy": rounded(one.accuracy),
        "interval": [rounded(one.interval.0), rounded(one.interval.1)], "macro_f1": rounded(one.macro_f1),
        "entity_f1": one.entity_f1.map(rounded), "ece": rounded(one.ece), "chance": one.chance.map(rounded),
    })
}
