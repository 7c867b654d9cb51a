//! Rows a second that the reader takes from a responder, against what the responder can send to a bare socket.
//!
//! `cargo run --release -p dirlift-syncdb --example bench_facts [ROWS]`
#![expect(clippy::print_stdout, reason = "the figures are the product")]

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use dirlift_syncdb::{ClearPassword, ConnectOptions, Credentials, SecretString, SqlUrl, Trust};
use dirlift_testkit::tds::{self, Encryption, Server, ServerBuilder, Value, datetime, examples};

/// Times that each measurement is taken; the best counts.
const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let n_rows: u32 = std::env::args().nth(1).map_or(Ok(200_000), |it| it.parse())?;
    for (name, encryption, encrypt) in
        [("plain", Encryption::NotSupported, "off"), ("TLS 1.2", Encryption::Forced, "required")]
    {
        let server = server(n_rows, encryption)?;
        let url: SqlUrl = format!(
            "mssql://sa@localhost:{}/FIMSynchronizationService?encrypt={encrypt}",
            server.port()
        )
        .parse()?;
        // The first round lets the responder work out its answers.
        let mut reader = Duration::MAX;
        for round in 0..=ROUNDS {
            let started = Instant::now();
            let n_read = read(&server, &url, n_rows)?;
            assert_eq!(n_read, n_rows as usize, "all rows are read");
            if round > 0 {
                reader = reader.min(started.elapsed());
            }
        }
        report(&format!("facts, {name}"), n_rows, reader);
        if encryption == Encryption::NotSupported {
            let sql =
                server.statements().into_iter().find(|it| it.contains("[dbo].[mms_run_history]"));
            let sql = sql.ok_or("the run history was asked for")?;
            let mut bare = (Duration::MAX, 0);
            for _ in 0..ROUNDS {
                bare = bare.min(bare_socket(server.port(), &sql)?);
            }
            report("bare socket", n_rows, bare.0);
            println!("{:>14} bytes in the answer", bare.1);
        }
    }
    Ok(())
}

fn report(what: &str, n_rows: u32, time: Duration) {
    let seconds = time.as_secs_f64();
    println!(
        "{what:<14} {:>10.0} rows/s   {:>7.1} ms",
        f64::from(n_rows) / seconds,
        seconds * 1_000.0
    );
}

/// A database whose run history has so many rows of seven columns, and nothing else of size.
fn server(n_rows: u32, encryption: Encryption) -> io::Result<Server> {
    let mut database = tds::fim();
    // Each run would cost a question for its steps, which is not what is measured.
    database.tables.remove("mms_step_history");
    let agent = Value::guid("0a0a0a0a-0001-4000-8000-000000000001");
    let runs = database.table("mms_run_history");
    for n in 0..n_rows {
        runs.add(&[
            ("run_history_id", Value::guid(&format!("0d0d0d0d-0000-4000-8000-{n:012x}"))),
            ("ma_id", agent.clone()),
            ("run_profile_name", "Delta Import Delta Sync".into()),
            ("run_number", i64::from(n).into()),
            ("run_result", "success".into()),
            ("start_date", datetime(2014, 6, 2, n / 3_600 % 24, n / 60 % 60, n % 60)),
            ("end_date", datetime(2014, 6, 3, n / 3_600 % 24, n / 60 % 60, n % 60)),
        ]);
    }
    let server = ServerBuilder::new(database).user("sa", "").encryption(encryption);
    server.packet_size(8_000).remember_answers().start()
}

fn read(server: &Server, url: &SqlUrl, n_rows: u32) -> Result<usize, dirlift_syncdb::Error> {
    let options = ConnectOptions {
        trust: Trust::SystemAnd(server.authority_pem().as_bytes().to_vec()),
        clear_password: ClearPassword::Agreed,
        max_runs: n_rows + 1,
        ..ConnectOptions::default()
    };
    let credentials =
        Credentials::Password { user: None, password: SecretString::from(String::new()) };
    let facts = dirlift_syncdb::read(url, &credentials, &options, &mut ())?;
    Ok(facts.runs.map_or(0, |it| it.len()))
}

/// Asks over a bare socket, with the published messages before, and reads to the last packet without looking inside.
fn bare_socket(port: u16, sql: &str) -> io::Result<(Duration, usize)> {
    let mut tcp = TcpStream::connect(("127.0.0.1", port))?;
    let mut buf = vec![0; 1 << 16];
    for message in [examples::PRELOGIN_REQUEST, examples::LOGIN_REQUEST] {
        tcp.write_all(&examples::bytes(message))?;
        message_len(&mut tcp, &mut buf)?;
    }
    let started = Instant::now();
    // The headers of the published batch, and the statement.
    let headers = &examples::bytes(examples::BATCH_REQUEST)[8..30];
    let text: Vec<u8> = sql.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let len = u16::try_from(8 + headers.len() + text.len()).map_err(io::Error::other)?;
    tcp.write_all(&[&[1, 1], &len.to_be_bytes()[..], &[0, 0, 1, 0], headers, &text].concat())?;
    let n_bytes = message_len(&mut tcp, &mut buf)?;
    Ok((started.elapsed(), n_bytes))
}

/// Reads packets up to the last of a message; how many bytes they had.
fn message_len(tcp: &mut TcpStream, buf: &mut [u8]) -> io::Result<usize> {
    let (mut n_bytes, mut filled) = (0, 0);
    loop {
        // Packets are walked within what one read brought.
        let mut at = 0;
        while filled - at >= 8 {
            let len = usize::from(u16::from_be_bytes([buf[at + 2], buf[at + 3]]));
            if filled - at < len {
                break;
            }
            n_bytes += len;
            if buf[at + 1] == 1 {
                return Ok(n_bytes);
            }
            at += len;
        }
        buf.copy_within(at..filled, 0);
        filled -= at;
        match tcp.read(&mut buf[filled..])? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => filled += n,
        }
    }
}
