//! Which lines differ between two texts (Myers, "An O(ND) Difference Algorithm and Its Variations", 1986).

/// A line of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// In both texts.
    Same(&'a str),
    /// Only in the old text.
    Removed(&'a str),
    /// Only in the new text.
    Added(&'a str),
}

/// Differences beyond which the texts are compared as a whole: the search keeps the square of it in memory.
const MOST: usize = 1000;
/// Same lines shown before and after a difference.
const CONTEXT: usize = 3;

/// Compares two texts line by line; line ends are part of the lines.
pub fn lines<'a>(old: &'a str, new: &'a str) -> Vec<Change<'a>> {
    let old: Vec<&str> = old.split_inclusive('\n').collect();
    let new: Vec<&str> = new.split_inclusive('\n').collect();
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - head;
    let tail = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(rest)
        .take_while(|(a, b)| a == b)
        .count();
    let (first, old_middle, last) = parts(&old, head, tail);
    let (_, new_middle, _) = parts(&new, head, tail);
    let mut out: Vec<Change<'a>> = first.iter().map(|line| Change::Same(line)).collect();
    if let Some(middle) = script(old_middle, new_middle) {
        out.extend(middle);
    } else {
        out.extend(old_middle.iter().map(|line| Change::Removed(line)));
        out.extend(new_middle.iter().map(|line| Change::Added(line)));
    }
    out.extend(last.iter().map(|line| Change::Same(line)));
    out
}

fn parts<'s, 'a>(
    lines: &'s [&'a str],
    head: usize,
    tail: usize,
) -> (&'s [&'a str], &'s [&'a str], &'s [&'a str]) {
    let (first, rest) = lines.split_at(head);
    let (middle, last) = rest.split_at(rest.len() - tail);
    (first, middle, last)
}

/// Returns a shortest way from one list of lines to the other; none where it is longer than [`MOST`].
fn script<'a>(old: &[&'a str], new: &[&'a str]) -> Option<Vec<Change<'a>>> {
    let most = (old.len() + new.len()).min(MOST);
    // For each number of differences the furthest line of `old` on each diagonal; diagonal k stands at k + most + 1.
    let mut furthest = vec![0_usize; 2 * most + 3];
    let mut trace: Vec<Vec<usize>> = Vec::new();
    let at = |k: isize| (k + most.cast_signed() + 1).cast_unsigned();
    for distance in 0..=most.cast_signed() {
        trace.push(furthest.clone());
        for k in (-distance..=distance).step_by(2) {
            let down = k == -distance
                || k != distance && furthest.get(at(k - 1))? < furthest.get(at(k + 1))?;
            let mut x = if down {
                *furthest.get(at(k + 1))?
            } else {
                furthest.get(at(k - 1))? + 1
            };
            let mut y = (x.cast_signed() - k).cast_unsigned();
            while x < old.len() && y < new.len() && old.get(x) == new.get(y) {
                (x, y) = (x + 1, y + 1);
            }
            *furthest.get_mut(at(k))? = x;
            if x >= old.len() && y >= new.len() {
                return backwards(old, new, &trace, at);
            }
        }
    }
    None
}

fn backwards<'a>(
    old: &[&'a str],
    new: &[&'a str],
    trace: &[Vec<usize>],
    at: impl Fn(isize) -> usize,
) -> Option<Vec<Change<'a>>> {
    let (mut x, mut y) = (old.len().cast_signed(), new.len().cast_signed());
    let mut out = Vec::new();
    for (distance, furthest) in trace.iter().enumerate().rev() {
        let distance = distance.cast_signed();
        let k = x - y;
        let down = k == -distance
            || k != distance && furthest.get(at(k - 1))? < furthest.get(at(k + 1))?;
        let before = if down { k + 1 } else { k - 1 };
        let from_x = if distance == 0 {
            0
        } else {
            furthest.get(at(before))?.cast_signed()
        };
        let from_y = if distance == 0 { 0 } else { from_x - before };
        while x > from_x && y > from_y {
            (x, y) = (x - 1, y - 1);
            out.push(Change::Same(old.get(x.cast_unsigned())?));
        }
        if distance > 0 {
            if down {
                y -= 1;
                out.push(Change::Added(new.get(y.cast_unsigned())?));
            } else {
                x -= 1;
                out.push(Change::Removed(old.get(x.cast_unsigned())?));
            }
        }
    }
    out.reverse();
    Some(out)
}

/// Returns the differences in the form of `diff -u`, without the two lines that name the files; empty if there are
/// none.
pub fn unified(old: &str, new: &str) -> String {
    let changes = lines(old, new);
    let near = |i: usize| {
        let from = i.saturating_sub(CONTEXT);
        changes
            .get(from..(i + CONTEXT + 1).min(changes.len()))
            .is_some_and(|around| around.iter().any(|line| !matches!(line, Change::Same(_))))
    };
    let shown: Vec<bool> = (0..changes.len()).map(near).collect();
    let (mut out, mut line, mut new_line) = (String::new(), 1, 1);
    let mut inside = false;
    for (i, change) in changes.iter().enumerate() {
        if shown.get(i) == Some(&true) {
            if !inside {
                let length = shown.iter().skip(i).take_while(|shown| **shown).count();
                let hunk = changes.get(i..i + length).unwrap_or_default();
                let count = |gone: bool| {
                    hunk.iter()
                        .filter(|line| match line {
                            Change::Same(_) => true,
                            Change::Removed(_) => gone,
                            Change::Added(_) => !gone,
                        })
                        .count()
                };
                let header = format!(
                    "@@ -{line},{} +{new_line},{} @@\n",
                    count(true),
                    count(false)
                );
                out.push_str(&header);
            }
            let (sign, text) = match change {
                Change::Same(text) => (' ', text),
                Change::Removed(text) => ('-', text),
                Change::Added(text) => ('+', text),
            };
            out.push(sign);
            out.push_str(text.trim_end_matches(['\r', '\n']));
            out.push('\n');
            if !text.ends_with('\n') {
                out.push_str("\\ no line end\n");
            }
        }
        inside = shown.get(i) == Some(&true);
        line += usize::from(!matches!(change, Change::Added(_)));
        new_line += usize::from(!matches!(change, Change::Removed(_)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_that_differ_are_shown_with_their_neighbours() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let new = "1\n2\n3\n4\nfive\n5\n6\n7\n8\n";
        assert_eq!(
            unified(old, new),
            "@@ -2,8 +2,8 @@\n 2\n 3\n 4\n+five\n 5\n 6\n 7\n 8\n-9\n"
        );
        assert_eq!(unified(old, old), "");
        assert_eq!(
            unified("a", "a\n"),
            "@@ -1,1 +1,1 @@\n-a\n\\ no line end\n+a\n"
        );
    }

    proptest::proptest! {
        #[test]
        fn both_texts_come_out_of_the_comparison(old in "[ab\n]{0,30}", new in "[ab\n]{0,30}") {
            let changes = lines(&old, &new);
            let side = |gone: bool| changes.iter().filter_map(|change| match change {
                Change::Same(text) => Some(*text),
                Change::Removed(text) => gone.then_some(*text),
                Change::Added(text) => (!gone).then_some(*text),
            }).collect::<String>();
            proptest::prop_assert_eq!(side(true), old.as_str());
            proptest::prop_assert_eq!(side(false), new.as_str());
        }
    }
}
