//! Progress on the terminal: one line on standard error that is drawn over itself.
use std::{
    io::Write,
    time::{Duration, Instant},
};

use dirlift_model::{
    progress::Progress,
    text::{grouped, shorten},
};

/// Nothing is drawn before a phase has lasted this long.
const QUIET: Duration = Duration::from_millis(250);

/// Shortest time between two drawings.
const INTERVAL: Duration = Duration::from_millis(100);

/// Bytes in a megabyte as shown (2^20).
const MEGABYTE: u64 = 1 << 20;

/// Unit of a phase that only waits: the line shows how long.
pub(crate) const SECONDS: &str = "seconds";

/// Draws progress with its rate and the remaining time, on a terminal only.
pub(crate) struct TerminalProgress<W: Write> {
    out: W,
    is_terminal: bool,
    width: usize,
    phase: Option<Phase>,
}

struct Phase {
    what: String,
    unit: String,
    total: Option<u64>,
    done: u64,
    started: Instant,
    last_drawn: Option<Instant>,
}

impl<W: Write> TerminalProgress<W> {
    pub(crate) fn new(out: W, is_terminal: bool, width: usize) -> Self {
        Self { out, is_terminal, width, phase: None }
    }

    fn begin_at(&mut self, what: &str, unit: &str, total: Option<u64>, now: Instant) {
        self.end();
        let (what, unit) = (shorten(what, 60), shorten(unit, 20));
        self.phase = Some(Phase { what, unit, total, done: 0, started: now, last_drawn: None });
    }

    fn advance_at(&mut self, n: u64, now: Instant) {
        let Some(phase) = &mut self.phase else { return };
        phase.done = phase.done.saturating_add(n);
        let is_due = phase.last_drawn.is_none_or(|it| now.duration_since(it) >= INTERVAL);
        if !self.is_terminal || !is_due || now.duration_since(phase.started) < QUIET {
            return;
        }
        phase.last_drawn = Some(now);
        let line = shorten(&phase.line(now), self.width.saturating_sub(2));
        // A terminal that went away is no reason to stop.
        drop(write!(self.out, "\r\u{1b}[K{line}").and_then(|()| self.out.flush()));
    }
}

impl Phase {
    /// The line: what, how much of how much, how fast, how long yet.
    fn line(&self, now: Instant) -> String {
        let (done, total, unit) = if self.unit == "bytes" {
            (self.done / MEGABYTE, self.total.map(|it| it / MEGABYTE), "MB")
        } else {
            (self.done, self.total, self.unit.as_str())
        };
        if self.unit == SECONDS {
            return format!("{}: {} s", self.what, now.duration_since(self.started).as_secs());
        }
        let millis = now.duration_since(self.started).as_millis().max(1);
        let rate = u64::try_from(u128::from(done) * 1000 / millis).unwrap_or(u64::MAX);
        let amount = match total {
            Some(total) => format!("{} of {}", grouped(done), grouped(total)),
            None => grouped(done),
        };
        let mut line = format!("{}: {amount} {unit}, {}/s", self.what, grouped(rate));
        if let Some(left) =
            self.total.and_then(|it| it.checked_sub(self.done)).filter(|_| self.done > 0)
        {
            let seconds = u128::from(left) * millis / u128::from(self.done) / 1000;
            line.push_str(", ");
            line.push_str(&grouped(u64::try_from(seconds).unwrap_or(u64::MAX)));
            line.push_str(" s left");
        }
        line
    }
}

impl<W: Write> Progress for TerminalProgress<W> {
    fn begin(&mut self, what: &str, unit: &str, total: Option<u64>) {
        self.begin_at(what, unit, total, Instant::now());
    }

    fn advance(&mut self, n: u64) {
        if self.is_terminal {
            self.advance_at(n, Instant::now());
        }
    }

    fn end(&mut self) {
        if self.phase.take().is_some_and(|it| it.last_drawn.is_some()) {
            drop(write!(self.out, "\r\u{1b}[K").and_then(|()| self.out.flush()));
        }
    }
}

impl<W: Write> Drop for TerminalProgress<W> {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Advances by `steps` of (milliseconds since the start, units) and returns what was drawn.
    fn drawn(is_terminal: bool, unit: &str, total: Option<u64>, steps: &[(u64, u64)]) -> String {
        let start = Instant::now();
        let mut out = Vec::new();
        let mut progress = TerminalProgress::new(&mut out, is_terminal, 80);
        progress.begin_at("reading\u{1b}[2J", unit, total, start);
        for (millis, n) in steps {
            progress.advance_at(*n, start + Duration::from_millis(*millis));
        }
        drop(progress);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn quiet_at_first_and_without_a_terminal() {
        assert_eq!(drawn(true, "objects", None, &[(0, 1), (249, 1)]), "");
        assert_eq!(drawn(false, "objects", None, &[(5_000, 1)]), "");
    }

    #[test]
    fn rate_and_remaining_time() {
        // 2,000 in two seconds: 1,000 a second, 8,000 are left for eight seconds. The second step comes too soon.
        let line =
            "\r\u{1b}[Kreading\u{FFFD}[2J: 2,000 of 10,000 objects, 1,000/s, 8 s left\r\u{1b}[K";
        assert_eq!(drawn(true, "objects", Some(10_000), &[(2_000, 2_000), (2_050, 1)]), line);
        let line = "\r\u{1b}[Kreading\u{FFFD}[2J: 3 MB, 3/s\r\u{1b}[K";
        assert_eq!(drawn(true, "bytes", None, &[(1_000, 3 << 20)]), line);
    }

    #[test]
    fn waiting_shows_how_long() {
        let line = "\r\u{1b}[Kreading\u{FFFD}[2J: 7 s\r\u{1b}[K";
        assert_eq!(drawn(true, SECONDS, None, &[(7_400, 0)]), line);
    }

    #[test]
    fn more_than_announced_is_no_trouble() {
        let line = "\r\u{1b}[Kreading\u{FFFD}[2J: 5 of 1 objects, 5/s\r\u{1b}[K";
        assert_eq!(drawn(true, "objects", Some(1), &[(1_000, 5)]), line);
    }
}
