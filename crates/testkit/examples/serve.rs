//! Serves woodgrove's restored database over TDS until its standard input ends: for demonstrations and by hand.
//!
//! `cargo run -p dirlift-testkit --features tds --example serve -- AUTHORITY.pem` writes the certificate of its authority
//! to the file and prints the URL. The login is `auditor`, its password `woodgrove`.
use std::{
    env, fs,
    io::{self, Read as _, Write as _},
};

use dirlift_testkit::{org::woodgrove_tds, tds::ServerBuilder};

fn main() -> io::Result<()> {
    let server = ServerBuilder::new(woodgrove_tds::database()).remember_answers();
    let server = server.user("auditor", "woodgrove").start()?;
    if let Some(file) = env::args_os().nth(1) {
        fs::write(file, server.authority_pem())?;
    }
    let url = format!("mssql://auditor@localhost:{}/{}\n", server.port(), woodgrove_tds::NAME);
    io::stdout().write_all(url.as_bytes())?;
    io::stdout().flush()?;
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
