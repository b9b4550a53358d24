//! Frames around the nodes of a form: as few as hold nothing else.

use super::{Frame, HEIGHT, Wire, letters, place::Piece};
use crate::eval::graph::Node;

/// Space between a frame and what is in it.
const AROUND: f64 = 10.0;
/// Space above that for its name.
pub(super) const NAME: f64 = 20.0;

/// Nodes of one form that a frame can hold: its left and right, and its first and last layer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Group<'g> {
    form: &'g str,
    left: f64,
    right: f64,
    pub(super) first: usize,
    last: usize,
}

/// Returns the width of a frame's name.
pub(super) fn named(form: &str) -> f64 {
    letters(form) * 7.0 + 4.0
}

/// Returns the groups of a piece that was placed: those of a form are one where nothing else stands between them.
pub(super) fn groups<'g>(
    piece: &Piece<'g>,
    wires: &[Wire],
    chains: &[Vec<usize>],
) -> Vec<Group<'g>> {
    let form = |shape: usize| {
        let node = piece.nodes.get(shape)?;
        piece.graph.nodes.get(*node).and_then(Node::form)
    };
    let boxed = |form, item: usize| {
        let item = piece.items.get(item)?;
        Some(Group {
            form,
            left: item.x - item.width / 2.0,
            right: item.x + item.width / 2.0,
            first: item.layer,
            last: item.layer,
        })
    };
    let shapes = 0..piece.nodes.len();
    let mut groups: Vec<Group<'g>> = shapes
        .clone()
        .filter_map(|shape| boxed(form(shape)?, shape))
        .collect();
    // What may stand in a frame of no form, and labels of ways within one, which may in its own.
    let mut others: Vec<Group<'g>> = shapes
        .filter(|shape| form(*shape).is_none())
        .filter_map(|shape| boxed("", shape))
        .collect();
    for (wire, chain) in wires.iter().zip(chains) {
        let both = form(wire.from).filter(|own| form(wire.to) == Some(own));
        let bends = chain.iter().filter(|item| {
            let bend = piece.items.get(**item);
            bend.is_some_and(|bend| !bend.is_shape && bend.height > 0.0)
        });
        others.extend(bends.filter_map(|bend| boxed(both.unwrap_or_default(), *bend)));
    }
    let mut at = 0;
    while at < groups.len() {
        let joined = (at + 1..groups.len()).find_map(|other| joined(&groups, &others, at, other));
        match joined {
            Some((both, gone)) => {
                let mut number = 0;
                groups.retain(|_| {
                    number += 1;
                    !gone.contains(&(number - 1))
                });
                groups.push(both);
                // What could not be joined before may be now.
                at = 0;
            }
            None => at += 1,
        }
    }
    groups
}

/// Joins two groups of a form, with all others of it that lie between; `None` where something else does. Returns which
/// ones it takes the place of, too.
fn joined<'g>(
    groups: &[Group<'g>],
    others: &[Group<'g>],
    one: usize,
    two: usize,
) -> Option<(Group<'g>, Vec<usize>)> {
    let (first, second) = (groups.get(one)?, groups.get(two)?);
    if first.form != second.form {
        return None;
    }
    let mut both = first.with(second);
    let mut gone = vec![one, two];
    loop {
        let next = groups.iter().enumerate().find(|(number, group)| {
            group.form == both.form && !gone.contains(number) && both.meets(group, 2.0 * AROUND)
        });
        let Some((number, group)) = next else { break };
        both = both.with(group);
        gone.push(number);
    }
    let foreign = |thing: &&Group<'g>| thing.form != both.form;
    let mut frames = groups.iter().filter(foreign);
    let mut things = others.iter().filter(foreign);
    let is_free = !frames.any(|frame| both.meets(frame, 2.0 * AROUND))
        && !things.any(|thing| both.meets(thing, AROUND));
    is_free.then_some((both, gone))
}

impl<'g> Group<'g> {
    fn with(&self, other: &Self) -> Group<'g> {
        Group {
            form: self.form,
            left: self.left.min(other.left),
            right: self.right.max(other.right),
            first: self.first.min(other.first),
            last: self.last.max(other.last),
        }
    }

    /// Tells whether both are in one layer with less than that between them.
    fn meets(&self, other: &Self, apart: f64) -> bool {
        let beside = self.right + apart <= other.left || other.right + apart <= self.left;
        !beside && self.first <= other.last && other.first <= self.last
    }

    /// Returns the frame, where layers have these tops and heights.
    pub(super) fn frame(&self, heights: &[(f64, f64)]) -> Frame {
        let middle = |layer: usize| {
            let (top, height) = heights.get(layer).copied().unwrap_or_default();
            top + height / 2.0
        };
        let (top, bottom) = (
            middle(self.first) - HEIGHT / 2.0 - AROUND - NAME,
            middle(self.last) + HEIGHT / 2.0 + AROUND,
        );
        Frame {
            form: self.form.to_owned(),
            corner: (self.left - AROUND, top),
            size: (self.right - self.left + 2.0 * AROUND, bottom - top),
        }
    }
}
