//! What a command may know of the world around it: streams, width, colour and the time.
use std::io::{self, IsTerminal, Write};

use jiff::Timestamp;

use crate::{error::CommandError, progress::TerminalProgress};

/// Narrowest and widest text that is laid out.
const WIDTHS: std::ops::RangeInclusive<usize> = 60..=160;

/// Width without a terminal and without `COLUMNS`.
const DEFAULT_WIDTH: usize = 80;

/// Writes the product of a command to standard output.
pub(crate) fn write_stdout(text: &str) -> Result<(), CommandError> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(CommandError::stdout)
}

/// Columns for text on standard output.
pub(crate) fn stdout_width() -> usize {
    let terminal =
        terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    width(std::env::var("COLUMNS").ok().as_deref(), terminal)
}

/// Columns for text in a file.
pub(crate) fn file_width() -> usize {
    width(std::env::var("COLUMNS").ok().as_deref(), None)
}

/// Whether text on standard output may be coloured.
pub(crate) fn stdout_color() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|it| !it.is_empty());
    io::stdout().is_terminal()
        && !is_set("NO_COLOR")
        && std::env::var_os("TERM").is_none_or(|it| it != "dumb")
}

/// Where the network is waited for.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, CommandError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|it| CommandError::failed(format!("starting the network runtime: {it}")))
}

/// Threads of the engine; the result does not depend on them.
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, Into::into)
}

/// Progress that is drawn on standard error when that is a terminal.
pub(crate) fn progress() -> TerminalProgress<io::Stderr> {
    let width = terminal_size::terminal_size_of(io::stderr())
        .map_or(DEFAULT_WIDTH, |(width, _)| width.0.into());
    TerminalProgress::new(io::stderr(), io::stderr().is_terminal(), width)
}

/// The time, in whole seconds.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the clock; everything else is given a time"
)]
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// The name of the account that runs the program, as the environment has it.
pub(crate) fn user() -> Option<String> {
    ["USERNAME", "USER", "LOGNAME"]
        .into_iter()
        .filter_map(|it| std::env::var(it).ok())
        .find(|it| !it.trim().is_empty())
}

/// `COLUMNS` counts most, then the terminal; anything else is replaced or bounded.
fn width(columns: Option<&str>, terminal: Option<usize>) -> usize {
    let columns = columns.and_then(|it| it.trim().parse().ok()).filter(|it| *it > 0);
    columns.or(terminal).unwrap_or(DEFAULT_WIDTH).clamp(*WIDTHS.start(), *WIDTHS.end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_is_bounded() {
        let cases = [
            (None, None, 80),
            (None, Some(132), 132),
            (None, Some(20), 60),
            (None, Some(400), 160),
            (Some("100"), Some(132), 100),
            (Some("9"), None, 60),
            (Some("0"), Some(90), 90),
            (Some("wide"), Some(90), 90),
        ];
        for (columns, terminal, expected) in cases {
            assert_eq!(width(columns, terminal), expected, "{columns:?} {terminal:?}");
        }
    }
}
