//! From arguments to an exit code.
use std::{
    ffi::OsString,
    io::{self, Write},
    panic::{self, AssertUnwindSafe},
    process::ExitCode,
    sync::Mutex,
};

use clap::{CommandFactory as _, FromArgMatches as _, Parser};
use dirlift_model::text::sanitize;

use crate::{commands::Command, error::CommandError, exit::Exit, interrupt};

/// Moves an organisation off a legacy directory synchronisation server onto Microsoft Entra Connect.
#[derive(Debug, Parser)]
#[command(name = "dirlift", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// Runs the command that the arguments ask for.
pub(crate) fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let parsed = Arguments::command()
        .after_help(Exit::table())
        .mut_subcommands(|it| it.after_help(Exit::table()))
        .try_get_matches_from(arguments)
        .and_then(|it| Arguments::from_arg_matches(&it));
    let exit = match parsed {
        Ok(arguments) => {
            interrupt::install();
            guard(&mut io::stderr(), || arguments.command.run())
        }
        Err(error) => {
            // Help and version go to standard output; a reader that went away is no failure.
            drop(error.print());
            if error.use_stderr() { Exit::Usage } else { Exit::Done }
        }
    };
    exit.into()
}

/// Runs a command, reports its error, and turns a panic into the exit code of a bug.
fn guard(stderr: &mut dyn Write, command: impl FnOnce() -> Result<Exit, CommandError>) -> Exit {
    static MESSAGE: Mutex<Option<String>> = Mutex::new(None);
    let message = || MESSAGE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let old_hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| *message() = Some(info.to_string())));
    let result = panic::catch_unwind(AssertUnwindSafe(command));
    panic::set_hook(old_hook);
    match result {
        Ok(Ok(exit)) => exit,
        Ok(Err(error)) => error.report(stderr),
        Err(_) => {
            let message = message().take().unwrap_or_default();
            let text = format!(
                "internal error: {}\n\
                 This is a bug in dirlift {}. Nothing on the server was changed.\n\
                 hint: report it with the lines above, the command line and, if you may share it, the snapshot\n",
                sanitize(&message.replace('\n', " ")),
                env!("CARGO_PKG_VERSION"),
            );
            drop(stderr.write_all(text.as_bytes()));
            Exit::Bug
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_panic_is_a_bug_with_a_word_of_help() {
        let mut stderr = Vec::new();
        let exit = guard(&mut stderr, || panic!("index out of\n\u{1b}[31mbounds"));
        assert_eq!(exit, Exit::Bug);
        let text = String::from_utf8(stderr).unwrap();
        assert!(text.starts_with("internal error: panicked at"), "{text}");
        assert!(text.contains("index out of \u{FFFD}[31mbounds\n"), "{text}");
        assert!(text.contains("hint: report it"), "{text}");
    }
}
