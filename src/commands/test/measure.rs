//! Measuring: a model on test files, or models made for the test on training examples.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
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
    data::{Assistant, Example, Story},
    diagnostic::{Diagnostic, Error, Place, Result, Sources, count, did_you_mean, thousands},
    eval::{
        coverage::Coverage,
        message::{FALLBACK, Heard, OUT_OF_SCOPE},
        nearest::{Near, Nearest},
        nlu::{NluReport, evaluate},
        run::{Event, How, TestReport},
        story::{self, Failure, MOST, Setting, StoryReport, ways},
        validate,
    },
    files,
    model::{self, Folder, Model},
    nlu,
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
    if let Some(assistant) = project.filter(|_| aloud && request.model.is_none())
        && !model::fits(&model.metadata, &context.sources, nlu::resources(assistant))
    {
        context.console.message(format!(
            "warning: {} was trained on other files than the project has now: `bot train`",
            files::show(&path)
        ));
    }
    let duckling = Duckling::connect(&mut model, duckling_url(paths));
    let tests = load::tests(request, paths, project, &model, context)?;
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
    let tests = load::tests(request, paths, project, &model, context)?;
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
    let named = super::project_flag(context);
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
    if aloud {
        unknown_intents(&tests.examples, model, console);
    }
    let mut teller = Teller::new(console, sources, named.as_deref(), *format, aloud);
    let messages = (!tests.examples.is_empty()).then(|| {
        teller.on(&Event::Stage {
            name: "Messages",
            total: tests.examples.len(),
        });
        let on = &mut |message: &_| teller.on(&Event::Message(message));
        evaluate(model, &tests.examples, sources, &nearest, stop, on)
    });
    let mut ways = ways(&tests.stories).map_err(|at| too_many(tests.stories.get(at)))?;
    // One that is named is held as in a whole run: with the stories that lead to it, and those that it leads to.
    let is_named = |at: &usize| {
        let story = tests.stories.get(*at);
        story.is_some_and(|story| story.is_called(&tests.names))
    };
    ways.retain(|way| way.through.iter().any(is_named));
    let stories = (!ways.is_empty()).then(|| {
        teller.on(&Event::Stage {
            name: "Stories",
            total: ways.len(),
        });
        let setting = Setting {
            model,
            sources,
            nearest: &nearest,
        };
        let on = &mut |held: &_| teller.on(&Event::Story(held));
        story::evaluate(&setting, &tests.stories, &ways, stop, on)
    });
    teller.finish()?;
    if stop.load(Ordering::Relaxed) {
        return Err(Error::Interrupted);
    }
    Ok((messages, stories))
}

fn too_many(story: Option<&Story>) -> Error {
    let name = story.map_or("", |story| story.name.as_str());
    let what = format!(
        "with `{name}` the test stories stand for more than {} conversations",
        thousands(MOST)
    );
    let mut finding = Diagnostic::error("test::too-many-ways", what).help(
        "`or` steps and checkpoints multiply: split the story, or name the intents one by one",
    );
    if let Some(story) = story {
        finding = finding.label(story.origin, "");
    }
    Error::Findings(vec![finding])
}

/// Most unknown intents told one by one.
const NAMED: usize = 5;

/// Says which intents of messages the model does not have: no message of them can be understood.
fn unknown_intents(examples: &[Example], model: &Model, console: &mut Console) {
    let learnt = model.nlu.intents();
    let known = |name: &str| learnt.contains(&name);
    let mut unknown: BTreeMap<&str, usize> = BTreeMap::new();
    for example in examples {
        let name = example.intent.as_str();
        if !known(name) && ![OUT_OF_SCOPE, FALLBACK].contains(&name) {
            *unknown.entry(name).or_default() += 1;
        }
    }
    for (name, messages) in unknown.iter().take(NAMED) {
        let meant = did_you_mean(name, learnt.iter().copied());
        let meant = meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
        console.message(format!(
            "warning: {} of `{name}`, an intent that the model does not have{meant}",
            count(*messages, "message")
        ));
    }
    let more: Vec<usize> = unknown.into_values().skip(NAMED).collect();
    if !more.is_empty() {
        console.message(format!(
            "warning: … and {} of {} more that it does not have",
            count(more.iter().sum(), "message"),
            count(more.len(), "intent")
        ));
    }
}

/// Tells what happens: a bar on terminals, what goes wrong at once, a line for each event where that is the format.
struct Teller<'a> {
    progress: Progress,
    console: &'a mut Console,
    sources: &'a Sources,
    project: Option<&'a str>,
    format: Format,
    aloud: bool,
    done: u64,
    /// Messages that were understood wrongly, and stories that failed.
    wrong: [usize; 2],
    outcome: Result<()>,
}

impl<'a> Teller<'a> {
    fn new(
        console: &'a mut Console,
        sources: &'a Sources,
        project: Option<&'a str>,
        format: Format,
        aloud: bool,
    ) -> Self {
        Self {
            project,
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
        // Annotations come in the end, when it is known which of them the run may do without.
        if self.wrong[1] <= SHOWN && self.format != Format::Github {
            let finding = form::failure(failure, self.project);
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
    let assistant = load::training(request, paths, context)?;
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
    let examples = validate::distinct(&assistant).len();
    if let (How::CrossValidation { .. }, Some(left)) = (how, examples.checked_sub(messages.len()))
        && left > 0
    {
        context.console.message(format!(
            "note: {} not tested: the only one of an intent cannot be learnt from and tested",
            count(left, "example")
        ));
    }
    let Context {
        console,
        sources,
        format,
        ..
    } = context;
    let mut teller = Teller::new(console, sources, None, *format, aloud);
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
