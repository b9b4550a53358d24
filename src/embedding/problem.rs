//! The words for everything that can be wrong with a folder of an embedding.

use std::path::PathBuf;

use crate::{
    diagnostic::{Diagnostic, Error},
    files,
};

/// What is wrong with a folder, or with what is made of it.
#[derive(Debug)]
pub(crate) enum Problem {
    /// A path could not be read or written.
    File(files::Problem),
    /// A file that every such folder has is not there.
    Missing { folder: PathBuf, file: String },
    /// The weights are there in another form alone.
    OtherForm { folder: PathBuf, file: String },
    /// A file of JSON does not say what it must.
    Config(PathBuf, String),
    /// The model is none of those that are known.
    Unsupported(PathBuf, String),
    /// The tokenizer cannot be used.
    Tokenizer(PathBuf, String),
    /// The weights cannot be read.
    Damaged(PathBuf, String),
    /// A table of weights is not there.
    NoTensor(PathBuf, String),
    /// The file beside an ONNX file that holds its tables is not there, or elsewhere.
    NoData { path: PathBuf, file: String },
    /// A table of weights has not the shape that it must have.
    Shape {
        path: PathBuf,
        tensor: String,
        found: Vec<usize>,
        wanted: Vec<usize>,
    },
    /// The folder is not the one that a model was trained with.
    Other { folder: PathBuf },
    /// The folder that a model was trained with is not there.
    Gone { folder: PathBuf },
    /// What is to be made smaller is a table already.
    AlreadyStatic(PathBuf),
    /// The file of embeddings made earlier cannot be used.
    Cache(PathBuf, String),
}

impl From<files::Problem> for Problem {
    fn from(problem: files::Problem) -> Self {
        Self::File(problem)
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::cannot(problem.into())
    }
}

impl From<Problem> for Diagnostic {
    fn from(problem: Problem) -> Self {
        use crate::files::show;
        match problem {
            Problem::File(problem) => problem.into(),
            Problem::Missing { folder, file } => Self::error(
                "embed::missing-file",
                format!("`{}` is no embedding: it has no `{file}`", show(&folder)),
            )
            .help("a folder of an embedding holds model.safetensors or model.onnx, config.json and tokenizer.json, as on the Hugging Face hub"),
            Problem::OtherForm { folder, file } => Self::error(
                "embed::other-form",
                format!("`{}` has its weights as `{file}` alone, which is not read", show(&folder)),
            )
            .help("take the model.safetensors or the ONNX file of the same model; the hub has them beside the other forms"),
            Problem::Config(path, why) => {
                Self::error("embed::bad-config", format!("`{}` cannot be used: {why}", show(&path)))
                    .help("take the file anew from where the model comes from")
            }
            Problem::Unsupported(path, why) => {
                Self::error("embed::unsupported", format!("the model of `{}` is not known here: {why}", show(&path)))
                    .help("take a model of the BERT family such as all-MiniLM-L6-v2, or a static table as model2vec writes them")
            }
            Problem::Tokenizer(path, why) => {
                Self::error("embed::bad-tokenizer", format!("`{}` cannot be used: {why}", show(&path)))
                    .help("take the file anew from where the model comes from")
            }
            Problem::Damaged(path, why) => {
                Self::error("embed::damaged", format!("`{}` is damaged: {why}", show(&path)))
                    .help("copy the file anew; half a download looks like this")
            }
            Problem::NoTensor(path, tensor) => {
                Self::error("embed::missing-tensor", format!("`{}` has no table `{tensor}`", show(&path)))
                    .help("the weights must be those of a BERT encoder, or a table named `embeddings`")
            }
            Problem::NoData { path, file } => Self::error(
                "embed::missing-data",
                format!("`{}` keeps tables in `{file}`, which is not beside it", show(&path)),
            )
            .help("copy that file too: it has the name of the ONNX file with `_data` or `.data` at its end"),
            Problem::Shape {
                path,
                tensor,
                found,
                wanted,
            } => {
                let shape = |of: &[usize]| {
                    let sides: Vec<String> = of.iter().map(ToString::to_string).collect();
                    sides.join(" × ")
                };
                Self::error(
                    "embed::wrong-shape",
                    format!(
                        "the table `{tensor}` of `{}` is {}, but must be {}",
                        show(&path),
                        shape(&found),
                        shape(&wanted)
                    ),
                )
                .help("config.json and the file of weights must be of the same model")
            }
            Problem::Other { folder } => Self::error(
                "embed::other-folder",
                format!("the embedding in `{}` is not the one that the model was trained with", show(&folder)),
            )
            .help("put the folder back as it was, or train again with `bot train`"),
            Problem::Gone { folder } => Self::error(
                "embed::no-folder",
                format!("the model needs the embedding in `{}`, which is not there", show(&folder)),
            )
            .help("put the folder there: beside the folder of models, or below the folder you are in"),
            Problem::AlreadyStatic(folder) => Self::error(
                "embed::already-static",
                format!("`{}` is a static table already", show(&folder)),
            )
            .help("name the folder of a transformer, such as all-MiniLM-L6-v2"),
            Problem::Cache(path, why) => Self::advice(
                "embed::cache-damaged",
                format!("embeddings kept in `{}` are not used: {why}", show(&path)),
            )
            .help("nothing is lost: they were made anew and kept"),
        }
    }
}
