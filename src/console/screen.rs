//! The terminal as a screen: raw mode, alternate screen, events, and the way back on every exit path.

#[cfg(unix)]
use std::sync::{Arc, LazyLock};
use std::{
    io::{self, Stdout, Write},
    panic,
    sync::{
        Once,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crossterm::{
    event::{
        self, DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
        Event, KeyEventKind,
    },
    execute,
    terminal::{
        Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
        enable_raw_mode,
    },
};
use ratatui::{Frame, Terminal, backend::CrosstermBackend};

/// What signals have asked for, and whom they are for.
#[cfg(unix)]
struct Signals {
    /// To stop, as after `kill -TSTP`.
    stop: Arc<AtomicBool>,
    /// To draw anew, as after `kill -CONT`.
    go_on: Arc<AtomicBool>,
    /// Somebody else has the terminal: whoever stops that one stops us with it.
    lent: Arc<AtomicBool>,
}

#[cfg(unix)]
static SIGNALS: LazyLock<Signals> = LazyLock::new(|| {
    use signal_hook::{consts, flag};
    let signals = Signals {
        stop: Arc::default(),
        go_on: Arc::default(),
        lent: Arc::default(),
    };
    // Where signals cannot be heard, the terminal stays as it is.
    let _ = flag::register_conditional_default(consts::SIGTSTP, Arc::clone(&signals.lent));
    let _ = flag::register(consts::SIGTSTP, Arc::clone(&signals.stop));
    let _ = flag::register(consts::SIGCONT, Arc::clone(&signals.go_on));
    signals
});

/// Whether the terminal is in our hands at this moment.
static OPEN: AtomicBool = AtomicBool::new(false);

/// The terminal in our hands; dropping it gives it back.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    mouse: bool,
}

impl Screen {
    /// Takes the terminal. A panic, too, gives it back before its message is printed.
    pub fn open(mouse: bool) -> io::Result<Self> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let before = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                restore();
                before(info);
            }));
        });
        #[cfg(unix)]
        LazyLock::force(&SIGNALS);
        enter(mouse)?;
        let terminal = Terminal::new(CrosstermBackend::new(io::stdout()));
        if terminal.is_err() {
            restore();
        }
        Ok(Self {
            terminal: terminal?,
            mouse,
        })
    }

    /// Draws a frame.
    pub fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.terminal.draw(draw).map(|_| ())
    }

    /// Forgets what the terminal shows, so that the next frame is drawn whole.
    pub fn clear(&mut self) -> io::Result<()> {
        execute!(io::stdout(), Clear(ClearType::All))?;
        // That of ratatui asks the terminal where the cursor is, and not every terminal answers.
        self.terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
        Ok(())
    }

    /// Returns columns and rows.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        self.terminal.size().map(|size| (size.width, size.height))
    }

    /// Waits for something to happen, at most so long. Releases of keys are passed over.
    pub fn next(&mut self, timeout: Duration) -> io::Result<Option<Event>> {
        if !event::poll(timeout)? {
            return Ok(None);
        }
        Ok(match event::read()? {
            Event::Key(key) if key.kind == KeyEventKind::Release => None,
            event => Some(event),
        })
    }

    /// Tells whether something has already happened that [`Self::next`] would return at once.
    pub fn has_more(&self) -> bool {
        event::poll(Duration::ZERO).unwrap_or(false)
    }

    /// Lends the terminal to something else, such as an editor, and takes it again afterwards.
    pub fn lend<T>(&mut self, work: impl FnOnce() -> T) -> io::Result<T> {
        restore();
        lent(true);
        let done = work();
        lent(false);
        enter(self.mouse)?;
        self.clear()?;
        Ok(done)
    }

    /// Puts a text on the clipboard, if the terminal lets that be done (OSC 52).
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let packed = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text);
        let mut out = io::stdout();
        write!(out, "\x1b]52;c;{packed}\x07")?;
        out.flush()
    }

    /// Gives the terminal back, stops the process as Ctrl-Z does in a shell, and takes it again once it goes on.
    #[cfg(unix)]
    pub fn suspend(&mut self) -> io::Result<()> {
        restore();
        signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP)?;
        enter(self.mouse)?;
        self.clear()
    }

    /// Does what signals have asked for since: stops, or draws everything anew; tells whether there was anything.
    #[cfg(unix)]
    pub fn heed_signals(&mut self) -> io::Result<bool> {
        let heard = |asked: &AtomicBool| asked.swap(false, Ordering::SeqCst);
        let (stop, go_on) = (heard(&SIGNALS.stop), heard(&SIGNALS.go_on));
        if stop {
            self.suspend()?;
        } else if go_on {
            // Whoever stopped us may have left the terminal otherwise.
            enter(self.mouse)?;
            self.clear()?;
        }
        Ok(stop || go_on)
    }

    /// Such signals are a thing of Unix.
    #[cfg(not(unix))]
    pub fn heed_signals(&mut self) -> io::Result<bool> {
        let _ = self.mouse;
        Ok(false)
    }

    /// Suspending is a thing of Unix shells.
    #[cfg(not(unix))]
    pub fn suspend(&mut self) -> io::Result<()> {
        let _ = self.mouse;
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Tells whether the terminal is in our hands.
pub fn is_open() -> bool {
    OPEN.load(Ordering::SeqCst)
}

/// Notes that somebody else has the terminal, or has it no more.
fn lent(yes: bool) {
    #[cfg(unix)]
    {
        SIGNALS.lent.store(yes, Ordering::SeqCst);
        // What came meanwhile was for others.
        SIGNALS.stop.store(false, Ordering::SeqCst);
    }
    #[cfg(not(unix))]
    let _ = yes;
}

fn enter(mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    OPEN.store(true, Ordering::SeqCst);
    let mut out = io::stdout();
    execute!(out, EnterAlternateScreen, EnableBracketedPaste)?;
    if mouse {
        execute!(out, EnableMouseCapture)?;
    }
    Ok(())
}

/// Gives the terminal back if we have it: safe to call at any time, from any thread, more than once.
pub fn restore() {
    if OPEN.swap(false, Ordering::SeqCst) {
        let mut out = io::stdout();
        // Whatever fails here, the rest is still worth trying.
        let _ = execute!(
            out,
            DisableMouseCapture,
            DisableBracketedPaste,
            LeaveAlternateScreen,
            crossterm::cursor::Show
        );
        let _ = disable_raw_mode();
        let _ = out.flush();
    }
}
