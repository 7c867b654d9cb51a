//! Reads one csexport file and counts what is pending: `read_pending FILE`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example talks to its user")]

use std::{collections::BTreeMap, fs::File, process::ExitCode};

use dirlift_serverconfig::csexport::CsexportReader;

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: read_pending FILE");
        return ExitCode::from(2);
    };
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) => {
            eprintln!("cannot open {path}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut counts = BTreeMap::new();
    let (mut n_objects, mut n_changes) = (0_u64, 0_u64);
    for object in CsexportReader::decoding(&path, file).pending_only() {
        match object {
            Ok(object) => {
                n_objects += 1;
                if let Some(export) = object.pending_export() {
                    n_changes += export.changes.len() as u64;
                    *counts.entry(export.operation).or_insert(0_u64) += 1;
                }
            }
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        }
    }
    let counts: Vec<_> = counts.iter().map(|(it, n)| format!("{it} {n}")).collect();
    println!("{n_objects} objects, {n_changes} changes; {}", counts.join(", "));
    ExitCode::SUCCESS
}
