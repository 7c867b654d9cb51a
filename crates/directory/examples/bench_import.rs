//! Measures imports: the client's own ceiling, LDIF beside a Python parser, Samba beside ldapsearch.
//!
//! Run by `cargo xtask bench import`.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement talks, and fails loudly"
)]
use std::{
    io::{BufRead as _, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use dirlift_directory::{
    Connect, Credentials, Import, ImportRequest, LdifReader, LdifWriter, Security, Server, Source,
    Trust,
};
use dirlift_testkit::{
    ldap::{
        Answer, Handler, LdapServer, Operation, Request, StartTls, bind_done, element, entry,
        octets, search_done, sequence,
    },
    pki::{Authority, Validity},
};

/// Entries of the replayed stream.
const N_REPLAYED: u64 = 500_000;

/// Entries of a page.
const PAGE: usize = 1_000;

/// Runs of which the best counts.
const RUNS: usize = 3;

const BASE: &str = "DC=x,DC=example";

const ATTRIBUTES: [&str; 20] = [
    "objectSid",
    "userAccountControl",
    "sAMAccountName",
    "userPrincipalName",
    "displayName",
    "givenName",
    "sn",
    "mail",
    "proxyAddresses",
    "telephoneNumber",
    "mobile",
    "title",
    "department",
    "company",
    "physicalDeliveryOfficeName",
    "streetAddress",
    "l",
    "postalCode",
    "co",
    "manager",
];

/// A reader of LDIF in Python, as small as one is: folded lines, base64, records.
const PYTHON: &str = r##"
import base64, sys
def records(file):
    lines, record = [], {}
    def logical():
        last = None
        for raw in file:
            line = raw.rstrip(b"\r\n")
            if line[:1] == b" " and last is not None:
                last += line[1:]
            else:
                if last is not None: yield last
                last = line
        if last is not None: yield last
    for line in logical():
        if not line:
            if record: yield record
            record = {}
        elif line[:1] != b"#":
            key, _, value = line.partition(b":")
            value = base64.b64decode(value[1:].strip()) if value[:1] == b":" else value.lstrip()
            record.setdefault(key.lower(), []).append(value)
    if record: yield record
print(sum(1 for _ in records(open(sys.argv[1], "rb"))))
"##;

fn main() {
    let mut arguments = std::env::args_os().skip(1);
    let first = arguments.next().expect("the folder to work in");
    if first == "serve" {
        let number = arguments.next().and_then(|it| it.to_str()?.parse().ok());
        return serve(number.expect("the number of entries"));
    }
    let folder = PathBuf::from(first);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let only = arguments.next();
    let wanted = |part: &str| only.as_ref().is_none_or(|it| it == part);
    if wanted("ceiling") {
        runtime.block_on(ceiling());
    }
    if wanted("ldif") {
        ldif(&folder, &runtime);
    }
    if wanted("samba") {
        samba(&folder, &runtime);
    }
}

/// Answers from memory until standard input ends; says first where, and whom to trust.
fn serve(n_entries: u64) {
    let authority = Authority::new("Bench").unwrap();
    let fake = replay(&authority, n_entries);
    print!("{}\n{}", fake.address().port(), authority.pem());
    std::io::stdout().flush().unwrap();
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).unwrap();
}

/// The replaying server in a process of its own, so that its memory and its time are not counted.
struct Replay {
    child: Child,
    server: Server,
    ca: tempfile::NamedTempFile,
}

impl Replay {
    fn start(n_entries: u64) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["serve", &n_entries.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let port = lines.next().unwrap().parse().unwrap();
        let mut ca = tempfile::NamedTempFile::new().unwrap();
        for line in lines {
            writeln!(ca, "{line}").unwrap();
            if line.starts_with("-----END") {
                break;
            }
        }
        let server = Server { host: "127.0.0.1".to_owned(), port, security: Security::Ldaps };
        Self { child, server, ca }
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        // It ends with its standard input.
        drop(self.child.stdin.take());
        drop(self.child.wait());
    }
}

/// One page of entries, with the places of message numbers and GUIDs.
struct Pages {
    bytes: Vec<u8>,
    ids: Vec<usize>,
    guids: Vec<usize>,
}

impl Pages {
    fn new() -> Self {
        const GUID: [u8; 16] = *b"GUID-GUID-GUID-G";
        let mut pages = Self { bytes: Vec::new(), ids: Vec::new(), guids: Vec::new() };
        for n in 0..PAGE {
            let name = format!("User {n:04}");
            let mut attributes = vec![
                attribute(
                    "objectClass",
                    &["top", "person", "organizationalPerson", "user"].map(str::as_bytes),
                ),
                attribute("objectGUID", &[&GUID]),
            ];
            for described in ATTRIBUTES {
                let text = format!("{described} of {name}");
                let value = match described {
                    "userAccountControl" => "512".to_owned(),
                    "manager" => format!("CN=User 0001,OU=Staff,{BASE}"),
                    _ => text,
                };
                if described == "proxyAddresses" {
                    let second = format!("smtp:{n}@corp.example");
                    attributes.push(attribute(described, &[value.as_bytes(), second.as_bytes()]));
                } else {
                    attributes.push(attribute(described, &[value.as_bytes()]));
                }
            }
            let dn = format!("CN={name},OU=Staff,{BASE}");
            let inner = element(0x64, &[octets(dn), sequence(&attributes)].concat());
            // The number has two bytes in every message, so that it can be put in.
            let message = element(0x30, &[vec![2, 2, 0x11, 0x11], inner].concat());
            let start = pages.bytes.len();
            let at =
                |needle: &[u8]| message.windows(needle.len()).position(|it| it == needle).unwrap();
            pages.ids.push(start + at(&[2, 2, 0x11, 0x11]) + 2);
            pages.guids.push(start + at(&GUID));
            pages.bytes.extend_from_slice(&message);
        }
        pages
    }

    fn fill(&mut self, id: i64, first: u64) {
        let id = u16::try_from(id).unwrap().to_be_bytes();
        for at in &self.ids {
            self.bytes[*at..at + 2].copy_from_slice(&id);
        }
        for (n, at) in self.guids.iter().enumerate() {
            let guid = u128::from(first + n as u64).to_be_bytes();
            self.bytes[*at..at + 16].copy_from_slice(&guid);
        }
    }
}

fn attribute(name: &str, values: &[&[u8]]) -> Vec<u8> {
    let values: Vec<_> = values.iter().map(octets).collect();
    sequence(&[octets(name), element(0x31, &values.concat())])
}

/// A directory of one domain that answers from memory.
fn replay(authority: &Authority, n_entries: u64) -> LdapServer {
    let leaf = authority.issue(&["127.0.0.1"], Validity::Long).unwrap();
    LdapServer::start(&leaf, StartTls::Implicit, move || replayer(n_entries)).unwrap()
}

fn replayer(n_entries: u64) -> Box<dyn Handler> {
    let mut pages = Pages::new();
    Box::new(move |request: &Request, out: &mut dyn Write| {
        let id = request.id;
        let Operation::Search { base, page, .. } = &request.operation else {
            out.write_all(&bind_done(id, 0, ""))?;
            return Ok(Answer::Continue);
        };
        if base.is_empty() {
            let root: &[(&str, &[&[u8]])] = &[
                ("configurationNamingContext", &[b"CN=Configuration,DC=x,DC=example"]),
                ("schemaNamingContext", &[b"CN=Schema,DC=x,DC=example"]),
                ("defaultNamingContext", &[BASE.as_bytes()]),
            ];
            out.write_all(&entry(id, "", root))?;
        } else if base.starts_with("CN=Partitions") {
            let domain: &[(&str, &[&[u8]])] =
                &[("nCName", &[BASE.as_bytes()]), ("systemFlags", &[b"3"])];
            out.write_all(&entry(id, "CN=X", domain))?;
        } else if base.starts_with("CN=Schema") {
            for name in ATTRIBUTES {
                let syntax: &[u8] = match name {
                    "objectSid" => b"2.5.5.17",
                    "userAccountControl" => b"2.5.5.9",
                    "manager" => b"2.5.5.1",
                    _ => b"2.5.5.12",
                };
                let described: &[(&str, &[&[u8]])] =
                    &[("lDAPDisplayName", &[name.as_bytes()]), ("attributeSyntax", &[syntax])];
                out.write_all(&entry(id, "CN=a", described))?;
            }
        } else if base == BASE {
            let cookie = page.as_ref().map(|it| it.cookie.clone()).unwrap_or_default();
            let first = cookie.try_into().map_or(0, u64::from_be_bytes);
            pages.fill(id, first);
            out.write_all(&pages.bytes)?;
            let next = first + PAGE as u64;
            let next = if next < n_entries { next.to_be_bytes().to_vec() } else { Vec::new() };
            out.write_all(&search_done(id, 0, "", Some(&next)))?;
            return Ok(Answer::Continue);
        }
        out.write_all(&search_done(id, 0, "", Some(b"")))?;
        Ok(Answer::Continue)
    })
}

async fn start(authority: &Path, server: Server, user: &str, password: &str) -> Import {
    let credentials = Credentials { user: user.to_owned(), password: password.to_owned().into() };
    let connect = Connect::new(Trust::CaFile(authority.to_owned()), Some(credentials));
    Import::start(&Source::Ldap(server), ImportRequest::stock(), connect).await.unwrap()
}

async fn ceiling() {
    let (mut best, mut least) = (Duration::MAX, u64::MAX);
    for run in 0..RUNS {
        let replay = Replay::start(N_REPLAYED);
        let mut import = start(replay.ca.path(), replay.server.clone(), "a", "b").await;
        let (begin, ticks) = (Instant::now(), cpu_ticks());
        let mut n_objects = 0_u64;
        while let Some(object) = import.next().await {
            drop(object.unwrap());
            n_objects += 1;
            if run == 0 && n_objects.is_multiple_of(N_REPLAYED / 5) {
                println!("client ceiling: after {n_objects} entries {}", memory());
            }
        }
        assert_eq!(n_objects, N_REPLAYED);
        best = best.min(begin.elapsed());
        least = least.min((cpu_ticks() - ticks).max(1));
    }
    println!(
        "client ceiling, {} attributes over TLS from a server that answers from memory: best {} entries/s",
        ATTRIBUTES.len() + 2,
        rate(N_REPLAYED, best),
    );
    // On a machine that is busy with other things the clock says little.
    println!(
        "client ceiling: {} entries in a second of the client's processor time",
        N_REPLAYED * 100 / least
    );
}

/// Processor time of this process, in hundredths of a second.
fn cpu_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    after_name
        .split_ascii_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|it| it.parse::<u64>().ok())
        .sum()
}

/// Peak memory of this process.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|it| it.strip_prefix("VmHWM:")).map_or("unknown", str::trim);
    format!("peak memory {peak}")
}

fn rate(n: u64, time: Duration) -> u128 {
    u128::from(n) * 1_000 / time.as_millis().max(1)
}

fn ldif(folder: &Path, runtime: &tokio::runtime::Runtime) {
    const N_OBJECTS: u64 = 100_000;
    let path = folder.join("bench.ldf");
    let authority = Authority::new("Bench").unwrap();
    let ca = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(ca.path(), authority.pem()).unwrap();
    let fake = replay(&authority, N_OBJECTS);
    let server = Server {
        host: "127.0.0.1".to_owned(),
        port: fake.address().port(),
        security: Security::Ldaps,
    };
    let (objects, schema) = runtime.block_on(async {
        let mut import = start(ca.path(), server, "a", "b").await;
        let mut objects = Vec::new();
        while let Some(object) = import.next().await {
            objects.push(object.unwrap());
        }
        (objects, import.schema().clone())
    });
    let begin = Instant::now();
    let mut writer = LdifWriter::create(&path).unwrap();
    writer.begin("bench", None, &schema).unwrap();
    for object in &objects {
        writer.write(object).unwrap();
    }
    let n_bytes = writer.commit().unwrap().n_bytes;
    println!("LDIF writing: {} kB/s ({n_bytes} bytes)", rate(n_bytes / 1_000, begin.elapsed()));
    let (mut ours, mut theirs) = (Duration::MAX, Duration::MAX);
    for _ in 0..RUNS {
        let begin = Instant::now();
        let mut reader = LdifReader::open(&path, ImportRequest::stock()).unwrap();
        let mut n_objects = 0;
        while reader.next_object().unwrap().is_some() {
            n_objects += 1;
        }
        assert_eq!(n_objects, N_OBJECTS);
        ours = ours.min(begin.elapsed());
        let begin = Instant::now();
        let python =
            Command::new("python3").args(["-c", PYTHON]).arg(&path).stdout(Stdio::null()).status();
        if python.is_ok_and(|it| it.success()) {
            theirs = theirs.min(begin.elapsed());
        }
    }
    println!("LDIF reading: {} kB/s", rate(n_bytes / 1_000, ours));
    if theirs < Duration::MAX {
        println!("a small Python parser: {} kB/s", rate(n_bytes / 1_000, theirs));
    }
    std::fs::remove_file(&path).unwrap();
}

#[cfg(unix)]
fn samba(folder: &Path, runtime: &tokio::runtime::Runtime) {
    use dirlift_testkit::samba::{ADMINISTRATOR, BASE, Binds, Entries, Image, PASSWORD, is_there};
    const N_USERS: u64 = 5_000;
    if !is_there() {
        return;
    }
    let mut entries = Entries::new();
    entries.unit("OU=Staff");
    for n in 0..N_USERS {
        let mail = format!("user{n}@fabrikam.example");
        let texts = [
            "displayName",
            "givenName",
            "sn",
            "title",
            "department",
            "company",
            "l",
            "streetAddress",
        ];
        let mut attributes: Vec<(&str, &[u8])> =
            texts.iter().map(|it| (*it, mail.as_bytes())).collect();
        attributes.push(("mail", mail.as_bytes()));
        attributes.push(("proxyAddresses", mail.as_bytes()));
        entries.user(&format!("CN=User {n:05},OU=Staff"), &format!("user{n}"), &attributes);
    }
    let image = Image::new(folder, &entries).unwrap();
    let controller = image.start(Binds::Encrypted).unwrap();
    let files = tempfile::tempdir().unwrap();
    let (ca, password) = (files.path().join("ca.pem"), files.path().join("password"));
    std::fs::write(&ca, image.authority().pem()).unwrap();
    std::fs::write(&password, PASSWORD).unwrap();
    let server = Server::new(controller.address().to_string(), Security::Ldaps);
    let (mut ours, mut discovery, mut theirs) = (Duration::MAX, Duration::MAX, Duration::MAX);
    let asked: Vec<String> =
        ImportRequest::stock().attributes.iter().map(|it| it.as_str().to_owned()).collect();
    for _ in 0..RUNS {
        let begin = Instant::now();
        let n_objects = runtime.block_on(async {
            let mut import = start(&ca, server.clone(), ADMINISTRATOR, PASSWORD).await;
            discovery = discovery.min(begin.elapsed());
            let mut n_objects = 0;
            while let Some(object) = import.next().await {
                drop(object.unwrap());
                n_objects += 1;
            }
            n_objects
        });
        assert!(n_objects >= N_USERS);
        ours = ours.min(begin.elapsed());
        let begin = Instant::now();
        let status = Command::new("ldapsearch")
            .env("LDAPTLS_CACERT", &ca)
            .args(["-LLL", "-o", "ldif-wrap=no", "-E", "pr=1000/noprompt", "-x", "-D", ADMINISTRATOR, "-y"])
            .arg(&password)
            .args(["-H", &format!("ldaps://{}", controller.address()), "-b", BASE])
            .arg("(&(|(objectClass=user)(objectClass=group)(objectClass=contact))(!(objectClass=computer)))")
            .args(["objectClass", "objectGUID"])
            .args(&asked)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if status.is_ok_and(|it| it.success()) {
            theirs = theirs.min(begin.elapsed());
        }
    }
    println!(
        "Samba, {N_USERS} users: {} entries/s, {} ms to find out about the forest included",
        rate(N_USERS, ours),
        discovery.as_millis()
    );
    if theirs < Duration::MAX {
        println!("ldapsearch on the same: {} entries/s", rate(N_USERS, theirs));
    }
}

#[cfg(not(unix))]
fn samba(_: &Path, _: &tokio::runtime::Runtime) {}
