//! Training as lines: one for each stage, a live line while it runs.

use crate::{
    console::{Console, Progress},
    diagnostic::{count, thousands},
    model::{Event, Figures},
    nlu,
};

/// Turns events of training into lines.
pub struct TrainReporter<'a> {
    console: &'a mut Console,
    progress: Progress,
}

impl<'a> TrainReporter<'a> {
    /// Starts reporting.
    pub fn new(console: &'a mut Console) -> Self {
        let progress = console.progress();
        Self { console, progress }
    }

    /// Shows one event.
    pub fn on(&mut self, event: &Event) {
        match event {
            Event::Nlu(nlu::Event::Stage { name, total }) => self.progress.stage(name, *total),
            Event::Nlu(nlu::Event::Step { position }) => self.progress.set(*position),
            Event::Nlu(nlu::Event::Features { terms, seconds }) => {
                self.line(
                    "Features",
                    &format!("{} words and n-grams", thousands(*terms)),
                    *seconds,
                );
            }
            Event::Nlu(nlu::Event::Embedding {
                texts,
                dimensions,
                seconds,
            }) => {
                let texts = count(*texts, "message");
                let dimensions = count(*dimensions, "dimension");
                self.line("Embedding", &format!("{texts} in {dimensions}"), *seconds);
            }
            Event::Nlu(nlu::Event::Intents {
                classifier,
                classes,
                detail,
                seconds,
            }) => {
                let classes = count(*classes, "class");
                self.line(
                    "Intents",
                    &format!("{classes:<12} {classifier}{detail}"),
                    *seconds,
                );
            }
            Event::Nlu(nlu::Event::Answers {
                intent,
                answers,
                seconds,
            }) => {
                let answers = count(*answers, "answer");
                let what = format!("{answers:<12} ResponseSelector, {intent}");
                self.line("Answers", &what, *seconds);
            }
            Event::Nlu(nlu::Event::Entities { what, seconds }) => {
                self.line("Entities", what, *seconds);
            }
            Event::Dialogue {
                turns,
                sizes,
                seconds,
            } => {
                let sizes: Vec<String> = sizes
                    .iter()
                    .map(|(name, n)| format!("{name} {}", thousands(*n)))
                    .collect();
                let dot = if self.console.ascii() { " - " } else { " · " };
                self.line(
                    "Dialogue",
                    &format!("{:<12} {}", count(*turns, "turn"), sizes.join(dot)),
                    *seconds,
                );
            }
        }
    }

    fn line(&mut self, stage: &str, what: &str, seconds: f64) {
        let line = stage_line(stage, what, seconds);
        let console = &mut *self.console;
        self.progress.suspend(|| console.say(line));
    }
}

/// Returns the line of a finished stage.
pub fn stage_line(stage: &str, what: &str, seconds: f64) -> String {
    format!("{stage:<10} {what:<62} {seconds:>5.2} s")
}

/// Returns what cross-validation said, in a line; `None` where nothing was measured.
pub fn quality(figures: &Figures) -> Option<String> {
    let accuracy = figures.cross_validated_accuracy?;
    let weakest = figures.weakest.as_ref().map(|(name, share, taken_for)| {
        let taken = taken_for
            .as_ref()
            .map(|other| format!(" (taken for {other})"))
            .unwrap_or_default();
        format!(" Weakest: {name} {share:.2}{taken}")
    });
    let how = if figures.held_out {
        "Validated on held-out"
    } else {
        "Cross-validated on"
    };
    Some(format!(
        "{how} {}: {accuracy:.3}.{}",
        count(figures.validated_on, "example"),
        weakest.unwrap_or_default()
    ))
}

/// Returns what a better threshold of `FallbackClassifier` would do, in a line, or why none is proposed; `None` where
/// nothing was measured, or the one configured is as good.
pub fn fallback(figures: &Figures) -> Option<String> {
    let Some((proposal, now)) = figures.fallback else {
        return too_few(figures);
    };
    let better = format!(
        "Fallback threshold {:.2} would catch {}",
        proposal.threshold,
        says(proposal)
    );
    beside(&better, proposal, now, 0.03)
}

/// Returns what a `scope_threshold` of `FallbackClassifier` would do, in a line; `None` where too little is known, or
/// the one configured is as good.
pub fn scope(figures: &Figures) -> Option<String> {
    let (proposal, now) = figures.scope?;
    let better = format!(
        "Scope threshold {:.2} would catch {}, beside what no intent is about",
        proposal.threshold,
        says(proposal)
    );
    beside(&better, proposal, now, 0.01)
}

/// Says how many messages it takes to propose a threshold, where there are fewer.
fn too_few(figures: &Figures) -> Option<String> {
    let (enough, enough_wrong) = nlu::Fallback::ENOUGH;
    let tested = figures.validated_on;
    let wrong = (1.0 - figures.cross_validated_accuracy?) * tested as f64;
    let is_few = tested < enough || wrong.round() < enough_wrong as f64;
    is_few.then(|| {
        format!(
            "No fallback threshold is proposed: that takes {enough} examples, {enough_wrong} of them misunderstood, and of {tested} here {wrong:.0} were."
        )
    })
}

fn says(fallback: nlu::Fallback) -> String {
    format!(
        "{:.0} % of the messages misunderstood and {:.0} % of those understood",
        100.0 * fallback.wrong,
        100.0 * fallback.right
    )
}

/// Ends a line with what the threshold configured does; no line where that is as good.
fn beside(
    better: &str,
    proposal: nlu::Fallback,
    now: Option<nlu::Fallback>,
    close: f64,
) -> Option<String> {
    match now {
        None => Some(format!("{better}.")),
        Some(now) if (now.threshold - proposal.threshold).abs() < close => None,
        Some(now) => Some(format!(
            "{better}; {:.2} now: {:.0} % and {:.0} %.",
            now.threshold,
            100.0 * now.wrong,
            100.0 * now.right
        )),
    }
}
