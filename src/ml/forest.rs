//! Random forest on sparse rows (Breiman 2001), made for text: tens of thousands of features, few in each row.
//!
//! A tree is grown on a bootstrap sample, kept as a weight for each row. A split asks whether a feature is present. Its
//! candidates are drawn uniformly from the features that occur in at most [`ForestParams::sample`] rows of the node,
//! and scored by Gini impurity on these rows. Leaves keep the distribution of their classes, and a forest's
//! probabilities are the mean over its trees. Every tree has its own seed, so the number of threads changes nothing.

mod paths;
#[cfg(test)]
mod splits;

use std::sync::atomic::{AtomicUsize, Ordering};

use linfa::{
    DatasetBase, ParamGuard,
    traits::{Fit, PredictInplace},
};
use ndarray::Array1;
use rayon::prelude::*;

use crate::ml::{
    Control, Error, Result, SparseMatrix, SparseRecords, SparseRow, argmax,
    error::{require, require_equal},
    linear_svm::distinct,
    sampling::Random,
};

/// Parameters of [`Forest`], not yet checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ForestParams(ForestValidParams);

/// Checked parameters of [`Forest`].
#[derive(Clone, Debug, PartialEq)]
pub struct ForestValidParams {
    trees: usize,
    max_features: Option<usize>,
    max_depth: Option<usize>,
    min_split: usize,
    sample: usize,
    seed: u64,
}

impl Default for ForestValidParams {
    fn default() -> Self {
        Self {
            trees: 100,
            max_features: None,
            max_depth: None,
            min_split: 2,
            sample: 512,
            seed: 42,
        }
    }
}

impl ForestParams {
    /// Returns 100 trees grown to the end.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the number of trees.
    #[must_use]
    pub fn trees(mut self, trees: usize) -> Self {
        self.0.trees = trees;
        self
    }

    /// Sets how many features compete in a split. Without a number as many of those that occur in the node as are found
    /// among the square root of all features drawn at random, and one at least: about what Breiman's rule leaves after
    /// features that split nothing there. Deep in a tree these are one or two, which keeps trees unlike each other.
    #[must_use]
    pub fn max_features(mut self, features: Option<usize>) -> Self {
        self.0.max_features = features;
        self
    }

    /// Sets how many questions lie at most between root and leaf.
    #[must_use]
    pub fn max_depth(mut self, depth: Option<usize>) -> Self {
        self.0.max_depth = depth;
        self
    }

    /// Sets how many rows a node must have to be split.
    #[must_use]
    pub fn min_split(mut self, rows: usize) -> Self {
        self.0.min_split = rows;
        self
    }

    /// Sets from how many rows of a node the candidates are drawn, and on how many they are scored, at most.
    #[must_use]
    pub fn sample(mut self, rows: usize) -> Self {
        self.0.sample = rows;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }
}

/// Most trees: more take minutes and change nothing.
const MOST_TREES: usize = 10_000;

impl ParamGuard for ForestParams {
    type Checked = ForestValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&Self::Checked> {
        let p = &self.0;
        let at_least = |least: usize, name, value: usize, must_be| {
            require(value >= least, name, value as f64, must_be)
        };
        let trees = (1..=MOST_TREES).contains(&p.trees);
        require(trees, "n_estimators", p.trees as f64, "from 1 to 10000")?;
        at_least(1, "max_features", p.max_features.unwrap_or(1), "1 or more")?;
        at_least(2, "min_samples_split", p.min_split, "2 or more")?;
        at_least(2, "sample", p.sample, "2 or more")?;
        Ok(p)
    }

    fn check(self) -> Result<Self::Checked> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl ForestValidParams {
    /// Learns from rows and the label of each, watched by `control`, which is told of every tree.
    pub fn fit_matrix(
        &self,
        rows: &SparseMatrix,
        labels: &[usize],
        control: &Control<'_>,
    ) -> Result<Forest> {
        let classes = distinct(rows, labels)?;
        let class_of: Vec<u32> = labels
            .iter()
            .map(|label| classes.binary_search(label).unwrap_or_default() as u32)
            .collect();
        let columns = Columns::new(rows);
        let done = AtomicUsize::new(0);
        let trees: Vec<Tree> = (0..self.trees)
            .into_par_iter()
            .map_init(
                || Grower::new(self, rows, &columns, &class_of, classes.len()),
                |grower, tree| {
                    control.check()?;
                    let grown = grower.grow(self.seed.wrapping_add(tree as u64));
                    control.report(done.fetch_add(1, Ordering::Relaxed) + 1, self.trees);
                    Ok(grown)
                },
            )
            .collect::<Result<_>>()?;
        Ok(Forest::plant(classes, rows.cols(), &trees))
    }
}

impl Fit<SparseRecords, Array1<usize>, Error> for ForestValidParams {
    type Object = Forest;

    fn fit(&self, dataset: &DatasetBase<SparseRecords, Array1<usize>>) -> Result<Forest> {
        let labels = dataset.targets.to_vec();
        self.fit_matrix(&dataset.records.0, &labels, &Control::default())
    }
}

/// One tree while it grows; numbers of nodes and shares count from the tree's own first.
#[derive(Clone, Debug, Default)]
struct Tree {
    nodes: Vec<Node>,
    shares: Vec<Share>,
}

/// A question or a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Node {
    /// The feature asked for; [`LEAF`] in a leaf.
    feature: u32,
    /// Where the row goes that lacks the feature; the one that has it goes to the node after. In a leaf, where its
    /// shares start.
    next: u32,
    /// How many shares a leaf has; at a question, which part of the rows has the feature, `u32::MAX` being all.
    count: u32,
}

const LEAF: u32 = u32::MAX;

/// A class with its part of a leaf.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Share {
    class: u32,
    part: f32,
}

/// A node that waits to be split.
#[derive(Clone, Copy)]
struct Open {
    node: usize,
    start: usize,
    end: usize,
    depth: usize,
}

/// The working memory of one thread.
struct Grower<'a> {
    params: &'a ForestValidParams,
    rows: &'a SparseMatrix,
    columns: &'a Columns,
    /// Which rows have the feature at hand; all false in between.
    marked: Vec<bool>,
    class_of: &'a [u32],
    /// How often each row was drawn into the bootstrap sample.
    weights: Vec<u32>,
    /// Position of each feature among the candidates, or [`NONE`].
    slots: Vec<u32>,
    /// The number of the last node in which each feature was seen.
    seen: Vec<u32>,
    seen_in: u32,
    /// Weight of each class in the node, its position among the node's classes, and those classes.
    totals: Vec<u32>,
    places: Vec<u32>,
    present: Vec<u32>,
    /// Rows to score on.
    sample: Vec<u32>,
    /// Room for every feature, and how many of the first ones compete.
    pool: Vec<u32>,
    competing: usize,
    /// The weight of each class with each candidate and without any, and what follows from these.
    counts: Vec<u32>,
    sample_totals: Vec<u32>,
    tallies: Vec<Tally>,
}

const NONE: u32 = u32::MAX;

impl<'a> Grower<'a> {
    fn new(
        params: &'a ForestValidParams,
        rows: &'a SparseMatrix,
        columns: &'a Columns,
        class_of: &'a [u32],
        classes: usize,
    ) -> Self {
        Self {
            params,
            rows,
            columns,
            marked: vec![false; rows.rows()],
            class_of,
            weights: Vec::new(),
            slots: vec![NONE; rows.cols()],
            seen: vec![0; rows.cols()],
            seen_in: 0,
            totals: vec![0; classes],
            places: vec![0; classes],
            present: Vec::new(),
            sample: Vec::new(),
            pool: vec![0; rows.cols()],
            competing: 0,
            counts: Vec::new(),
            sample_totals: Vec::new(),
            tallies: Vec::new(),
        }
    }

    fn grow(&mut self, seed: u64) -> Tree {
        let mut random = Random::new(seed);
        let n = self.rows.rows();
        self.weights.clear();
        self.weights.resize(n, 0);
        for _ in 0..n {
            self.weights[random.below(n)] += 1;
        }
        let weights = &self.weights;
        let mut drawn: Vec<u32> = (0..n as u32)
            .filter(|&row| weights[row as usize] > 0)
            .collect();

        let leaf = Node {
            feature: LEAF,
            next: 0,
            count: 0,
        };
        let mut tree = Tree {
            nodes: vec![leaf],
            shares: Vec::new(),
        };
        let mut open = vec![Open {
            node: 0,
            start: 0,
            end: drawn.len(),
            depth: 0,
        }];
        while let Some(Open {
            node,
            start,
            end,
            depth,
        }) = open.pop()
        {
            let rows = &mut drawn[start..end];
            self.count_classes(rows);
            let may_split = self.present.len() > 1
                && rows.len() >= self.params.min_split
                && self.params.max_depth.is_none_or(|most| depth < most);
            let question = may_split
                .then(|| self.best_feature(rows, &mut random))
                .flatten();
            if let Some(feature) = question {
                let middle = start + self.partition(rows, feature);
                let weight =
                    |rows: &[u32]| rows.iter().map(|&row| self.weights[row as usize]).sum();
                let having = paths::parts(weight(&drawn[middle..end]), weight(&drawn[start..end]));
                let next = tree.nodes.len();
                tree.nodes.extend([leaf; 2]);
                tree.nodes[node] = Node {
                    feature,
                    next: next as u32,
                    count: having,
                };
                for (node, start, end) in [(next, start, middle), (next + 1, middle, end)] {
                    open.push(Open {
                        node,
                        start,
                        end,
                        depth: depth + 1,
                    });
                }
            } else {
                tree.nodes[node] = Node {
                    feature: LEAF,
                    next: tree.shares.len() as u32,
                    count: self.present.len() as u32,
                };
                let total: u32 = self.present.iter().map(|&c| self.totals[c as usize]).sum();
                tree.shares.extend(self.present.iter().map(|&class| Share {
                    class,
                    part: self.totals[class as usize] as f32 / total as f32,
                }));
            }
        }
        tree
    }

    /// Fills `present`, `places` and `totals` for the rows of a node.
    fn count_classes(&mut self, rows: &[u32]) {
        for &class in &self.present {
            self.totals[class as usize] = 0;
        }
        self.present.clear();
        for &row in rows {
            let class = self.class_of[row as usize];
            let total = &mut self.totals[class as usize];
            if *total == 0 {
                self.places[class as usize] = self.present.len() as u32;
                self.present.push(class);
            }
            *total += self.weights[row as usize];
        }
    }

    /// Returns the candidate that separates the classes best, if any separates the rows at all.
    fn best_feature(&mut self, rows: &[u32], random: &mut Random) -> Option<u32> {
        self.draw_sample(rows, random);
        self.draw_candidates(random);
        let classes = self.present.len();
        self.sample_totals.clear();
        self.sample_totals.resize(classes, 0);
        for &row in &self.sample {
            let place = self.places[self.class_of[row as usize] as usize];
            self.sample_totals[place as usize] += self.weights[row as usize];
        }
        self.counts.clear();
        self.counts.resize(self.competing * classes, 0);
        self.tallies.clear();
        self.tallies.resize(self.competing, Tally::default());
        for &row in &self.sample {
            let weight = self.weights[row as usize];
            let place = self.places[self.class_of[row as usize] as usize] as usize;
            let total = self.sample_totals[place];
            for &feature in self.rows.row(row as usize).indices {
                let slot = self.slots[feature as usize];
                if slot != NONE {
                    let count = &mut self.counts[slot as usize * classes + place];
                    self.tallies[slot as usize].add(weight, *count, total);
                    *count += weight;
                }
            }
        }
        let whole = Tally::of(&self.sample_totals);
        let mut best = None;
        let mut best_purity = 0.0;
        for (&feature, tally) in self.pool.iter().zip(&self.tallies) {
            self.slots[feature as usize] = NONE;
            if let Some(purity) = tally.purity(whole)
                && purity > best_purity
            {
                (best, best_purity) = (Some(feature), purity);
            }
        }
        best
    }

    /// Takes every so-manieth row of a large node, and all of a small one.
    fn draw_sample(&mut self, rows: &[u32], random: &mut Random) {
        self.sample.clear();
        let wanted = self.params.sample;
        if rows.len() <= wanted {
            self.sample.extend_from_slice(rows);
            return;
        }
        let offset = random.below(rows.len());
        self.sample
            .extend((0..wanted).map(|i| rows[(i * rows.len() + offset) / wanted % rows.len()]));
    }

    /// Puts at the front of `pool` as many random features of the sample as may compete, and numbers them in `slots`.
    fn draw_candidates(&mut self, random: &mut Random) {
        // The loop writes first and decides afterwards, without a branch.
        let mut found = 0;
        self.seen_in = self.seen_in.wrapping_add(1);
        if self.seen_in == 0 {
            self.seen.fill(0);
            self.seen_in = 1;
        }
        for &row in &self.sample {
            for &feature in self.rows.row(row as usize).indices {
                if let Some(place) = self.pool.get_mut(found) {
                    *place = feature;
                }
                let seen = &mut self.seen[feature as usize];
                found += usize::from(*seen != self.seen_in);
                *seen = self.seen_in;
            }
        }
        let wanted = self.params.max_features.unwrap_or_else(|| {
            let root = self.rows.cols().isqrt().max(1);
            let (all, rest) = (found / root, found % root);
            all + usize::from(random.below(root) < rest)
        });
        self.competing = wanted.max(1).min(found);
        for i in 0..self.competing {
            let other = i + random.below(found - i);
            self.pool.swap(i, other);
            self.slots[self.pool[i] as usize] = i as u32;
        }
    }

    /// Moves the rows that lack the feature to the front and returns their number.
    fn partition(&mut self, rows: &mut [u32], feature: u32) -> usize {
        let holders = self.columns.rows(feature);
        if holders.len() > rows.len() * 4 {
            return move_to_front(rows, |row| !has(self.rows.row(row as usize), feature));
        }
        for &row in holders {
            self.marked[row as usize] = true;
        }
        let lacking = move_to_front(rows, |row| !self.marked[row as usize]);
        for &row in holders {
            self.marked[row as usize] = false;
        }
        lacking
    }
}

/// Moves the rows that fulfil the condition to the front and returns their number.
fn move_to_front(rows: &mut [u32], holds: impl Fn(u32) -> bool) -> usize {
    let mut front = 0;
    for i in 0..rows.len() {
        rows.swap(i, front);
        front += usize::from(holds(rows[front]));
    }
    front
}

/// For each feature the rows that have it.
struct Columns {
    offsets: Vec<usize>,
    rows: Vec<u32>,
}

impl Columns {
    fn new(matrix: &SparseMatrix) -> Self {
        let mut offsets = vec![0; matrix.cols() + 2];
        for &feature in matrix.indices() {
            offsets[feature as usize + 2] += 1;
        }
        for i in 1..offsets.len() {
            offsets[i] += offsets[i - 1];
        }
        let mut rows = vec![0; matrix.entries()];
        for (i, row) in matrix.iter().enumerate() {
            for &feature in row.indices {
                // Counts up from where the column starts to where the next one does.
                let next = &mut offsets[feature as usize + 1];
                rows[*next] = i as u32;
                *next += 1;
            }
        }
        Self { offsets, rows }
    }

    fn rows(&self, feature: u32) -> &[u32] {
        let feature = feature as usize;
        &self.rows[self.offsets[feature]..self.offsets[feature + 1]]
    }
}

/// What is known of the rows that have a feature: with `w` the weight of a class among them and `t` that among all.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    /// Σ w
    weight: u64,
    /// Σ w²
    squares: u64,
    /// Σ w t
    products: u64,
}

impl Tally {
    /// Returns the tally of a feature that all rows have.
    fn of(totals: &[u32]) -> Self {
        let mut tally = Self::default();
        for &total in totals {
            tally.add(total, 0, total);
        }
        tally
    }

    /// Adds a row of a class that had the weight `count` so far and has `total` among all rows.
    fn add(&mut self, weight: u32, count: u32, total: u32) {
        let (weight, count) = (u64::from(weight), u64::from(count));
        self.weight += weight;
        self.squares += weight * (2 * count + weight);
        self.products += weight * u64::from(total);
    }

    /// Returns how pure the two sides of the split are, the one that has the feature and the rest of the whole; none
    /// if one side is empty.
    ///
    /// This is the part of the Gini gain that differs between candidates: the sum of squares of each side over its
    /// size.
    fn purity(self, whole: Self) -> Option<f64> {
        let rest = whole.weight - self.weight;
        let rest_squares = whole.squares + self.squares - 2 * self.products;
        (self.weight > 0 && rest > 0)
            .then(|| self.squares as f64 / self.weight as f64 + rest_squares as f64 / rest as f64)
    }
}

/// Tells whether a row has a feature.
fn has(row: SparseRow<'_>, feature: u32) -> bool {
    row.indices.binary_search(&feature).is_ok()
}

/// A trained random forest.
#[derive(Clone, Debug, PartialEq)]
pub struct Forest {
    classes: Vec<usize>,
    features: usize,
    /// The root of each tree.
    roots: Vec<u32>,
    nodes: Vec<Node>,
    shares: Vec<Share>,
}

/// What a [`Forest`] consists of, for saving. All trees share the tables of nodes and shares.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ForestParts {
    /// The labels, ascending.
    pub classes: Vec<usize>,
    /// Number of features.
    pub features: usize,
    /// The node at which each tree starts.
    pub roots: Vec<u32>,
    /// For each node the feature it asks for; `u32::MAX` in a leaf.
    pub node_features: Vec<u32>,
    /// For each question the node for rows without the feature, before that for rows with it; it comes after the
    /// question. For each leaf its first share.
    pub node_next: Vec<u32>,
    /// For each leaf the number of its shares; for each question which part of the rows has the feature.
    pub node_counts: Vec<u32>,
    /// The class of each share, by position among the labels.
    pub share_classes: Vec<u32>,
    /// How much of its leaf each share is.
    pub share_parts: Vec<f32>,
}

impl Forest {
    /// Puts the trees into common tables.
    fn plant(classes: Vec<usize>, features: usize, trees: &[Tree]) -> Self {
        let mut forest = Self {
            classes,
            features,
            roots: Vec::with_capacity(trees.len()),
            nodes: Vec::new(),
            shares: Vec::new(),
        };
        for tree in trees {
            let (first, first_share) = (forest.nodes.len() as u32, forest.shares.len() as u32);
            forest.roots.push(first);
            forest.nodes.extend(tree.nodes.iter().map(|node| {
                let start = if node.feature == LEAF {
                    first_share
                } else {
                    first
                };
                Node {
                    next: node.next + start,
                    ..*node
                }
            }));
            forest.shares.extend_from_slice(&tree.shares);
        }
        forest
    }

    /// Returns the labels in ascending order, which is the order of probabilities.
    pub fn classes(&self) -> &[usize] {
        &self.classes
    }

    /// Returns the number of features.
    pub fn features(&self) -> usize {
        self.features
    }

    /// Writes the probability of every class into `probabilities`, which has the length of [`Self::classes`].
    pub fn probabilities(&self, row: SparseRow<'_>, probabilities: &mut [f32]) {
        probabilities.fill(0.0);
        for &root in &self.roots {
            let mut at = root as usize;
            while let Some(node) = self.nodes.get(at) {
                if node.feature == LEAF {
                    let start = node.next as usize;
                    let shares = self.shares.get(start..start + node.count as usize);
                    for share in shares.unwrap_or_default() {
                        if let Some(sum) = probabilities.get_mut(share.class as usize) {
                            *sum += share.part;
                        }
                    }
                    break;
                }
                at = node.next as usize + usize::from(has(row, node.feature));
            }
        }
        let total: f32 = probabilities.iter().sum();
        if total > 0.0 {
            for probability in probabilities {
                *probability /= total;
            }
        }
    }

    /// Returns the most probable label, the smallest among equals.
    pub fn predict_row(&self, row: SparseRow<'_>, probabilities: &mut Vec<f32>) -> usize {
        probabilities.resize(self.classes.len(), 0.0);
        self.probabilities(row, probabilities);
        self.classes
            .get(argmax(probabilities))
            .copied()
            .unwrap_or_default()
    }

    /// Returns the parts for saving.
    pub fn into_parts(self) -> ForestParts {
        let nodes = &self.nodes;
        ForestParts {
            classes: self.classes,
            features: self.features,
            roots: self.roots,
            node_features: nodes.iter().map(|n| n.feature).collect(),
            node_next: nodes.iter().map(|n| n.next).collect(),
            node_counts: nodes.iter().map(|n| n.count).collect(),
            share_classes: self.shares.iter().map(|s| s.class).collect(),
            share_parts: self.shares.iter().map(|s| s.part).collect(),
        }
    }

    /// Makes a forest from saved parts, which may be damaged.
    ///
    /// Every node is inside the tables and every question stands before its answers, so that a walk always ends.
    pub fn from_parts(parts: ForestParts) -> Result<Self> {
        let damaged = |problem| Err(Error::Parts(problem));
        let count = parts.node_features.len();
        require_equal("nodes", count, parts.node_next.len())?;
        require_equal("nodes", count, parts.node_counts.len())?;
        require_equal("shares", parts.share_classes.len(), parts.share_parts.len())?;
        if parts.classes.is_empty() || !parts.classes.is_sorted_by(|a, b| a < b) {
            return damaged("labels are not in order");
        }
        let inside = |class: &u32| (*class as usize) < parts.classes.len();
        if !parts.share_classes.iter().all(inside) {
            return damaged("a leaf has a class that does not exist");
        }
        if !parts.share_parts.iter().all(|p| (0.0..=1.0).contains(p)) {
            return damaged("a leaf has a share outside of 0 to 1");
        }
        if parts.roots.is_empty() || !parts.roots.iter().all(|&r| (r as usize) < count) {
            return damaged("a tree has no root");
        }
        let table = parts.node_features.iter().zip(&parts.node_next);
        let nodes: Vec<Node> = table
            .zip(&parts.node_counts)
            .map(|((&feature, &next), &count)| Node {
                feature,
                next,
                count,
            })
            .collect();
        for (i, node) in nodes.iter().enumerate() {
            let next = node.next as usize;
            if node.feature == LEAF {
                if next.saturating_add(node.count as usize) > parts.share_parts.len() {
                    return damaged("a leaf lies outside its table");
                }
            } else if node.feature as usize >= parts.features {
                return damaged("a question asks for a feature that does not exist");
            } else if next <= i || next.saturating_add(1) >= count {
                return damaged("a tree leads nowhere");
            }
        }
        let shares = parts.share_classes.iter().zip(&parts.share_parts);
        Ok(Self {
            shares: shares
                .map(|(&class, &part)| Share { class, part })
                .collect(),
            nodes,
            classes: parts.classes,
            features: parts.features,
            roots: parts.roots,
        })
    }
}

impl PredictInplace<SparseRecords, Array1<usize>> for Forest {
    fn predict_inplace<'a>(&'a self, records: &'a SparseRecords, labels: &mut Array1<usize>) {
        let mut probabilities = Vec::new();
        for (row, label) in records.0.iter().zip(labels.iter_mut()) {
            *label = self.predict_row(row, &mut probabilities);
        }
    }

    fn default_target(&self, records: &SparseRecords) -> Array1<usize> {
        Array1::zeros(records.0.rows())
    }
}

#[cfg(test)]
mod tests {
    use linfa::traits::Predict;

    use super::*;
    use crate::ml::{
        SparseVector,
        testing::{accuracy, customer},
    };

    fn matrix(rows: &[&[u32]], cols: usize) -> SparseMatrix {
        let rows: Vec<SparseVector> = rows
            .iter()
            .map(|row| SparseVector::from_pairs(row.iter().map(|&f| (f, 1.0)).collect()))
            .collect();
        SparseMatrix::from_rows(cols, rows.iter().map(SparseVector::as_row)).unwrap()
    }

    /// Rows in which features 0 and 1 decide the class by "either or", among features that decide nothing.
    fn either_or(rows: usize) -> (SparseMatrix, Vec<usize>) {
        let mut random = Random::new(3);
        let (mut all, mut labels) = (Vec::new(), Vec::new());
        for _ in 0..rows {
            let (a, b) = (random.below(2), random.below(2));
            let mut row: Vec<u32> = (2..6).filter(|_| random.below(2) == 0).collect();
            row.extend(
                [(a == 1).then_some(0), (b == 1).then_some(1)]
                    .into_iter()
                    .flatten(),
            );
            all.push(row);
            labels.push(10 + (a ^ b));
        }
        let rows: Vec<&[u32]> = all.iter().map(Vec::as_slice).collect();
        (matrix(&rows, 6), labels)
    }

    fn fit(params: ForestParams, rows: &SparseMatrix, labels: &[usize]) -> Forest {
        let params = params.check().unwrap();
        params
            .fit_matrix(rows, labels, &Control::default())
            .unwrap()
    }

    #[test]
    fn linfas_traits_learn_what_no_plane_separates() {
        let (rows, labels) = either_or(2_000);
        let dataset = DatasetBase::new(SparseRecords(rows), Array1::from(labels));
        let forest = ForestParams::new().trees(30).fit(&dataset).unwrap();
        let predicted: Array1<usize> = forest.predict(&dataset);
        assert_eq!(predicted, dataset.targets);
        assert!(ForestParams::new().trees(0).fit(&dataset).is_err());
        assert!(ForestParams::new().sample(0).check().is_err());
        assert!(ForestParams::new().min_split(0).check().is_err());
        assert!(ForestParams::new().max_features(Some(0)).check().is_err());
    }

    #[test]
    fn a_hundred_trees_know_the_seed_data() {
        let data = customer();
        let least = if data.public { 0.984 } else { 0.85 };
        for [train, test] in [data.plain(), data.full()] {
            let forest = fit(ForestParams::new(), &train, &data.train.labels);
            let mut probabilities = Vec::new();
            let predicted = test
                .iter()
                .map(|row| forest.predict_row(row, &mut probabilities));
            let found = accuracy(predicted, &data.test.labels);
            assert!(found >= least, "{found}");
        }
    }

    #[test]
    fn probabilities_sum_to_one_and_no_depth_gives_the_frequencies() {
        let (rows, labels) = either_or(500);
        let forest = fit(ForestParams::new().trees(9), &rows, &labels);
        let mut probabilities = [0.0; 2];
        for row in rows.iter() {
            forest.probabilities(row, &mut probabilities);
            assert!((probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
        let stump = fit(ForestParams::new().max_depth(Some(0)), &rows, &labels);
        stump.probabilities(SparseRow::default(), &mut probabilities);
        let share = labels.iter().filter(|&&l| l == 10).count() as f32 / 500.0;
        assert!((probabilities[0] - share).abs() < 0.02, "{probabilities:?}");
    }

    #[test]
    fn the_number_of_threads_changes_nothing_and_the_seed_does() {
        let (rows, labels) = either_or(1_500);
        let with = |threads, seed| {
            rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap()
                .install(|| fit(ForestParams::new().trees(12).seed(seed), &rows, &labels))
        };
        assert_eq!(with(1, 1), with(3, 1));
        assert_ne!(with(1, 1), with(1, 2));
    }

    #[test]
    fn one_class_empty_rows_and_no_features_make_leaves() {
        let rows = matrix(&[&[0], &[1]], 2);
        let forest = fit(ForestParams::new(), &rows, &[4, 4]);
        assert_eq!(forest.predict_row(SparseRow::default(), &mut Vec::new()), 4);
        let empty = matrix(&[&[], &[], &[]], 0);
        let forest = fit(ForestParams::new(), &empty, &[1, 2, 2]);
        assert_eq!(forest.predict_row(SparseRow::default(), &mut Vec::new()), 2);
        let one = fit(ForestParams::new(), &matrix(&[&[0]], 1), &[9]);
        assert_eq!(one.predict_row(SparseRow::default(), &mut Vec::new()), 9);
    }

    #[test]
    fn contradictory_duplicates_share_a_leaf() {
        let rows = matrix(&[[0].as_slice(); 5], 1);
        let forest = fit(ForestParams::new(), &rows, &[0, 0, 0, 0, 1]);
        assert_eq!(forest.predict_row(rows.row(0), &mut Vec::new()), 0);
    }

    #[test]
    fn no_rows_and_unequal_numbers_are_errors() {
        let params = ForestParams::new().check().unwrap();
        let fit = |rows: &SparseMatrix, labels: &[usize]| {
            params
                .fit_matrix(rows, labels, &Control::default())
                .unwrap_err()
        };
        assert!(matches!(fit(&matrix(&[], 3), &[]), Error::NoRows));
        assert!(matches!(
            fit(&matrix(&[&[]], 3), &[]),
            Error::Mismatch { .. }
        ));
    }

    #[test]
    fn a_fit_can_be_stopped() {
        let (rows, labels) = either_or(100);
        let control = Control {
            cancelled: Some(&|| true),
            ..Control::default()
        };
        let params = ForestParams::new().check().unwrap();
        let stopped = params.fit_matrix(&rows, &labels, &control);
        assert!(matches!(stopped, Err(Error::Cancelled)));
    }

    #[test]
    fn saved_parts_come_back_and_damaged_ones_are_refused() {
        let (rows, labels) = either_or(200);
        let forest = fit(ForestParams::new().trees(3), &rows, &labels);
        let parts = forest.clone().into_parts();
        assert_eq!(Forest::from_parts(parts.clone()).unwrap(), forest);
        let damaged = |change: &dyn Fn(&mut ForestParts)| {
            let mut parts = parts.clone();
            change(&mut parts);
            Forest::from_parts(parts).is_err()
        };
        assert_ne!(parts.node_features[0], LEAF, "the first node is a question");
        assert!(damaged(&|p| p.node_next[0] = 0), "a cycle");
        assert!(damaged(&|p| p.node_next[0] = u32::MAX), "far outside");
        assert!(
            damaged(&|p| p.node_next[0] = p.node_next.len() as u32 - 1),
            "half outside"
        );
        assert!(damaged(&|p| p.node_features[0] = 6), "no such feature");
        assert!(damaged(&|p| p.node_counts.truncate(1)));
        assert!(damaged(&|p| p.node_next.truncate(1)));
        assert!(damaged(&|p| p.roots[1] = u32::MAX));
        assert!(damaged(&|p| p.roots.clear()));
        assert!(damaged(&|p| p.share_classes[0] = 2));
        assert!(damaged(&|p| p.share_parts[0] = f32::NAN));
        assert!(damaged(&|p| p.share_parts.truncate(1)));
        assert!(damaged(&|p| p.classes.clear()));
        let last = (0..parts.node_counts.len())
            .rfind(|&i| {
                let end = parts.node_next[i] + parts.node_counts[i];
                parts.node_features[i] == LEAF && end as usize == parts.share_parts.len()
            })
            .unwrap();
        assert!(
            damaged(&|p| p.node_counts[last] += 1),
            "past the last share"
        );
    }

    #[test]
    fn contributions_and_what_is_there_without_add_up_to_the_difference() {
        let rows = matrix(&[&[0, 2], &[0], &[1, 2], &[1], &[2], &[0, 1]], 3);
        let labels = [0, 0, 1, 1, 2, 0];
        let params = ForestParams::new().trees(20).check().unwrap();
        let forest = params
            .fit_matrix(&rows, &labels, &Control::default())
            .unwrap();
        let mut probabilities = vec![0.0; 3];
        for row in rows.iter() {
            forest.probabilities(row, &mut probabilities);
            for (a, b) in [(0, 1), (2, 0), (1, 1)] {
                let (shares, others) = forest.contributions(row, a, b);
                assert_eq!(shares.len(), row.len());
                let sum = shares.iter().sum::<f64>() + others;
                let difference = f64::from(probabilities[a]) - f64::from(probabilities[b]);
                assert!((sum - difference).abs() < 1e-5, "{sum} {difference}");
            }
        }
        let (shares, _) = forest.contributions(rows.row(3), 1, 0);
        assert!(shares[0] > 0.0, "feature 1 speaks for class 1");
    }
}
