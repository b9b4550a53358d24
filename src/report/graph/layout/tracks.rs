//! Heights between two layers for ways that go far aside there, so that none lies on another.

/// How far aside a way goes without a height of its own.
const NEAR: f64 = 30.0;
/// Least space between two ways at one height.
const SPACE: f64 = 12.0;

/// The ways between two layers, with the track of each: 0 is the highest.
#[derive(Clone, Debug, Default)]
pub(super) struct Tracks {
    ways: Vec<Way>,
}

#[derive(Clone, Copy, Debug)]
struct Way {
    number: usize,
    from: f64,
    to: f64,
    track: usize,
}

impl Tracks {
    /// Adds a way from a place above to a place below, if it goes far aside.
    pub(super) fn add(&mut self, number: usize, from: f64, to: f64) {
        if (from - to).abs() > NEAR {
            self.ways.push(Way {
                number,
                from,
                to,
                track: 0,
            });
        }
    }

    /// Gives each a track: of two that lie side by side the one that would cross the other goes above it.
    pub(super) fn assign(&mut self) {
        // To the right the last begins highest, to the left the first.
        let key = |way: &Way| {
            if way.to > way.from {
                (false, -way.from)
            } else {
                (true, way.from)
            }
        };
        self.ways
            .sort_by(|a, b| key(a).0.cmp(&key(b).0).then(key(a).1.total_cmp(&key(b).1)));
        for number in 0..self.ways.len() {
            let (done, open) = self.ways.split_at_mut(number);
            if let Some(way) = open.first_mut() {
                let below = done.iter().filter(|other| other.overlaps(way));
                way.track = below.map(|other| other.track + 1).max().unwrap_or(0);
            }
        }
        self.ways.sort_by_key(|way| way.number);
    }

    /// Returns the number of tracks.
    pub(super) fn used(&self) -> usize {
        let tracks = self.ways.iter().map(|way| way.track + 1);
        tracks.max().unwrap_or(0)
    }

    /// Returns the track of a way, if it has one, once all are assigned.
    pub(super) fn of(&self, number: usize) -> Option<usize> {
        let at = self.ways.binary_search_by_key(&number, |way| way.number);
        self.ways.get(at.ok()?).map(|way| way.track)
    }
}

impl Way {
    fn overlaps(&self, other: &Self) -> bool {
        let ends = |way: &Self| (way.from.min(way.to) - SPACE, way.from.max(way.to));
        let ((left, right), (from, to)) = (ends(self), ends(other));
        left < to && from < right
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_side_by_side_do_not_cross() {
        let mut tracks = Tracks::default();
        for (number, (from, to)) in [(0.0, 100.0), (50.0, 150.0), (300.0, 310.0), (400.0, 500.0)]
            .into_iter()
            .enumerate()
        {
            tracks.add(number, from, to);
        }
        tracks.assign();
        let found: Vec<Option<usize>> = (0..4).map(|number| tracks.of(number)).collect();
        assert_eq!(found, [Some(1), Some(0), None, Some(0)]);
        assert_eq!((tracks.used(), Tracks::default().used()), (2, 0));
    }
}
