//! Tables to one set of examples with their intents, answers and names.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    clean::{self, Message},
    columns::{self, Roles},
    faq, holdout,
    left_out::{LeftOut, Why, summary},
    names::{name_of_question, safe_name, unique},
    options::Options,
    problem::Problem,
    table::Table,
};
use crate::{
    data::Example,
    diagnostic::{Diagnostic, Error, Result},
};

/// Fewer examples than this are worth a warning.
const FEW: usize = 5;

/// Everything that was taken from tables, and everything that was not.
#[derive(Clone, Debug, Default)]
pub struct Dataset {
    /// The tables with what their columns are for.
    pub tables: Vec<(Table, Roles)>,
    /// Examples for training, in the order of their rows.
    pub examples: Vec<Example>,
    /// Examples held out for testing.
    pub held_out: Vec<Example>,
    /// Intents in the order of their first example.
    pub intents: Vec<NamedIntent>,
    /// Rows that were left out.
    pub left: Vec<LeftOut>,
    /// What a person should know.
    pub warnings: Vec<Diagnostic>,
    /// The messages behind `examples`, one for one.
    messages: Vec<Message>,
}

/// An intent with what it was called and what it answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedIntent {
    /// Its name.
    pub name: String,
    /// Its label in the table; none where it was made from questions.
    pub label: Option<String>,
    /// Answers, each once.
    pub answers: Vec<String>,
}

impl Dataset {
    /// Takes what can be taken from the tables.
    pub fn gather(tables: Vec<Table>, options: &Options) -> Result<Self> {
        let mut set = Self::default();
        let mut problems = Vec::new();
        let mut messages: Vec<(bool, Vec<Message>)> = Vec::new();
        for table in tables {
            problems.extend(table.warnings.iter().cloned());
            let roles = columns::roles(&table, options)?;
            let found = clean::messages(&table, &roles, options, &mut set.left, &mut problems);
            messages.push((roles.intent.is_empty(), found));
            set.tables.push((table, roles));
        }
        set.warnings
            .extend(problems.into_iter().map(Diagnostic::from));
        let (messages, labels) = aim(messages);
        let rows = messages.len() + set.left.len();
        let snippets: FxHashMap<usize, String> = messages
            .iter()
            .rev()
            .map(|message| (message.target, shown(message, &labels)))
            .collect();
        let names = |target: usize| snippets.get(&target).cloned().unwrap_or_default();
        let decided = clean::deduplicate(&messages, &names, options.on_conflict, &mut set.left)
            .map_err(Error::Findings)?;
        let messages = set.enough(decided.kept, options.min_examples, &names);
        if messages.is_empty() {
            return Err(Problem::NothingLeft {
                files: set.file_names(),
                rows,
                reason: summary(&set.left)
                    .first()
                    .map_or_else(String::new, |(reason, n)| format!("{n} {reason}")),
            }
            .into());
        }
        set.name(messages, &labels, &decided.answers);
        Ok(set)
    }

    /// Leaves out the examples for which `why` gives a reason.
    pub fn leave_out(&mut self, why: &mut dyn FnMut(&Example) -> Option<Why>) {
        let mut messages = std::mem::take(&mut self.messages).into_iter();
        let mut kept = Vec::with_capacity(self.examples.len());
        for example in std::mem::take(&mut self.examples) {
            let Some(message) = messages.next() else {
                break;
            };
            if let Some(why) = why(&example) {
                self.left.push(message.left_out(why));
            } else {
                kept.push(example);
                self.messages.push(message);
            }
        }
        self.examples = kept;
    }

    /// Holds out a share of the examples for testing, and says so where there is none to spare.
    pub fn hold_out(&mut self, share: f64, seed: u64) {
        let intents: Vec<&str> = self
            .examples
            .iter()
            .map(|example| example.intent.as_str())
            .collect();
        let out = holdout::choose(&intents, share, seed);
        if !out.contains(&true) {
            let largest = self
                .counts()
                .iter()
                .map(|(_, n)| *n)
                .max()
                .unwrap_or_default();
            self.warnings.push(
                Problem::NoHoldout {
                    largest,
                    needed: holdout::NEEDED,
                }
                .into(),
            );
            return;
        }
        let mut flags = out.into_iter();
        let (held, kept) = std::mem::take(&mut self.examples)
            .into_iter()
            .partition(|_| flags.next().unwrap_or_default());
        (self.held_out, self.examples) = (held, kept);
        self.messages.clear();
    }

    /// Adds the warnings about intents that are alone, small, or nearly the same.
    pub fn warn_about_intents(&mut self) {
        let mut problems = Vec::new();
        let mut spellings: Vec<(String, Vec<String>)> = Vec::new();
        let mut known: FxHashMap<String, usize> = FxHashMap::default();
        for label in self
            .intents
            .iter()
            .filter_map(|intent| intent.label.as_ref())
        {
            let spelling = safe_name(label).to_lowercase();
            let at = *known.entry(spelling.clone()).or_insert_with(|| {
                spellings.push((spelling, Vec::new()));
                spellings.len() - 1
            });
            if let Some((_, labels)) = spellings.get_mut(at) {
                labels.push(label.clone());
            }
        }
        let similar: Vec<Vec<String>> = spellings
            .into_iter()
            .map(|(_, labels)| labels)
            .filter(|labels| labels.len() > 1)
            .collect();
        if !similar.is_empty() {
            problems.push(Problem::SimilarLabels(similar));
        }
        let counts = self.counts();
        if let [(only, _)] = counts.as_slice() {
            problems.push(Problem::OneIntent((*only).to_owned()));
        }
        let few: Vec<(String, usize)> = counts
            .iter()
            .filter(|(_, n)| *n < FEW)
            .map(|(name, n)| ((*name).to_owned(), *n))
            .collect();
        if !few.is_empty() {
            problems.push(Problem::FewExamples {
                intents: few,
                limit: FEW,
            });
        }
        self.warnings
            .extend(problems.into_iter().map(Diagnostic::from));
    }

    /// Returns each intent with its number of examples, for training or held out.
    pub fn counts(&self) -> Vec<(&str, usize)> {
        let mut counts: FxHashMap<&str, usize> = FxHashMap::default();
        for example in self.examples.iter().chain(&self.held_out) {
            *counts.entry(&example.intent).or_default() += 1;
        }
        self.intents
            .iter()
            .filter_map(|intent| Some((intent.name.as_str(), *counts.get(intent.name.as_str())?)))
            .collect()
    }

    /// Returns the names of entity types, in the order of their first mark.
    pub fn entity_types(&self) -> Vec<&str> {
        let mut seen = FxHashSet::default();
        let all = self.examples.iter().chain(&self.held_out);
        all.flat_map(|example| &example.entities)
            .map(|entity| entity.entity.as_str())
            .filter(|name| seen.insert(*name))
            .collect()
    }

    /// Returns old and new name of every intent that could not keep its label.
    pub fn renamed(&self) -> Vec<(&str, &str)> {
        self.intents
            .iter()
            .filter_map(|intent| Some((intent.label.as_deref()?, intent.name.as_str())))
            .filter(|(label, name)| label != name)
            .collect()
    }

    fn file_names(&self) -> String {
        let names: Vec<String> = self
            .tables
            .iter()
            .map(|(table, _)| format!("`{}`", table.name))
            .collect();
        names.join(", ")
    }

    /// Leaves out messages of intents with too few of them.
    fn enough(
        &mut self,
        messages: Vec<Message>,
        least: usize,
        names: &dyn Fn(usize) -> String,
    ) -> Vec<Message> {
        let mut counts: FxHashMap<usize, usize> = FxHashMap::default();
        for message in &messages {
            *counts.entry(message.target).or_default() += 1;
        }
        let (kept, few): (Vec<_>, Vec<_>) = messages
            .into_iter()
            .partition(|message| counts.get(&message.target).is_some_and(|n| *n >= least));
        self.left.extend(few.into_iter().map(|message| {
            message.left_out(Why::FewExamples {
                intent: names(message.target),
                examples: counts.get(&message.target).copied().unwrap_or_default(),
            })
        }));
        kept
    }

    /// Names the intents and makes examples of the messages.
    fn name(&mut self, messages: Vec<Message>, labels: &[String], answers: &[(usize, String)]) {
        let mut order: Vec<(usize, &Message)> = Vec::new();
        let mut seen = FxHashSet::default();
        for message in &messages {
            if seen.insert(message.target) {
                order.push((message.target, message));
            }
        }
        let mut taken = FxHashSet::default();
        let mut names: FxHashMap<usize, String> = FxHashMap::default();
        // Labels that are safe keep their name, whatever others are mended to.
        for (target, _) in &order {
            if let Some(label) = labels
                .get(*target)
                .filter(|label| safe_name(label) == **label)
            {
                names.insert(*target, unique(label, &mut taken));
            }
        }
        for (target, first) in &order {
            names.entry(*target).or_insert_with(|| {
                let name = match labels.get(*target) {
                    Some(label) => safe_name(label),
                    None => name_of_question(&first.text),
                };
                unique(&name, &mut taken)
            });
        }
        let mut texts: FxHashMap<usize, Vec<String>> = FxHashMap::default();
        let mut known: FxHashSet<(usize, &str)> = FxHashSet::default();
        for (target, answer) in answers {
            if known.insert((*target, answer)) {
                texts.entry(*target).or_default().push(answer.clone());
            }
        }
        self.intents = order
            .iter()
            .map(|(target, _)| NamedIntent {
                name: names.get(target).cloned().unwrap_or_default(),
                label: labels.get(*target).cloned(),
                answers: texts.remove(target).unwrap_or_default(),
            })
            .collect();
        self.examples = messages
            .iter()
            .map(|message| Example {
                metadata: None,
                text: message.text.clone(),
                intent: names.get(&message.target).cloned().unwrap_or_default(),
                response_key: None,
                entities: message.entities.clone(),
                origin: message.origin,
            })
            .collect();
        self.messages = messages;
    }
}

/// Gives every message a number for what it stands for; returns the labels of the first numbers.
fn aim(tables: Vec<(bool, Vec<Message>)>) -> (Vec<Message>, Vec<String>) {
    let mut labels: Vec<String> = Vec::new();
    let mut numbers: FxHashMap<String, usize> = FxHashMap::default();
    let (mut labelled, mut questions) = (Vec::new(), Vec::new());
    for (is_faq, messages) in tables {
        for mut message in messages {
            if is_faq {
                questions.push(message);
                continue;
            }
            message.target = *numbers.entry(message.label.clone()).or_insert_with(|| {
                labels.push(message.label.clone());
                labels.len() - 1
            });
            labelled.push(message);
        }
    }
    faq::group(&mut questions, labels.len());
    labelled.append(&mut questions);
    (labelled, labels)
}

/// Returns what a message stands for in a few words.
fn shown(message: &Message, labels: &[String]) -> String {
    if let Some(label) = labels.get(message.target) {
        return label.clone();
    }
    let answer = message.answer.as_deref().unwrap_or_default();
    let line = answer.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = line.chars().take(40).collect();
    if short.len() < line.len() {
        format!("{short}…")
    } else {
        short
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{dataset::table::read, diagnostic::Sources};

    fn gather(text: &str, options: &Options) -> Dataset {
        let table = read("a.csv", text.as_bytes(), options, &mut Sources::new()).unwrap();
        Dataset::gather(vec![table], options).unwrap()
    }

    #[test]
    fn names_are_mended_and_told_and_safe_ones_win() {
        let set = gather(
            "text,intent\nwhere is it,Track Order\nhi there,Track_Order\nbye now,Track Order#\n",
            &Options::default(),
        );
        assert_eq!(
            set.renamed(),
            [
                ("Track Order", "Track_Order_2"),
                ("Track Order#", "Track_Order_3")
            ]
        );
    }

    #[test]
    fn questions_and_answers_become_intents_with_variations() {
        let set = gather(
            "user_input,bot_response\nWhat is AI?,A thing.\nWhat is AI?,A field.\nAre you a bot?,Yes\nAre you real?,yes.\n",
            &Options::default(),
        );
        let names: Vec<&str> = set
            .intents
            .iter()
            .map(|intent| intent.name.as_str())
            .collect();
        assert_eq!(names, ["what_is_ai", "are_you_a_bot"]);
        assert_eq!(set.intents[0].answers, ["A thing.", "A field."]);
        assert_eq!(set.examples.len(), 3);
    }

    #[test]
    fn every_row_is_kept_or_told() {
        let text = "text,intent\nhi,greet\n,greet\nhi,greet\nyo,NA\nHi ,bye\n\nbye,bye\na,b,c\n";
        let set = gather(text, &Options::default());
        assert_eq!(set.examples.len() + set.left.len(), 8);
        assert_eq!(set.examples.len(), 2);
    }

    proptest::proptest! {
        #[test]
        fn any_table_is_gathered_or_refused(text in "([a-z\\[\\]():\", ?é]{0,12}[,;\t\n]){0,40}") {
            let options = Options::default();
            if let Ok(table) = read("a.csv", text.as_bytes(), &options, &mut Sources::new()) {
                let rows = table.rows.len();
                if let Ok(mut set) = Dataset::gather(vec![table], &options) {
                    proptest::prop_assert_eq!(set.examples.len() + set.left.len(), rows);
                    set.hold_out(0.3, 1);
                    set.warn_about_intents();
                    set.assistant("a");
                }
            }
        }

        #[test]
        fn no_row_is_lost(rows in proptest::collection::vec("[ab ]{0,3},[xy]{0,1}(,z)?", 1..30)) {
            let text = format!("text,intent\nsome text here,x\n{}\n", rows.join("\n"));
            let set = gather(&text, &Options::default());
            proptest::prop_assert_eq!(set.examples.len() + set.left.len(), rows.len() + 1);
        }
    }
}
