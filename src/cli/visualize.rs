//! Arguments of `bot visualize`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::commands::{
    Places,
    visualize::{Form, Request},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bot visualize                                         graph.html: stories and rules, tested ways in green
  bot visualize coffee --out graph.svg
  bot visualize --out - --form mermaid")]
pub(super) struct Arguments {
    /// Only stories and rules with one of these words in their name
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Domain file or folder
    #[arg(short, long, value_name = "PATH")]
    domain: Vec<PathBuf>,
    /// Stories and rules: files or folders [default: data]
    #[arg(short, long, visible_alias = "data", value_name = "PATH", num_args = 1..)]
    stories: Vec<PathBuf>,
    /// File to write: .html, .svg, .dot, .mmd or .json; `-` is stdout [default: graph.html]
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Form, where the file's name does not say it
    #[arg(long, value_enum, value_name = "FORM")]
    form: Option<FormArg>,
    /// How many steps on from two points must be the same for them to be drawn as one
    #[arg(long, value_name = "N", default_value_t = 2)]
    max_history: usize,
    /// Leave rules out
    #[arg(long)]
    no_rules: bool,
    /// Overwrite graph.html
    #[arg(long)]
    force: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormArg {
    Mermaid,
    Dot,
    Svg,
    Html,
    Json,
}

impl From<Arguments> for Request {
    fn from(arguments: Arguments) -> Self {
        Self {
            places: Places {
                domain: arguments.domain,
                data: arguments.stories,
                ..Places::default()
            },
            out: arguments.out,
            form: arguments.form.map(|form| match form {
                FormArg::Mermaid => Form::Mermaid,
                FormArg::Dot => Form::Dot,
                FormArg::Svg => Form::Svg,
                FormArg::Html => Form::Html,
                FormArg::Json => Form::Json,
            }),
            max_history: arguments.max_history,
            names: arguments.names,
            no_rules: arguments.no_rules,
            force: arguments.force,
        }
    }
}
