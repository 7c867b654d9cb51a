//! Reads the objects of a connector-space export and counts them: `read_csexport FILE`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example talks to its user")]

use std::{fs::File, process::ExitCode};

use dirlift_model::Objects as _;
use dirlift_serverconfig::csexport::ImportedObjects;

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: read_csexport FILE");
        return ExitCode::from(2);
    };
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) => {
            eprintln!("cannot open {path}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut objects = ImportedObjects::decoding(&path, file);
    let mut n_attributes = 0;
    loop {
        match objects.next_object() {
            Ok(Some(object)) => n_attributes += object.attributes().len(),
            Ok(None) => break,
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        }
    }
    println!("{:?}, {n_attributes} attributes", objects.counts());
    for remark in objects.remarks().iter().take(20) {
        println!("  {remark}");
    }
    ExitCode::SUCCESS
}
