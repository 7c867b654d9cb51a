//! A real domain controller for tests: Samba, provisioned once and copied for each start.
//!
//! Needs Debian's packages `samba samba-ad-provision samba-dsdb-modules` and root, for its ports are fixed. Everything
//! listens on loopback addresses of its own, and a controller ends with the process that started it: its standard
//! input is a pipe from here.
mod entries;

use std::{
    fs,
    io::{self, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

pub use entries::{Entries, unicode_password};

use crate::pki::{Authority, Validity};

/// Partition of the domain.
pub const BASE: &str = "DC=corp,DC=fabrikam,DC=example";

/// The account that may read everything.
pub const ADMINISTRATOR: &str = "Administrator@corp.fabrikam.example";

/// Its password.
pub const PASSWORD: &str = "Passw0rd!Adm1n";

/// Name of the environment variable that makes a missing Samba a failure.
pub const REQUIRED: &str = "DIRLIFT_REQUIRE_SAMBA";

const IMAGE: &str = include_str!("image.py");

/// The interpreter that the bindings belong to.
const PYTHON: &str = "/usr/bin/python3";

/// Looks for a started controller every so often, and so many times.
const POLL: (Duration, u32) = (Duration::from_millis(20), 1_500);

/// Why there is no Samba; `None` when there is.
pub fn missing() -> Option<&'static str> {
    let runs = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|it| it.success())
    };
    if !runs("samba", &["--version"]) {
        return Some(
            "samba is not installed (Debian: samba samba-ad-provision samba-dsdb-modules)",
        );
    }
    if !runs(PYTHON, &["-c", "import samba.provision, samba.samdb"]) {
        return Some("the Python bindings of samba are not installed (Debian: samba-ad-provision)");
    }
    if TcpListener::bind((Ipv4Addr::new(127, 77, 0, 1), 1_023)).is_err() {
        return Some("only root can use the ports of a domain controller");
    }
    None
}

/// Whether tests that need Samba can run. Says why not, aloud.
///
/// # Panics
///
/// Where Samba is required and missing.
#[expect(clippy::print_stderr, reason = "a test that does not run has to say so")]
pub fn is_there() -> bool {
    let Some(reason) = missing() else { return true };
    assert!(std::env::var_os(REQUIRED).is_none(), "Samba is required here: {reason}");
    eprintln!("skipped: {reason}");
    false
}

/// A provisioned domain that can be started any number of times.
#[derive(Debug)]
pub struct Image {
    folder: PathBuf,
    authority: Authority,
    n_started: AtomicU32,
}

impl Image {
    /// Provisions a domain with these entries, in a folder of this process below `work`; folders of processes that
    /// are gone are removed.
    pub fn new(work: &Path, entries: &Entries) -> io::Result<Self> {
        remove_old(work);
        let folder = work.join(format!("samba-{}", std::process::id()));
        let golden = folder.join("golden");
        for name in ["etc", "run", "ncalrpc", "log", "private/tls", "state", "cache", "bind-dns"] {
            fs::create_dir_all(golden.join(name))?;
        }
        fs::write(
            golden.join("etc/smb.conf"),
            settings(&golden, Ipv4Addr::LOCALHOST, Binds::Encrypted)?,
        )?;
        let mut child = Command::new(PYTHON)
            .args(["-c", IMAGE])
            .arg(&golden)
            .arg(PASSWORD)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let sent =
            child.stdin.take().map_or(Ok(()), |mut it| it.write_all(entries.ldif().as_bytes()));
        let output = child.wait_with_output()?;
        if !output.status.success() {
            // The reason stands at the end.
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let lines: Vec<&str> = said.lines().rev().take(8).collect();
            return Err(io::Error::other(lines.into_iter().rev().collect::<Vec<_>>().join("\n")));
        }
        sent?;
        Ok(Self {
            folder,
            authority: Authority::new("Fabrikam Test Root CA")?,
            n_started: AtomicU32::new(0),
        })
    }

    /// The authority that signs the controllers' certificates.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Starts a copy.
    pub fn start(&self, binds: Binds) -> io::Result<DomainController> {
        let number = self.n_started.fetch_add(1, Ordering::SeqCst);
        let address = free_address(number)?;
        let folder = self.folder.join(format!("dc-{number}"));
        copy(&self.folder.join("golden"), &folder)?;
        fs::write(folder.join("etc/smb.conf"), settings(&folder, address, binds)?)?;
        let leaf = self.authority.issue(
            &["dc1.corp.fabrikam.example", "corp.fabrikam.example", &address.to_string()],
            Validity::Long,
        )?;
        let tls = folder.join("private/tls");
        fs::write(tls.join("ca.pem"), self.authority.pem())?;
        fs::write(tls.join("cert.pem"), &leaf.certificate_pem)?;
        write_private(&tls.join("key.pem"), &leaf.key_pem)?;
        let log = fs::File::create(folder.join("log/samba.out"))?;
        let mut child = Command::new("samba")
            .args(["-i", "-M", "single", "--debug-stdout"])
            .arg(format!("--configfile={}", folder.join("etc/smb.conf").display()))
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let stdin = child.stdin.take();
        let mut controller = DomainController { child, stdin, address, folder };
        controller.wait_until_ready()?;
        Ok(controller)
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// Which simple binds a controller takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binds {
    /// Inside TLS only, as it is by default.
    Encrypted,
    /// In clear as well.
    Clear,
}

/// A running domain controller. It ends when it is dropped, and with this process.
#[derive(Debug)]
pub struct DomainController {
    child: Child,
    stdin: Option<ChildStdin>,
    address: Ipv4Addr,
    folder: PathBuf,
}

impl DomainController {
    /// Its address; LDAP is at port 389, LDAPS at 636.
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// Where LDAP listens.
    pub fn ldap(&self) -> SocketAddr {
        (self.address, 389).into()
    }

    /// Stops it at once, as a power failure would.
    pub fn kill(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }

    fn wait_until_ready(&mut self) -> io::Result<()> {
        for _ in 0..POLL.1 {
            if TcpStream::connect((self.address, 636)).is_ok()
                && TcpStream::connect(self.ldap()).is_ok()
            {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                let log = fs::read_to_string(self.folder.join("log/samba.out")).unwrap_or_default();
                return Err(io::Error::other(format!("samba ended with {status}: {log}")));
            }
            thread::sleep(POLL.0);
        }
        Err(io::Error::other("samba does not get ready"))
    }
}

impl Drop for DomainController {
    fn drop(&mut self) {
        drop(self.stdin.take());
        self.kill();
        drop(fs::remove_dir_all(&self.folder));
    }
}

fn settings(folder: &Path, address: Ipv4Addr, binds: Binds) -> io::Result<String> {
    let folder =
        folder.to_str().ok_or_else(|| io::Error::other("the folder's name is not UTF-8"))?;
    let strong = if binds == Binds::Clear { "no" } else { "yes" };
    Ok(format!(
        "[global]
netbios name = DC1
workgroup = FABRIKAM
realm = CORP.FABRIKAM.EXAMPLE
server role = active directory domain controller
server services = ldap
dcerpc endpoint servers =
interfaces = {address}/8
bind interfaces only = yes
private dir = {folder}/private
state directory = {folder}/state
cache directory = {folder}/cache
lock directory = {folder}/run
pid directory = {folder}/run
ncalrpc dir = {folder}/ncalrpc
binddns dir = {folder}/bind-dns
log file = {folder}/log/log.%m
max log size = 0
ldap server require strong auth = {strong}
server multi channel support = no
dsdb:schema update allowed = yes
ldb:nosync = true
old password allowed period = 0
[sysvol]
path = {folder}/state/sysvol
read only = no
[netlogon]
path = {folder}/state/sysvol/corp.fabrikam.example/scripts
read only = no
"
    ))
}

/// An address that no other test uses: of this process, and free.
fn free_address(number: u32) -> io::Result<Ipv4Addr> {
    let pid = std::process::id();
    for attempt in 0..200 {
        let host = number + attempt;
        let parts = [64 + pid / 200 % 128, pid % 200 + 1, host % 250 + 2]
            .map(|it| u8::try_from(it).unwrap_or(2));
        let address = Ipv4Addr::new(127, parts[0], parts[1], parts[2]);
        if [389, 636].iter().all(|port| TcpListener::bind((address, *port)).is_ok()) {
            return Ok(address);
        }
    }
    Err(io::Error::other("no loopback address has its LDAP ports free"))
}

/// Removes what processes left that could not clean up, for they were stopped.
fn remove_old(work: &Path) {
    let Ok(entries) = fs::read_dir(work) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|it| it.strip_prefix("samba-")?.parse::<u32>().ok());
        if pid.is_some_and(|it| !Path::new("/proc").join(it.to_string()).exists()) {
            drop(fs::remove_dir_all(entry.path()));
        }
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let status = Command::new("cp").arg("-a").arg("--reflink=auto").arg(from).arg(to).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other("the image cannot be copied")) }
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}
