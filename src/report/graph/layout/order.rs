//! The order of each layer, so that few ways cross: barycentres, and exchanges of neighbours, as Gansner et al. do it.
//!
//! Crossings are counted as in Barth, Jünger and Mutzel, "Simple and efficient bilayer cross counting" (GD 2002).

/// Sweeps over all layers.
const SWEEPS: usize = 16;
/// Rounds of exchanges after each sweep.
const EXCHANGES: usize = 3;
/// Most items for all of these.
const MANY: usize = 4_000;

/// Which items each is linked to in the layer above and below.
#[derive(Clone, Debug, Default)]
pub(super) struct Net {
    pub(super) above: Vec<Vec<usize>>,
    pub(super) below: Vec<Vec<usize>>,
}

/// Puts the items of each layer into an order with few crossings.
pub(super) fn order(net: &Net, layers: &mut Vec<Vec<usize>>) {
    let mut position = vec![0; net.above.len()];
    number(layers, &mut position);
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
        for at in numbers {
            let linked = if down { &net.above } else { &net.below };
            let Some(layer) = layers.get_mut(at) else {
                continue;
            };
            let mut keyed: Vec<(f64, usize)> = layer
                .iter()
                .map(|item| (barycentre(linked, *item, &position), *item))
                .collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
            *layer = keyed.into_iter().map(|(_, item)| item).collect();
            number_one(layer, &mut position);
        }
        if is_small {
            exchange(net, layers, &mut position);
        }
        let crossed = crossings(net, layers, &position);
        if crossed < best.0 {
            best = (crossed, layers.clone());
        }
    }
    *layers = best.1;
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

/// Exchanges neighbours of a layer where fewer ways cross then.
fn exchange(net: &Net, layers: &mut [Vec<usize>], position: &mut [usize]) {
    for _ in 0..EXCHANGES {
        let mut changed = false;
        for layer in layers.iter_mut() {
            for right in 1..layer.len() {
                let (Some(a), Some(b)) = (layer.get(right - 1), layer.get(right)) else {
                    continue;
                };
                let (a, b) = (*a, *b);
                let (mut kept, mut exchanged) = (0, 0);
                for linked in [&net.above, &net.below] {
                    for x in places(linked, a, position) {
                        for y in places(linked, b, position) {
                            kept += usize::from(x > y);
                            exchanged += usize::from(y > x);
                        }
                    }
                }
                if exchanged < kept {
                    layer.swap(right - 1, right);
                    number_one(layer, position);
                    changed = true;
                }
            }
        }
        if !changed {
            return;
        }
    }
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
        order(&net, &mut layers);
        number(&layers, &mut position);
        assert_eq!(crossings(&net, &layers, &position), 0);
    }
}
