//! The order of each layer, so that few ways cross: barycentres, and exchanges of neighbours, as Gansner et al. do it.
//!
//! What is of a form stays together, between the sides of its frame: each side is an item in each layer, linked to the
//! one above and below, so that a way into the frame or out of it counts as crossed.
//!
//! Crossings are counted as in Barth, Jünger and Mutzel, "Simple and efficient bilayer cross counting" (GD 2002).

use std::collections::BTreeMap;

/// Sweeps over all layers.
const SWEEPS: usize = 16;
/// Rounds of exchanges after each sweep.
const EXCHANGES: usize = 3;
/// Most items for all of these.
const MANY: usize = 4_000;

/// Whether an item is of a form, by the form's number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// It is not.
    #[default]
    Free,
    /// It is the left side of the frame.
    Left(usize),
    /// It stands in the frame.
    Within(usize),
    /// It is the right side of the frame.
    Right(usize),
}

impl Place {
    pub(super) fn form(self) -> Option<usize> {
        match self {
            Self::Free => None,
            Self::Left(form) | Self::Within(form) | Self::Right(form) => Some(form),
        }
    }

    /// Returns what comes first in a frame, and what last.
    fn side(self) -> usize {
        match self {
            Self::Left(_) => 0,
            Self::Free | Self::Within(_) => 1,
            Self::Right(_) => 2,
        }
    }
}

/// Which items each is linked to in the layer above and below.
#[derive(Clone, Debug, Default)]
pub(super) struct Net {
    pub(super) above: Vec<Vec<usize>>,
    pub(super) below: Vec<Vec<usize>>,
}

/// Puts the items of each layer into an order with few crossings.
pub(super) fn order(net: &Net, places: &[Place], layers: &mut Vec<Vec<usize>>) {
    let mut position = vec![0; net.above.len()];
    number(layers, &mut position);
    arrange(places, layers, &mut position);
    let mut best = (crossings(net, layers, &position), layers.clone());
    let is_small = net.above.len() <= MANY;
    for sweep in 0..if is_small { SWEEPS } else { 4 } {
        if best.0 == 0 {
            break;
        }
        let down = sweep % 2 == 0;
        let mut numbers: Vec<usize> = (0..layers.len()).collect();
        if !down {
            numbers.reverse();
        }
        let ranks = ranks(places, layers);
        for at in numbers {
            let linked = if down { &net.above } else { &net.below };
            let Some(layer) = layers.get_mut(at) else {
                continue;
            };
            let keyed = layer.iter();
            let keyed = keyed.map(|item| (barycentre(linked, *item, &position), *item));
            *layer = blocks(keyed.collect(), places, &ranks).concat();
            number_one(layer, &mut position);
        }
        if is_small {
            exchange(net, places, layers, &mut position);
        }
        let crossed = crossings(net, layers, &position);
        if crossed < best.0 {
            best = (crossed, layers.clone());
        }
    }
    *layers = best.1;
}

/// Puts what is of a form together in each layer, forms in the same order everywhere.
fn arrange(places: &[Place], layers: &mut [Vec<usize>], position: &mut [usize]) {
    let ranks = ranks(places, layers);
    for layer in layers {
        let keyed = layer.iter().enumerate();
        let keyed = keyed.map(|(place, item)| (place as f64, *item));
        *layer = blocks(keyed.collect(), places, &ranks).concat();
        number_one(layer, position);
    }
}

/// Returns how far right each form stands on average, from 0 to 1.
fn ranks(places: &[Place], layers: &[Vec<usize>]) -> Vec<f64> {
    let mut sums: Vec<(f64, f64)> = Vec::new();
    for layer in layers {
        for (place, item) in layer.iter().enumerate() {
            let Some(form) = places.get(*item).and_then(|place| place.form()) else {
                continue;
            };
            if sums.len() <= form {
                sums.resize(form + 1, (0.0, 0.0));
            }
            if let Some((sum, count)) = sums.get_mut(form) {
                *sum += (place as f64 + 0.5) / layer.len() as f64;
                *count += 1.0;
            }
        }
    }
    let means = sums.into_iter().map(|(sum, count)| sum / count.max(1.0));
    means.collect()
}

/// Returns a layer in the order of its keys, as blocks: a form is one, between the sides of its frame, whatever is of
/// none is one by itself. Forms stand in the order of their ranks.
fn blocks(mut keyed: Vec<(f64, usize)>, places: &[Place], ranks: &[f64]) -> Vec<Vec<usize>> {
    let place = |item: usize| places.get(item).copied().unwrap_or_default();
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut free: Vec<(f64, Option<usize>, Vec<usize>)> = Vec::new();
    let mut forms: BTreeMap<usize, Vec<(f64, usize)>> = BTreeMap::new();
    for (key, item) in keyed {
        match place(item).form() {
            Some(form) => forms.entry(form).or_default().push((key, item)),
            None => free.push((key, None, vec![item])),
        }
    }
    for (form, members) in forms {
        let key = members.iter().map(|(key, _)| key).sum::<f64>() / members.len() as f64;
        let mut own: Vec<usize> = members.into_iter().map(|(_, item)| item).collect();
        own.sort_by_key(|item| place(*item).side());
        free.push((key, Some(form), own));
    }
    free.sort_by(|a, b| a.0.total_cmp(&b.0));
    let rank = |form: usize| ranks.get(form).copied().unwrap_or_default();
    let own = free
        .iter()
        .filter_map(|(_, form, own)| Some(((*form)?, own.clone())));
    let mut own: Vec<(usize, Vec<usize>)> = own.collect();
    own.sort_by(|(a, _), (b, _)| rank(*a).total_cmp(&rank(*b)).then(a.cmp(b)));
    let mut own = own.into_iter().map(|(_, members)| members);
    free.into_iter()
        .map(|(_, form, members)| match form {
            Some(_) => own.next().unwrap_or_default(),
            None => members,
        })
        .collect()
}

fn number(layers: &[Vec<usize>], position: &mut [usize]) {
    for layer in layers {
        number_one(layer, position);
    }
}

fn number_one(layer: &[usize], position: &mut [usize]) {
    for (place, item) in layer.iter().enumerate() {
        if let Some(own) = position.get_mut(*item) {
            *own = place;
        }
    }
}

fn places<'a>(
    linked: &'a [Vec<usize>],
    item: usize,
    position: &'a [usize],
) -> impl Iterator<Item = usize> + 'a {
    let own = linked.get(item).into_iter().flatten();
    own.filter_map(|other| position.get(*other).copied())
}

/// Returns the mean place of what an item is linked to; its own where that is nothing.
fn barycentre(linked: &[Vec<usize>], item: usize, position: &[usize]) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for place in places(linked, item, position) {
        sum += place as f64;
        count += 1.0;
    }
    if count > 0.0 {
        sum / count
    } else {
        position.get(item).copied().unwrap_or_default() as f64
    }
}

/// Exchanges neighbours of a layer where fewer ways cross then: two of a form, or a form and what is beside it.
fn exchange(net: &Net, places: &[Place], layers: &mut [Vec<usize>], position: &mut [usize]) {
    let place = |item: usize| places.get(item).copied().unwrap_or_default();
    // Forms keep their order: all they have as ranks is where they stand.
    let ranks = ranks(places, layers);
    for _ in 0..EXCHANGES {
        let mut changed = false;
        for layer in layers.iter_mut() {
            let keyed = layer.iter().enumerate();
            let keyed = keyed.map(|(at, item)| (at as f64, *item)).collect();
            let mut blocks = blocks(keyed, places, &ranks);
            for own in &mut blocks {
                for right in 1..own.len() {
                    let (Some(a), Some(b)) = (own.get(right - 1), own.get(right)) else {
                        continue;
                    };
                    let both = (place(*a), place(*b));
                    let is_inner = matches!(both, (Place::Within(_), Place::Within(_)));
                    if is_inner && is_better(net, position, &[*a], &[*b]) {
                        let (a, b) = (*a, *b);
                        own.swap(right - 1, right);
                        swap(position, a, b);
                        changed = true;
                    }
                }
            }
            for right in 1..blocks.len() {
                let (Some(a), Some(b)) = (blocks.get(right - 1), blocks.get(right)) else {
                    continue;
                };
                let free = |block: &[usize]| block.len() == 1;
                if (free(a) || free(b)) && is_better(net, position, a, b) {
                    blocks.swap(right - 1, right);
                    number_one(&blocks.concat(), position);
                    changed = true;
                }
            }
            *layer = blocks.concat();
        }
        if !changed {
            return;
        }
    }
}

fn swap(position: &mut [usize], a: usize, b: usize) {
    if a < position.len() && b < position.len() {
        position.swap(a, b);
    }
}

/// Tells whether fewer ways cross where `a`, which stands before `b`, comes after it.
fn is_better(net: &Net, position: &[usize], a: &[usize], b: &[usize]) -> bool {
    let (mut kept, mut exchanged) = (0, 0);
    for linked in [&net.above, &net.below] {
        for x in a.iter().flat_map(|item| places(linked, *item, position)) {
            for y in b.iter().flat_map(|item| places(linked, *item, position)) {
                kept += usize::from(x > y);
                exchanged += usize::from(y > x);
            }
        }
    }
    exchanged < kept
}

/// Counts how often ways cross.
fn crossings(net: &Net, layers: &[Vec<usize>], position: &[usize]) -> usize {
    let mut all = 0;
    for (upper, lower) in layers.iter().zip(layers.iter().skip(1)) {
        // Ends below, in the order of the ends above: each pair in the wrong order crosses.
        let mut seen = vec![0_usize; lower.len() + 1];
        let mut total = 0;
        for item in upper {
            let mut ends: Vec<usize> = places(&net.below, *item, position).collect();
            ends.sort_unstable();
            for end in &ends {
                all += total - up_to(&seen, *end);
            }
            for end in ends {
                add(&mut seen, end);
                total += 1;
            }
        }
    }
    all
}

/// Counts one at a place of a binary indexed tree.
fn add(tree: &mut [usize], place: usize) {
    let mut at = place + 1;
    while let Some(own) = tree.get_mut(at) {
        *own += 1;
        at += at & at.wrapping_neg();
    }
}

/// Returns the number of those counted up to a place.
fn up_to(tree: &[usize], place: usize) -> usize {
    let (mut at, mut sum) = (place + 1, 0);
    while at > 0 {
        sum += tree.get(at).copied().unwrap_or_default();
        at &= at - 1;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(n: usize, links: &[(usize, usize)]) -> Net {
        let mut net = Net {
            above: vec![Vec::new(); n],
            below: vec![Vec::new(); n],
        };
        for (upper, lower) in links {
            net.below[*upper].push(*lower);
            net.above[*lower].push(*upper);
        }
        net
    }

    #[test]
    fn crossings_are_counted_and_removed() {
        let net = net(6, &[(0, 5), (1, 4), (2, 3), (0, 4)]);
        let mut layers = vec![vec![0, 1, 2], vec![3, 4, 5]];
        let mut position = vec![0; 6];
        number(&layers, &mut position);
        assert_eq!(crossings(&net, &layers, &position), 4);
        order(&net, &[Place::Free; 6], &mut layers);
        number(&layers, &mut position);
        assert_eq!(crossings(&net, &layers, &position), 0);
    }

    #[test]
    fn forms_stay_together_in_one_order() {
        use Place::{Free, Left, Right, Within};
        // Two forms in two layers, the ways between which would have them exchanged, and one item of none.
        let places = [
            Within(0),
            Free,
            Within(1),
            Left(0),
            Right(0),
            Left(1),
            Right(1),
            Within(1),
            Within(0),
            Left(0),
            Right(0),
            Left(1),
            Right(1),
        ];
        let net = net(
            13,
            &[
                (0, 8),
                (2, 7),
                (1, 8),
                (1, 7),
                (3, 9),
                (4, 10),
                (5, 11),
                (6, 12),
            ],
        );
        let mut layers = vec![(0..7).collect::<Vec<usize>>(), (7..13).collect()];
        order(&net, &places, &mut layers);
        let forms = |layer: &[usize]| -> Vec<Place> {
            let own = layer.iter().map(|item| places[*item]);
            own.filter(|place| *place != Free).collect()
        };
        assert_eq!(forms(&layers[0]), forms(&layers[1]), "{layers:?}");
        let own = forms(&layers[0]);
        let (one, other) = own.split_at(3);
        for part in [one, other] {
            assert!(
                matches!(part, [Left(a), Within(b), Right(c)] if a == b && b == c),
                "{own:?}"
            );
        }
    }
}
