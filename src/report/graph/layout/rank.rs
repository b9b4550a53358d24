//! In which layer each shape stands: ways that lead back are turned round, the others lead down.

use std::collections::VecDeque;

use super::Wire;

/// Most that a layer may be wide before some of it goes one down.
const WIDEST: f64 = 1300.0;
/// Space that a shape takes beside its own.
const GAP: f64 = 30.0;

/// Returns which ways must be turned round so that none leads back to where it came from; those from a shape to itself
/// are not.
pub(super) fn turned(shapes: usize, wires: &[Wire]) -> Vec<bool> {
    let mut onward: Vec<Vec<usize>> = vec![Vec::new(); shapes];
    for (number, wire) in wires.iter().enumerate() {
        if let Some(own) = onward.get_mut(wire.from).filter(|_| wire.from != wire.to) {
            own.push(number);
        }
    }
    let mut turned = vec![false; wires.len()];
    // 0: not seen, 1: on the way, 2: done.
    let mut state = vec![0_u8; shapes];
    // What nothing leads to comes first, so that ways begin at the top.
    let mut roots: Vec<usize> = (0..shapes).collect();
    roots.sort_by_key(|shape| {
        wires
            .iter()
            .any(|wire| wire.to == *shape && wire.from != *shape)
    });
    for root in roots {
        if state.get(root) != Some(&0) {
            continue;
        }
        let mut open = vec![(root, 0_usize)];
        set(&mut state, root, 1);
        while let Some((shape, next)) = open.pop() {
            let Some(number) = onward.get(shape).and_then(|own| own.get(next)).copied() else {
                set(&mut state, shape, 2);
                continue;
            };
            open.push((shape, next + 1));
            let to = wires.get(number).map_or(0, |wire| wire.to);
            match state.get(to) {
                Some(1) => set(&mut turned, number, true),
                Some(0) => {
                    set(&mut state, to, 1);
                    open.push((to, 0));
                }
                _ => {}
            }
        }
    }
    turned
}

/// Returns the layer of each shape, so that each of `ways` (from, to) leads down; a layer that is too wide is wrapped.
pub(super) fn layers(widths: &[f64], ways: &[(usize, usize)]) -> Vec<usize> {
    let mut rank = longest(widths.len(), ways, &vec![0; widths.len()]);
    wrap(widths, ways, &mut rank);
    // What nothing leads to stands just above what it leads to.
    for shape in 0..rank.len() {
        let is_first = ways.iter().all(|(_, to)| *to != shape);
        let next = ways.iter().filter(|(from, _)| *from == shape);
        let least = next.filter_map(|(_, to)| rank.get(*to).copied()).min();
        if let Some(least) = least.filter(|_| is_first) {
            set(&mut rank, shape, least.saturating_sub(1));
        }
    }
    let first = rank.iter().copied().min().unwrap_or_default();
    rank.into_iter().map(|own| own - first).collect()
}

/// Returns the length of the longest way to each shape, no less than what is given.
fn longest(shapes: usize, ways: &[(usize, usize)], least: &[usize]) -> Vec<usize> {
    let mut rank = least.to_vec();
    let mut onward: Vec<Vec<usize>> = vec![Vec::new(); shapes];
    let mut waiting = vec![0_usize; shapes];
    for (from, to) in ways {
        if let (Some(own), Some(count)) = (onward.get_mut(*from), waiting.get_mut(*to)) {
            own.push(*to);
            *count += 1;
        }
    }
    let free = |shape: &usize| waiting.get(*shape) == Some(&0);
    let mut open: VecDeque<usize> = (0..shapes).filter(free).collect();
    while let Some(shape) = open.pop_front() {
        let next = rank.get(shape).copied().unwrap_or_default() + 1;
        for to in onward.get(shape).into_iter().flatten() {
            if let Some(own) = rank.get_mut(*to) {
                *own = next.max(*own);
            }
            if let Some(count) = waiting.get_mut(*to) {
                *count -= 1;
                if *count == 0 {
                    open.push_back(*to);
                }
            }
        }
    }
    rank
}

/// Moves down what has no room in its layer, those first that have least below them.
fn wrap(widths: &[f64], ways: &[(usize, usize)], rank: &mut Vec<usize>) {
    let back: Vec<(usize, usize)> = ways.iter().map(|(from, to)| (*to, *from)).collect();
    let below = longest(widths.len(), &back, &vec![0; widths.len()]);
    let mut layer = 0;
    // Each round leaves one shape at least where it is.
    while layer <= rank.iter().copied().max().unwrap_or_default() {
        let mut own: Vec<usize> = (0..rank.len())
            .filter(|shape| rank.get(*shape) == Some(&layer))
            .collect();
        own.sort_by_key(|shape| std::cmp::Reverse(below.get(*shape).copied()));
        let mut used = 0.0;
        let mut is_wrapped = false;
        for (number, shape) in own.iter().enumerate() {
            used += widths.get(*shape).copied().unwrap_or_default() + GAP;
            if number > 0 && used > WIDEST {
                set(rank, *shape, layer + 1);
                is_wrapped = true;
            }
        }
        if is_wrapped {
            *rank = longest(widths.len(), ways, rank);
        }
        layer += 1;
    }
}

fn set<T>(all: &mut [T], at: usize, value: T) {
    if let Some(own) = all.get_mut(at) {
        *own = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_back_are_turned_and_the_others_lead_down() {
        let wire = |from, to| Wire {
            edges: Vec::new(),
            from,
            to,
        };
        let wires = [wire(0, 1), wire(1, 2), wire(2, 1), wire(2, 2), wire(2, 3)];
        let turned = turned(4, &wires);
        assert_eq!(turned, [false, false, true, false, false]);
        assert_eq!(
            layers(&[50.0; 4], &[(0, 1), (1, 2), (1, 2), (2, 3)]),
            [0, 1, 2, 3]
        );
    }

    #[test]
    fn a_wide_layer_is_wrapped() {
        let ways: Vec<(usize, usize)> = (1..40).map(|to| (0, to)).collect();
        let ranks = layers(&[200.0; 40], &ways);
        let most = (1..=9).map(|layer| ranks.iter().filter(|rank| **rank == layer).count());
        assert!(most.clone().max() <= Some(5), "{ranks:?}");
        assert_eq!(most.sum::<usize>(), 39);
    }

    #[test]
    fn what_begins_late_stands_above_what_it_leads_to() {
        assert_eq!(layers(&[50.0; 4], &[(0, 1), (1, 2), (3, 2)]), [0, 1, 2, 1]);
        assert!(layers(&[], &[]).is_empty());
    }
}
