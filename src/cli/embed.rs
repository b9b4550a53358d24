//! Arguments of `bot embed`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::commands::embed::{Request, Vocabulary, What};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bot embed info embeddings/minilm                 what the folder holds
  bot embed distill embeddings/minilm --output embeddings/table
  bot embed distill embeddings/minilm --output embeddings/table --vocabulary project")]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: Part,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// Say what a folder of an embedding holds
    Info {
        /// The folder
        folder: PathBuf,
    },
    /// Make a static table out of a transformer: less accurate, and a hundred times as fast
    Distill(Distill),
}

#[derive(Debug, Args)]
struct Distill {
    /// Folder of the transformer
    folder: PathBuf,
    /// Folder for the table
    #[arg(long, visible_alias = "to", value_name = "DIR")]
    output: PathBuf,
    /// Length of the vectors
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = dimensions)]
    dimensions: usize,
    /// Messages whose words get vectors as wholes, not in pieces alone: `project`, or a file with one a line
    #[arg(long, value_name = "project|FILE")]
    vocabulary: Option<PathBuf>,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
}

fn dimensions(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=4096) => Ok(number),
        _ => Err("must be a whole number between 1 and 4096".to_owned()),
    }
}

impl From<Arguments> for Request {
    fn from(arguments: Arguments) -> Self {
        match arguments.what {
            Part::Info { folder } => Self {
                folder,
                what: What::Info,
            },
            Part::Distill(distill) => Self {
                folder: distill.folder,
                what: What::Distill {
                    output: distill.output,
                    dimensions: distill.dimensions,
                    vocabulary: distill.vocabulary.map(|path| {
                        if path.as_os_str() == "project" {
                            Vocabulary::Project
                        } else {
                            Vocabulary::File(path)
                        }
                    }),
                    force: distill.force,
                },
            },
        }
    }
}
