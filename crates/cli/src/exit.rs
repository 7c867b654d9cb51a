//! Exit codes: a contract with scripts. A number never changes its meaning.
use std::process::ExitCode;

use dirlift_model::analysis::Conclusion;

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done, and nothing to object.
    Done = 0,
    /// Failed: the thing asked for could not be done.
    Failed = 1,
    /// The command line was wrong.
    Usage = 2,
    /// Done, and something blocks.
    Objections = 3,
    /// Done, but a fact that is needed is missing.
    Incomplete = 4,
    /// Stopped part-way.
    Stopped = 5,
    /// A bug in this program.
    Bug = 70,
    /// Interrupted, with nothing to resume.
    Interrupted = 130,
}

impl Exit {
    /// Every code, in order.
    pub(crate) const ALL: [Self; 8] = [
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::Objections,
        Self::Incomplete,
        Self::Stopped,
        Self::Bug,
        Self::Interrupted,
    ];

    /// What the code means; the same words as in `docs/command-line.md`.
    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done, nothing to object",
            Self::Failed => "failed",
            Self::Usage => "wrong usage",
            Self::Objections => {
                "done, and something blocks (a blocker, --fail-on reached, a refused plan, a guard)"
            }
            Self::Incomplete => {
                "a fact needed for the recommendation or a blocker check is missing"
            }
            Self::Stopped => "stopped part-way; --resume goes on",
            Self::Bug => "a bug in dirlift",
            Self::Interrupted => "interrupted, with nothing to resume",
        }
    }

    /// The table that `--help` ends with.
    pub(crate) fn table() -> String {
        let lines = Self::ALL.map(|it| format!("  {:>3}  {}", it as u8, it.meaning()));
        format!("Exit codes:\n{}\n\n3 wins over 4. A closed pipe is success.", lines.join("\n"))
    }
}

impl From<Conclusion> for Exit {
    fn from(conclusion: Conclusion) -> Self {
        match conclusion {
            Conclusion::Clean => Self::Done,
            Conclusion::Objections => Self::Objections,
            Conclusion::Incomplete => Self::Incomplete,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_contract() {
        assert_eq!(Exit::ALL.map(|it| it as u8), [0, 1, 2, 3, 4, 5, 70, 130]);
    }

    #[test]
    fn the_manual_says_the_same() {
        let manual = include_str!("../../../docs/command-line.md");
        for exit in Exit::ALL {
            let row = format!("| {} | {} |", exit as u8, exit.meaning());
            assert!(manual.contains(&row), "docs/command-line.md lacks: {row}");
        }
    }
}
