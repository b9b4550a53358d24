//! The verdict as one HTML file that needs nothing else: data, styles and script are inside, and no network is used.
//!
//! The page shows the JSON report; what it draws is in `page/`: tables and helpers, plots, the matrix, and the
//! sections.

use super::json;
use crate::eval::run::TestReport;

const STYLE: &str = include_str!("page/report.css");
const SCRIPT: &str = concat!(
    "\"use strict\";\n",
    include_str!("page/parts.js"),
    include_str!("page/plots.js"),
    include_str!("page/matrix.js"),
    include_str!("page/report.js")
);

/// Returns the page.
pub fn page(report: &TestReport) -> String {
    // `<` inside the data would end the element that holds it.
    let data = json::json(report).to_string().replace('<', "\\u003c");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n\
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>bot test</title>\n<style>\n{STYLE}</style>\n\
</head>\n<body>\n<noscript>This page draws its figures with a script of its own: let it run to see them.</noscript>\n\
<main id=\"page\"></main>\n<script type=\"application/json\" id=\"data\">{data}</script>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n"
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::STYLE;
    use crate::report::contrast::{Color, LEAST, contrast};

    /// Returns the colours of each `:root` block of the style sheet.
    fn themes() -> Vec<BTreeMap<String, Color>> {
        let blocks = STYLE.split(":root").skip(1);
        let blocks = blocks.filter_map(|rest| Some(rest.split_once('{')?.1.split_once('}')?.0));
        let colors = blocks.map(|block| {
            let pairs = block.split(';').filter_map(|pair| pair.split_once(':'));
            let pairs = pairs.filter(|(name, _)| name.trim().starts_with("--"));
            pairs
                .map(|(name, value)| {
                    let color = Color::parse(value.trim()).unwrap_or_else(|| panic!("{value}"));
                    (name.trim().to_owned(), color)
                })
                .collect()
        });
        colors
            .filter(|colors: &BTreeMap<_, _>| !colors.is_empty())
            .collect()
    }

    #[test]
    fn every_text_can_be_read_in_light_and_dark() {
        let themes = themes();
        assert_eq!(themes.len(), 3, "light, dark by the system, dark by choice");
        assert_eq!(themes[1], themes[2]);
        for theme in &themes {
            let color = |name: &str| theme[&format!("--{name}")];
            for ground in ["ground", "panel", "band"] {
                for text in ["ink", "soft", "good", "bad", "mark"] {
                    // On the band of a forecast nothing is written but the curve.
                    let least = if ground == "band" { 3.0 } else { LEAST };
                    let found = contrast(color(text), color(ground));
                    assert!(found >= least, "{text} on {ground}: {found:.2}");
                }
            }
            for kind in ["good", "bad"] {
                for level in 1..=5 {
                    let ground = color(&format!("{kind}-{level}"));
                    let found = contrast(color(&format!("cell-{level}")), ground);
                    assert!(found >= LEAST, "{kind}-{level}: {found:.2}");
                }
            }
        }
        // Colours are named in the themes and nowhere else.
        let rest = STYLE.split('}').filter(|block| !block.contains(":root"));
        assert!(rest.clone().count() > 20);
        for block in rest {
            assert!(!block.contains(": #"), "{block}");
        }
    }
}
