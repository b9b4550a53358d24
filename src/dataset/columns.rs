//! Which column holds messages, which intents, which answers: from the words of the header and from what the cells
//! hold.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    annotate,
    options::Options,
    problem::Problem,
    table::Table,
    words::{Hint, hint},
};

/// What the columns of a table are for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roles {
    /// Messages.
    pub text: usize,
    /// Intents; several columns are joined with `_`.
    pub intent: Vec<usize>,
    /// Answers.
    pub response: Option<usize>,
    /// Why, for each column that has a role or could have had one.
    pub reasons: Vec<Reason>,
}

/// What a column is for, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The column's number, from 0.
    pub column: usize,
    /// `text`, `intent`, `response` or `not used`.
    pub role: &'static str,
    /// Why.
    pub why: String,
}

/// What the cells of a column are like.
#[derive(Clone, Debug, Default)]
struct Figures {
    filled: usize,
    distinct: usize,
    mean_chars: f64,
    mean_words: f64,
    numeric: f64,
    markup: f64,
    marked: usize,
    /// Share of cells that are one word such as `cancel_order`.
    identifiers: f64,
}

/// Most rows that are looked at.
const SAMPLE: usize = 10_000;
/// Labels are shorter than this on average.
const LABEL_CHARS: f64 = 48.0;
/// A topic with more answers than this is too coarse to choose an answer by.
const ANSWERS_FOR_A_TOPIC: usize = 3;

/// Finds out what each column is for.
pub(super) fn roles(table: &Table, options: &Options) -> Result<Roles, Problem> {
    let figures: Vec<Figures> = (0..table.columns.len())
        .map(|i| figures(table, i))
        .collect();
    let hints: Vec<Option<(Hint, u8)>> = table
        .columns
        .iter()
        .map(|column| {
            if column.named {
                hint(&column.name)
            } else {
                None
            }
        })
        .collect();
    let mut finder = Finder {
        table,
        figures,
        hints,
        roles: Roles::default(),
        taken: FxHashSet::default(),
    };
    finder.find(options)?;
    Ok(finder.roles)
}

/// Returns the column of messages of a table without labels: the one so named, else the one with the most words.
pub(super) fn messages(table: &Table) -> usize {
    let named = |column: &&super::Column| {
        let hint = column.named.then(|| hint(&column.name)).flatten();
        matches!(hint, Some((Hint::Text, _)))
    };
    let by_name = table.columns.iter().position(|column| named(&column));
    by_name.unwrap_or_else(|| {
        let words = |column: &usize| figures(table, *column).mean_words;
        let columns = (0..table.columns.len()).rev();
        columns
            .max_by(|a, b| words(a).total_cmp(&words(b)))
            .unwrap_or_default()
    })
}

struct Finder<'a> {
    table: &'a Table,
    figures: Vec<Figures>,
    hints: Vec<Option<(Hint, u8)>>,
    roles: Roles,
    taken: FxHashSet<usize>,
}

impl Finder<'_> {
    fn find(&mut self, options: &Options) -> Result<(), Problem> {
        let text = self.asked("--text", options.text.as_deref())?;
        let intent = self.asked("--intent", options.intent.as_deref())?;
        let response = self.asked("--response", options.response.as_deref())?;
        for (a, b, flags) in [
            (text, intent, ["--text", "--intent"]),
            (text, response, ["--text", "--response"]),
            (intent, response, ["--intent", "--response"]),
        ] {
            if a.is_some() && a == b {
                return Err(Problem::SameColumn {
                    flags,
                    column: a.map_or_else(String::new, |column| self.name(column)),
                    at: self.table.header_at,
                });
            }
        }
        for (column, role, flag) in [
            (text, "text", "--text"),
            (intent, "intent", "--intent"),
            (response, "response", "--response"),
        ] {
            if let Some(column) = column {
                self.give(column, role, format!("`{flag}`"));
            }
        }
        self.roles.intent.extend(intent);
        self.roles.response = response;
        let text = match text {
            Some(text) => text,
            None => self.find_text()?,
        };
        self.roles.text = text;
        if intent.is_none() {
            self.find_intent();
        }
        if response.is_none() {
            self.find_response();
        }
        if intent.is_none() {
            self.reconsider_intent();
        }
        if self.roles.intent.is_empty() && self.roles.response.is_none() {
            return Err(Problem::NoIntent {
                columns: self.table.column_names(),
                at: self.table.header_at,
            });
        }
        for column in 0..self.table.columns.len() {
            let told = self
                .roles
                .reasons
                .iter()
                .any(|reason| reason.column == column);
            if !told && self.filled(column) > 0 {
                self.roles.reasons.push(Reason {
                    column,
                    role: "not used",
                    why: "nothing in it looks like text, intent or response".to_owned(),
                });
            }
        }
        self.roles.reasons.sort_by_key(|reason| reason.column);
        Ok(())
    }

    /// Returns the column that a flag names, by its name or its number.
    fn asked(&self, flag: &'static str, name: Option<&str>) -> Result<Option<usize>, Problem> {
        let Some(name) = name else { return Ok(None) };
        let columns = &self.table.columns;
        let wanted = name.trim().to_lowercase();
        let found = columns
            .iter()
            .position(|column| column.name == name)
            .or_else(|| {
                columns
                    .iter()
                    .position(|column| column.name.to_lowercase() == wanted)
            })
            .or_else(|| {
                wanted
                    .parse::<usize>()
                    .ok()?
                    .checked_sub(1)
                    .filter(|i| *i < columns.len())
            });
        found.map(Some).ok_or_else(|| Problem::UnknownColumn {
            flag,
            name: name.to_owned(),
            columns: self.table.column_names(),
            at: self.table.header_at,
        })
    }

    fn give(&mut self, column: usize, role: &'static str, why: String) {
        self.taken.insert(column);
        self.roles.reasons.retain(|reason| reason.column != column);
        self.roles.reasons.push(Reason { column, role, why });
    }

    fn pass_over(&mut self, column: usize, why: String) {
        self.roles.reasons.retain(|reason| reason.column != column);
        self.roles.reasons.push(Reason {
            column,
            role: "not used",
            why,
        });
    }

    fn name(&self, column: usize) -> String {
        self.table
            .columns
            .get(column)
            .map(|column| column.name.clone())
            .unwrap_or_default()
    }

    fn filled(&self, column: usize) -> usize {
        self.figures.get(column).map_or(0, |figures| figures.filled)
    }

    fn free(&self) -> impl Iterator<Item = (usize, &Figures, Option<(Hint, u8)>)> {
        self.figures
            .iter()
            .zip(&self.hints)
            .enumerate()
            .map(|(i, (figures, hint))| (i, figures, *hint))
            .filter(|(i, ..)| !self.taken.contains(i))
    }

    fn find_text(&mut self) -> Result<usize, Problem> {
        let filled = |i: &usize| self.filled(*i) > 0;
        let hinted: Vec<(usize, u8, bool)> = self
            .free()
            .filter_map(|(i, figures, hint)| match hint {
                Some((Hint::Text, how)) => Some((i, how, figures.marked * 20 > figures.filled)),
                _ => None,
            })
            .collect();
        let best = hinted
            .iter()
            .max_by_key(|(i, how, marked)| (filled(i), *marked, *how, std::cmp::Reverse(*i)))
            .copied();
        if let Some((column, _, marked)) = best {
            let why = if marked {
                "the header names messages, and its cells mark entities"
            } else {
                "the header names messages"
            };
            self.give(column, "text", why.to_owned());
            for (other, ..) in hinted {
                if other != column {
                    let why = format!("`{}` is the text", self.name(column));
                    self.pass_over(other, why);
                }
            }
            return Ok(column);
        }
        let longest = self
            .free()
            .filter(|(_, figures, hint)| {
                !matches!(
                    hint,
                    Some((
                        Hint::Intent | Hint::Response | Hint::Other | Hint::Scenario | Hint::Label,
                        2..
                    ))
                ) && figures.filled > 0
                    && figures.numeric < 0.5
                    && figures.markup < 0.2
            })
            .map(|(i, figures, _)| {
                (
                    i,
                    figures.variety() * figures.mean_chars.min(80.0),
                    figures.variety(),
                )
            })
            .collect::<Vec<_>>();
        // Of a question and its answer the question comes first: a column much like the longest, but before it, wins.
        let top = longest
            .iter()
            .map(|(_, score, _)| *score)
            .fold(0.0, f64::max);
        let found = longest
            .iter()
            .find(|(_, score, variety)| *score > top * 0.45 && *variety > 0.3);
        match found {
            Some((column, score, _)) if *score > 0.0 => {
                let column = *column;
                self.give(
                    column,
                    "text",
                    "its cells are the longest and most varied".to_owned(),
                );
                Ok(column)
            }
            _ => Err(Problem::NoText {
                columns: self.table.column_names(),
                at: self.table.header_at,
            }),
        }
    }

    fn find_intent(&mut self) {
        let labels = |wanted: Hint| -> Vec<usize> {
            self.free()
                .filter(|(_, figures, hint)| {
                    matches!(hint, Some((hint, _)) if *hint == wanted)
                        && figures.mean_chars < LABEL_CHARS
                })
                .map(|(i, ..)| i)
                .collect()
        };
        let (intents, scenarios, others) = (
            labels(Hint::Intent),
            labels(Hint::Scenario),
            labels(Hint::Label),
        );
        if let Some(&intent) = intents.first() {
            self.take_intent(intent, &scenarios, "the header says so");
            for other in others {
                let (name, chosen) = (self.name(other), self.name(intent));
                let why = if self.determines(intent, other) {
                    format!("coarser than `{chosen}`: each intent has one {name}")
                } else {
                    format!("`{chosen}` is the intent")
                };
                self.pass_over(other, why);
            }
            return;
        }
        let mut candidates = others;
        if candidates.is_empty() {
            candidates.clone_from(&scenarios);
        }
        let is_label = |i: &usize| self.figures.get(*i).is_some_and(Figures::is_label);
        if candidates.iter().any(is_label) {
            candidates.retain(is_label);
        }
        let finest = candidates.iter().copied().max_by_key(|i| {
            (
                self.figures.get(*i).map_or(0, |figures| figures.distinct),
                std::cmp::Reverse(*i),
            )
        });
        if let Some(finest) = finest {
            self.take_intent(finest, &[], "the header names labels");
            for other in candidates {
                if other != finest {
                    let why = format!("coarser than `{}`", self.name(finest));
                    self.pass_over(other, why);
                }
            }
        }
    }

    fn take_intent(&mut self, intent: usize, scenarios: &[usize], why: &str) {
        // The same intent in several scenarios, as `query` in `weather` and `calendar`, is not the same intent.
        let scenario = scenarios.iter().copied().find(|scenario| {
            hint(&self.name(*scenario))
                .is_some_and(|_| self.name(*scenario).to_lowercase().contains("scenario"))
                || !self.determines(intent, *scenario)
        });
        if let Some(scenario) = scenario {
            let (first, second) = (self.name(scenario), self.name(intent));
            self.give(
                scenario,
                "intent",
                format!("joined: an intent is `{first}_{second}`"),
            );
            self.roles.intent.push(scenario);
        }
        self.give(intent, "intent", why.to_owned());
        self.roles.intent.push(intent);
    }

    fn find_response(&mut self) {
        let hinted: Vec<(usize, u8, bool)> = self
            .free()
            .filter_map(|(i, figures, hint)| match hint {
                Some((Hint::Response, how)) => Some((i, how, figures.markup < 0.5)),
                _ => None,
            })
            .collect();
        let best = hinted
            .iter()
            .filter(|(i, ..)| self.filled(*i) > 0 && !self.repeats_text(*i))
            .max_by_key(|(i, how, plain)| (*plain, *how, std::cmp::Reverse(*i)))
            .copied();
        if let Some((column, ..)) = best {
            self.give(column, "response", "the header names answers".to_owned());
            self.roles.response = Some(column);
            return;
        }
        if !self.roles.intent.is_empty() {
            return;
        }
        // Without labels a second column of sentences can only be answers; a short one with few values is a label.
        let label = self
            .free()
            .filter(|(_, figures, hint)| {
                figures.filled > 0
                    && figures.is_label()
                    && !matches!(hint, Some((Hint::Other | Hint::Text | Hint::Response, _)))
            })
            .max_by_key(|(i, figures, _)| {
                (
                    figures.numeric < 0.5,
                    figures.distinct,
                    std::cmp::Reverse(*i),
                )
            })
            .map(|(i, figures, _)| (i, figures.distinct, figures.filled));
        if let Some((column, distinct, filled)) = label {
            let why = if distinct * 2 <= filled {
                format!("{distinct} short values that come again and again")
            } else {
                "its cells are single words".to_owned()
            };
            self.give(column, "intent", why);
            self.roles.intent.push(column);
            return;
        }
        let answer = self
            .free()
            .filter(|(i, figures, hint)| {
                figures.filled > 0
                    && figures.numeric < 0.5
                    && figures.markup < 0.2
                    && figures.mean_chars > 3.0
                    && !matches!(hint, Some((Hint::Other | Hint::Text, _)))
                    && !self.repeats_text(*i)
            })
            .max_by(|a, b| a.1.mean_chars.total_cmp(&b.1.mean_chars))
            .map(|(i, ..)| i);
        if let Some(column) = answer {
            let named = self
                .table
                .columns
                .get(column)
                .is_some_and(|column| column.named);
            let why = if named {
                "its cells are sentences, and nothing looks like labels"
            } else {
                "the second column of sentences"
            };
            self.give(column, "response", why.to_owned());
            self.roles.response = Some(column);
        }
    }

    /// Takes a topic back that is too coarse to choose an answer by.
    fn reconsider_intent(&mut self) {
        let (Some(response), [label]) = (self.roles.response, self.roles.intent.as_slice()) else {
            return;
        };
        let label = *label;
        if matches!(self.hints.get(label), Some(Some((Hint::Intent, _)))) {
            return;
        }
        let mut answers: FxHashMap<&str, FxHashSet<&str>> = FxHashMap::default();
        for row in self.table.rows.iter().take(SAMPLE) {
            let cell = |i: usize| row.cells.get(i).map_or("", |cell| cell.text.trim());
            if !cell(label).is_empty() && !cell(response).is_empty() {
                answers
                    .entry(cell(label))
                    .or_default()
                    .insert(cell(response));
            }
        }
        let pairs: usize = answers.values().map(FxHashSet::len).sum();
        let unlabelled = self.filled(label) * 10 < self.filled(response) * 7;
        if pairs > answers.len() * ANSWERS_FOR_A_TOPIC || unlabelled {
            let why = format!(
                "a topic: {pairs} answers for {} of them, so it cannot choose one; `--intent {}` takes it all the same",
                answers.len(),
                self.name(label)
            );
            self.taken.remove(&label);
            self.roles.intent.clear();
            self.pass_over(label, why);
        }
    }

    /// Tells whether each value of one column goes with a single value of another.
    fn determines(&self, fine: usize, coarse: usize) -> bool {
        let mut seen: FxHashMap<&str, &str> = FxHashMap::default();
        self.table.rows.iter().take(SAMPLE).all(|row| {
            let cell = |i: usize| row.cells.get(i).map_or("", |cell| cell.text.trim());
            *seen.entry(cell(fine)).or_insert_with(|| cell(coarse)) == cell(coarse)
        })
    }

    /// Tells whether a column says, row by row, much the same as the text.
    fn repeats_text(&self, column: usize) -> bool {
        let (mut alike, mut rows) = (0_usize, 0_usize);
        for row in self.table.rows.iter().take(200) {
            let words = |i: usize| -> FxHashSet<String> {
                let cell = row.cells.get(i).map_or("", |cell| cell.text.as_str());
                let (clean, _) = annotate::read(cell);
                clean
                    .to_lowercase()
                    .split_whitespace()
                    .map(str::to_owned)
                    .collect()
            };
            let (a, b) = (words(self.roles.text), words(column));
            if a.is_empty() || b.is_empty() {
                continue;
            }
            rows += 1;
            alike += usize::from(a.intersection(&b).count() * 5 >= a.len().max(b.len()) * 4);
        }
        alike * 2 > rows
    }
}

impl Figures {
    /// Returns the share of cells that differ from all others.
    fn variety(&self) -> f64 {
        self.distinct as f64 / self.filled.max(1) as f64
    }

    fn is_label(&self) -> bool {
        self.mean_chars < LABEL_CHARS
            && self.mean_words < 5.0
            && self.markup < 0.2
            && (self.distinct * 2 <= self.filled
                || self.filled < 10 && self.distinct < self.filled
                || self.identifiers > 0.95)
    }
}

fn figures(table: &Table, column: usize) -> Figures {
    let mut figures = Figures::default();
    let mut values: FxHashSet<&str> = FxHashSet::default();
    let (mut chars, mut words, mut numeric) = (0_usize, 0_usize, 0_usize);
    let (mut markup, mut identifiers) = (0_usize, 0_usize);
    for row in table.rows.iter().take(SAMPLE) {
        let text = row.cells.get(column).map_or("", |cell| cell.text.trim());
        if super::clean::is_missing(text) {
            continue;
        }
        figures.filled += 1;
        values.insert(text);
        chars += text.chars().take(2000).count();
        words += text.split_whitespace().take(400).count();
        numeric += usize::from(is_numeric(text));
        markup += usize::from(is_markup(text));
        identifiers += usize::from(is_identifier(text));
        figures.marked += usize::from(annotate::is_marked(text));
    }
    let n = figures.filled.max(1) as f64;
    figures.distinct = values.len();
    figures.mean_chars = chars as f64 / n;
    figures.mean_words = words as f64 / n;
    figures.numeric = numeric as f64 / n;
    figures.markup = markup as f64 / n;
    figures.identifiers = identifiers as f64 / n;
    figures
}

fn is_numeric(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || "+-.,:/ eT%".contains(c))
}

fn is_identifier(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_ascii_alphanumeric() || "_.:+/#-".contains(c))
        && !text.ends_with('.')
}

fn is_markup(text: &str) -> bool {
    text.starts_with("http://")
        || text.starts_with("https://")
        || text.starts_with("www.")
        || text.starts_with('<') && text.ends_with('>')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{dataset::table::read, diagnostic::Sources};

    fn found(text: &str) -> (String, Vec<String>, Option<String>) {
        found_with(text, &Options::default())
    }

    fn found_with(text: &str, options: &Options) -> (String, Vec<String>, Option<String>) {
        let table = read("a.csv", text.as_bytes(), options, &mut Sources::new()).unwrap();
        let roles = roles(&table, options).unwrap();
        let name = |i: usize| table.columns[i].name.clone();
        (
            name(roles.text),
            roles.intent.iter().map(|i| name(*i)).collect(),
            roles.response.map(name),
        )
    }

    #[test]
    fn headers_name_the_columns() {
        let (text, intent, response) =
            found("id,Question,Answer,intent\n1,hi there,hello,greet\n2,see you,bye,bye\n");
        assert_eq!(
            (text.as_str(), intent[0].as_str(), response.as_deref()),
            ("Question", "intent", Some("Answer"))
        );
    }

    #[test]
    fn of_two_labels_the_finer_is_the_intent() {
        let table = "flags,utterance,category,intent\nB,how to cancel it,ORDER,cancel\nB,how to change it,ORDER,change\n";
        assert_eq!(found(table).1, ["intent"]);
        let table =
            "topic,label,text\na,x,one two three\na,y,four five six\nb,z,seven eight nine\n";
        assert_eq!(found(table).1, ["label"]);
    }

    #[test]
    fn a_label_column_must_look_like_labels() {
        let table = "Ticket Subject,Ticket Type,Ticket Description\nlogin fails today,tech,i cannot log in\nno money,bill,i want my money\nwrong word,tech,it says no\n";
        assert_eq!(found(table).1, ["Ticket Type"]);
        let table = "question,answer\nwhat is it,<p>thing</p>\nwho are you,<p>bot</p>\n";
        assert_eq!(found(table).2.as_deref(), Some("answer"));
    }

    #[test]
    fn a_scenario_is_joined_with_its_intent() {
        let table = "scenario;intent;answer_annotation;answer_from_user\nalarm;set;\"wake at [time : five am]\";\"wake at 5\"\nalarm;query;what alarms;what alarms\n";
        assert_eq!(
            found(table),
            (
                "answer_annotation".into(),
                vec!["scenario".into(), "intent".into()],
                None
            )
        );
    }

    #[test]
    fn without_header_the_cells_decide() {
        let table = "neg,i do not believe it at all\npos,that is very nice of you\nneg,this is bad\npos,it is good\n";
        assert_eq!(
            found(table),
            ("column 2".into(), vec!["column 1".into()], None)
        );
        let table =
            "what is it,it is a thing\nwho are you,i am a bot\nwhere is it,it is far away\n";
        assert_eq!(
            found(table),
            ("column 1".into(), vec![], Some("column 2".into()))
        );
    }

    #[test]
    fn a_topic_with_many_answers_is_no_intent() {
        let mut table = "question,answer,category\n".to_owned();
        for i in 0..20 {
            let topic = if i % 2 == 0 { "a" } else { "b" };
            table = format!("{table}question number {i},answer number {i},{topic}\n");
        }
        assert_eq!(found(&table).1, Vec::<String>::new());
        let options = Options {
            intent: Some("category".into()),
            ..Options::default()
        };
        assert_eq!(found_with(&table, &options).1, ["category"]);
    }

    #[test]
    fn flags_name_columns_by_name_or_number() {
        let table = "a,b,c\none thing,x,two\nother thing,y,three\n";
        let options = Options {
            text: Some("3".into()),
            intent: Some("B".into()),
            ..Options::default()
        };
        assert_eq!(
            found_with(table, &options),
            ("c".into(), vec!["b".into()], None)
        );
        let read = read("a.csv", table.as_bytes(), &options, &mut Sources::new()).unwrap();
        let wrong = Options {
            text: Some("9".into()),
            ..Options::default()
        };
        assert!(matches!(
            roles(&read, &wrong),
            Err(Problem::UnknownColumn { .. })
        ));
    }
}
