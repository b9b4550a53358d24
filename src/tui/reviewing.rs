//! Messages of real people looked through one by one: kept, corrected, or passed over.

use crossterm::event::{KeyCode, KeyEvent};

use super::{app::App, invoke, update::Effect};

/// Takes a key while a list is looked through; nothing where there is none, or the key is for something else.
pub(super) fn key(app: &mut App, key: KeyEvent) -> Option<Vec<Effect>> {
    let (review, at) = app.review.as_mut()?;
    let last = review.items.len().saturating_sub(1);
    match key.code {
        KeyCode::Up => *at = at.saturating_sub(1),
        KeyCode::Down => *at = (*at + 1).min(last),
        KeyCode::Char('s' | ' ') => {
            if let Some(item) = review.items.get_mut(*at)
                && item.done.is_none()
            {
                item.done = Some("passed over".to_owned());
            }
            *at = (*at + 1).min(last);
        }
        KeyCode::Enter => return Some(invoke::right(app)),
        KeyCode::Char('c' | 'n') => return Some(invoke::correct(app, None)),
        KeyCode::Char('e') => return Some(invoke::invoke(app, "entity")),
        KeyCode::Char('q') | KeyCode::Esc => {
            app.review = None;
            return Some(vec![Effect::Preview(app.text())]);
        }
        _ => return None,
    }
    Some(vec![Effect::Preview(app.live_text())])
}

/// Notes what was written for the present message, and goes on to the next.
pub(super) fn written(app: &mut App, text: &str) {
    if let Some((review, at)) = &mut app.review
        && let Some(item) = review.items.get_mut(*at)
        && text.starts_with(&format!("\"{}\"", item.text))
    {
        item.done = Some(text.to_owned());
        *at = (*at + 1).min(review.items.len().saturating_sub(1));
    }
}
