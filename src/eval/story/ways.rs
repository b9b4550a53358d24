//! The conversations that stories stand for: every choice of their `or` steps, joined by checkpoints.

use crate::data::{Step, StepKind, Story};

/// Most conversations that stories may stand for: `or` steps and checkpoints multiply.
pub const MOST: usize = 20_000;

/// One conversation.
#[derive(Clone, Debug)]
pub struct Way<'s> {
    /// The stories that it goes through, by number; it bears the name of the last.
    pub through: Vec<usize>,
    /// What happens.
    pub steps: Vec<&'s Step>,
}

/// A story, or a part of one that ends in a checkpoint.
struct Piece<'s> {
    story: usize,
    starts: Vec<&'s str>,
    steps: &'s [Step],
    end: Option<&'s str>,
}

/// Returns every conversation that stories stand for, by the last story of each; the number of a story that makes them
/// more than [`MOST`] is the error.
///
/// As in Rasa a checkpoint leads to every story that begins with it, and all checkpoints that a story begins with lead
/// to it. Round a loop of checkpoints each story is gone through once. What no conversation from a beginning reaches is
/// one of its own, so that no story is passed over.
pub fn ways(stories: &[Story]) -> Result<Vec<Way<'_>>, usize> {
    let pieces: Vec<Piece<'_>> = stories
        .iter()
        .enumerate()
        .flat_map(|(number, story)| pieces(number, &story.steps))
        .collect();
    let leads_to =
        |from: Option<&str>, to: &Piece<'_>| from.is_some_and(|name| to.starts.contains(&name));
    let mut found: Vec<Way<'_>> = Vec::new();
    let mut reached = vec![false; pieces.len()];
    let is_first = |piece: &Piece<'_>| !pieces.iter().any(|before| leads_to(before.end, piece));
    let mut firsts: Vec<usize> = (0..pieces.len())
        .filter(|at| pieces.get(*at).is_some_and(is_first))
        .collect();
    loop {
        for first in firsts {
            let mut path = vec![first];
            // The pieces that may follow each of the path, and how many of them were followed.
            let mut open: Vec<(Vec<usize>, usize)> = vec![(following(&pieces, &path), 0)];
            while let Some((next, done)) = open.last_mut() {
                if next.is_empty() && *done == 0 {
                    let whole: Vec<&Piece<'_>> =
                        path.iter().filter_map(|at| pieces.get(*at)).collect();
                    join(&whole, &mut found)?;
                    for at in &path {
                        reached[*at] = true;
                    }
                }
                if let Some(at) = next.get(*done).copied() {
                    *done += 1;
                    path.push(at);
                    open.push((following(&pieces, &path), 0));
                } else {
                    open.pop();
                    path.pop();
                }
            }
        }
        // Round a loop without a beginning any story is one.
        match reached.iter().position(|reached| !reached) {
            Some(left) => firsts = vec![left],
            None => break,
        }
    }
    found.sort_by_key(|way| way.through.last().copied());
    Ok(found)
}

/// Returns every choice of one story's own steps, checkpoints among them; where they are more than [`MOST`], the first.
pub fn choices_of(story: &Story) -> Vec<Vec<&Step>> {
    let mut ways = vec![Vec::new()];
    for step in &story.steps {
        let mut more = choose(&ways, step);
        more.truncate(MOST);
        ways = more;
    }
    ways
}

/// Returns the parts of a story between checkpoints.
fn pieces(story: usize, steps: &[Step]) -> Vec<Piece<'_>> {
    let checkpoint = |step: &'_ Step| matches!(step.kind, StepKind::Checkpoint { .. });
    let mut found = Vec::new();
    let mut rest = steps;
    let mut before: Option<&str> = None;
    loop {
        let led = rest.iter().take_while(|step| checkpoint(step)).count();
        let (starts, after) = rest.split_at(led);
        let mut starts: Vec<&str> = starts.iter().filter_map(name).collect();
        starts.extend(before);
        let length = after.iter().take_while(|step| !checkpoint(step)).count();
        let (own, left) = after.split_at(length);
        let end = left.first().and_then(name);
        if found.is_empty() || !own.is_empty() {
            found.push(Piece {
                story,
                starts,
                steps: own,
                end,
            });
        }
        if left.is_empty() {
            return found;
        }
        before = end;
        rest = left.get(1..).unwrap_or_default();
    }
}

fn name(step: &Step) -> Option<&str> {
    match &step.kind {
        StepKind::Checkpoint { name, .. } => Some(name),
        _ => None,
    }
}

/// Returns the pieces that may follow the last of a path, those of the path itself left out.
fn following(pieces: &[Piece<'_>], path: &[usize]) -> Vec<usize> {
    let end = path.last().and_then(|at| pieces.get(*at)?.end);
    let Some(end) = end else {
        return Vec::new();
    };
    let follows =
        |(at, piece): &(usize, &Piece<'_>)| piece.starts.contains(&end) && !path.contains(at);
    let found = pieces.iter().enumerate().filter(follows);
    found.map(|(at, _)| at).collect()
}

/// Adds every choice of joined pieces.
fn join<'s>(pieces: &[&Piece<'s>], found: &mut Vec<Way<'s>>) -> Result<(), usize> {
    let mut through: Vec<usize> = pieces.iter().map(|piece| piece.story).collect();
    through.dedup();
    let last = through.last().copied().unwrap_or_default();
    let mut ways: Vec<Vec<&Step>> = vec![Vec::new()];
    for step in pieces.iter().flat_map(|piece| piece.steps) {
        ways = choose(&ways, step);
        if found.len() + ways.len() > MOST {
            return Err(last);
        }
    }
    found.extend(ways.into_iter().map(|steps| Way {
        through: through.clone(),
        steps,
    }));
    Ok(())
}

/// Goes on with each way by every choice of a step.
fn choose<'s>(ways: &[Vec<&'s Step>], step: &'s Step) -> Vec<Vec<&'s Step>> {
    let choices: Vec<&Step> = match &step.kind {
        StepKind::Or(choices) if !choices.is_empty() => choices.iter().collect(),
        _ => vec![step],
    };
    ways.iter()
        .flat_map(|way| {
            let next = |choice: &&'s Step| way.iter().copied().chain([*choice]).collect();
            choices.iter().map(next).collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{data::StoryKind, diagnostic::Origin};

    fn step(kind: StepKind) -> Step {
        Step {
            kind,
            origin: Origin::default(),
        }
    }

    /// `>name` is a checkpoint, `a|b` an `or`, anything else an action.
    fn story(steps: &str) -> Story {
        let action = |name: &str| step(StepKind::Action(name.to_owned()));
        let steps = steps.split_whitespace().map(|word| {
            if let Some(name) = word.strip_prefix('>') {
                return step(StepKind::Checkpoint {
                    name: name.to_owned(),
                    slots: Vec::new(),
                });
            }
            match word.split_once('|') {
                Some((a, b)) => step(StepKind::Or(vec![action(a), action(b)])),
                None => action(word),
            }
        });
        Story {
            name: String::new(),
            kind: StoryKind::Story,
            steps: steps.collect(),
            origin: Origin::default(),
        }
    }

    /// Returns the last story and the actions of each way.
    fn shown(stories: &[&str]) -> Vec<(usize, String)> {
        let stories: Vec<Story> = stories.iter().map(|steps| story(steps)).collect();
        let ways = ways(&stories).unwrap();
        ways.iter()
            .map(|way| {
                let names: Vec<&str> = way
                    .steps
                    .iter()
                    .filter_map(|step| match &step.kind {
                        StepKind::Action(name) => Some(name.as_str()),
                        _ => None,
                    })
                    .collect();
                (*way.through.last().unwrap(), names.join(" "))
            })
            .collect()
    }

    fn row(last: usize, actions: &str) -> (usize, String) {
        (last, actions.to_owned())
    }

    #[test]
    fn checkpoints_join_and_or_steps_choose() {
        assert_eq!(shown(&["a b|c"]), [row(0, "a b"), row(0, "a c")]);
        assert_eq!(
            shown(&["a >x", "b >x", ">x c"]),
            [row(2, "a c"), row(2, "b c")]
        );
        // All checkpoints that a story begins with lead to it.
        assert_eq!(
            shown(&["a >x", "b >y", ">y >x c"]),
            [row(2, "a c"), row(2, "b c")]
        );
        // One in the middle is an end and a beginning.
        assert_eq!(shown(&["a >x b", ">x c"]), [row(0, "a b"), row(1, "a c")]);
        let chain: Vec<String> = (0..12)
            .map(|i| {
                format!(
                    "{} s{i} >c{i}",
                    if i > 0 {
                        format!(">c{}", i - 1)
                    } else {
                        String::new()
                    }
                )
            })
            .collect();
        let chain: Vec<&str> = chain.iter().map(String::as_str).collect();
        let whole: Vec<String> = (0..12).map(|i| format!("s{i}")).collect();
        assert_eq!(shown(&chain), [row(11, &whole.join(" "))]);
    }

    #[test]
    fn no_story_is_passed_over() {
        assert_eq!(shown(&["a >x", ">x b >x"]), [row(1, "a b")]);
        assert_eq!(shown(&[">x a >y", ">y b >x"]), [row(1, "a b")]);
        assert_eq!(
            shown(&[">nowhere a", "b >nobody"]),
            [row(0, "a"), row(1, "b")]
        );
        assert!(shown(&[]).is_empty());
    }

    #[test]
    fn too_many_choices_are_refused() {
        let many = story(&"a|b ".repeat(30));
        assert_eq!(ways(&[story("a"), many.clone()]).unwrap_err(), 1);
        assert_eq!(choices_of(&many).len(), MOST);
    }

    proptest::proptest! {
        /// Whatever leads where, every story is gone through.
        #[test]
        fn every_story_is_held(ends in proptest::collection::vec((0..4u8, 0..4u8), 1..7)) {
            let stories: Vec<Story> = ends
                .iter()
                .map(|(start, end)| {
                    let mark = |at: &u8| if *at > 0 { format!(">{at}") } else { String::new() };
                    story(&format!("{} a {}", mark(start), mark(end)))
                })
                .collect();
            let ways = ways(&stories).unwrap();
            for number in 0..stories.len() {
                assert!(ways.iter().any(|way| way.through.contains(&number)), "{number}");
            }
        }
    }
}
