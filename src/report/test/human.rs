//! The verdict for people: a table of figures, what is wrong, one last line.

use super::{
    apart,
    failure::{again, replay},
    luck, or_nothing, share, share_in,
    table::Table,
    told::{to, told},
    verdict,
};
use crate::{
    console::{Console, Loudness, Role},
    diagnostic::Result,
    eval::{
        compare::{Change, Comparison, Part, Verdict},
        coverage::Coverage,
        curve::Curve,
        figures::Figures,
        lists,
        nlu::NluReport,
        run::TestReport,
    },
};

/// Most changes listed.
const LISTED: usize = 10;
/// Most names in a line.
const NAMED: usize = 3;
/// Columns before what a labelled line says.
const INDENT: usize = 16;
/// Columns below which a label has a line of its own.
const NARROW: usize = 50;

/// Prints the figures and the verdict.
pub fn print(console: &mut Console, report: &TestReport) -> Result<()> {
    if console.loudness() > Loudness::Quiet {
        // What was understood wrongly has been told as it happened.
        let nlu = report.nlu.as_ref();
        if nlu.is_some_and(|nlu| nlu.misunderstandings().next().is_some()) {
            console.result("")?;
        }
        figures(console, report)?;
        if let Some(stories) = &report.stories {
            actions(console, &stories.actions)?;
        }
        if let Some(nlu) = &report.nlu {
            notes(console, nlu)?;
        }
        if let Some(coverage) = &report.coverage {
            untouched(console, coverage)?;
        }
        if let Some(curve) = &report.curve {
            learning(console, curve)?;
        }
        if let Some(comparison) = &report.comparison {
            compared(console, comparison)?;
        }
        let rule = if console.ascii() { "-" } else { "─" };
        console.result(rule.repeat(12))?;
    }
    let time = format!("{:.2} s", report.seconds);
    let (word, role) = if report.passed() {
        ("Passed", Role::Good)
    } else {
        ("Failed", Role::Bad)
    };
    let word = console.paint_result(role, word);
    let line = format!("{word} in {time}: {}", verdict(report));
    console.told(line)
}

/// Prints what to do about a conversation that failed.
pub fn hint(console: &mut Console, report: &TestReport) {
    let failures = report.stories.iter().flat_map(|stories| &stories.failures);
    if let Some(failure) = failures.into_iter().next() {
        let word = console.paint(Role::Name, "hint:");
        let project = report.project.as_deref();
        console.say(format!(
            "{word} `{}` runs this one; `{}` opens it",
            again(&failure.story, project),
            replay(failure, project)
        ));
    }
}

fn figures(console: &mut Console, report: &TestReport) -> Result<()> {
    let mut table = Table::new(&[
        "", "right", "of", "accuracy", "macro F1", "95 %", "before", "",
    ]);
    let before = report.comparison.as_ref();
    if let Some(nlu) = &report.nlu {
        let (low, high) = nlu.intervals.accuracy;
        let figures = &nlu.intents;
        let (was, arrow) = before
            .map(|comparison| earlier(console, &comparison.intents))
            .unwrap_or_default();
        let dash = if console.ascii() { "-" } else { "–" };
        if figures.examples > 0 {
            table.row(vec![
                "intents".to_owned(),
                figures.right.to_string(),
                figures.examples.to_string(),
                share(figures.accuracy),
                share(figures.macro_average.f1),
                format!("{}{dash}{}", share(low), share(high)),
                was,
                arrow,
            ]);
        }
        if let Some(entities) = &nlu.entities {
            table.row(vec![
                "entities".to_owned(),
                entities.right.to_string(),
                entities.expected.to_string(),
                share(entities.micro.recall),
                share(entities.macro_average.f1),
            ]);
        }
        if let Some(selectors) = &nlu.selectors {
            let mut row = row("answers", selectors);
            if let Some(comparison) = before {
                let (was, arrow) = earlier(console, &comparison.answers);
                row.extend([String::new(), was, arrow]);
            }
            table.row(row);
        }
    }
    if let Some(stories) = &report.stories {
        let (was, arrow) = before
            .filter(|comparison| comparison.stories.0 > 0)
            .map(|comparison| {
                let (of, was, is) = comparison.stories;
                (format!("{was}/{of}"), arrow(console, was, is))
            })
            .unwrap_or_default();
        table.row(vec![
            "stories".to_owned(),
            stories.passed.to_string(),
            stories.total.to_string(),
            String::new(),
            String::new(),
            String::new(),
            was,
            arrow,
        ]);
        table.row(row("actions", &stories.actions));
        if stories.intents.examples > 0 {
            table.row(row("utterances", &stories.intents));
        }
    }
    for line in table.lines(console.width()) {
        console.result(line)?;
    }
    Ok(())
}

fn row(name: &str, figures: &Figures) -> Vec<String> {
    vec![
        name.to_owned(),
        figures.right.to_string(),
        figures.examples.to_string(),
        share(figures.accuracy),
        share(figures.macro_average.f1),
    ]
}

/// Returns the share that was right before, and an arrow to what it is now.
fn earlier(console: &Console, part: &Part) -> (String, String) {
    if part.shared == 0 {
        return Default::default();
    }
    let was = part.right_before as f64 / part.shared as f64;
    let arrow = arrow(console, part.right_before, part.right_now);
    (share(was), arrow)
}

fn arrow(console: &Console, was: usize, is: usize) -> String {
    let (up, down) = if console.ascii() {
        ("+", "-")
    } else {
        ("▲", "▼")
    };
    match is.cmp(&was) {
        std::cmp::Ordering::Greater => up,
        std::cmp::Ordering::Less => down,
        std::cmp::Ordering::Equal => "",
    }
    .to_owned()
}

/// Prints `Label   a · b · c`, broken between the items and going on under the first.
fn labelled(console: &mut Console, label: &str, items: &[String]) -> Result<()> {
    let dot = if console.ascii() { " -" } else { " ·" };
    let wide = |text: &str| unicode_width::UnicodeWidthStr::width(text);
    let indent = if console.width() < NARROW { 2 } else { INDENT };
    let mut line = if indent < INDENT {
        console.result(label)?;
        " ".repeat(indent)
    } else {
        format!("{label:<INDENT$}")
    };
    let mut is_fresh = true;
    for (number, item) in items.iter().enumerate() {
        let end = if number + 1 < items.len() { dot } else { "" };
        if !is_fresh && wide(&line) + 1 + wide(item) + wide(end) > console.width() {
            console.told(&line)?;
            line = " ".repeat(indent);
            is_fresh = true;
        }
        if !is_fresh {
            line.push(' ');
        }
        line.push_str(item);
        line.push_str(end);
        is_fresh = false;
    }
    console.told(line)
}

/// Prints which actions were predicted in the place of which.
fn actions(console: &mut Console, figures: &Figures) -> Result<()> {
    if figures.confusions.is_empty() {
        return Ok(());
    }
    let arrow = to(console);
    let most = figures.confusions.iter().take(NAMED);
    let most = most.map(|c| format!("{} {arrow} {} {}", c.expected, c.predicted, c.count));
    console.result("")?;
    labelled(console, "Wrong actions", &most.collect::<Vec<_>>())
}

/// Prints what stands out among the messages, a line each.
fn notes(console: &mut Console, nlu: &NluReport) -> Result<()> {
    let mut lines: Vec<(&str, Vec<String>)> = Vec::new();
    let arrow = to(console);
    if !nlu.intents.confusions.is_empty() {
        let most = nlu.intents.confusions.iter().take(NAMED);
        let most = most.map(|c| {
            let [expected, predicted] = [&c.expected, &c.predicted].map(|name| or_nothing(name));
            format!("{expected} {arrow} {predicted} {}", c.count)
        });
        lines.push(("Most confused", most.collect()));
        let mut weakest: Vec<_> = nlu
            .intents
            .classes
            .iter()
            .filter(|(_, scores)| scores.support > 0 && scores.f1 < 1.0)
            .collect();
        weakest.sort_by(|a, b| a.1.f1.total_cmp(&b.1.f1));
        let weakest = weakest.iter().take(NAMED);
        let weakest = weakest.map(|(name, scores)| {
            format!("{name} {} of {}", share_in(scores.f1, 2), scores.support)
        });
        lines.push(("Lowest F1", weakest.collect()));
    }
    if let Some(entities) = &nlu.entities {
        let mut weakest: Vec<_> = entities
            .per_type
            .iter()
            .filter(|(_, scores)| scores.f1 < 1.0)
            .collect();
        weakest.sort_by(|a, b| a.1.f1.total_cmp(&b.1.f1));
        if !weakest.is_empty() {
            let named = weakest.iter().take(NAMED);
            let named = named.map(|(name, scores)| {
                format!("{name} {} of {}", share_in(scores.f1, 2), scores.support)
            });
            lines.push(("Entity F1", named.collect()));
        }
    }
    let shaky = lists::shaky(&nlu.messages).len();
    if shaky > 0 {
        let text = format!("{shaky} right by less than 0.10, see `bot test --list shaky`");
        lines.push(("Shaky", vec![text]));
    }
    if nlu.ece >= 0.05 && nlu.messages.len() >= 50 {
        let sure = nlu
            .messages
            .iter()
            .map(|message| message.confidence)
            .sum::<f64>();
        let mean = sure / nlu.messages.len() as f64;
        let text = format!(
            "confidences are off by {:.2}: {mean:.2} on average, {:.2} are right",
            nlu.ece, nlu.intents.accuracy
        );
        lines.push(("Calibration", vec![text]));
    }
    if nlu.refused > 0 {
        let of = nlu.intents.examples;
        let text = format!(
            "{} of {of} fall back, whatever the classifier took them for",
            nlu.refused
        );
        lines.push(("Refused", vec![text]));
    }
    if let Some(outside) = &nlu.outside {
        let mut parts = vec![format!(
            "{:.2} of {} refused",
            outside.recall, outside.outside
        )];
        if outside.inside > 0 {
            parts.push(format!(
                "{:.2} of {} others answered rightly",
                outside.accuracy_inside, outside.inside
            ));
        }
        parts.extend(outside.auroc.map(|area| format!("AUROC {area:.3}")));
        lines.push(("Out of scope", parts));
    }
    if !lines.is_empty() {
        console.result("")?;
    }
    for (label, items) in lines {
        labelled(console, label, &items)?;
    }
    Ok(())
}

fn untouched(console: &mut Console, coverage: &Coverage) -> Result<()> {
    let items: Vec<String> = coverage
        .parts
        .iter()
        .filter(|part| !part.untouched.is_empty())
        .map(|part| {
            let left = part.untouched.len();
            format!("{left} of {} {}", part.of, part.what)
        })
        .collect();
    if items.is_empty() {
        return Ok(());
    }
    console.result("")?;
    labelled(console, "Not tested", &items)?;
    if console.loudness() >= Loudness::Verbose {
        for part in &coverage.parts {
            for (name, place) in &part.untouched {
                let line = format!("  {:<12}{name}  {place}", part.what);
                console.told(line)?;
            }
        }
    }
    Ok(())
}

fn learning(console: &mut Console, curve: &Curve) -> Result<()> {
    console.result("")?;
    let mut table = Table::new(&["data", "examples", "accuracy", ""]);
    for (point, is_forecast) in curve
        .points
        .iter()
        .map(|point| (point, false))
        .chain(curve.forecast.iter().map(|point| (point, true)))
    {
        let bar = if console.ascii() { "#" } else { "█" };
        #[expect(clippy::cast_sign_loss, reason = "an accuracy is not negative")]
        let length = (point.accuracy * 30.0).round() as usize;
        let bar = if is_forecast {
            let light = if console.ascii() { "." } else { "░" };
            format!("{} foretold", light.repeat(length))
        } else {
            bar.repeat(length)
        };
        // Padded to one length, since cells stand to the right.
        let bar = format!("{bar:<39}");
        table.row(vec![
            format!("{:.0} %", point.share * 100.0),
            format!("{:.0}", point.examples),
            share(point.accuracy),
            bar,
        ]);
    }
    for line in table.lines(console.width()) {
        console.result(line)?;
    }
    console.told(foretold(curve, if console.ascii() { "..." } else { "…" }))
}

/// Returns what more data would bring, with its doubts.
fn foretold(curve: &Curve, dots: &str) -> String {
    let between = |(low, high): (f64, f64)| format!("{low:.3}{dots}{high:.3}");
    let Some((last, interval)) = curve
        .forecast
        .last()
        .and_then(|point| Some((point, point.interval?)))
    else {
        return "These points do not tell what more data would bring".to_owned();
    };
    let limit = curve.limit.map_or_else(String::new, |limit| {
        format!(
            "; towards {:.3} ({}) in the end",
            limit.accuracy,
            between(limit.interval)
        )
    });
    format!(
        "If it goes on like this, {} times the data give {} (95 %){limit}",
        last.share,
        between(interval)
    )
}

fn compared(console: &mut Console, comparison: &Comparison) -> Result<()> {
    console.result("")?;
    let minus = if console.ascii() { "-" } else { "−" };
    let signed = |value: f64| format!("{value:+.3}").replace('-', minus);
    let mut table = Table::new(&["", comparison.name.as_str(), "now", "change"]);
    let mut doubt = String::new();
    let mut side_by_side = |what: &str, was: f64, is: f64| {
        table.row(vec![
            what.to_owned(),
            share(was),
            share(is),
            signed(is - was),
        ]);
    };
    for (what, part) in comparison.parts() {
        let is_news = what != "refusals" || !part.fixed.is_empty() || !part.broken.is_empty();
        if part.shared > 0 && is_news {
            let of = part.shared as f64;
            let (was, is) = (part.right_before as f64, part.right_now as f64);
            side_by_side(what, was / of, is / of);
        }
        if what == "intents" && part.shared > 0 {
            let (was, is) = comparison.macro_f1;
            side_by_side("macro F1", was, is);
        }
    }
    if let Some((low, high)) = comparison
        .interval
        .filter(|_| comparison.intents.shared > 0)
    {
        let dots = if console.ascii() { "..." } else { "…" };
        doubt = format!(
            "95 % of the change in accuracy: {} {dots} {}; chance of as much by luck {}",
            signed(low),
            signed(high),
            luck(comparison.intents.chance())
        );
    }
    if comparison.stories.0 > 0 {
        let (of, was, is) = comparison.stories;
        let change = i64::try_from(is).unwrap_or(0) - i64::try_from(was).unwrap_or(0);
        table.row(vec![
            "stories".to_owned(),
            format!("{was}/{of}"),
            format!("{is}/{of}"),
            format!("{change:+}").replace('-', minus),
        ]);
    }
    for line in table.lines(console.width()) {
        console.result(line)?;
    }
    if !doubt.is_empty() {
        console.told(doubt)?;
    }
    for (head, word, changes) in comparison.lists() {
        let role = match word {
            "broken" => Role::Bad,
            "fixed" => Role::Good,
            _ => Role::Warn,
        };
        listed(console, &head, role, changes)?;
    }
    for (word, role, stories) in [
        ("broken", Role::Bad, &comparison.stories_broken),
        ("fixed", Role::Good, &comparison.stories_fixed),
    ] {
        for (name, place) in stories {
            let word = console.paint_result(role, word);
            console.told(format!("{word}  story \"{name}\"  {place}"))?;
        }
    }
    let apart = apart(comparison);
    if !apart.is_empty() {
        console.told(format!("Not compared: {apart}"))?;
    }
    let name = &comparison.name;
    let said = match comparison.verdict {
        Verdict::Better => format!("better than {name}"),
        Verdict::Worse => format!("worse than {name}"),
        Verdict::Unclear => format!("different from {name}, perhaps by chance"),
        Verdict::Same => format!("the same as {name}"),
    };
    console.told(format!("Verdict: {said}"))
}

fn listed(console: &mut Console, word: &str, role: Role, changes: &[Change]) -> Result<()> {
    let arrow = to(console);
    let head = format!("{word} {}", changes.len());
    let width = (head.len() + 2).max(12);
    for (number, change) in changes.iter().enumerate() {
        if number == LISTED && console.loudness() < Loudness::Verbose {
            let more = changes.len() - LISTED;
            console.result(format!("{:width$}and {more} more, all with `-v`", ""))?;
            break;
        }
        let head = if number == 0 { head.as_str() } else { "" };
        let said = |found: &str| if found.is_empty() { "nothing" } else { found }.to_owned();
        let sure = match (change.before.1, change.now.1) {
            (Some(was), Some(is)) => format!("  {was:.2} {arrow} {is:.2}"),
            (None, Some(is)) => format!("  now {is:.2}"),
            _ => String::new(),
        };
        let rest = format!(
            "{} {arrow} {}{sure}  {}",
            said(&change.before.0),
            said(&change.now.0),
            change.place
        );
        told(console, (role, head, width), &change.text, &rest)?;
    }
    Ok(())
}
