//! Stories and rules as one graph: actions are nodes, what users say are edges.
//!
//! Points of different stories become one as in Rasa's visualisation: where the same actions and intents led to them as
//! far back as `max_history`, or where all goes on the same way from them.

use std::collections::{BTreeMap, BTreeSet};

use super::story::ways_of;
use crate::{
    data::{Json, Step, StepKind, Story},
    dialogue::LISTEN,
};

/// What a node stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Node {
    /// Where conversations begin.
    Start,
    /// Any point of a conversation: where rules begin.
    Anywhere,
    /// Something the bot does, within a form or not.
    Action {
        /// Its name.
        name: String,
        /// The form that runs.
        form: Option<String>,
    },
    /// A place where stories are joined.
    Checkpoint(String),
    /// Where a story ends.
    End,
}

impl Node {
    /// Returns what is written on it.
    pub fn label(&self) -> &str {
        match self {
            Self::Start => "start",
            Self::Anywhere => "anywhere",
            Self::Action { name, .. } | Self::Checkpoint(name) => name,
            Self::End => "end",
        }
    }

    /// Returns the form that it lies in.
    pub fn form(&self) -> Option<&str> {
        match self {
            Self::Action { form, .. } => form.as_deref(),
            _ => None,
        }
    }
}

/// A way from one node to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Where it begins.
    pub from: usize,
    /// Where it leads.
    pub to: usize,
    /// What the user says, and what is known then.
    pub label: String,
    /// Whether some test goes this way.
    pub is_tested: bool,
    /// Stories and rules that go this way.
    pub stories: BTreeSet<String>,
}

/// Stories and rules as one graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// The nodes.
    pub nodes: Vec<Node>,
    /// The edges, by their ends.
    pub edges: Vec<Edge>,
}

/// Most nodes before merging: `or` steps and checkpoints multiply.
const MOST: usize = 20_000;

impl Graph {
    /// Draws stories and rules; an edge is tested where a test story goes the same way.
    pub fn of(stories: &[Story], tests: &[Story], max_history: usize) -> Self {
        let mut tree = Tree::default();
        for story in stories {
            for steps in ways_of(story, &[]) {
                if tree.nodes.len() > MOST {
                    break;
                }
                tree.add(story, &steps);
            }
        }
        let mut graph = tree.merged(max_history);
        let tested: BTreeSet<(String, String, String)> = tests
            .iter()
            .flat_map(|story| ways_of(story, tests))
            .flat_map(|steps| hops(&steps))
            .collect();
        let from_anywhere: BTreeSet<(&str, &str)> = tested
            .iter()
            .map(|(_, said, to)| (said.as_str(), to.as_str()))
            .collect();
        for edge in &mut graph.edges {
            let node = |at: usize| graph.nodes.get(at).unwrap_or(&Node::End);
            let (from, to) = (node(edge.from), node(edge.to));
            let said = intent_of(&edge.label);
            edge.is_tested = match from {
                Node::Anywhere | Node::Checkpoint(_) => from_anywhere.contains(&(said, to.label())),
                _ => {
                    let hop = (
                        from.label().to_owned(),
                        said.to_owned(),
                        to.label().to_owned(),
                    );
                    tested.contains(&hop)
                }
            } || *to == Node::End && edge.label.is_empty();
        }
        graph.trust_ends();
        graph
    }

    /// The way to an end is tested where some way to the point before it is.
    fn trust_ends(&mut self) {
        let reached: BTreeSet<usize> = self
            .edges
            .iter()
            .filter(|edge| edge.is_tested)
            .filter(|edge| self.nodes.get(edge.to) != Some(&Node::End))
            .map(|edge| edge.to)
            .collect();
        for edge in &mut self.edges {
            if self.nodes.get(edge.to) == Some(&Node::End) {
                edge.is_tested = reached.contains(&edge.from);
            }
        }
    }

    /// Returns the forms with their nodes.
    pub fn forms(&self) -> BTreeMap<&str, Vec<usize>> {
        let mut forms: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (number, node) in self.nodes.iter().enumerate() {
            if let Some(form) = node.form() {
                forms.entry(form).or_default().push(number);
            }
        }
        forms
    }
}

/// Returns the intent of an edge's label, without slots.
fn intent_of(label: &str) -> &str {
    label.split(" [").next().unwrap_or_default()
}

/// Returns every hop of a test: from which action, by what words, to which.
fn hops(steps: &[&Step]) -> Vec<(String, String, String)> {
    let (mut from, mut said) = ("start".to_owned(), String::new());
    let mut found = Vec::new();
    for step in steps {
        match &step.kind {
            StepKind::User(user) => {
                said = user
                    .intent
                    .clone()
                    .or(user.text.clone())
                    .unwrap_or_default();
            }
            StepKind::Action(name) | StepKind::Bot(name) if name != LISTEN => {
                let from = std::mem::replace(&mut from, name.clone());
                found.push((from, std::mem::take(&mut said), name.clone()));
            }
            _ => {}
        }
    }
    found
}

/// What users may say at a point, and where that leads.
type Onward<'a> = BTreeSet<(&'a str, usize)>;

/// All stories side by side, before points are merged.
#[derive(Default)]
struct Tree {
    nodes: Vec<Node>,
    /// Edge to each node: from where, label, story. Those to ends and checkpoints, too.
    edges: Vec<(usize, usize, String, String)>,
    /// Edge that leads to each node.
    parent: Vec<Option<usize>>,
}

impl Tree {
    fn node(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.parent.push(None);
        self.nodes.len() - 1
    }

    fn hop(&mut self, from: usize, node: Node, label: &mut Vec<String>, story: &str) -> usize {
        let to = self.node(node);
        let edge = (from, to, label.join(" "), story.to_owned());
        label.clear();
        if let Some(parent) = self.parent.get_mut(to) {
            *parent = Some(self.edges.len());
        }
        self.edges.push(edge);
        to
    }

    fn add(&mut self, story: &Story, steps: &[&Step]) {
        let begins_with_checkpoint = matches!(
            story.steps.first().map(|step| &step.kind),
            Some(StepKind::Checkpoint { .. })
        );
        let mut at = if begins_with_checkpoint {
            usize::MAX
        } else if story.is_rule() {
            self.node(Node::Anywhere)
        } else {
            self.node(Node::Start)
        };
        let (mut label, mut form) = (Vec::new(), None);
        let mut ended = false;
        for step in steps {
            ended = false;
            match &step.kind {
                StepKind::User(user) => {
                    let said = user.intent.clone();
                    label.push(said.or(user.text.clone()).unwrap_or_default());
                }
                StepKind::SlotWasSet(slots) => {
                    for slot in slots {
                        label.push(match &slot.value {
                            Some(value) => format!("[{}: {}]", slot.name, shown(value)),
                            None => format!("[{}]", slot.name),
                        });
                    }
                }
                StepKind::Action(name) | StepKind::Bot(name) if name != LISTEN => {
                    let node = Node::Action {
                        name: name.clone(),
                        form: form.clone(),
                    };
                    at = self.hop(at, node, &mut label, &story.name);
                }
                StepKind::ActiveLoop(name) => {
                    form.clone_from(name);
                    // The action that starts a form belongs to it.
                    if let (Some(own), Some(Node::Action { name: action, form })) =
                        (name, self.nodes.get_mut(at))
                        && own == action
                    {
                        *form = Some(own.clone());
                    }
                }
                StepKind::Checkpoint { name, .. } => {
                    let node = Node::Checkpoint(name.clone());
                    if at == usize::MAX {
                        at = self.node(node);
                    } else {
                        at = self.hop(at, node, &mut label, &story.name);
                        ended = true;
                    }
                }
                StepKind::Action(_) | StepKind::Bot(_) | StepKind::Or(_) => {}
            }
        }
        if !ended && at != usize::MAX {
            self.hop(at, Node::End, &mut label, &story.name);
        }
    }

    /// Returns what led to a node, as far back as wanted.
    fn history(&self, node: usize, depth: usize) -> String {
        let (mut key, mut at) = (String::new(), node);
        for _ in 0..depth {
            let parent = self.parent.get(at).copied().flatten();
            let Some((from, _, label, _)) = parent.and_then(|edge| self.edges.get(edge)) else {
                key.push_str("\u{1}^");
                break;
            };
            key.push('\u{1}');
            key.push_str(label);
            key.push('\u{2}');
            if let Some(node) = self.nodes.get(*from) {
                key.push_str(node.label());
            }
            at = *from;
        }
        key
    }

    fn merged(self, max_history: usize) -> Graph {
        let is_single = |node: &Node| !matches!(node, Node::Action { .. });
        let mut known: BTreeMap<(Node, String), usize> = BTreeMap::new();
        let mut nodes: Vec<Node> = Vec::new();
        let mut class: Vec<usize> = Vec::with_capacity(self.nodes.len());
        for (number, node) in self.nodes.iter().enumerate() {
            let history = if is_single(node) {
                String::new()
            } else {
                self.history(number, max_history)
            };
            let at = *known.entry((node.clone(), history)).or_insert_with(|| {
                nodes.push(node.clone());
                nodes.len() - 1
            });
            class.push(at);
        }
        let of = |class: &[usize], node: usize| class.get(node).copied().unwrap_or_default();
        // Points from which all goes on the same way are one.
        let mut joined: Vec<usize> = (0..nodes.len()).collect();
        loop {
            let mut onward: Vec<Onward<'_>> = vec![BTreeSet::new(); nodes.len()];
            for (from, to, label, _) in &self.edges {
                let (from, to) = (of(&class, *from), of(&class, *to));
                let (from, to) = (of(&joined, from), of(&joined, to));
                if let Some(own) = onward.get_mut(from) {
                    own.insert((label, to));
                }
            }
            let mut first: BTreeMap<(&Node, &Onward<'_>), usize> = BTreeMap::new();
            let mut next = joined.clone();
            for (number, node) in nodes.iter().enumerate() {
                let own = of(&joined, number);
                if own != number || is_single(node) {
                    continue;
                }
                if let Some(set) = onward.get(number).filter(|set| !set.is_empty()) {
                    let keep = *first.entry((node, set)).or_insert(number);
                    for entry in &mut next {
                        if *entry == number {
                            *entry = keep;
                        }
                    }
                }
            }
            if next == joined {
                break;
            }
            joined = next;
        }
        let mut names: BTreeMap<usize, usize> = BTreeMap::new();
        let mut graph = Graph::default();
        let mut edges: BTreeMap<(usize, usize, String), BTreeSet<String>> = BTreeMap::new();
        for (number, node) in nodes.iter().enumerate() {
            if of(&joined, number) == number {
                names.insert(number, graph.nodes.len());
                graph.nodes.push(node.clone());
            }
        }
        let name = |node: usize| names.get(&of(&joined, of(&class, node))).copied();
        for (from, to, label, story) in self.edges {
            if let (Some(from), Some(to)) = (name(from), name(to)) {
                edges.entry((from, to, label)).or_default().insert(story);
            }
        }
        graph.edges = edges
            .into_iter()
            .map(|((from, to, label), stories)| Edge {
                from,
                to,
                label,
                is_tested: false,
                stories,
            })
            .collect();
        graph
    }
}

fn shown(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::{StoryKind, UserStep},
        diagnostic::Origin,
    };

    fn story(name: &str, steps: &[&str]) -> Story {
        let steps = steps
            .iter()
            .map(|word| Step {
                kind: match word.split_once(' ') {
                    Some(("loop", "-")) => StepKind::ActiveLoop(None),
                    Some(("loop", form)) => StepKind::ActiveLoop(Some(form.to_owned())),
                    _ if word.starts_with("utter") || word.ends_with("form") => {
                        StepKind::Action((*word).to_owned())
                    }
                    _ => StepKind::User(UserStep {
                        intent: Some((*word).to_owned()),
                        ..UserStep::default()
                    }),
                },
                origin: Origin::default(),
            })
            .collect();
        Story {
            name: name.to_owned(),
            kind: StoryKind::Story,
            steps,
            origin: Origin::default(),
        }
    }

    #[test]
    fn common_beginnings_and_endings_are_drawn_once() {
        let stories = [
            story(
                "a",
                &["greet", "utter_hi", "yes", "utter_ok", "bye", "utter_bye"],
            ),
            story(
                "b",
                &["greet", "utter_hi", "no", "utter_sad", "bye", "utter_bye"],
            ),
        ];
        let graph = Graph::of(&stories, &[stories[0].clone()], 2);
        let labels: Vec<&str> = graph.nodes.iter().map(Node::label).collect();
        assert_eq!(
            labels.iter().filter(|label| **label == "utter_hi").count(),
            1
        );
        assert_eq!(
            labels.iter().filter(|label| **label == "utter_bye").count(),
            1
        );
        assert_eq!(labels.iter().filter(|label| **label == "end").count(), 1);
        let edge = |label: &str| graph.edges.iter().find(|edge| edge.label == label).unwrap();
        assert!(edge("greet").is_tested && edge("yes").is_tested && !edge("no").is_tested);
        assert_eq!(edge("greet").stories.len(), 2);
    }

    #[test]
    fn forms_have_their_nodes() {
        let stories = [story(
            "a",
            &["book", "my_form", "loop my_form", "loop -", "utter_done"],
        )];
        let graph = Graph::of(&stories, &[], 2);
        assert_eq!(graph.forms()["my_form"].len(), 1);
        assert!(graph.edges.iter().all(|edge| !edge.is_tested));
        assert_eq!(Graph::of(&[], &[], 2), Graph::default());
    }
}
