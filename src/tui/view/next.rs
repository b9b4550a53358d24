//! What the bot would do if the text were sent now.

use ratatui::text::{Line, Span};

use super::{clean, clip, wrap};
use crate::{tui::App, workbench::reason};

/// Returns the next action, and who says so, in two lines.
pub(super) fn brief(app: &App, width: usize) -> Vec<Line<'static>> {
    let preview = app.preview.as_ref();
    let preview = preview.filter(|preview| !preview.text.trim().is_empty());
    let Some(vote) = preview.and_then(|preview| preview.vote.as_ref()) else {
        return Vec::new();
    };
    let policy = vote.policy.strip_suffix("Policy").unwrap_or(vote.policy);
    let why = format!(
        "{policy} {:.2}, {}",
        vote.winner.confidence,
        reason(vote.policy, &vote.winner)
    );
    let mut lines = vec![Line::raw(clip(
        &clean(&format!("next: {}", vote.action)),
        width,
    ))];
    let why = wrap(&clean(&why), width);
    lines.extend(
        why.into_iter()
            .map(|line| Line::styled(line, app.theme.dim())),
    );
    lines
}

/// Returns what each policy says, the winner marked, and where that is written.
pub(super) fn lines(app: &App, width: usize) -> Vec<Line<'static>> {
    let Some(preview) = app
        .preview
        .as_ref()
        .filter(|preview| !preview.text.trim().is_empty())
    else {
        return vec![Line::styled("nothing typed yet", app.theme.dim())];
    };
    let Some(vote) = &preview.vote else {
        return vec![Line::styled(
            "no dialogue: understanding alone",
            app.theme.dim(),
        )];
    };
    let mut lines = Vec::new();
    let short = |policy: &'static str| policy.strip_suffix("Policy").unwrap_or(policy);
    let names = vote.all.iter().map(|(policy, _)| short(policy).len());
    let column = names.max().unwrap_or_default().max(13);
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
        let policy = short(policy);
        let text = match &prediction.action {
            Some(action) => format!("{policy:<column$} {:.2} {action}", prediction.confidence),
            None => format!("{policy:<column$} {}", app.theme.pick("–", "-")),
        };
        lines.push(Line::from(vec![
            Span::styled(mark, style),
            Span::styled(clip(&clean(&text), width.saturating_sub(2)), style),
        ]));
    }
    if lines.is_empty() {
        lines.push(Line::raw(clean(&vote.action)));
    }
    let why = clean(&reason(vote.policy, &vote.winner));
    let wrapped = wrap(&why, width.saturating_sub(2));
    lines.extend(
        wrapped
            .into_iter()
            .map(|line| Line::styled(format!("  {line}"), app.theme.dim())),
    );
    lines
}
