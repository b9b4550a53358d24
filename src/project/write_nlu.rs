//! Training data to the text of an nlu file.

use rustc_hash::FxHashMap;

use super::markup::write_annotations;
use crate::{
    data::{Example, Json, Lookup, TrainingData},
    yaml::emit::{Node, document, fits_block},
};

/// Returns the text of an nlu file: intents in the order of their first example, then synonyms, regexes, lookups.
///
/// Examples that no marked form holds exactly are left out; [`can_write`] tells which.
pub fn write_nlu(training: &TrainingData) -> String {
    let mut items = Vec::new();
    for (intent, examples) in by_intent(&training.examples) {
        items.extend(intent_items(intent, &examples));
    }
    items.extend(grouped(
        "synonym",
        training
            .synonyms
            .iter()
            .map(|synonym| (synonym.value.as_str(), synonym.spelling.as_str())),
    ));
    items.extend(grouped(
        "regex",
        training
            .patterns
            .iter()
            .map(|pattern| (pattern.name.as_str(), pattern.pattern.as_str())),
    ));
    items.extend(lookup_items(&training.lookups));
    document(&[
        ("version".to_owned(), Node::Quoted("3.1".to_owned())),
        ("nlu".to_owned(), Node::List(items)),
    ])
}

/// Tells whether the example can be written so that it is read back exactly.
pub fn can_write(example: &Example) -> bool {
    let text = &example.text;
    let strips = |c: char| matches!(c, ' ' | '\n' | '\r');
    !text.trim().is_empty()
        && !text.starts_with(strips)
        && !text.ends_with(strips)
        && write_annotations(example).is_some()
}

/// Returns the items of lookup tables.
pub(super) fn lookup_items(lookups: &[Lookup]) -> Vec<Node> {
    grouped(
        "lookup",
        lookups.iter().flat_map(|lookup| {
            let entries = lookup.entries.iter();
            entries.map(|entry| (lookup.name.as_str(), entry.value.as_str()))
        }),
    )
}

/// Returns the name an example's intent is written under.
pub(super) fn written_intent(example: &Example) -> &str {
    example.response_key.as_deref().unwrap_or(&example.intent)
}

/// Groups examples by intent, in the order of the first example of each.
pub(super) fn by_intent(examples: &[Example]) -> Vec<(&str, Vec<&Example>)> {
    let mut groups: Vec<(&str, Vec<&Example>)> = Vec::new();
    let mut known: FxHashMap<&str, usize> = FxHashMap::default();
    for example in examples {
        let intent = written_intent(example);
        let at = *known.entry(intent).or_insert_with(|| {
            groups.push((intent, Vec::new()));
            groups.len() - 1
        });
        if let Some((_, group)) = groups.get_mut(at) {
            group.push(example);
        }
    }
    groups
}

/// Returns the items of one intent, one for each metadata that examples share, and for those with metadata of their
/// own.
pub(super) fn intent_items(intent: &str, examples: &[&Example]) -> Vec<Node> {
    let mut groups: Vec<(Option<&Json>, bool, Vec<&Example>)> = Vec::new();
    for example in examples {
        let notes = example.metadata.as_deref();
        let shared = notes.and_then(|notes| notes.intent.as_ref());
        let has_own = notes.is_some_and(|notes| notes.example.is_some());
        match groups.last_mut() {
            Some((known, own, group)) if *known == shared && *own == has_own => group.push(example),
            _ => groups.push((shared, has_own, vec![example])),
        }
    }
    groups
        .into_iter()
        .flat_map(|(shared, has_own, group)| {
            let bodies = if has_own {
                vec![Node::List(
                    group.iter().filter_map(|one| noted(one)).collect(),
                )]
            } else {
                bodies(&group)
            };
            bodies.into_iter().map(move |examples| {
                let mut item = vec![("intent".to_owned(), Node::text(intent))];
                item.extend(shared.map(|notes| ("metadata".to_owned(), Node::json(notes))));
                item.push(("examples".to_owned(), examples));
                Node::Map(item)
            })
        })
        .collect()
}

/// Returns an example with metadata of its own.
fn noted(example: &Example) -> Option<Node> {
    let written = write_annotations(example)?;
    let text = if fits_block(&written) {
        Node::Block(vec![written])
    } else {
        Node::Quoted(written)
    };
    let notes = example.metadata.as_deref()?.example.as_ref()?;
    Some(Node::map([("text", text), ("metadata", Node::json(notes))]))
}

/// Returns a block of lines, and a list for the texts that no line can hold.
fn bodies(examples: &[&Example]) -> Vec<Node> {
    let (mut lines, mut texts) = (Vec::new(), Vec::new());
    for written in examples
        .iter()
        .filter_map(|example| write_annotations(example))
    {
        if fits_block(&written) {
            lines.push(format!("- {written}"));
        } else {
            texts.push(Node::map([("text", Node::Quoted(written))]));
        }
    }
    let mut bodies = Vec::new();
    if !lines.is_empty() {
        bodies.push(Node::Block(lines));
    }
    if !texts.is_empty() {
        bodies.push(Node::List(texts));
    }
    bodies
}

/// Returns `- kind: name` items with a block of lines each, in the order of their first line.
fn grouped<'a>(kind: &str, entries: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Node> {
    let mut groups: Vec<(&str, Vec<String>)> = Vec::new();
    for (name, line) in entries {
        let line = format!("- {line}");
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, lines)) => lines.push(line),
            None => groups.push((name, vec![line])),
        }
    }
    groups
        .into_iter()
        .map(|(name, lines)| {
            let fits = |line: &String| line.strip_prefix("- ").is_some_and(fits_block);
            let examples = if lines.iter().all(fits) {
                Node::Block(lines)
            } else {
                // Only in quotes are tabs at the ends and backslashes before `u` safe.
                Node::Quoted(lines.join("\n"))
            };
            Node::map([(kind, Node::text(name)), ("examples", examples)])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn training(texts: &[(&str, &str)]) -> TrainingData {
        TrainingData {
            examples: texts
                .iter()
                .map(|(text, intent)| Example {
                    text: (*text).to_owned(),
                    intent: (*intent).to_owned(),
                    ..Example::default()
                })
                .collect(),
            ..TrainingData::default()
        }
    }

    #[test]
    fn texts_that_no_line_can_hold_go_into_a_list() {
        let text = write_nlu(&training(&[
            ("hi", "greet"),
            ("- dash: # not a comment", "greet"),
            ("a\nb", "greet"),
            ("C:\\users", "yes"),
        ]));
        assert_eq!(
            text,
            r#"version: "3.1"
nlu:
- intent: greet
  examples: |
    - hi
    - - dash: # not a comment
- intent: greet
  examples:
  - text: "a\nb"
- intent: "yes"
  examples:
  - text: "C:\\users"
"#
        );
    }

    fn read_back(text: &str) -> Vec<(String, String, Vec<crate::data::Annotation>)> {
        let root = crate::yaml::parse(
            crate::diagnostic::SourceId::default(),
            text,
            crate::yaml::Limits::default(),
        )
        .unwrap();
        let (mut training, mut findings) = (TrainingData::default(), Vec::new());
        let mut reader = super::super::reader::Reader {
            source: crate::diagnostic::SourceId::default(),
            text,
            findings: &mut findings,
        };
        super::super::nlu::read(&mut reader, root.get("nlu").unwrap(), &mut training);
        assert!(findings.is_empty(), "{findings:?} in {text}");
        let examples = training.examples.into_iter();
        examples.map(|e| (e.intent, e.text, e.entities)).collect()
    }

    proptest::proptest! {
        #[test]
        fn every_text_is_read_back_exactly(
            text in "\\PC{1,20}|[-#\\[\\](){}\"'\\\\u0041:a*&!%@`|>~? \t\n]{1,20}|.{1,10}|\\[a\\](\\(b\\)|\\{c\\}|\\[\\]).{0,6}",
            other in "[a-z\\\\uU0-9 ]{1,12}",
        ) {
            let trim = |text: &str| text.trim_matches([' ', '\n', '\r']).to_owned();
            let (text, other) = (trim(&text), trim(&other));
            let pairs: Vec<(&str, &str)> = [(text.as_str(), "a"), (other.as_str(), "b")]
                .into_iter()
                .filter(|(text, _)| !text.trim().is_empty())
                .collect();
            if pairs.is_empty() {
                return Ok(());
            }
            let training = training(&pairs);
            proptest::prop_assert!(training.examples.iter().all(can_write));
            let written = write_nlu(&training);
            let expected: Vec<_> = pairs
                .iter()
                .map(|(text, intent)| ((*intent).to_owned(), (*text).to_owned(), vec![]))
                .collect();
            proptest::prop_assert_eq!(read_back(&written), expected, "{}", written);
        }
    }
}
