//! The one error at the edge: a kind that fixes the exit code, a cause, and hints.
use std::{
    error::Error,
    fmt::Write as _,
    io::{self, Write},
    path::PathBuf,
};

use dirlift_model::text::sanitize;

use crate::exit::Exit;

type BoxError = Box<dyn Error + Send + Sync>;

/// What went wrong, from the point of view of the person at the keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The thing asked for could not be done.
    Failed,
    /// The command line asks for something that makes no sense.
    Usage,
    /// The thing asked for is not done as things stand.
    Refused,
    /// The person pressed Ctrl+C.
    Interrupted,
    /// The reader of our output went away, which is no error.
    ClosedPipe,
}

/// The only error that a command returns.
#[derive(Debug)]
pub(crate) struct CommandError {
    kind: Kind,
    cause: BoxError,
    excerpt: Vec<String>,
    hints: Vec<String>,
}

impl CommandError {
    fn new(kind: Kind, cause: impl Into<BoxError>) -> Self {
        Self { kind, cause: cause.into(), excerpt: Vec::new(), hints: Vec::new() }
    }

    /// A failure with its cause.
    pub(crate) fn failed(cause: impl Into<BoxError>) -> Self {
        Self::new(Kind::Failed, cause)
    }

    /// A mistake on the command line that its parser cannot see.
    pub(crate) fn usage(cause: impl Into<BoxError>) -> Self {
        Self::new(Kind::Usage, cause)
    }

    /// Something blocks, and nothing was done.
    pub(crate) fn refused(cause: impl Into<BoxError>) -> Self {
        Self::new(Kind::Refused, cause)
    }

    /// The person pressed Ctrl+C at a prompt.
    pub(crate) fn interrupted() -> Self {
        Self::new(Kind::Interrupted, "interrupted")
    }

    /// A failure to do something with a file.
    pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>, cause: io::Error) -> Self {
        Self::failed(FileError { action, path: path.into(), source: cause })
    }

    /// Standard output could not be written.
    pub(crate) fn stdout(cause: io::Error) -> Self {
        let kind =
            if cause.kind() == io::ErrorKind::BrokenPipe { Kind::ClosedPipe } else { Kind::Failed };
        Self::new(kind, StdoutError(cause))
    }

    /// Adds lines of source text, shown as they are below the causes.
    pub(crate) fn excerpt(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.excerpt.extend(lines);
        self
    }

    /// Adds what the person can do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Writes the error with its chain of causes and its hints, and says how the command ends.
    pub(crate) fn report(&self, stderr: &mut dyn Write) -> Exit {
        if self.kind == Kind::ClosedPipe {
            return Exit::Done;
        }
        let mut text = format!("error: {}\n", sanitize(&self.cause.to_string()));
        let mut source = self.cause.source();
        while let Some(it) = source {
            let _ = writeln!(text, "  caused by: {}", sanitize(&it.to_string()));
            source = it.source();
        }
        for line in &self.excerpt {
            let _ = writeln!(text, "    {}", sanitize(line));
        }
        for hint in &self.hints {
            let _ = writeln!(text, "hint: {}", sanitize(hint));
        }
        // When the error stream is closed too, nobody is left to tell.
        drop(stderr.write_all(text.as_bytes()));
        match self.kind {
            Kind::ClosedPipe => Exit::Done,
            Kind::Failed => Exit::Failed,
            Kind::Usage => Exit::Usage,
            Kind::Refused => Exit::Objections,
            Kind::Interrupted => Exit::Interrupted,
        }
    }
}

/// A file could not be used.
#[derive(Debug, thiserror::Error)]
#[error("{action} {path}", path = path.display())]
struct FileError {
    action: &'static str,
    path: PathBuf,
    source: io::Error,
}

/// Standard output could not be written.
#[derive(Debug, thiserror::Error)]
#[error("writing to standard output")]
struct StdoutError(#[source] io::Error);

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(error: &CommandError) -> (Exit, String) {
        let mut stderr = Vec::new();
        let exit = error.report(&mut stderr);
        (exit, String::from_utf8(stderr).unwrap())
    }

    #[test]
    fn causes_are_a_chain_and_hints_come_last() {
        let error = CommandError::file("reading", "a\u{1b}b", io::Error::other("disk on fire"))
            .hint("put it out");
        let expected = "error: reading a\u{FFFD}b\n  caused by: disk on fire\nhint: put it out\n";
        assert_eq!(reported(&error), (Exit::Failed, expected.to_owned()));
    }

    #[test]
    fn a_mistake_on_the_command_line_is_told_apart() {
        assert_eq!(reported(&CommandError::usage("no")), (Exit::Usage, "error: no\n".to_owned()));
        assert_eq!(reported(&CommandError::refused("no")).0, Exit::Objections);
        assert_eq!(reported(&CommandError::interrupted()).0, Exit::Interrupted);
    }

    #[test]
    fn a_closed_pipe_is_success_and_silent() {
        let closed = CommandError::stdout(io::ErrorKind::BrokenPipe.into());
        assert_eq!(reported(&closed), (Exit::Done, String::new()));
        let full = CommandError::stdout(io::ErrorKind::StorageFull.into());
        assert_eq!(reported(&full).0, Exit::Failed);
    }
}
