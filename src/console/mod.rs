//! The only printer: results to stdout, everything else to stderr, colour and width as the terminal has them.

mod exit;
mod input;
mod keys;
mod progress;
pub mod screen;
mod wrap;

use std::io::{self, IsTerminal, Write};

pub use exit::ExitStatus;
pub use input::{Input, Waiting};
pub use keys::Keys;
pub use progress::Progress;
pub use wrap::words;

use crate::diagnostic::{Diagnostic, Error, Result};

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorChoice {
    /// On terminals, unless `NO_COLOR` or `TERM=dumb` says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How much to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loudness {
    /// `-qq`: only the exit code.
    Silent,
    /// `-q`: errors and summaries.
    Quiet,
    /// What a person needs.
    #[default]
    Normal,
    /// `-v`: reasons and timings.
    Verbose,
}

/// Facts about the outside that decide how to print; read once, in `cli`.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about the outside"
)]
pub struct Surroundings {
    /// Colour as asked for by flag.
    pub color: ColorChoice,
    /// How much to say.
    pub loudness: Loudness,
    /// `NO_COLOR` is set.
    pub no_color: bool,
    /// `CLICOLOR_FORCE` is set.
    pub force_color: bool,
    /// `TERM=dumb`.
    pub dumb: bool,
    /// `CI` is set.
    pub ci: bool,
    /// The locale is not UTF-8, or `--ascii` was given.
    pub ascii: bool,
    /// `COLUMNS`, where set.
    pub columns: Option<usize>,
}

/// A role of some text, which decides its colour; meaning never hangs on colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Done, passed.
    Good,
    /// An error.
    Bad,
    /// A warning.
    Warn,
    /// Names and hints.
    Name,
    /// Details.
    Dim,
    /// Headings.
    Strong,
}

/// Where everything is printed.
pub struct Console {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    out_color: bool,
    err_color: bool,
    err_terminal: bool,
    /// Where lines are broken, where someone reads them rather than a file keeps them.
    broken_at: Option<usize>,
    surroundings: Surroundings,
    width: usize,
}

impl Console {
    /// Makes the console of a real process.
    pub fn new(surroundings: Surroundings) -> Self {
        let (out_terminal, err_terminal) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        let color = |terminal: bool| match surroundings.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto if surroundings.no_color => false,
            ColorChoice::Auto if surroundings.force_color => true,
            ColorChoice::Auto => terminal && !surroundings.dumb,
        };
        let columns = surroundings.columns.or_else(|| {
            (out_terminal || err_terminal)
                .then(|| crossterm::terminal::size().ok())
                .flatten()
                .map(|(w, _)| w.into())
        });
        Self {
            out: Box::new(anstream::AutoStream::always(io::stdout())),
            err: Box::new(anstream::AutoStream::always(io::stderr())),
            out_color: color(out_terminal),
            err_color: color(err_terminal),
            err_terminal,
            broken_at: columns.map(|columns| columns.clamp(20, 100)),
            width: columns.unwrap_or(80).clamp(20, 100),
            surroundings,
        }
    }

    /// Makes a console that writes to the given places, without colour, 80 columns wide.
    pub fn into_writers(
        out: impl Write + Send + 'static,
        err: impl Write + Send + 'static,
    ) -> Self {
        Self {
            out: Box::new(out),
            err: Box::new(err),
            out_color: false,
            err_color: false,
            err_terminal: false,
            broken_at: None,
            surroundings: Surroundings::default(),
            width: 80,
        }
    }

    /// Returns the usable width in columns, between 20 and 100.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Tells whether only ASCII may be drawn.
    pub fn ascii(&self) -> bool {
        self.surroundings.ascii
    }

    /// Returns how much to say.
    pub fn loudness(&self) -> Loudness {
        self.surroundings.loudness
    }

    /// Tells whether messages on stderr may be coloured.
    pub fn colors_messages(&self) -> bool {
        self.err_color
    }

    /// Tells whether results on stdout may be coloured.
    pub fn colors_results(&self) -> bool {
        self.out_color
    }

    /// Tells whether questions may be asked and bars drawn: stderr is a terminal, and nobody said `CI`.
    pub fn interactive(&self) -> bool {
        self.err_terminal && !self.surroundings.ci && !self.surroundings.dumb
    }

    /// Prints a line of what was asked for, to stdout. A reader that has gone away is no error: the process ends
    /// well.
    pub fn result(&mut self, line: impl AsRef<str>) -> Result<()> {
        if self.surroundings.loudness == Loudness::Silent {
            return Ok(());
        }
        writeln!(self.out, "{}", line.as_ref()).map_err(closed)
    }

    /// Prints a line to stdout for people: it is broken at blanks where the terminal is narrower.
    pub fn told(&mut self, line: impl AsRef<str>) -> Result<()> {
        for line in self.broken(line.as_ref()) {
            self.result(line)?;
        }
        Ok(())
    }

    /// Returns a text in lines as wide as the terminal; as it is where it goes into a file.
    fn broken(&self, text: &str) -> Vec<String> {
        match self.broken_at {
            Some(width) => {
                let lines = text.split('\n');
                lines.flat_map(|line| wrap::wrap(line, width)).collect()
            }
            None => vec![text.to_owned()],
        }
    }

    /// Prints text to stdout as it is.
    pub fn raw(&mut self, text: impl AsRef<str>) -> Result<()> {
        self.out.write_all(text.as_ref().as_bytes()).map_err(closed)
    }

    /// Flushes stdout.
    pub fn flush(&mut self) -> Result<()> {
        self.out.flush().map_err(closed)
    }

    /// Prints a line of progress or of a report to stderr; silent under `-q`.
    pub fn say(&mut self, line: impl AsRef<str>) {
        if self.surroundings.loudness >= Loudness::Normal {
            self.message(line);
        }
    }

    /// Prints a line to stderr that `-q` keeps: a summary, an error.
    pub fn message(&mut self, line: impl AsRef<str>) {
        for line in self.broken(line.as_ref()) {
            self.picture(line);
        }
    }

    /// Prints lines to stderr as they are, which `-q` keeps.
    pub fn picture(&mut self, line: impl AsRef<str>) {
        if self.surroundings.loudness > Loudness::Silent {
            // A closed stderr is no reason to stop.
            let _ = writeln!(self.err, "{}", line.as_ref());
        }
    }

    /// Prints a line to stderr under `-v` only.
    pub fn detail(&mut self, line: impl AsRef<str>) {
        if self.surroundings.loudness >= Loudness::Verbose {
            self.message(line);
        }
    }

    /// Returns the text coloured for stderr.
    pub fn paint(&self, role: Role, text: &str) -> String {
        paint(self.err_color, role, text)
    }

    /// Returns the text coloured for stdout.
    pub fn paint_result(&self, role: Role, text: &str) -> String {
        paint(self.out_color, role, text)
    }

    /// Starts a live line for work that takes a while; draws only on terminals.
    pub fn progress(&self) -> Progress {
        Progress::new(self.interactive() && self.surroundings.loudness >= Loudness::Normal)
    }
}

/// Code of the error for a reader of stdout that has gone away, which is no failure.
pub const BROKEN_PIPE: &str = "console::broken-pipe";

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that map_err wants"
)]
fn closed(error: io::Error) -> Error {
    let code = if error.kind() == io::ErrorKind::BrokenPipe {
        BROKEN_PIPE
    } else {
        "console::unwritable"
    };
    Error::cannot(Diagnostic::error(
        code,
        format!("stdout cannot be written: {error}"),
    ))
}

fn paint(color: bool, role: Role, text: &str) -> String {
    if !color || text.is_empty() {
        return text.to_owned();
    }
    let code = match role {
        Role::Good => "32",
        Role::Bad => "31",
        Role::Warn => "33",
        Role::Name => "36",
        Role::Dim => "2",
        Role::Strong => "1",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}
