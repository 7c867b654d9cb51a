//! Rows a second that the reader takes from a responder, against what the responder can send to a bare socket.
//!
//! `cargo xtask bench facts`, or `cargo run --release -p dirlift-syncdb --example bench_facts [ROWS]`
#![expect(clippy::print_stdout, reason = "the figures are the product")]

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use dirlift_syncdb::{ClearPassword, ConnectOptions, Credentials, SecretString, SqlUrl, Trust};
use dirlift_testkit::tds::{self, Encryption, Server, ServerBuilder, Value, datetime, examples};

/// Times that each measurement is taken; the best counts.
const ROUNDS: usize = 5;

/// The word by which the program runs itself as the reader, so that its memory is its own.
const READER: &str = "read";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if let [word, url, n_rows] = arguments.as_slice()
        && word == READER
    {
        return reader(url, n_rows.parse()?);
    }
    let n_rows: u32 = arguments.first().map_or(Ok(200_000), |it| it.parse())?;
    let plain = server(n_rows, Encryption::NotSupported)?;
    let (clear, clear_peak) = read_apart(&plain, "off", n_rows)?;
    report("facts in clear", n_rows, clear, clear_peak);
    let tls = server(n_rows, Encryption::Forced)?;
    let (secret, secret_peak) = read_apart(&tls, "required", n_rows)?;
    report("facts in TLS 1.2", n_rows, secret, secret_peak);
    let sql = plain.statements().into_iter().find(|it| it.contains("[dbo].[mms_run_history]"));
    let sql = sql.ok_or("the run history was asked for")?;
    let mut ceiling = (Duration::MAX, 0);
    for _ in 0..ROUNDS {
        ceiling = ceiling.min(bare_socket(plain.port(), &sql)?);
    }
    let (ceiling, n_bytes) = ceiling;
    report("bare socket", n_rows, ceiling, None);
    println!("{n_rows} rows of seven columns, {n_bytes} bytes; the best of {ROUNDS} times each");
    let share = |time: Duration| ceiling.as_secs_f64() / time.as_secs_f64() * 100.0;
    println!(
        "best against best: dirlift reads {:.2} % of what the responder can send, in TLS {:.2} %",
        share(clear),
        share(secret)
    );
    println!("Peak memory is VmHWM of /proc of the reader alone.");
    Ok(())
}

fn report(what: &str, n_rows: u32, time: Duration, peak_kb: Option<u64>) {
    let seconds = time.as_secs_f64();
    let peak = peak_kb.map_or(String::new(), |it| {
        let (whole, tenth) = (it / 1024, it % 1024 * 10 / 1024);
        format!("   peak memory {whole}.{tenth} MB")
    });
    println!(
        "{what:<17} {:>10.0} rows/s   {:>7.1} ms{peak}",
        f64::from(n_rows) / seconds,
        seconds * 1_000.0
    );
}

/// Reads in a process of its own: the best time from connecting to the finished facts, and the peak of its memory.
fn read_apart(
    server: &Server,
    encrypt: &str,
    n_rows: u32,
) -> Result<(Duration, Option<u64>), Box<dyn std::error::Error>> {
    let url = format!(
        "mssql://sa@localhost:{}/FIMSynchronizationService?encrypt={encrypt}",
        server.port()
    );
    let mut child = Command::new(std::env::current_exe()?)
        .args([READER, &url, &n_rows.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take().ok_or("the reader takes the authority")?;
    stdin.write_all(server.authority_pem().as_bytes())?;
    drop(stdin);
    let output = child.wait_with_output()?;
    let text = String::from_utf8(output.stdout)?;
    let (micros, peak) = text.trim().split_once(' ').ok_or("the reader failed")?;
    Ok((Duration::from_micros(micros.parse()?), peak.parse().ok()))
}

fn reader(url: &str, n_rows: u32) -> Result<(), Box<dyn std::error::Error>> {
    let url: SqlUrl = url.parse()?;
    let mut authority = Vec::new();
    io::stdin().read_to_end(&mut authority)?;
    let mut best = Duration::MAX;
    // The first round lets the responder work out its answers.
    for round in 0..=ROUNDS {
        let started = Instant::now();
        let n_read = read(&authority, &url, n_rows)?;
        if n_read != n_rows as usize {
            return Err(format!("{n_read} of {n_rows} rows were read").into());
        }
        if round > 0 {
            best = best.min(started.elapsed());
        }
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|it| it.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|it| it.trim().strip_suffix("kB")).map_or("?", str::trim);
    println!("{} {peak}", best.as_micros());
    Ok(())
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

fn read(authority: &[u8], url: &SqlUrl, n_rows: u32) -> Result<usize, dirlift_syncdb::Error> {
    let options = ConnectOptions {
        trust: Trust::SystemAnd(authority.to_vec()),
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
