//! Where each pane goes: a pure function of the size of the screen.

use ratatui::layout::{Constraint, Layout, Rect};

/// Smallest usable screen.
pub(super) const LEAST: (u16, u16) = (40, 12);

/// How much of the shell the screen has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tier {
    /// Every pane at once.
    Wide,
    /// Chat beside the intents and one inspector with tabs.
    Medium,
    /// One column; the inspector lies over the chat.
    Small,
    /// Too small for anything but saying so.
    None,
}

impl Tier {
    pub(super) fn of(area: Rect) -> Self {
        match (area.width, area.height) {
            (110.., 30..) => Self::Wide,
            (72.., 20..) => Self::Medium,
            (width, height) if width >= LEAST.0 && height >= LEAST.1 => Self::Small,
            _ => Self::None,
        }
    }
}

/// A part of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Pane {
    Title,
    Chat,
    Message,
    Intents,
    Words,
    Entities,
    Next,
    Memory,
    Inspector,
    Hints,
}

/// Returns the panes with their places: inside the area, and never overlapping.
pub(super) fn arrange(area: Rect) -> Vec<(Pane, Rect)> {
    let rows = |area: Rect, constraints: [Constraint; 3]| -> [Rect; 3] {
        Layout::vertical(constraints).areas(area)
    };
    let [title, body, hints] = rows(
        area,
        [
            Constraint::Length(1),
            Constraint::Min(0),
            Constraint::Length(1),
        ],
    );
    let mut panes = vec![(Pane::Title, title), (Pane::Hints, hints)];
    match Tier::of(area) {
        Tier::Wide => {
            let [left, right] =
                Layout::horizontal([Constraint::Min(0), Constraint::Length(52)]).areas(body);
            let [chat, message] =
                Layout::vertical([Constraint::Min(0), Constraint::Length(4)]).areas(left);
            let heights = [9, 8, 4, 6].map(Constraint::Length);
            let [intents, words, entities, next] = heights;
            let [intents, words, entities, next, memory] =
                Layout::vertical([intents, words, entities, next, Constraint::Min(0)]).areas(right);
            panes.extend([
                (Pane::Chat, chat),
                (Pane::Message, message),
                (Pane::Intents, intents),
                (Pane::Words, words),
                (Pane::Entities, entities),
                (Pane::Next, next),
                (Pane::Memory, memory),
            ]);
        }
        Tier::Medium => {
            let [left, right] =
                Layout::horizontal([Constraint::Min(0), Constraint::Length(34)]).areas(body);
            let [chat, message] =
                Layout::vertical([Constraint::Min(0), Constraint::Length(3)]).areas(left);
            let [intents, inspector] =
                Layout::vertical([Constraint::Length(8), Constraint::Min(0)]).areas(right);
            panes.extend([
                (Pane::Chat, chat),
                (Pane::Message, message),
                (Pane::Intents, intents),
                (Pane::Inspector, inspector),
            ]);
        }
        Tier::Small => {
            let [chat, intents, message] = rows(
                body,
                [
                    Constraint::Min(0),
                    Constraint::Length(3),
                    Constraint::Length(3),
                ],
            );
            panes.extend([
                (Pane::Chat, chat),
                (Pane::Intents, intents),
                (Pane::Message, message),
            ]);
        }
        Tier::None => panes.clear(),
    }
    panes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_lie_inside_and_never_overlap_at_any_size() {
        for width in 0..=200 {
            for height in 0..=60 {
                let area = Rect::new(0, 0, width, height);
                let panes = arrange(area);
                for (i, (name, place)) in panes.iter().enumerate() {
                    assert_eq!(
                        area.intersection(*place),
                        *place,
                        "{name:?} at {width}×{height}"
                    );
                    for (other, second) in panes.iter().skip(i + 1) {
                        assert!(
                            place.intersection(*second).is_empty(),
                            "{name:?} and {other:?} at {width}×{height}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn tiers_begin_at_their_sizes() {
        let tier = |width, height| Tier::of(Rect::new(0, 0, width, height));
        assert_eq!(tier(120, 36), Tier::Wide);
        assert_eq!(tier(80, 24), Tier::Medium);
        assert_eq!(tier(60, 20), Tier::Small);
        assert_eq!(tier(40, 12), Tier::Small);
        assert_eq!(tier(39, 12), Tier::None);
        assert_eq!(tier(10, 3), Tier::None);
    }
}
