//! What the shell looks like: a still picture and a recording for the documents, made from its own frames.
//!
//! `UPDATE_PICTURES=1 cargo test pictures` writes them anew.

use std::{fmt::Write as _, fs, path::Path};

use bot::tui::{Session, Theme};
use crossterm::event::KeyCode;
use ratatui::{
    Terminal,
    backend::TestBackend,
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};

use crate::shell::{press, send, session, trained, type_text};

const SIZE: (u16, u16) = (100, 30);
const THEME: Theme = Theme {
    color: true,
    ascii: false,
};
/// Size of a cell of the picture, in pixels.
const CELL: (f32, f32) = (8.4, 17.0);

fn frame(session: &Session) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).unwrap();
    terminal.draw(|frame| session.draw(frame)).unwrap();
    steady(terminal.backend().buffer().clone())
}

/// Replaces what differs from run to run, cell for cell.
fn steady(mut buffer: Buffer) -> Buffer {
    let patterns = [
        (r"model [0-9a-f]{6}", "model 3f9c2a"),
        (r"\d\.\d ms", "0.2 ms"),
        (r"in \d\.\d s", "in 0.1 s"),
    ];
    for y in 0..SIZE.1 {
        let line: String = (0..SIZE.0).map(|x| buffer[(x, y)].symbol()).collect();
        for (pattern, new) in patterns {
            for found in regex::Regex::new(pattern).unwrap().find_iter(&line) {
                let at = line[..found.start()].chars().count();
                for (i, c) in new.chars().enumerate() {
                    let x = u16::try_from(at + i).unwrap();
                    buffer[(x, y)].set_char(c);
                }
            }
        }
    }
    buffer
}

/// Returns the colour of a cell's text in the picture.
fn hex(cell: &Cell) -> &'static str {
    match cell.fg {
        Color::Cyan => "#2aa1b3",
        Color::Green => "#26a269",
        Color::Red => "#c01c28",
        Color::Yellow => "#a2734c",
        _ if cell.modifier.contains(Modifier::DIM) => "#808080",
        _ => "#d0d0d0",
    }
}

fn svg(buffer: &Buffer) -> String {
    let (width, height) = (
        f32::from(SIZE.0) * CELL.0 + 20.0,
        f32::from(SIZE.1) * CELL.1 + 20.0,
    );
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\">\n<title>bot shell: a message that is misunderstood, and its correction</title>\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#1e1e1e\"/>\n<g font-family=\"monospace\" font-size=\"14\">\n"
    );
    for y in 0..SIZE.1 {
        let mut x = 0;
        while x < SIZE.0 {
            let first = &buffer[(x, y)];
            let (color, bold) = (hex(first), first.modifier.contains(Modifier::BOLD));
            let start = x;
            let mut text = String::new();
            while x < SIZE.0 {
                let cell = &buffer[(x, y)];
                if hex(cell) != color || cell.modifier.contains(Modifier::BOLD) != bold {
                    break;
                }
                text.push_str(cell.symbol());
                x += 1;
            }
            if text.trim().is_empty() {
                continue;
            }
            let text = text
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                // Browsers draw several blanks as one, whatever `xml:space` says.
                .replace(' ', "\u{a0}");
            let weight = if bold { " font-weight=\"bold\"" } else { "" };
            writeln!(
                out,
                "<text x=\"{:.1}\" y=\"{:.1}\" textLength=\"{:.1}\" fill=\"{color}\"{weight}>{text}</text>",
                f32::from(start) * CELL.0 + 10.0,
                f32::from(y + 1) * CELL.1 + 5.0,
                f32::from(x - start) * CELL.0,
            )
            .unwrap();
        }
    }
    out + "</g>\n</svg>\n"
}

/// Returns a frame as a terminal is told to draw it.
fn ansi(buffer: &Buffer) -> String {
    let mut out = "\u{1b}[H".to_owned();
    for y in 0..SIZE.1 {
        let mut style = String::new();
        for x in 0..SIZE.0 {
            let cell = &buffer[(x, y)];
            let mut codes = vec!["0"];
            codes.extend(match cell.fg {
                Color::Cyan => Some("36"),
                Color::Green => Some("32"),
                Color::Red => Some("31"),
                Color::Yellow => Some("33"),
                _ => None,
            });
            let marks = [
                (Modifier::BOLD, "1"),
                (Modifier::DIM, "2"),
                (Modifier::REVERSED, "7"),
            ];
            for (modifier, code) in marks {
                if cell.modifier.contains(modifier) {
                    codes.push(code);
                }
            }
            let new = codes.join(";");
            if new != style {
                write!(out, "\u{1b}[{new}m").unwrap();
                style = new;
            }
            out.push_str(cell.symbol());
        }
        if y + 1 < SIZE.1 {
            out.push_str("\r\n");
        }
    }
    out
}

/// A recording in the form of asciinema, version 2.
struct Cast {
    text: String,
    time: f64,
}

impl Cast {
    fn new() -> Self {
        let header = serde_json::json!({
            "version": 2, "width": SIZE.0, "height": SIZE.1,
            "title": "bot shell: from a misunderstood message to a corrected, retrained, tested bot",
        });
        Self {
            text: format!("{header}\n"),
            time: 0.0,
        }
    }

    fn show(&mut self, session: &Session, seconds: f64) {
        let event = serde_json::json!([
            (self.time * 100.0).round() / 100.0,
            "o",
            ansi(&frame(session))
        ]);
        writeln!(self.text, "{event}").unwrap();
        self.time += seconds;
    }
}

#[test]
fn pictures_show_what_the_shell_looks_like() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = session(trained(folder.path()), SIZE, THEME);
    let mut cast = Cast::new();
    cast.show(&session, 1.0);
    let write = |session: &mut Session, cast: &mut Cast, text: &str| {
        for c in text.chars() {
            type_text(session, &c.to_string());
            cast.show(session, 0.07);
        }
    };
    write(&mut session, &mut cast, "hello there");
    press(&mut session, KeyCode::Enter);
    cast.show(&session, 1.5);
    write(
        &mut session,
        &mut cast,
        "can somebody pick up the box at my home",
    );
    cast.show(&session, 1.5);
    press(&mut session, KeyCode::Enter);
    cast.show(&session, 1.5);
    press(&mut session, KeyCode::F(2));
    cast.show(&session, 1.0);
    write(&mut session, &mut cast, "return_i");
    cast.show(&session, 2.0);
    let still = svg(&frame(&session));
    press(&mut session, KeyCode::Enter);
    cast.show(&session, 3.0);
    send(&mut session, ":save story picked up at home");
    cast.show(&session, 2.0);
    press(&mut session, KeyCode::Enter);
    cast.show(&session, 2.0);

    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    for (name, made) in [("shell.svg", &still), ("shell.cast", &cast.text)] {
        let path = docs.join(name);
        if std::env::var_os("UPDATE_PICTURES").is_some() {
            fs::write(&path, made).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            &kept == made,
            "docs/{name} shows another shell: UPDATE_PICTURES=1 cargo test pictures"
        );
    }
}
