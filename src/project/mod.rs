//! A project's YAML files: finding, reading and writing them. One file here for each kind of YAML file.

mod actions;
mod add;
mod annotation;
mod change;
mod config;
mod discover;
mod domain;
mod edit;
mod endpoints;
pub mod foreign;
mod format;
mod load;
mod markup;
mod meaning;
mod merge;
mod migrate;
mod migration;
mod nlu;
mod problem;
mod reader;
mod recipe;
#[cfg(test)]
mod round_trip;
pub mod scaffold;
mod story;
mod story_file;
mod utf8;
mod write_config;
mod write_domain;
mod write_nlu;
mod write_stories;

pub use add::{plan, plan_files};
pub use annotation::read_annotations;
pub use change::{Change, apply};
pub use discover::{Paths, find_root, is_yaml};
pub use edit::{Editor, Reason, Refusal};
pub use format::{Formatted, format, format_text, yaml_files_of};
pub use load::{
    Loaded, Tests, check_servers, holds_stories, load, load_config, load_endpoints, load_stubs,
    load_tests, read_config, read_domain,
};
pub use markup::write_annotations;
pub use migration::{Migration, kept_originals, migration};
pub use recipe::recipe;
pub use story_file::{StoryFile, story_files};
pub use write_config::write_config;
pub use write_domain::{domain_json, write_domain};
pub use write_nlu::{can_write, write_nlu};
pub use write_stories::write_stories;
