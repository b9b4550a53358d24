//! What the bot would do if the text were sent now.

use ratatui::text::{Line, Span};

use super::clean;
use crate::{tui::App, workbench::reason};

/// Returns what each policy says, the winner marked, and where that is written.
pub(super) fn lines(app: &App) -> Vec<Line<'static>> {
    let Some(preview) = app
        .preview
        .as_ref()
        .filter(|preview| !preview.text.trim().is_empty())
    else {
        return vec![Line::styled("nothing typed yet", app.theme.dim())];
    };
    let Some(vote) = &preview.vote else {
        return vec![Line::styled("this model has no dialogue", app.theme.dim())];
    };
    let mut lines = Vec::new();
    for (policy, prediction) in &vote.all {
        let wins = *policy == vote.policy;
        let mark = if wins {
            app.theme.pick("▶ ", "> ")
        } else {
            "  "
        };
        let style = if wins {
            app.theme.good()
        } else {
            ratatui::style::Style::new()
        };
        let policy = policy.strip_suffix("Policy").unwrap_or(policy);
        let text = match &prediction.action {
            Some(action) => format!("{policy:<13} {:.2} {action}", prediction.confidence),
            None => format!("{policy:<13} {}", app.theme.pick("–", "-")),
        };
        lines.push(Line::from(vec![
            Span::styled(mark, style),
            Span::styled(clean(&text), style),
        ]));
    }
    if lines.is_empty() {
        lines.push(Line::raw(clean(&vote.action)));
    }
    lines.push(Line::styled(
        clean(&format!("  {}", reason(vote.policy, &vote.winner))),
        app.theme.dim(),
    ));
    lines
}
