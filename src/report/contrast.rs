//! How well a text can be read on its ground, and which colour of text to take.
//!
//! Contrast is that of the Web Content Accessibility Guidelines 2.2 (W3C, 2023): 4.5 : 1 is asked of every text.

/// Least contrast of a text.
#[cfg(test)]
pub(super) const LEAST: f64 = 4.5;

/// A colour as red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Color(pub(super) [u8; 3]);

/// White.
pub(super) const WHITE: Color = Color([0xff; 3]);
/// Black.
pub(super) const BLACK: Color = Color([0; 3]);

impl Color {
    /// Reads `#rrggbb`.
    #[cfg(test)]
    pub(super) fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        let number = u32::from_str_radix(digits, 16).ok()?;
        let [_, red, green, blue] = number.to_be_bytes();
        Some(Self([red, green, blue]))
    }

    /// Returns `#rrggbb`.
    pub(super) fn hex(self) -> String {
        let [red, green, blue] = self.0;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }

    /// Returns this colour as it looks on another where only a share of it covers that.
    pub(super) fn over(self, ground: Self, share: f64) -> Self {
        let mut mixed = [0; 3];
        for (channel, (own, other)) in mixed.iter_mut().zip(self.0.iter().zip(ground.0)) {
            let value = f64::from(*own) * share + f64::from(other) * (1.0 - share);
            #[expect(
                clippy::cast_sign_loss,
                reason = "a mean of two channels is neither negative nor above 255"
            )]
            {
                *channel = value.round() as u8;
            }
        }
        Self(mixed)
    }

    /// Returns the colour of a text on this ground, black or white: one of them always has 4.5 : 1.
    pub(super) fn ink(self) -> Self {
        if contrast(BLACK, self) >= contrast(WHITE, self) {
            BLACK
        } else {
            WHITE
        }
    }

    /// Returns the relative luminance.
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|channel| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

/// Returns the contrast of two colours, from 1 to 21.
pub(super) fn contrast(a: Color, b: Color) -> f64 {
    let (a, b) = (a.luminance(), b.luminance());
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_the_guidelines() {
        assert!((contrast(BLACK, WHITE) - 21.0).abs() < 1e-9);
        let grey = Color::parse("#767676").unwrap();
        assert!((contrast(grey, WHITE) - 4.54).abs() < 0.01);
        assert_eq!(grey.hex(), "#767676");
        assert_eq!(BLACK.over(WHITE, 0.0), WHITE);
        assert_eq!(Color::parse("red"), None);
    }

    #[test]
    fn black_or_white_can_be_read_on_any_ground() {
        for step in 0..=255 {
            let ground = Color([step; 3]);
            assert!(contrast(ground, ground.ink()) >= LEAST, "{step}");
        }
    }
}
