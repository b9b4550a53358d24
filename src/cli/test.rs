//! Arguments of `bot test`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::{
    commands::test::{Kind, List, RasaOptions, Request, Thresholds},
    model::Part,
};

/// What only a verdict has: a list or a comparison of configurations would leave it out without a word.
fn verdict() -> impl Iterator<Item = &'static str> {
    let others = [
        "report",
        "rasa_results",
        "compare",
        "baseline",
        "update_baseline",
        "learning_curve",
    ];
    Thresholds::NAMES.into_iter().chain(others)
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bot test                                              the newest model on everything in tests/
  bot test nlu --nlu held-out.csv --min-accuracy 0.9
  bot test coffee                                       the stories with `coffee` in their name
  bot test --cross-validate 5                           no tests needed: the training examples in five parts
  bot test --compare models/main.tar.gz --max-regressions 0
  bot test --report junit=out.xml --report html=out.html
  bot test --list suspects                              examples that are probably labelled wrongly
  bot test --format json > report.json")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct Arguments {
    /// `nlu` or `core` for only this part; other words: only test stories with one of them in their name
    #[arg(value_name = "PART|NAME")]
    words: Vec<String>,
    /// Model: a file, a folder, or a name in models/ [default: the newest]
    #[arg(short, long, value_name = "MODEL")]
    model: Option<PathBuf>,
    /// Messages to understand: yml or csv files, or folders of them [default: yml files of tests/]
    #[arg(short = 'u', long, value_name = "PATH", num_args = 1..)]
    nlu: Vec<PathBuf>,
    /// Test stories: files, or folders of `test_*.yml` [default: tests/]
    #[arg(short, long, value_name = "PATH", num_args = 1..)]
    stories: Vec<PathBuf>,
    /// Test training examples by models that have not seen them, in K parts
    #[arg(long, visible_alias = "cross-validation", value_name = "K", num_args = 0..=1, default_missing_value = "5",
        value_parser = clap::value_parser!(u16).range(2..=100), conflicts_with = "holdout", help_heading = "Training examples")]
    cross_validate: Option<u16>,
    /// Rasa's spelling of the number of parts
    #[arg(short = 'f', long, value_name = "K", value_parser = clap::value_parser!(u16).range(2..=100),
        requires = "cross_validate", hide = true)]
    folds: Option<u16>,
    /// Configuration to cross-validate in the place of config.yml; several are compared
    #[arg(short, long, value_name = "FILE", num_args = 1.., conflicts_with = "compare_configs",
        help_heading = "Training examples")]
    config: Vec<PathBuf>,
    /// Domain file or folder
    #[arg(short, long, value_name = "PATH", help_heading = "Training examples")]
    domain: Option<PathBuf>,
    /// What is the case anyway
    #[arg(long, hide = true)]
    fail_on_prediction_errors: bool,
    /// Test a share of the training examples by a model that learns from the rest
    #[arg(long, value_name = "SHARE", num_args = 0..=1, default_missing_value = "0.2", value_parser = inner_share,
        help_heading = "Training examples")]
    holdout: Option<f64>,
    /// Learn from growing shares of the training examples and tell what more would bring
    #[arg(long, help_heading = "Training examples")]
    learning_curve: bool,
    /// Cross-validate several configurations side by side
    #[arg(long, value_name = "CONFIG", num_args = 1.., conflicts_with_all = verdict(), help_heading = "Training examples")]
    compare_configs: Vec<PathBuf>,
    /// List examples in the place of a verdict
    #[arg(
        long,
        value_enum,
        value_name = "LIST",
        conflicts_with_all = verdict(),
        help_heading = "Training examples"
    )]
    list: Option<ListArg>,
    /// Seed of folds, parts and intervals
    #[arg(long, value_name = "N", help_heading = "Training examples")]
    seed: Option<u64>,
    /// Intent classifier, in the place of the configured one
    #[arg(long, value_name = "NAME", help_heading = "Training examples")]
    classifier: Option<String>,
    /// Compare with another model, or with the JSON of an earlier run
    #[arg(
        long,
        value_name = "MODEL|FILE",
        conflicts_with = "baseline",
        help_heading = "Comparison"
    )]
    compare: Option<PathBuf>,
    /// Compare with the baseline of the project [default: tests/baseline.txt]
    #[arg(long, value_name = "FILE", num_args = 0..=1, help_heading = "Comparison")]
    #[expect(clippy::option_option, reason = "a flag whose value may be left out")]
    baseline: Option<Option<PathBuf>>,
    /// Write the baseline anew
    #[arg(long, help_heading = "Comparison")]
    update_baseline: bool,
    /// Fail below this share of messages understood rightly
    #[arg(long, value_name = "SHARE", value_parser = share, help_heading = "Thresholds")]
    min_accuracy: Option<f64>,
    /// Fail below this mean F1 over intents
    #[arg(long, visible_alias = "min-f1", value_name = "SHARE", value_parser = share, help_heading = "Thresholds")]
    min_macro_f1: Option<f64>,
    /// Fail below this F1 weighted by support
    #[arg(long, value_name = "SHARE", value_parser = share, help_heading = "Thresholds")]
    min_weighted_f1: Option<f64>,
    /// Fail below this F1 of one intent
    #[arg(long, value_name = "NAME=SHARE", value_parser = named_share, help_heading = "Thresholds")]
    min_intent_f1: Vec<(String, f64)>,
    /// Fail below this F1 of entities found exactly
    #[arg(long, value_name = "SHARE", value_parser = share, help_heading = "Thresholds")]
    min_entity_f1: Option<f64>,
    /// Fail below this F1 of refusing the messages that are out of scope
    #[arg(long, value_name = "SHARE", value_parser = share, help_heading = "Thresholds")]
    min_out_of_scope_f1: Option<f64>,
    /// Fail below this share of stories that go as written
    #[arg(long, value_name = "SHARE", value_parser = share, help_heading = "Thresholds")]
    min_story_accuracy: Option<f64>,
    /// Fail where tests touch less than this share of the assistant
    #[arg(long, value_name = "SHARE", value_parser = share, help_heading = "Thresholds")]
    min_coverage: Option<f64>,
    /// Fail above this calibration error
    #[arg(long, value_name = "ERROR", value_parser = share, help_heading = "Thresholds")]
    max_ece: Option<f64>,
    /// Fail where more messages and stories than this broke since what is compared with
    #[arg(long, value_name = "N", help_heading = "Thresholds")]
    max_regressions: Option<usize>,
    /// Write a report to a file, as often as wanted: concise, json, junit, github, gitlab, markdown, html
    #[arg(long, value_name = "KIND=FILE", value_parser = kind_and_file, help_heading = "Reports")]
    report: Vec<(Kind, PathBuf)>,
    /// Write the files that `rasa test` writes, plots as SVG
    #[arg(long, help_heading = "Reports")]
    rasa_results: bool,
    /// Folder for them [default: results], or for the stories that failed alone
    #[arg(long, value_name = "DIR", help_heading = "Reports")]
    out: Option<PathBuf>,
    /// Overwrite files there
    #[arg(long, help_heading = "Reports")]
    force: bool,
    /// With --rasa-results: what was predicted rightly, too
    #[arg(long, requires = "rasa_results", help_heading = "Reports")]
    successes: bool,
    /// With --rasa-results: not what was predicted wrongly
    #[arg(long, requires = "rasa_results", help_heading = "Reports")]
    no_errors: bool,
    /// With --rasa-results: no stories with warnings
    #[arg(long, requires = "rasa_results", help_heading = "Reports")]
    no_warnings: bool,
    /// With --rasa-results: no plots
    #[arg(long, requires = "rasa_results", help_heading = "Reports")]
    no_plot: bool,
    /// Train and test again whatever a change of a file touches
    #[arg(long)]
    watch: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ListArg {
    /// Training examples that cross-validation contradicts confidently
    Suspects,
    /// Messages understood rightly by less than 0.10
    Shaky,
    /// Every pair of confused intents with its messages
    Confusions,
    /// Training examples that say the same
    Duplicates,
}

/// Reads a share between 0 and 1.
fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("a share is a number between 0 and 1".to_owned()),
    }
}

/// Reads a share that leaves something on both sides.
fn inner_share(text: &str) -> Result<f64, String> {
    share(text)
        .ok()
        .filter(|value| *value > 0.0 && *value < 1.0)
        .ok_or_else(|| "a held-out share lies between 0 and 1, as 0.2 does".to_owned())
}

fn named_share(text: &str) -> Result<(String, f64), String> {
    let (name, value) = text
        .rsplit_once('=')
        .ok_or("write NAME=SHARE, as in greet=0.8")?;
    Ok((name.to_owned(), share(value)?))
}

fn kind_and_file(text: &str) -> Result<(Kind, PathBuf), String> {
    const KINDS: &str = "concise, json, junit, github, gitlab, markdown, html";
    let (kind, file) = text
        .split_once('=')
        .filter(|(_, file)| !file.is_empty())
        .ok_or("write KIND=FILE, as in junit=out.xml")?;
    let kind = match kind {
        "concise" => Kind::Concise,
        "json" => Kind::Json,
        "junit" => Kind::Junit,
        "github" => Kind::Github,
        "gitlab" => Kind::Gitlab,
        "markdown" => Kind::Markdown,
        "html" => Kind::Html,
        other => return Err(format!("there is no report `{other}`, but: {KINDS}")),
    };
    Ok((kind, PathBuf::from(file)))
}

impl From<Arguments> for Request {
    fn from(arguments: Arguments) -> Self {
        let mut names = arguments.words;
        let part = names.first().and_then(|name| Part::named(name));
        let part = part.unwrap_or_default();
        if part != Part::All {
            names.remove(0);
        }
        Self {
            part,
            names,
            model: arguments.model,
            nlu: arguments.nlu,
            stories: arguments.stories,
            folds: arguments
                .folds
                .or(arguments.cross_validate)
                .map(usize::from),
            config: arguments
                .config
                .first()
                .filter(|_| arguments.config.len() == 1)
                .cloned(),
            domain: arguments.domain,
            holdout: arguments.holdout,
            seed: arguments.seed,
            classifier: arguments.classifier,
            compare: arguments.compare,
            baseline: arguments.baseline,
            update_baseline: arguments.update_baseline,
            list: arguments.list.map(|list| match list {
                ListArg::Suspects => List::Suspects,
                ListArg::Shaky => List::Shaky,
                ListArg::Confusions => List::Confusions,
                ListArg::Duplicates => List::Duplicates,
            }),
            learning_curve: arguments.learning_curve,
            configs: if arguments.config.len() > 1 {
                arguments.config
            } else {
                arguments.compare_configs
            },
            thresholds: Thresholds {
                min_accuracy: arguments.min_accuracy,
                min_macro_f1: arguments.min_macro_f1,
                min_weighted_f1: arguments.min_weighted_f1,
                min_intent_f1: arguments.min_intent_f1.into_iter().collect(),
                min_entity_f1: arguments.min_entity_f1,
                min_out_of_scope_f1: arguments.min_out_of_scope_f1,
                min_story_accuracy: arguments.min_story_accuracy,
                min_coverage: arguments.min_coverage,
                max_ece: arguments.max_ece,
                max_regressions: arguments.max_regressions,
            },
            reports: arguments.report,
            rasa_results: arguments.rasa_results,
            rasa: RasaOptions {
                successes: arguments.successes,
                no_errors: arguments.no_errors,
                no_warnings: arguments.no_warnings,
                no_plot: arguments.no_plot,
            },
            out: arguments.out,
            force: arguments.force,
            watch: arguments.watch,
            partial: false,
        }
    }
}
