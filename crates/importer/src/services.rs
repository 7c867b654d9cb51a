//! The rules under which the old server's services may be touched, and how that is done and undone.
//!
//! Only on the bundle's own host, only where `DirSync`'s key is in the registry, only services whose program lies below
//! `DirSync`'s folder: the engine's service has the same name in MIM.
use dirlift_model::{
    ServiceControl, ServiceError,
    host::{Service, ServiceState, StartType, same_host},
    plan::PlanRefusal,
};
use serde::{Deserialize, Serialize};

/// The engine's service.
const ENGINE: &str = "FIMSynchronizationService";

/// Names of the scheduler's service, and its program; the key name is not known for sure.
const SCHEDULERS: [&str; 3] = [
    "MSOnlineSyncScheduler",
    "Windows Azure Active Directory Sync Service",
    "Microsoft Online Services Directory Synchronization Service",
];
const SCHEDULER_PROGRAM: &str = "microsoft.online.dirsync.scheduler.exe";

/// What was seen on the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its name.
    pub host: String,
    /// The key that only `DirSync` makes is there.
    pub has_coexistence_key: bool,
    /// `DirSync`'s folder.
    pub install_path: Option<String>,
    /// All services.
    pub services: Vec<Service>,
}

/// Start type and state of a service before it was touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Former {
    /// Key name.
    pub name: String,
    /// When Windows started it.
    pub start_type: StartType,
    /// Whether it was running.
    pub running: bool,
}

/// Looks at the machine.
pub fn look(control: &dyn ServiceControl) -> Result<Seen, ServiceError> {
    Ok(Seen {
        host: control.host()?,
        has_coexistence_key: control.has_coexistence_key()?,
        install_path: control.install_path()?,
        services: control.services()?,
    })
}

/// `DirSync`'s services, the scheduler first, and what forbids to touch them.
pub fn judge(seen: &Seen, source_host: Option<&str>) -> (Vec<Service>, Vec<PlanRefusal>) {
    let mut refusals = Vec::new();
    let mut refuse = |id: &str, why: String| {
        let remedy = "Run dirlift on the DirSync server that the bundle was made from, or plan with --mode parallel.";
        refusals.push(PlanRefusal { id: id.to_owned(), why, remedy: remedy.to_owned() });
    };
    match source_host {
        Some(host) if same_host(host, &seen.host) => {}
        Some(host) => {
            refuse(
                "wrong-host",
                format!("this machine is {}, and the bundle is of {host}", seen.host),
            );
        }
        None => refuse("wrong-host", "the bundle does not say which host it is of".to_owned()),
    }
    if !seen.has_coexistence_key {
        refuse("no-dirsync", r"the registry has no key HKLM\SOFTWARE\Microsoft\MSOLCoExistence, so this is no DirSync server".to_owned());
    }
    let mut services: Vec<_> =
        seen.services.iter().filter(|it| is_scheduler(it) || is_engine(it)).cloned().collect();
    services.sort_by_key(|it| (is_engine(it), it.name.to_ascii_lowercase()));
    if !services.iter().any(is_engine) {
        refuse("no-dirsync", format!("there is no service {ENGINE}"));
    }
    let folder = seen.install_path.as_deref().unwrap_or_default();
    if folder.is_empty() {
        refuse("no-dirsync", "the registry does not say where DirSync is installed".to_owned());
    }
    for service in &services {
        let program = service.image_path.as_deref().unwrap_or_default();
        if !is_below(program, folder) {
            let why = format!(
                "the program of service {} does not lie below DirSync's folder: it may belong to another product",
                service.name
            );
            refuse("foreign-service", why);
        }
        if service.start_type.is_none() || service.state.is_none() {
            let why = format!("start type or state of service {} is not known", service.name);
            refuse("service-unclear", why);
        }
    }
    (services, refusals)
}

fn is_engine(service: &Service) -> bool {
    service.name.eq_ignore_ascii_case(ENGINE)
}

fn is_scheduler(service: &Service) -> bool {
    let program = service.image_path.as_deref().unwrap_or_default().to_ascii_lowercase();
    let display = service.display_name.as_deref().unwrap_or_default();
    program.contains(SCHEDULER_PROGRAM)
        || SCHEDULERS
            .iter()
            .any(|it| service.name.eq_ignore_ascii_case(it) || display.eq_ignore_ascii_case(it))
}

/// Whether the program of a command line lies below a folder. What cannot be told for sure does not.
pub fn is_below(command_line: &str, folder: &str) -> bool {
    let program = program_of(command_line.trim());
    let (Some(program), Some(folder)) = (program.and_then(components), components(folder.trim()))
    else {
        return false;
    };
    folder.len() > 1 && program.len() > folder.len() && program.starts_with(&folder)
}

/// The program of a command line: in quotes, or up to the first `.exe`.
fn program_of(command_line: &str) -> Option<&str> {
    if let Some(rest) = command_line.strip_prefix('"') {
        return rest.split_once('"').map(|(program, _)| program);
    }
    let at = command_line.to_ascii_lowercase().find(".exe")? + ".exe".len();
    let (program, rest) = command_line.split_at_checked(at)?;
    (rest.is_empty() || rest.starts_with(' ')).then_some(program)
}

/// The parts of an absolute path of a drive, in lower case; `None` for anything that could mean another place.
fn components(path: &str) -> Option<Vec<String>> {
    let path = path.replace('/', "\\");
    let path = path.strip_suffix('\\').unwrap_or(&path);
    let mut parts = path.split('\\');
    let drive = parts.next()?;
    let is_drive = drive.len() == 2
        && drive.ends_with(':')
        && drive.starts_with(|it: char| it.is_ascii_alphabetic());
    let mut all = vec![drive.to_lowercase()];
    for part in parts {
        // A tilde may be a short name of another folder.
        if part.is_empty() || part.contains(['~', ':', '"', '%']) || part.ends_with(['.', ' ']) {
            return None;
        }
        all.push(part.to_lowercase());
    }
    is_drive.then_some(all)
}

/// Start types and states as they are now.
pub(crate) fn former(services: &[Service]) -> Vec<Former> {
    let known = services.iter().filter_map(|it| Some((it, it.start_type?, it.state?)));
    known
        .map(|(it, start_type, state)| Former {
            name: it.name.clone(),
            start_type,
            running: state != ServiceState::Stopped,
        })
        .collect()
}

/// Stops services, and makes sure that they have stopped.
pub(crate) fn stop(
    control: &mut dyn ServiceControl,
    former: &[Former],
) -> Result<(), ServiceError> {
    for it in former {
        control.stop(&it.name)?;
    }
    expect(control, former, "stopping the service", |it| it.state == Some(ServiceState::Stopped))
}

/// Disables services, and makes sure of it.
pub(crate) fn disable(
    control: &mut dyn ServiceControl,
    former: &[Former],
) -> Result<(), ServiceError> {
    for it in former {
        control.set_start_type(&it.name, StartType::Disabled)?;
    }
    expect(control, former, "disabling the service", |it| {
        it.start_type == Some(StartType::Disabled)
    })
}

fn expect(
    control: &dyn ServiceControl,
    former: &[Former],
    doing: &'static str,
    holds: impl Fn(&Service) -> bool,
) -> Result<(), ServiceError> {
    let services = control.services()?;
    for it in former {
        let service = services.iter().find(|service| service.name == it.name);
        if !service.is_some_and(&holds) {
            let reason = "it did not happen".to_owned();
            return Err(ServiceError { doing, what: it.name.clone(), reason });
        }
    }
    Ok(())
}

/// Gives services the start types that they had.
pub(crate) fn enable(
    control: &mut dyn ServiceControl,
    former: &[Former],
) -> Result<(), ServiceError> {
    former.iter().try_for_each(|it| control.set_start_type(&it.name, it.start_type))
}

/// Starts those that were running, the engine first.
pub(crate) fn restart(
    control: &mut dyn ServiceControl,
    former: &[Former],
) -> Result<(), ServiceError> {
    former.iter().rev().filter(|it| it.running).try_for_each(|it| control.start(&it.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_below_a_folder() {
        let folder = r"C:\Program Files\Windows Azure Active Directory Sync";
        let cases = [
            (r#""C:\Program Files\Windows Azure Active Directory Sync\a.exe""#, true),
            (r#""c:/program files/WINDOWS Azure Active Directory Sync/b/a.exe" -x"#, true),
            (r"C:\Program Files\Windows Azure Active Directory Sync\a b\c.exe -k", true),
            (r#""C:\Program Files\Windows Azure Active Directory Sync2\a.exe""#, false),
            (r#""C:\Program Files\Windows Azure Active Directory Sync\..\MIM\a.exe""#, false),
            (r#""C:\PROGRA~1\Windows Azure Active Directory Sync\a.exe""#, false),
            (r#""C:\Program Files\Microsoft Forefront\2010\miiserver.exe""#, false),
            (r"\??\C:\Program Files\Windows Azure Active Directory Sync\a.exe", false),
            (r"%ProgramFiles%\Windows Azure Active Directory Sync\a.exe", false),
            (r#""C:\Program Files\Windows Azure Active Directory Sync""#, false),
            (r#""C:\Program Files\Windows Azure Active Directory Sync\a.exe"#, false),
            ("", false),
        ];
        for (program, expected) in cases {
            assert_eq!(is_below(program, folder), expected, "{program}");
        }
        // A whole drive is no folder of a product.
        assert!(!is_below(r"C:\a.exe", r"C:\"));
        assert!(!is_below(r"C:\a.exe", ""));
    }
}
