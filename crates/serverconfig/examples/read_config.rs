//! Reads one configuration file and prints what it holds: `read_config FILE [TIMES]`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example talks to its user")]

use std::{hint::black_box, process::ExitCode};

use dirlift_serverconfig::{Document, read};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(path) = arguments.next() else {
        eprintln!("usage: read_config FILE [TIMES]");
        return ExitCode::from(2);
    };
    let n_times = arguments.next().and_then(|it| it.parse().ok()).unwrap_or(1_u32);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) => {
            eprintln!("cannot open {path}: {error}");
            return ExitCode::FAILURE;
        }
    };
    for _ in 1..n_times {
        drop(black_box(read(&path, black_box(&bytes))));
    }
    match read(&path, black_box(&bytes)) {
        Ok(parsed) => {
            match &parsed.value {
                Document::Agent(agent) => println!(
                    "agent {}: {} schema attributes, {} included, {} filters, {} export flows, {} partitions, {} run profiles",
                    agent.name,
                    agent.schema_attributes.len(),
                    agent.attribute_inclusion.as_ref().map_or(0, Vec::len),
                    agent.filters.len(),
                    agent.export_flows.len(),
                    agent.partitions.len(),
                    agent.run_profiles.len(),
                ),
                Document::Metaverse(metaverse) => println!(
                    "metaverse: {} object types, {} schema attributes, {} targets of import flows, {} parameters",
                    metaverse.object_types.len(),
                    metaverse.schema_attributes.len(),
                    metaverse.import_flows.len(),
                    metaverse.parameters.len(),
                ),
                Document::Rule(rule) => println!(
                    "rule {}: {}, {} mappings, {} scope groups, {} join groups",
                    rule.name,
                    rule.direction,
                    rule.mappings.len(),
                    rule.scope.len(),
                    rule.joins.len(),
                ),
            }
            println!("{} problems", parsed.problems.len());
            for problem in parsed.problems.iter().take(20) {
                println!("  {}: {}", problem.location, problem.what);
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
