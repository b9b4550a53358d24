//! Plots as SVG: a confusion matrix, and a histogram of confidences.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::report::escape;

/// Most labels of a matrix; the most confused are shown.
const LABELS: usize = 60;
/// Side of a cell.
const CELL: usize = 22;

/// Returns how often each label was taken for which: rows are expected, columns predicted.
pub(super) fn matrix(title: &str, pairs: &[(&str, &str)]) -> String {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut wrong: BTreeMap<&str, usize> = BTreeMap::new();
    for (expected, predicted) in pairs {
        *counts.entry((expected, predicted)).or_default() += 1;
        let miss = usize::from(expected != predicted);
        *wrong.entry(expected).or_default() += miss;
        *wrong.entry(predicted).or_default() += miss;
    }
    let mut labels: Vec<&str> = wrong.keys().copied().collect();
    if labels.len() > LABELS {
        labels.sort_by_key(|label| std::cmp::Reverse(wrong.get(label)));
        labels.truncate(LABELS);
        labels.sort_unstable();
    }
    let longest = labels.iter().map(|label| label.chars().count()).max();
    let margin = longest.unwrap_or_default() * 7 + 20;
    let side = labels.len() * CELL;
    let (width, height) = (margin + side + 20, margin + side + 40);
    let mut out = head(title, width, height);
    let row_total = |label: &str| -> usize {
        let row = counts
            .iter()
            .filter(|((expected, _), _)| *expected == label);
        row.map(|(_, count)| count).sum()
    };
    // Writing to a String cannot fail.
    for (i, label) in labels.iter().enumerate() {
        let at = margin + i * CELL;
        let text = escape(label);
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{text}</text>",
            margin - 6,
            at + 15
        );
        let _ = writeln!(
            out,
            "<text transform=\"translate({} {}) rotate(-90)\">{text}</text>",
            at + 15,
            margin - 6
        );
        let total = row_total(label).max(1);
        for (j, other) in labels.iter().enumerate() {
            let Some(count) = counts.get(&(*label, *other)) else {
                continue;
            };
            let x = margin + j * CELL;
            let share = *count as f64 / total as f64;
            let color = if i == j { "#2a7f62" } else { "#b3261e" };
            let _ = writeln!(
                out,
                "<rect x=\"{x}\" y=\"{at}\" width=\"{CELL}\" height=\"{CELL}\" fill=\"{color}\" fill-opacity=\"{:.2}\"><title>{text} taken for {}: {count}</title></rect><text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{count}</text>",
                0.15 + 0.85 * share,
                escape(other),
                x + CELL / 2,
                at + 15
            );
        }
    }
    let _ = writeln!(
        out,
        "<rect x=\"{margin}\" y=\"{margin}\" width=\"{side}\" height=\"{side}\" fill=\"none\" stroke=\"#888\"/>\n<text x=\"{margin}\" y=\"{}\">rows: expected, columns: predicted</text>\n</svg>",
        height - 10
    );
    out
}

/// Returns the confidences of right predictions to the left, of wrong ones to the right, as Rasa's histogram has them.
pub(super) fn histogram(title: &str, sure: &[(f64, bool)]) -> String {
    const BARS: usize = 25;
    const HALF: usize = 260;
    const BAR: usize = 12;
    let mut bars = [[0_usize; 2]; BARS];
    for (confidence, right) in sure {
        #[expect(
            clippy::cast_sign_loss,
            reason = "what is below 0 falls into the first bar"
        )]
        let bar = ((confidence * BARS as f64) as usize).min(BARS - 1);
        if let Some(sides) = bars.get_mut(bar) {
            sides[usize::from(!right)] += 1;
        }
    }
    let most = [0, 1].map(|side| bars.iter().map(|bar| bar[side]).max().unwrap_or(0).max(1));
    let (width, height) = (2 * HALF + 80, BARS * BAR + 90);
    let mut out = head(title, width, height);
    let middle = HALF + 40;
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "<text x=\"{}\" y=\"44\" text-anchor=\"end\">right</text><text x=\"{}\" y=\"44\">wrong</text>",
        middle - 24,
        middle + 24
    );
    for (i, bar) in bars.iter().enumerate() {
        let y = 54 + (BARS - 1 - i) * BAR;
        let (left, right) = (
            bar[0] * (HALF - 30) / most[0],
            bar[1] * (HALF - 30) / most[1],
        );
        let (from, to) = (i as f64 / BARS as f64, (i + 1) as f64 / BARS as f64);
        let _ = writeln!(
            out,
            "<rect x=\"{}\" y=\"{y}\" width=\"{left}\" height=\"{}\" fill=\"#2a7f62\"><title>{from:.2}–{to:.2}: {} right</title></rect><rect x=\"{}\" y=\"{y}\" width=\"{right}\" height=\"{}\" fill=\"#b3261e\"><title>{from:.2}–{to:.2}: {} wrong</title></rect>",
            middle - 20 - left,
            BAR - 2,
            bar[0],
            middle + 20,
            BAR - 2,
            bar[1]
        );
        if i % 5 == 4 {
            let _ = writeln!(
                out,
                "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{to:.1}</text>",
                y + 10
            );
        }
    }
    out.push_str("</svg>\n");
    out
}

fn head(title: &str, width: usize, height: usize) -> String {
    let title = escape(title);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"11\" role=\"img\" aria-label=\"{title}\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n<text x=\"10\" y=\"20\" font-size=\"15\">{title}</text>\n"
    )
}
