//! Colours and characters. Meaning never hangs on colour alone.

use ratatui::{
    style::{Color, Modifier, Style},
    symbols::border,
};

/// How to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Whether to use colour; the 16 of the terminal, so that the person's own theme wins.
    pub color: bool,
    /// Whether to keep to ASCII.
    pub ascii: bool,
}

impl Theme {
    fn colored(self, color: Color) -> Style {
        if self.color {
            Style::new().fg(color)
        } else {
            Style::new()
        }
    }

    /// The person's own words.
    pub fn you(self) -> Style {
        self.colored(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// The bot's words.
    pub fn bot(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Details.
    pub fn dim(self) -> Style {
        if self.color {
            Style::new().add_modifier(Modifier::DIM)
        } else {
            Style::new()
        }
    }

    /// What the person has chosen.
    pub fn chosen(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// What is right or leads.
    pub fn good(self) -> Style {
        self.colored(Color::Green)
    }

    /// What is wrong or speaks against.
    pub fn bad(self) -> Style {
        self.colored(Color::Red)
    }

    /// What needs attention.
    pub fn warn(self) -> Style {
        self.colored(Color::Yellow)
    }

    /// Names and keys.
    pub fn name(self) -> Style {
        self.colored(Color::Cyan)
    }

    /// Borders of a pane.
    pub fn border(self, focused: bool) -> border::Set<'static> {
        const ASCII: border::Set<'static> = border::Set {
            top_left: "+",
            top_right: "+",
            bottom_left: "+",
            bottom_right: "+",
            vertical_left: "|",
            vertical_right: "|",
            horizontal_top: "-",
            horizontal_bottom: "-",
        };
        const ASCII_FOCUSED: border::Set<'static> = border::Set {
            horizontal_top: "=",
            horizontal_bottom: "=",
            ..ASCII
        };
        match (self.ascii, focused) {
            (true, true) => ASCII_FOCUSED,
            (true, false) => ASCII,
            (false, true) => border::THICK,
            (false, false) => border::ROUNDED,
        }
    }

    /// Returns the first text, or the second where only ASCII may be drawn.
    pub fn pick(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.ascii { ascii } else { unicode }
    }

    /// Returns a bar `width` columns wide for a value between 0 and 1, with the threshold marked where the bar has not
    /// reached it.
    pub fn bar(self, value: f64, width: usize, threshold: Option<f64>) -> String {
        let eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
        let value = if value.is_finite() {
            value.clamp(0.0, 1.0)
        } else {
            0.0
        };
        let units = cells(value, width * 8);
        let (full, part) = (units / 8, units % 8);
        let mut cells: Vec<&str> = vec![self.pick("█", "#"); full.min(width)];
        if part > 0 && cells.len() < width {
            cells.push(if self.ascii {
                if part >= 4 { "." } else { " " }
            } else {
                eighths[part]
            });
        }
        while cells.len() < width {
            cells.push(" ");
        }
        if let Some(threshold) = threshold
            && let Some(cell) =
                cells.get_mut(self::cells(threshold, width).min(width.saturating_sub(1)))
            && *cell == " "
        {
            *cell = self.pick("┆", ":");
        }
        cells.concat()
    }
}

/// Returns how many of `all` cells a share between 0 and 1 covers.
#[expect(
    clippy::cast_sign_loss,
    reason = "a share is not negative, and what is not a number becomes 0"
)]
pub(super) fn cells(share: f64, all: usize) -> usize {
    (share.clamp(0.0, 1.0) * all as f64).round() as usize
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;

    #[test]
    fn bars_are_as_wide_as_asked_whatever_the_value() {
        for ascii in [false, true] {
            let theme = Theme {
                color: false,
                ascii,
            };
            for width in 0..30 {
                for value in [0.0, 0.01, 0.3, 0.5, 0.99, 1.0, 7.0, -1.0, f64::NAN] {
                    assert_eq!(
                        theme.bar(value, width, Some(0.3)).width(),
                        width,
                        "{value} {width}"
                    );
                }
            }
        }
        assert_eq!(
            Theme {
                color: false,
                ascii: false
            }
            .bar(0.25, 8, Some(0.5)),
            "██  ┆   "
        );
    }
}
