//! One frame around the nodes of each form, which holds nothing else; several only where they are far from each other.
//!
//! The sides of a frame are items of their own in every layer that it goes through, as in Sander, "Layout of compound
//! directed graphs" (technical report, Saarland University, 1996); in the end all items of a side stand at one place.

use std::collections::BTreeMap;

use super::{Frame, letters, order::Place, place::Piece};
use crate::eval::graph::Node;

/// Space between the upper and lower side of a frame and what is in it.
pub(super) const AROUND: f64 = 10.0;
/// Space above that for its name.
pub(super) const NAME: f64 = 24.0;
/// Layers without anything of a form after which it goes on in a frame of its own: one frame would be a column of
/// nothing.
const FAR: usize = 12;
/// Rounds in which everything comes nearer to what it is linked to.
const ROUNDS: usize = 24;
/// How much wider a picture with frames may be than it must.
const SLACK: f64 = 1.1;

/// The frame of a form: its name, its first and last layer, and the items of its sides, one in each.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fence<'g> {
    form: &'g str,
    name: String,
    pub(super) first: usize,
    pub(super) last: usize,
    left: Vec<usize>,
    right: Vec<usize>,
}

/// Places along a line, and how far apart some are at least.
#[derive(Clone, Debug, Default)]
struct Line {
    x: Vec<f64>,
    before: Vec<Vec<(usize, f64)>>,
    after: Vec<Vec<(usize, f64)>>,
    /// Where each place may be at all.
    walls: Vec<(f64, f64)>,
}

impl<'g> Piece<'g> {
    /// Puts frames around what is of forms: shapes, and bends of ways between those of one form.
    pub(super) fn fence(&mut self) {
        let mut forms: BTreeMap<&'g str, Vec<usize>> = BTreeMap::new();
        for (shape, node) in self.nodes.iter().enumerate() {
            if let Some(form) = self.graph.nodes.get(*node).and_then(Node::form) {
                forms.entry(form).or_default().push(shape);
            }
        }
        for (form, shapes) in forms {
            let parts = self.parts(shapes);
            let of = parts.len();
            for (part, shapes) in parts.into_iter().enumerate() {
                let name = match of {
                    1 => form.to_owned(),
                    _ => format!("{form} ({} of {of})", part + 1),
                };
                self.enclose(form, name, &shapes);
            }
        }
    }

    /// Divides shapes of a form where it has nothing in many layers.
    fn parts(&self, mut shapes: Vec<usize>) -> Vec<Vec<usize>> {
        let layer = |shape: usize| self.items.get(shape).map_or(0, |item| item.layer);
        shapes.sort_by_key(|shape| layer(*shape));
        let parts = shapes.chunk_by(|above, below| layer(*below) - layer(*above) <= FAR);
        parts.map(<[usize]>::to_vec).collect()
    }

    /// Puts a frame around shapes of a form.
    fn enclose(&mut self, form: &'g str, name: String, shapes: &[usize]) {
        let layers = shapes.iter().filter_map(|shape| self.items.get(*shape));
        let layers = layers.map(|item| item.layer);
        let (Some(first), Some(last)) = (layers.clone().min(), layers.max()) else {
            return;
        };
        let number = self.fences.len();
        for shape in shapes {
            self.set_place(*shape, Place::Within(number));
        }
        let mut side = |place: Place| {
            let items: Vec<usize> = (first..=last)
                .map(|layer| self.add(2.0, 0.0, false, layer))
                .collect();
            for item in &items {
                self.set_place(*item, place);
            }
            for (above, below) in items.iter().zip(items.iter().skip(1)) {
                self.link(*above, *below);
            }
            items
        };
        let (left, right) = (side(Place::Left(number)), side(Place::Right(number)));
        self.fences.push(Fence {
            form,
            name,
            first,
            last,
            left,
            right,
        });
    }

    pub(super) fn set_place(&mut self, item: usize, place: Place) {
        if let Some(item) = self.items.get_mut(item) {
            item.place = place;
        }
    }

    /// Puts the items of each side of a frame under each other, what is of the form between them, and all else outside.
    pub(super) fn keep_apart(&mut self) {
        if self.fences.is_empty() {
            return;
        }
        let own = self.places();
        let place = |item: usize| own.get(item).copied().unwrap_or(item);
        let mut line = self.line(&own);
        for side in self.sides() {
            let all = side.iter().filter_map(|item| self.items.get(*item));
            let mean = all.map(|item| item.x).sum::<f64>() / side.len() as f64;
            line.set(side.first().copied().unwrap_or_default(), mean);
        }
        line.narrow();
        line.spread();
        for round in 0..ROUNDS {
            self.take(&line, &own);
            let mut numbers: Vec<usize> = (0..own.len()).collect();
            if round % 2 == 1 {
                numbers.reverse();
            }
            for number in numbers
                .into_iter()
                .filter(|number| place(*number) == *number)
            {
                // Frames are as narrow as they can be.
                let wanted = match self.items.get(number).map(|item| item.place) {
                    Some(Place::Left(_)) => f64::MAX,
                    Some(Place::Right(_)) => f64::MIN,
                    _ => {
                        // What is of a form comes together, and what belongs to it follows.
                        let (wanted, _) = self.pull(number, true, true);
                        self.middle(&line, number)
                            .map_or(wanted, |at| f64::midpoint(wanted, at))
                    }
                };
                line.bring(number, wanted);
                if let (Some(item), Some(x)) = (self.items.get_mut(number), line.x.get(number)) {
                    item.x = *x;
                }
            }
        }
        self.take(&line, &own);
    }

    /// Returns the place of each item: those of a side have one.
    fn places(&self) -> Vec<usize> {
        let mut own: Vec<usize> = (0..self.items.len()).collect();
        for side in self.sides() {
            for item in side {
                if let (Some(own), Some(first)) = (own.get_mut(*item), side.first()) {
                    *own = *first;
                }
            }
        }
        own
    }

    /// Returns the places of all items, and how far apart neighbours are at least.
    fn line(&self, own: &[usize]) -> Line {
        let place = |item: usize| own.get(item).copied().unwrap_or(item);
        let mut line = Line::of(self.items.iter().map(|item| item.x).collect());
        for layer in &self.layers {
            for (left, right) in layer.iter().zip(layer.iter().skip(1)) {
                if let (Some(one), Some(other)) = (self.items.get(*left), self.items.get(*right)) {
                    line.keep(place(*left), place(*right), one.apart(other));
                }
            }
        }
        for fence in &self.fences {
            if let (Some(left), Some(right)) = (fence.left.first(), fence.right.first()) {
                // There is room for the name.
                line.keep(*left, *right, letters(&fence.name) * 7.0 + 16.0);
            }
        }
        line
    }

    /// Returns the middle of the frame that a shape is in.
    fn middle(&self, line: &Line, shape: usize) -> Option<f64> {
        let item = self.items.get(shape).filter(|item| item.is_shape)?;
        let fence = self.fences.get(item.place.form()?)?;
        let x = |side: &[usize]| line.x.get(*side.first()?).copied();
        Some(f64::midpoint(x(&fence.left)?, x(&fence.right)?))
    }

    fn sides(&self) -> impl Iterator<Item = &Vec<usize>> {
        self.fences
            .iter()
            .flat_map(|fence| [&fence.left, &fence.right])
    }

    fn take(&mut self, line: &Line, own: &[usize]) {
        for (item, own) in self.items.iter_mut().zip(own) {
            if let Some(x) = line.x.get(*own) {
                item.x = *x;
            }
        }
    }

    /// Returns the frames, where layers have these tops and heights.
    pub(super) fn frames(&self, heights: &[(f64, f64)]) -> Vec<Frame> {
        let frame = |number: usize, fence: &Fence| {
            let x = |side: &[usize]| {
                let item = side.first().and_then(|item| self.items.get(*item));
                item.map_or(0.0, |item| item.x)
            };
            // The middle of a layer, and half of what the form has there.
            let band = |layer: usize| {
                let (top, height) = heights.get(layer).copied().unwrap_or_default();
                let items = self.layers.get(layer).into_iter().flatten();
                let items = items.filter_map(|item| self.items.get(*item));
                let items = items.filter(|item| item.place == Place::Within(number));
                let high = items.map(|item| item.height).fold(0.0, f64::max);
                (top + height / 2.0, high / 2.0)
            };
            let ((first, above), (last, below)) = (band(fence.first), band(fence.last));
            let top = first - above - AROUND - NAME;
            let (left, right) = (x(&fence.left), x(&fence.right));
            Frame {
                form: fence.form.to_owned(),
                name: fence.name.clone(),
                corner: (left, top),
                size: (right - left, last + below + AROUND - top),
            }
        };
        let fences = self.fences.iter().enumerate();
        fences.map(|(number, fence)| frame(number, fence)).collect()
    }
}

impl Line {
    fn of(x: Vec<f64>) -> Self {
        Self {
            before: vec![Vec::new(); x.len()],
            after: vec![Vec::new(); x.len()],
            walls: vec![(f64::MIN, f64::MAX); x.len()],
            x,
        }
    }

    fn set(&mut self, place: usize, x: f64) {
        if let Some(own) = self.x.get_mut(place) {
            *own = x;
        }
    }

    /// Wants the left so far left of the right, at least.
    fn keep(&mut self, left: usize, right: usize, apart: f64) {
        if let Some(own) = self.before.get_mut(right) {
            own.push((left, apart));
        }
        if let Some(own) = self.after.get_mut(left) {
            own.push((right, apart));
        }
    }

    /// Returns all places so that what must be left of another comes before it.
    fn sorted(&self) -> Vec<usize> {
        let mut waiting: Vec<usize> = self.before.iter().map(Vec::len).collect();
        let mut found: Vec<usize> = (0..waiting.len())
            .filter(|place| waiting.get(*place) == Some(&0))
            .collect();
        let mut at = 0;
        while let Some(place) = found.get(at).copied() {
            at += 1;
            for (next, _) in self.after.get(place).into_iter().flatten() {
                if let Some(own) = waiting.get_mut(*next) {
                    *own -= 1;
                    if *own == 0 {
                        found.push(*next);
                    }
                }
            }
        }
        found
    }

    /// Returns the places as far left as they can be.
    fn packed(&self, sorted: &[usize]) -> Vec<f64> {
        let mut x = vec![0.0_f64; self.x.len()];
        for place in sorted {
            let before = self.before.get(*place).into_iter().flatten();
            let ends = before.map(|(other, apart)| x.get(*other).map_or(0.0, |x| x + apart));
            let least = ends.fold(0.0, f64::max);
            if let Some(own) = x.get_mut(*place) {
                *own = least;
            }
        }
        x
    }

    /// Brings all of it into little more width than what must be apart takes.
    fn narrow(&mut self) {
        let sorted = self.sorted();
        let packed = self.packed(&sorted);
        let width = SLACK * packed.iter().copied().fold(0.0, f64::max);
        let mut most = Self {
            x: vec![width; self.x.len()],
            ..self.clone()
        };
        most.push_left(&sorted);
        self.walls = packed.into_iter().zip(most.x).collect();
        let from = self.x.iter().copied().fold(f64::MAX, f64::min);
        let to = self.x.iter().copied().fold(f64::MIN, f64::max);
        let scale = (width / (to - from).max(1.0)).min(1.0);
        let aside = (width - (to - from) * scale) / 2.0;
        for (x, (least, most)) in self.x.iter_mut().zip(&self.walls) {
            *x = ((*x - from) * scale + aside).max(*least).min(*most);
        }
    }

    /// Moves what is too near to each other apart: halfway between moving only right and moving only left, either of
    /// which keeps all distances, and so does their mean.
    fn spread(&mut self) {
        let sorted = self.sorted();
        let (mut right, mut left) = (self.clone(), self.clone());
        right.push_right(&sorted);
        left.push_left(&sorted);
        let both = right.x.iter().zip(&left.x);
        self.x = both.map(|(a, b)| f64::midpoint(*a, *b)).collect();
    }

    fn push_right(&mut self, sorted: &[usize]) {
        for place in sorted {
            let least = self.room(*place).0;
            let x = self.x.get(*place).map_or(0.0, |x| x.max(least));
            self.set(*place, x);
        }
    }

    fn push_left(&mut self, sorted: &[usize]) {
        for place in sorted.iter().rev() {
            let most = self.room(*place).1;
            let x = self.x.get(*place).map_or(0.0, |x| x.min(most));
            self.set(*place, x);
        }
    }

    /// Returns between what a place may be, where all others stay.
    fn room(&self, place: usize) -> (f64, f64) {
        let x = |place: usize| self.x.get(place).copied().unwrap_or_default();
        let before = self.before.get(place).into_iter().flatten();
        let after = self.after.get(place).into_iter().flatten();
        (
            before.fold(f64::MIN, |least, (other, apart)| {
                least.max(x(*other) + apart)
            }),
            after.fold(f64::MAX, |most, (other, apart)| most.min(x(*other) - apart)),
        )
    }

    /// Moves a place as near as it can be to another.
    fn bring(&mut self, place: usize, wanted: f64) {
        let (least, most) = self.room(place);
        // No room is left by rounding.
        if least <= most {
            self.set(place, wanted.max(least).min(most));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_be_apart_is_moved_both_ways() {
        let mut line = Line::of(vec![0.0, 0.0, 0.0, 50.0]);
        line.keep(0, 1, 10.0);
        line.keep(1, 2, 10.0);
        line.keep(2, 3, 10.0);
        line.spread();
        assert_eq!(line.x, [-10.0, 0.0, 10.0, 50.0]);
        line.bring(2, 100.0);
        line.bring(0, -100.0);
        assert_eq!(line.x, [-100.0, 0.0, 40.0, 50.0]);
        assert_eq!(line.room(1), (-90.0, 30.0));
    }
}
