//! The `dirlift` binary: arguments in, exit code out.
//!
//! Owns arguments, wiring, exit codes and progress drawing; one module a command, no domain logic. Everything that
//! the libraries may not know lives here: the clock, the environment, the terminal.
mod commands;
mod configuration;
mod context;
mod credentials;
mod database;
mod error;
mod exit;
mod interrupt;
mod output;
mod progress;
mod run;
mod server;
mod sources;

use std::process::ExitCode;

fn main() -> ExitCode {
    run::run(std::env::args_os())
}
