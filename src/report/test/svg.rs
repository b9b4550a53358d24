//! Plots as SVG: a confusion matrix, and a histogram of confidences.

use std::{
    collections::BTreeMap,
    fmt::{Display, Write as _},
};

use crate::report::{
    contrast::{Color, WHITE},
    escape,
};

/// Most labels of a matrix; the most confused are shown.
const LABELS: usize = 60;
/// Side of a cell.
const CELL: usize = 24;
/// What is right.
const GOOD: Color = Color([0x1f, 0x7a, 0x5c]);
/// What is wrong.
const BAD: Color = Color([0xb3, 0x26, 0x1e]);
/// Lines behind a plot.
const GRID: Color = Color([0xd6, 0xda, 0xe1]);
/// What is written on white.
const INK: Color = Color([0x1b, 0x1f, 0x24]);

/// Returns how often each label was taken for which: rows are expected, columns predicted.
pub(super) fn matrix(title: &str, pairs: &[(&str, &str)]) -> String {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut totals: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong: BTreeMap<&str, usize> = BTreeMap::new();
    for (expected, predicted) in pairs {
        *counts.entry((expected, predicted)).or_default() += 1;
        *totals.entry(expected).or_default() += 1;
        let miss = usize::from(expected != predicted);
        *wrong.entry(expected).or_default() += miss;
        *wrong.entry(predicted).or_default() += miss;
    }
    let mut labels: Vec<&str> = wrong.keys().copied().collect();
    let known = labels.len();
    if known > LABELS {
        labels.sort_by_key(|label| std::cmp::Reverse(wrong.get(label)));
        labels.truncate(LABELS);
        labels.sort_unstable();
    }
    let longest = labels.iter().map(|label| label.chars().count()).max();
    let names = longest.unwrap_or_default() * 7;
    // Beside the names stands the title of the axis.
    let (left, top) = (names + 40, names + 70);
    let side = labels.len() * CELL;
    let (width, height) = (
        (left + side + 20).max(title.chars().count() * 9 + 20),
        top + side + 40,
    );
    let mut out = head(title, width, height);
    let middle = side / 2;
    text(
        &mut out,
        &format!(
            "x=\"{}\" y=\"44\" text-anchor=\"middle\" font-weight=\"bold\"",
            left + middle
        ),
        "predicted",
    );
    let turned = format!(
        "transform=\"translate(16 {}) rotate(-90)\" text-anchor=\"middle\" font-weight=\"bold\"",
        top + middle
    );
    text(&mut out, &turned, "expected");
    for (i, label) in labels.iter().enumerate() {
        let (row, column) = (top + i * CELL, left + i * CELL);
        let at = format!("x=\"{}\" y=\"{}\" text-anchor=\"end\"", left - 6, row + 16);
        text(&mut out, &at, label);
        let turned = format!(
            "transform=\"translate({} {}) rotate(-90)\"",
            column + 16,
            top - 6
        );
        text(&mut out, &turned, label);
        let total = totals.get(label).copied().unwrap_or_default().max(1);
        for (j, other) in labels.iter().enumerate() {
            let Some(count) = counts.get(&(*label, *other)) else {
                continue;
            };
            let color = if i == j { GOOD } else { BAD };
            let share = *count as f64 / total as f64;
            cell(
                &mut out,
                (left + j * CELL, row),
                color.over(WHITE, 0.15 + 0.85 * share),
                *count,
                &format!("{label} taken for {other}: {count}"),
            );
        }
    }
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "<rect x=\"{left}\" y=\"{top}\" width=\"{side}\" height=\"{side}\" fill=\"none\" stroke=\"#888888\"/>"
    );
    let note = if known > LABELS {
        format!(
            "The {LABELS} of {known} labels that are confused most; colours show the part of a row."
        )
    } else {
        "Colours show the part of a row.".to_owned()
    };
    text(&mut out, &format!("x=\"10\" y=\"{}\"", height - 12), &note);
    out.push_str("</svg>\n");
    out
}

/// Draws a count on a ground of its own.
fn cell(out: &mut String, (x, y): (usize, usize), ground: Color, count: usize, title: &str) {
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{CELL}\" height=\"{CELL}\" fill=\"{}\"><title>{}</title></rect>",
        ground.hex(),
        escape(title)
    );
    let size = if count > 999 { 9 } else { 11 };
    let at = format!(
        "x=\"{}\" y=\"{}\" text-anchor=\"middle\" font-size=\"{size}\" fill=\"{}\"",
        x + CELL / 2,
        y + 16,
        ground.ink().hex()
    );
    text(out, &at, count);
}

/// Returns the confidences of right predictions to the left, of wrong ones to the right, each side on a scale of its
/// own as in Rasa's histogram: of a good model the wrong ones could not be seen on that of the right ones.
pub(super) fn histogram(title: &str, sure: &[(f64, bool)]) -> String {
    const BARS: usize = 25;
    const BAR: usize = 14;
    /// Longest bar of a side.
    const HALF: usize = 260;
    /// Between the sides, for the ticks of the confidence.
    const MIDDLE: usize = 44;
    const LEFT: usize = 50;
    const TOP: usize = 64;
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
    let scales = [0, 1].map(|side: usize| {
        let most = bars.iter().map(|bar| bar[side]).max().unwrap_or_default();
        let step = tick(most);
        (step, most.div_ceil(step).max(1) * step)
    });
    let long = |count: usize, side: usize| count * HALF / scales[side].1;
    let (width, height) = (2 * LEFT + 2 * HALF + MIDDLE, TOP + BARS * BAR + 56);
    let (zero, other) = (LEFT + HALF, LEFT + HALF + MIDDLE);
    let bottom = TOP + BARS * BAR;
    let mut out = head(title, width, height);
    for (x, word) in [(LEFT + HALF / 2, "right"), (other + HALF / 2, "wrong")] {
        let count: usize = bars
            .iter()
            .map(|bar| bar[usize::from(word == "wrong")])
            .sum();
        let at = format!(
            "x=\"{x}\" y=\"{}\" text-anchor=\"middle\" font-weight=\"bold\"",
            TOP - 12
        );
        text(&mut out, &at, format!("{word}: {count}"));
        let at = format!(
            "x=\"{x}\" y=\"{}\" text-anchor=\"middle\" font-weight=\"bold\"",
            height - 12
        );
        text(&mut out, &at, "number of messages");
    }
    let at = format!(
        "x=\"{}\" y=\"{}\" text-anchor=\"middle\" font-weight=\"bold\"",
        zero + MIDDLE / 2,
        TOP - 12
    );
    text(&mut out, &at, "confidence");
    for (side, (step, top)) in scales.into_iter().enumerate() {
        for count in (0..=top).step_by(step) {
            let x = match side {
                0 => zero - long(count, side),
                _ => other + long(count, side),
            };
            // Writing to a String cannot fail.
            let _ = writeln!(
                out,
                "<line x1=\"{x}\" x2=\"{x}\" y1=\"{TOP}\" y2=\"{}\" stroke=\"{}\"/>",
                bottom + 4,
                GRID.hex()
            );
            let at = format!("x=\"{x}\" y=\"{}\" text-anchor=\"middle\"", bottom + 18);
            text(&mut out, &at, count);
        }
    }
    for (i, bar) in bars.iter().enumerate() {
        let y = bottom - (i + 1) * BAR;
        let (from, to) = (i as f64 / BARS as f64, (i + 1) as f64 / BARS as f64);
        for (side, count) in bar.iter().enumerate().filter(|(_, count)| **count > 0) {
            let length = long(*count, side).max(1);
            let (x, end, anchor, color, word) = if side == 0 {
                (zero - length, zero - length - 4, "end", GOOD, "right")
            } else {
                (other, other + length + 4, "start", BAD, "wrong")
            };
            // Writing to a String cannot fail.
            let _ = writeln!(
                out,
                "<rect x=\"{x}\" y=\"{}\" width=\"{length}\" height=\"{}\" fill=\"{}\"><title>{from:.2}–{to:.2}: {count} {word}</title></rect>",
                y + 1,
                BAR - 2,
                color.hex()
            );
            let at = format!("x=\"{end}\" y=\"{}\" text-anchor=\"{anchor}\"", y + 11);
            text(&mut out, &at, count);
        }
        if i % 5 == 0 {
            confidence(&mut out, zero + MIDDLE / 2, bottom - i * BAR, from);
        }
    }
    confidence(&mut out, zero + MIDDLE / 2, TOP, 1.0);
    out.push_str("</svg>\n");
    out
}

/// Writes a tick of the confidence where bars meet.
fn confidence(out: &mut String, x: usize, y: usize, value: f64) {
    let at = format!("x=\"{x}\" y=\"{}\" text-anchor=\"middle\"", y + 4);
    text(out, &at, format!("{value:.1}"));
}

/// Returns the distance of round ticks, of which some four reach a number.
fn tick(most: usize) -> usize {
    let mut unit = 1;
    loop {
        for factor in [1, 2, 5] {
            if factor * unit * 4 >= most {
                return factor * unit;
            }
        }
        unit *= 10;
    }
}

fn text(out: &mut String, attributes: &str, said: impl Display) {
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "<text {attributes}>{}</text>",
        escape(&said.to_string())
    );
}

fn head(title: &str, width: usize, height: usize) -> String {
    let title = escape(title);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"11\" fill=\"{}\" role=\"img\" aria-label=\"{title}\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n<text x=\"10\" y=\"22\" font-size=\"15\">{title}</text>\n",
        INK.hex()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::contrast::{LEAST, contrast};

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!([0, 1, 4, 5, 9, 56, 500].map(tick), [1, 1, 1, 2, 5, 20, 200]);
    }

    #[test]
    fn every_number_of_a_matrix_can_be_read() {
        for color in [GOOD, BAD] {
            for percent in 0..=100 {
                let ground = color.over(WHITE, 0.15 + 0.85 * f64::from(percent) / 100.0);
                assert!(contrast(ground, ground.ink()) >= LEAST, "{ground:?}");
            }
        }
        assert!(contrast(INK, WHITE) >= LEAST);
        let drawn = matrix("m", &[("a", "a"), ("a", "a"), ("a", "b"), ("b", "a")]);
        // b is always taken for a: white on full red.
        assert!(drawn.contains("fill=\"#b3261e\"><title>b taken for a: 1</title>"));
        assert!(drawn.contains("fill=\"#ffffff\">1</text>"), "{drawn}");
        assert!(drawn.contains(">expected</text>") && drawn.contains(">predicted</text>"));
    }

    #[test]
    fn each_side_of_a_histogram_has_a_scale_of_its_own() {
        let sure: Vec<(f64, bool)> = (0..40).map(|i| (0.9, i >= 10)).collect();
        let drawn = histogram("h", &sure);
        let long = |word: &str| -> usize {
            let line = drawn.lines().find(|line| line.contains(word)).unwrap();
            let width = line.split("width=\"").nth(1).unwrap();
            width.split('"').next().unwrap().parse().unwrap()
        };
        assert!(long(": 30 right").abs_diff(long(": 10 wrong")) < 60);
        for said in [
            "confidence",
            "number of messages",
            "right: 30",
            "wrong: 10",
            ">0.4<",
            ">20<",
        ] {
            assert!(drawn.contains(said), "{said}: {drawn}");
        }
        assert!(histogram("none", &[]).contains("right: 0"));
    }
}
