//! A project's YAML files: finding, reading and writing them. One file here for each kind of YAML file.

mod annotation;
mod config;
mod discover;
mod domain;
mod load;
mod nlu;
mod problem;
mod reader;
mod story;

pub use annotation::read_annotations;
pub use discover::{Paths, find_root};
pub use load::{Loaded, Tests, load, load_tests, read_config, read_domain};
