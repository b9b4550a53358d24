//! A project's YAML files: finding, reading and writing them. One file here for each kind of YAML file.

mod actions;
mod add;
mod annotation;
mod config;
mod discover;
mod domain;
mod endpoints;
mod insert;
mod load;
mod markup;
mod merge;
mod migrate;
mod nlu;
mod problem;
mod reader;
pub mod scaffold;
mod story;
mod write_config;
mod write_domain;
mod write_nlu;
mod write_stories;

pub use add::{Change, apply, plan};
pub use annotation::read_annotations;
pub use discover::{Paths, find_root};
pub use load::{
    Loaded, Tests, check_servers, load, load_endpoints, load_stubs, load_tests, read_config,
    read_domain,
};
pub use markup::write_annotations;
pub use write_config::write_config;
pub use write_domain::{domain_json, write_domain};
pub use write_nlu::{can_write, write_nlu};
pub use write_stories::write_stories;
