//! Writes a large agent: `cargo run --release -p dirlift-testkit --example big -- FILE MEGABYTES`.
use std::{
    env, fs,
    io::{self, BufWriter},
};

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let (Some(path), Some(Ok(megabytes))) =
        (arguments.next(), arguments.next().map(|it| it.parse::<u64>()))
    else {
        return Err(io::Error::other("usage: big FILE MEGABYTES"));
    };
    dirlift_testkit::org::big::write_agent(
        &mut BufWriter::new(fs::File::create(path)?),
        megabytes * 1_000_000,
    )
}
