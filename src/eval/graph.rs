//! Stories and rules as one graph: actions are nodes, what users say are edges.
//!
//! Points of different stories become one as in Rasa's visualisation: two of the same action where the same ways lead
//! to them, where the same ways lead on from them, or where the same actions follow for `max_history` steps; again and
//! again until none are left. Where slots tell ways apart each is drawn, but points are joined as if they did not.

use std::collections::{BTreeMap, BTreeSet};

use super::story::{choices_of, ways};
use crate::{
    data::{Json, RuleCondition, Step, StepKind, Story, StoryKind},
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
const MOST: usize = 5_000;

impl Graph {
    /// Draws stories and rules; an edge is tested where a test story goes this way.
    pub fn of(stories: &[Story], tests: &[Story], max_history: usize) -> Self {
        let mut tree = Tree::default();
        for story in stories {
            for steps in choices_of(story) {
                if tree.nodes.len() > MOST {
                    break;
                }
                tree.add(story, &steps);
            }
        }
        let (mut graph, words) = tree.merged(max_history);
        // Tests that stand for more conversations than can be held are told by `bot test`.
        for way in ways(tests).unwrap_or_default() {
            graph.walk(&way.steps, &words);
        }
        graph.trust_ends();
        graph
    }

    /// Marks the ways that a test goes; `words` are those of the edges.
    fn walk(&mut self, steps: &[&Step], words: &[Words]) {
        let is = |graph: &Self, at: usize, wanted: &dyn Fn(&Node) -> bool| {
            graph.nodes.get(at).is_some_and(wanted)
        };
        let mut here: BTreeSet<usize> = (0..self.nodes.len())
            .filter(|at| is(self, *at, &|node| *node == Node::Start))
            .collect();
        for hop in hops(steps) {
            let mut next = BTreeSet::new();
            let (inside, doors) = self.checkpoints(&here, &hop, words);
            let mut through = BTreeSet::new();
            for number in 0..self.edges.len() {
                let (Some(edge), Some(words)) = (self.edges.get(number), words.get(number)) else {
                    continue;
                };
                let (from, to) = (edge.from, edge.to);
                let is_door = is(self, from, &|node| matches!(node, Node::Checkpoint(_)));
                let is_anywhere = is(self, from, &|node| *node == Node::Anywhere);
                let leads = is(
                    self,
                    to,
                    &|node| matches!(node, Node::Action { name, .. } if *name == hop.to),
                );
                let stands = is_anywhere || inside.contains(&from);
                if leads && stands && words.fit(&hop, is_anywhere || is_door) {
                    next.insert(to);
                    if is_door {
                        through.insert(from);
                    }
                    if let Some(edge) = self.edges.get_mut(number) {
                        edge.is_tested = true;
                    }
                }
            }
            // The last door was found last: one behind another leads on.
            for number in doors.into_iter().rev() {
                if let Some(edge) = self.edges.get_mut(number)
                    && through.contains(&edge.to)
                {
                    edge.is_tested = true;
                    through.insert(edge.from);
                }
            }
            let is_here =
                |node: &Node| matches!(node, Node::Action { name, .. } if *name == hop.to);
            next.retain(|at| is(self, *at, &is_here));
            if next.is_empty() {
                // The test goes where no story does; it may come back.
                next = (0..self.nodes.len())
                    .filter(|at| is(self, *at, &is_here))
                    .collect();
            }
            here = next;
        }
    }

    /// Returns where a test stands that is at these points, with the checkpoints that they lead to, and the ways there.
    fn checkpoints(
        &self,
        here: &BTreeSet<usize>,
        hop: &Hop,
        words: &[Words],
    ) -> (BTreeSet<usize>, Vec<usize>) {
        let (mut inside, mut doors) = (here.clone(), Vec::new());
        loop {
            let before = doors.len();
            for (number, (edge, words)) in self.edges.iter().zip(words).enumerate() {
                let is_door = matches!(self.nodes.get(edge.to), Some(Node::Checkpoint(_)));
                if is_door
                    && inside.contains(&edge.from)
                    && !doors.contains(&number)
                    && words.fit(hop, true)
                {
                    doors.push(number);
                    inside.insert(edge.to);
                }
            }
            if doors.len() == before {
                return (inside, doors);
            }
        }
    }

    /// The way to an end is tested where some way to the point before it is.
    fn trust_ends(&mut self) {
        let reached: BTreeSet<usize> = self
            .edges
            .iter()
            .filter(|edge| edge.is_tested)
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

/// What is said on the way to a node, and what is known then.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Words {
    /// Intent, or text.
    said: String,
    /// Slots with their values; `None` where any will do.
    slots: Vec<(String, Option<String>)>,
}

impl Words {
    fn label(&self) -> String {
        let slots = self.slots.iter().map(|(name, value)| match value {
            Some(value) => format!("[{name}: {value}]"),
            None => format!("[{name}]"),
        });
        let said = (!self.said.is_empty()).then(|| self.said.clone());
        said.into_iter()
            .chain(slots)
            .collect::<Vec<String>>()
            .join(" ")
    }

    /// Tells whether a test that goes on so goes this way. What it does not say of a slot may be anything; a rule that
    /// begins with an action, `is_free`, goes by no word of the user's.
    fn fit(&self, hop: &Hop, is_free: bool) -> bool {
        let said = self.said == hop.said || (is_free && self.said.is_empty());
        said && self.slots.iter().all(|(name, value)| {
            let known = hop.known.get(name);
            known.is_none_or(|known| value.as_ref().is_none_or(|value| value == known))
        })
    }
}

/// One step of a test from action to action.
struct Hop {
    /// What the user said before, if anything.
    said: String,
    /// What the test has said of slots until then, by itself or as entities of that name.
    known: BTreeMap<String, String>,
    /// The action.
    to: String,
}

/// Returns every hop of a test.
fn hops(steps: &[&Step]) -> Vec<Hop> {
    let (mut said, mut known) = (String::new(), BTreeMap::new());
    let mut found = Vec::new();
    for step in steps {
        match &step.kind {
            StepKind::User(user) => {
                let words = user.intent.clone().or(user.text.clone());
                said = words.unwrap_or_default();
                let entities = user.entities.iter();
                known.extend(entities.map(|one| (one.entity.clone(), shown(&one.value))));
            }
            StepKind::SlotWasSet(slots) => {
                for slot in slots {
                    if let Some(value) = &slot.value {
                        known.insert(slot.name.clone(), shown(value));
                    }
                }
            }
            StepKind::Action(name) | StepKind::Bot(name) if name != LISTEN => found.push(Hop {
                said: std::mem::take(&mut said),
                known: known.clone(),
                to: name.clone(),
            }),
            _ => {}
        }
    }
    found
}

/// Returns the form that a rule wants to be active.
fn begun_in(story: &Story) -> Option<String> {
    let StoryKind::Rule { conditions, .. } = &story.kind else {
        return None;
    };
    conditions.iter().find_map(|condition| match condition {
        RuleCondition::ActiveLoop(form, _) => form.clone(),
        RuleCondition::SlotWasSet(_) => None,
    })
}

/// All stories side by side, before points are merged.
#[derive(Default)]
struct Tree {
    nodes: Vec<Node>,
    /// From where to where, by what words, in which story.
    edges: Vec<(usize, usize, Words, String)>,
}

impl Tree {
    fn node(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    fn hop(&mut self, from: usize, node: Node, words: &mut Words, story: &str) -> usize {
        let to = self.node(node);
        let edge = (from, to, std::mem::take(words), story.to_owned());
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
        let (mut words, mut form) = (Words::default(), begun_in(story));
        let mut ended = false;
        for step in steps {
            ended = false;
            match &step.kind {
                StepKind::User(user) => {
                    let said = user.intent.clone().or(user.text.clone());
                    words.said = said.unwrap_or_default();
                }
                StepKind::SlotWasSet(slots) => {
                    for slot in slots {
                        let value = slot.value.as_ref().map(shown);
                        words.slots.push((slot.name.clone(), value));
                    }
                }
                StepKind::Action(name) | StepKind::Bot(name) if name != LISTEN => {
                    let node = Node::Action {
                        name: name.clone(),
                        form: form.clone(),
                    };
                    at = self.hop(at, node, &mut words, &story.name);
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
                        at = self.hop(at, node, &mut words, &story.name);
                        ended = true;
                    }
                }
                StepKind::Action(_) | StepKind::Bot(_) | StepKind::Or(_) => {}
            }
        }
        if !ended && at != usize::MAX {
            self.hop(at, Node::End, &mut words, &story.name);
        }
    }

    /// Joins points, and returns the graph with the words of each of its edges.
    fn merged(self, max_history: usize) -> (Graph, Vec<Words>) {
        let mut web = Web::of(&self);
        web.merge(max_history.max(1));
        let own: Vec<usize> = (0..self.nodes.len()).map(|node| web.find(node)).collect();
        let mut names: BTreeMap<usize, usize> = BTreeMap::new();
        let mut graph = Graph::default();
        for (number, node) in self.nodes.iter().enumerate() {
            if own.get(number) == Some(&number) {
                names.insert(number, graph.nodes.len());
                graph.nodes.push(node.clone());
            }
        }
        let mut edges: BTreeMap<(usize, usize, Words), BTreeSet<String>> = BTreeMap::new();
        for (from, to, words, story) in self.edges {
            let name = |node: usize| names.get(own.get(node)?).copied();
            if let (Some(from), Some(to)) = (name(from), name(to)) {
                edges.entry((from, to, words)).or_default().insert(story);
            }
        }
        let mut all = Vec::with_capacity(edges.len());
        for ((from, to, words), stories) in edges {
            graph.edges.push(Edge {
                from,
                to,
                label: words.label(),
                is_tested: false,
                stories,
            });
            all.push(words);
        }
        (graph, all)
    }
}

/// Ways from or to a node: the other end, and what is said.
type Ways<'t> = BTreeSet<(usize, &'t str)>;

/// Most lines of actions that two points are compared by.
const LINES: usize = 5_000;

/// The points of a tree while they are joined.
struct Web<'t> {
    nodes: &'t [Node],
    onward: Vec<Ways<'t>>,
    inward: Vec<Ways<'t>>,
    /// What each point has become part of.
    joined: Vec<usize>,
}

impl<'t> Web<'t> {
    fn of(tree: &'t Tree) -> Self {
        let mut web = Self {
            nodes: &tree.nodes,
            onward: vec![Ways::new(); tree.nodes.len()],
            inward: vec![Ways::new(); tree.nodes.len()],
            joined: (0..tree.nodes.len()).collect(),
        };
        for (from, to, words, _) in &tree.edges {
            if let Some(own) = web.onward.get_mut(*from) {
                own.insert((*to, &words.said));
            }
            if let Some(own) = web.inward.get_mut(*to) {
                own.insert((*from, &words.said));
            }
        }
        // Where conversations begin and end, and where they are joined, there is one point of each kind.
        let mut first: BTreeMap<&Node, usize> = BTreeMap::new();
        for (number, node) in tree.nodes.iter().enumerate() {
            if !matches!(node, Node::Action { .. }) {
                let keep = *first.entry(node).or_insert(number);
                web.join(keep, number);
            }
        }
        web
    }

    /// Returns what a point has become part of.
    fn find(&self, node: usize) -> usize {
        let mut at = node;
        while let Some(next) = self.joined.get(at).copied().filter(|next| *next != at) {
            at = next;
        }
        at
    }

    fn ways<'a>(all: &'a [Ways<'t>], node: usize) -> impl Iterator<Item = (usize, &'t str)> + 'a {
        all.get(node).into_iter().flatten().copied()
    }

    /// Makes a point part of another.
    fn join(&mut self, keep: usize, gone: usize) {
        if keep == gone {
            return;
        }
        moved(&mut self.onward, &mut self.inward, keep, gone);
        moved(&mut self.inward, &mut self.onward, keep, gone);
        if let Some(joined) = self.joined.get_mut(gone) {
            *joined = keep;
        }
    }

    /// Joins points until no two are alike, in the order in which stories name them.
    fn merge(&mut self, max_history: usize) {
        let mut alike: BTreeMap<&Node, Vec<usize>> = BTreeMap::new();
        for (number, node) in self.nodes.iter().enumerate() {
            if matches!(node, Node::Action { .. }) {
                alike.entry(node).or_default().push(number);
            }
        }
        loop {
            let mut changed = false;
            for (number, node) in self.nodes.iter().enumerate() {
                let later = alike.get(node).map_or(&[][..], Vec::as_slice);
                let later = later.get(later.partition_point(|other| *other <= number)..);
                for other in later.unwrap_or_default() {
                    if self.find(number) != number {
                        break;
                    }
                    if self.find(*other) == *other && self.is_alike(number, *other, max_history) {
                        self.join(number, *other);
                        changed = true;
                    }
                }
            }
            if !changed {
                return;
            }
            for points in alike.values_mut() {
                points.retain(|point| self.joined.get(*point) == Some(point));
            }
        }
    }

    fn is_alike(&self, a: usize, b: usize, max_history: usize) -> bool {
        let onward = |node: usize| -> Ways<'t> {
            let ways = Self::ways(&self.onward, node);
            ways.filter(|(to, _)| *to != a && *to != b).collect()
        };
        let (from_a, from_b) = (onward(a), onward(b));
        from_a == from_b
            || from_a.is_empty()
            || from_b.is_empty()
            || self.inward.get(a) == self.inward.get(b)
            || self
                .lines(a, max_history)
                .is_some_and(|lines| Some(lines) == self.lines(b, max_history))
    }

    /// Returns every line of actions that follows, the point's own first; `None` where there are too many.
    fn lines(&self, node: usize, length: usize) -> Option<BTreeSet<Vec<&'t str>>> {
        let own = self.nodes.get(node).map(Node::label).unwrap_or_default();
        let next: BTreeSet<usize> = Self::ways(&self.onward, node).map(|(to, _)| to).collect();
        if length <= 1 || next.is_empty() {
            return Some(BTreeSet::from([vec![own]]));
        }
        let mut lines = BTreeSet::new();
        for to in next {
            for line in self.lines(to, length - 1)? {
                lines.insert([&[own][..], &line].concat());
            }
            if lines.len() > LINES {
                return None;
            }
        }
        Some(lines)
    }
}

/// Gives the ways of one point to another: those here, and their other ends there.
fn moved<'t>(here: &mut [Ways<'t>], there: &mut [Ways<'t>], keep: usize, gone: usize) {
    let ways = here.get_mut(gone).map(std::mem::take).unwrap_or_default();
    for (other, said) in ways {
        if let Some(back) = there.get_mut(other) {
            back.remove(&(gone, said));
            back.insert((keep, said));
        }
        if let Some(own) = here.get_mut(keep) {
            own.insert((other, said));
        }
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
        data::{SlotValue, UserStep},
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

    fn slot(name: &str, value: &str) -> Step {
        Step {
            kind: StepKind::SlotWasSet(vec![SlotValue {
                name: name.to_owned(),
                value: Some(value.into()),
                origin: Origin::default(),
            }]),
            origin: Origin::default(),
        }
    }

    #[test]
    fn ways_are_told_apart_by_what_is_known() {
        let small = |value: &str| {
            let mut own = story(value, &["order", "utter_ask", "choose", "utter_done"]);
            own.steps.insert(3, slot("size", value));
            own
        };
        let mut known = story("known", &["report", "utter_report"]);
        known.steps.insert(0, slot("level", "gold"));
        let stories = [small("small"), small("large"), known.clone()];
        let graph = Graph::of(&stories, &[small("large"), known], 2);
        let tested = |label: &str| {
            let edge = graph.edges.iter().find(|edge| edge.label == label);
            edge.map(|edge| edge.is_tested)
        };
        assert_eq!(tested("choose [size: large]"), Some(true));
        assert_eq!(tested("choose [size: small]"), Some(false));
        assert_eq!(tested("report [level: gold]"), Some(true));
        // Slots draw two ways between the same two points.
        let labels: Vec<&str> = graph.nodes.iter().map(Node::label).collect();
        assert_eq!(
            labels
                .iter()
                .filter(|label| **label == "utter_done")
                .count(),
            1
        );
    }

    fn checkpoint(name: &str) -> Step {
        Step {
            kind: StepKind::Checkpoint {
                name: name.to_owned(),
                slots: Vec::new(),
            },
            origin: Origin::default(),
        }
    }

    #[test]
    fn a_way_out_of_a_checkpoint_is_tested_where_a_test_came_there() {
        let mut begin = story("begin", &["greet", "utter_hi"]);
        begin.steps.push(checkpoint("c"));
        let mut end = story("end", &["bye", "utter_bye"]);
        end.steps.insert(0, checkpoint("c"));
        let stories = [begin, end];
        let tested = |test: &[&str]| {
            let graph = Graph::of(&stories, &[story("t", test)], 2);
            let edges = graph.edges.iter();
            edges.map(|edge| edge.is_tested).collect::<Vec<bool>>()
        };
        let all = tested(&["greet", "utter_hi", "bye", "utter_bye"]);
        assert!(all.len() == 4 && all.iter().all(|edge| *edge), "{all:?}");
        let alone = tested(&["bye", "utter_bye"]);
        assert!(alone.iter().all(|edge| !edge), "{alone:?}");
    }

    #[test]
    fn a_rule_that_begins_with_an_action_is_tested_where_that_runs() {
        let submit = Story {
            kind: StoryKind::Rule {
                conditions: vec![RuleCondition::ActiveLoop(
                    Some("my_form".to_owned()),
                    Origin::default(),
                )],
                conversation_start: false,
                wait_for_user_input: true,
            },
            ..story("submit", &["my_form", "loop -", "utter_done"])
        };
        let test = story(
            "test",
            &["book", "my_form", "loop my_form", "loop -", "utter_done"],
        );
        let graph = Graph::of(std::slice::from_ref(&submit), &[test], 2);
        assert!(graph.edges.iter().all(|edge| edge.is_tested), "{graph:?}");
        // The form belongs to itself, what follows its end does not.
        let forms = graph.nodes.iter().map(|node| (node.label(), node.form()));
        assert_eq!(
            forms.collect::<Vec<_>>(),
            [
                ("anywhere", None),
                ("my_form", Some("my_form")),
                ("utter_done", None),
                ("end", None)
            ]
        );
        let graph = Graph::of(&[submit], &[story("other", &["book", "utter_done"])], 2);
        assert!(graph.edges.iter().all(|edge| !edge.is_tested), "{graph:?}");
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
