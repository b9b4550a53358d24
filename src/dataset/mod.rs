//! Tables of messages (CSV and its relatives) to an assistant: what was not said about a file is found out, and
//! every row is either kept or listed with the reason why not.

mod annotate;
mod assistant;
mod cells;
mod clean;
mod columns;
mod delimiter;
mod encoding;
mod faq;
mod gather;
mod header;
mod holdout;
mod language;
mod left_out;
mod names;
mod options;
mod problem;
mod table;
mod words;
mod write;

pub use clean::{LONGEST_TEXT, text_key};
pub use columns::{Reason, Roles};
pub use delimiter::Delimiter;
pub use encoding::Found;
pub use gather::{Dataset, NamedIntent};
pub use holdout::NEEDED as HOLDOUT_NEEDED;
pub use left_out::{LeftOut, Why, summary, to_csv};
pub use options::{OnConflict, Options};
pub use problem::Problem;
pub use table::{Column, Table, read};
pub use write::write_rows;
