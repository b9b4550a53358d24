//! Measuring: a model on test files, or models made for the test on training examples.

use std::{
    cell::OnceCell,
    collections::BTreeSet,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{
    Request,
    load::{self, Tests},
};
use crate::{
    actions::Duckling,
    commands::{Context, Format, duckling_url, show_with},
    console::{Console, Loudness, Progress},
    data::Assistant,
    diagnostic::{Place, Result, Sources, count},
    eval::{
        coverage::Coverage,
        message::Heard,
        nearest::{Near, Nearest},
        nlu::{self, NluReport},
        run::{Event, How, TestReport},
        story::{self, Failure, Setting, StoryReport},
        validate,
    },
    files,
    model::{Folder, Model},
    project::Paths,
    report::test as form,
};

/// Most stories that fail told one by one.
const SHOWN: usize = 20;
/// Most messages that are understood wrongly told one by one.
const LISTED: usize = 10;
/// Seed where neither a person nor a model says one.
pub(super) const SEED: u64 = 42;

/// A bar for work that is done on several threads.
pub(super) struct Steps {
    progress: Progress,
    done: AtomicUsize,
}

impl Steps {
    pub(super) fn new(console: &Console, name: &str, total: usize) -> Self {
        let progress = console.progress();
        progress.stage(name, Some(total as u64));
        Self {
            progress,
            done: AtomicUsize::new(0),
        }
    }

    pub(super) fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        self.progress.set(done as u64);
    }
}

/// Tests a model on the test files. Aloud, what goes wrong is told as it happens.
pub(super) fn tests(
    request: &Request,
    paths: &Paths,
    project: Option<&Assistant>,
    aloud: bool,
    context: &mut Context,
) -> Result<TestReport> {
    let (path, mut model) = Folder::new(&paths.models).load(request.model.as_deref())?;
    let duckling = Duckling::connect(&mut model, duckling_url(paths));
    let tests = load::tests(request, paths, project, context)?;
    let model = Arc::new(model);
    let seed = request.seed.unwrap_or(model.metadata.seed);
    let (messages, stories) = measure(&model, &tests, project, aloud, context)?;
    if let Some(note) = duckling.and_then(|server| server.note()) {
        context.console.message(format!("warning: {note}"));
    }
    let coverage = project
        .filter(|_| request.names.is_empty() && !request.partial)
        .and_then(|assistant| {
            let stories = stories.as_ref()?;
            let intents: BTreeSet<String> = messages
                .iter()
                .flatten()
                .map(|message| message.expected.clone())
                .collect();
            let sources = &context.sources;
            Some(Coverage::of(assistant, &stories.held, &intents, sources))
        });
    Ok(TestReport {
        model: Some(files::show(&path)),
        seed,
        nlu: messages.map(|messages| NluReport::of(messages, seed)),
        stories,
        coverage,
        ..TestReport::default()
    })
}

/// Tests another model on the same files, without a word.
pub(super) fn another(
    path: &Path,
    request: &Request,
    paths: &Paths,
    project: Option<&Assistant>,
    context: &mut Context,
) -> Result<(Option<NluReport>, Option<StoryReport>)> {
    let (_, mut model) = Folder::new(&paths.models).load(Some(path))?;
    let duckling = Duckling::connect(&mut model, duckling_url(paths));
    let tests = load::tests(request, paths, project, context)?;
    let (messages, stories) = measure(&Arc::new(model), &tests, None, false, context)?;
    drop(duckling);
    let messages = messages.map(|messages| NluReport::of(messages, SEED));
    Ok((messages, stories))
}

type Measured = (Option<Vec<Heard>>, Option<StoryReport>);

/// Lets a model understand the messages and hold the conversations. Aloud, failures are told as they happen.
fn measure(
    model: &Arc<Model>,
    tests: &Tests,
    project: Option<&Assistant>,
    aloud: bool,
    context: &mut Context,
) -> Result<Measured> {
    let Context {
        console,
        sources,
        format,
        stop,
        ..
    } = context;
    let sources: &Sources = sources;
    let filed = OnceCell::new();
    let nearest = |text: &str, own: Option<&Place>| -> Option<Near> {
        let examples = &project?.training.examples;
        let filed = filed.get_or_init(|| Nearest::of(examples, sources));
        filed.to(text, own)
    };
    let mut teller = Teller::new(console, sources, *format, aloud);
    let messages = (!tests.examples.is_empty()).then(|| {
        teller.on(&Event::Stage {
            name: "Messages",
            total: tests.examples.len(),
        });
        let on = &mut |message: &_| teller.on(&Event::Message(message));
        nlu::evaluate(model, &tests.examples, sources, &nearest, on)
    });
    let stories = (!tests.stories.is_empty()).then(|| {
        teller.on(&Event::Stage {
            name: "Stories",
            total: tests.stories.len(),
        });
        let setting = Setting {
            model,
            sources,
            nearest: &nearest,
        };
        let on = &mut |held: &_| teller.on(&Event::Story(held));
        story::evaluate(&setting, &tests.stories, on)
    });
    teller.finish()?;
    if stop.load(Ordering::Relaxed) {
        return Err(crate::diagnostic::Error::Interrupted);
    }
    Ok((messages, stories))
}

/// Tells what happens: a bar on terminals, what goes wrong at once, a line for each event where that is the format.
struct Teller<'a> {
    progress: Progress,
    console: &'a mut Console,
    sources: &'a Sources,
    format: Format,
    aloud: bool,
    done: u64,
    /// Messages that were understood wrongly, and stories that failed.
    wrong: [usize; 2],
    outcome: Result<()>,
}

impl<'a> Teller<'a> {
    fn new(console: &'a mut Console, sources: &'a Sources, format: Format, aloud: bool) -> Self {
        Self {
            progress: console.progress(),
            console,
            sources,
            format,
            aloud,
            done: 0,
            wrong: [0; 2],
            outcome: Ok(()),
        }
    }

    fn on(&mut self, event: &Event<'_>) {
        match event {
            Event::Stage { name, total } => {
                self.done = 0;
                self.progress.stage(name, Some(*total as u64));
            }
            Event::Message(message) => {
                self.done += 1;
                if self.tells_messages() && !message.misunderstandings().is_empty() {
                    self.message(message);
                }
            }
            Event::Story(held) => {
                self.done += 1;
                if let Some(failure) = held.failure.as_ref().filter(|_| self.aloud) {
                    self.story(failure);
                }
            }
        }
        if self.done.is_multiple_of(64) || matches!(event, Event::Story(_)) {
            self.progress.set(self.done);
        }
        if self.aloud
            && self.format == Format::JsonLines
            && self.outcome.is_ok()
            && let Some(line) = form::lines::event(event)
        {
            self.outcome = self.console.result(line);
        }
    }

    /// Tells whether messages are told in words, one by one: the other forms have all of them in the end.
    fn tells_messages(&self) -> bool {
        self.aloud
            && matches!(self.format, Format::Human | Format::Github)
            && self.console.loudness() > Loudness::Quiet
    }

    fn message(&mut self, message: &Heard) {
        self.wrong[0] += 1;
        let all = self.console.loudness() >= Loudness::Verbose;
        if (all || self.wrong[0] <= LISTED) && self.outcome.is_ok() {
            let Self {
                progress, console, ..
            } = self;
            self.outcome = progress.suspend(|| form::misunderstood(console, message));
        }
    }

    fn story(&mut self, failure: &Failure) {
        self.wrong[1] += 1;
        if self.wrong[1] <= SHOWN || self.format == Format::Github {
            let finding = form::failure(failure);
            let Self {
                progress,
                console,
                sources,
                format,
                ..
            } = self;
            progress.suspend(|| show_with(console, sources, *format, &[finding]));
        }
    }

    fn finish(self) -> Result<()> {
        let [messages, stories] = self.wrong;
        let more = |wrong: usize, told: usize| wrong.checked_sub(told).filter(|more| *more > 0);
        drop(self.progress);
        self.outcome?;
        if let Some(more) = more(stories, SHOWN).filter(|_| self.format != Format::Github) {
            self.console
                .message(format!("… and {more} more that failed"));
        }
        if let Some(more) =
            more(messages, LISTED).filter(|_| self.console.loudness() < Loudness::Verbose)
        {
            let of = count(more, "message");
            self.console
                .result(format!("       and {of} more, all with `-v`"))?;
        }
        Ok(())
    }
}

/// Validates on training examples. Aloud, what goes wrong is told.
pub(super) fn training(
    request: &Request,
    paths: &Paths,
    aloud: bool,
    context: &mut Context,
) -> Result<TestReport> {
    let assistant = load::training(paths, context)?;
    let seed = request.seed.unwrap_or(SEED);
    let options = validate::Options {
        classifier: request.classifier.clone(),
        seed,
    };
    let (messages, how) = if let Some(share) = request.holdout {
        let progress = Steps::new(&context.console, "Held out", 1);
        let (sources, stop) = (&context.sources, &context.stop);
        let messages = validate::hold_out(&assistant, share, &options, sources, stop)?;
        drop(progress);
        (messages, How::HoldOut { share })
    } else {
        let folds = request.folds.unwrap_or(5);
        let progress = Steps::new(&context.console, "Folds", folds);
        let (sources, stop) = (&context.sources, &context.stop);
        let on = || progress.step();
        let messages = validate::cross_validate(&assistant, folds, &options, sources, stop, &on)?;
        drop(progress);
        (messages, How::CrossValidation { folds })
    };
    if messages.is_empty() {
        return Err(super::nothing(request, paths));
    }
    let Context {
        console,
        sources,
        format,
        ..
    } = context;
    let mut teller = Teller::new(console, sources, *format, aloud);
    for message in &messages {
        teller.on(&Event::Message(message));
    }
    teller.finish()?;
    Ok(TestReport {
        seed,
        how,
        nlu: Some(NluReport::of(messages, seed)),
        ..TestReport::default()
    })
}
