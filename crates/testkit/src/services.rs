//! Windows services that are none: a list in memory behind [`ServiceControl`].
//!
//! What it proves: which services a caller reads, stops, disables and starts, in which order, and what it does when one
//! of these fails. What it does not prove: that Windows takes the same calls, the rights that they need, services that
//! do not stop in time or come back by a recovery action or a scheduled task, dependent services, and that the registry
//! is where it is said to be.
use std::{cell::RefCell, rc::Rc};

use dirlift_model::{
    ServiceControl, ServiceError,
    host::{Service, ServiceState, StartType},
};

/// A machine with services. Clones are the same machine.
#[derive(Clone, Debug)]
pub struct FakeServices(Rc<RefCell<Machine>>);

#[derive(Debug)]
struct Machine {
    host: String,
    has_coexistence_key: bool,
    install_path: Option<String>,
    services: Vec<Service>,
    calls: Vec<String>,
    failing: Vec<String>,
}

/// Folder that `DirSync` is installed in.
pub const INSTALL_PATH: &str = r"C:\Program Files\Windows Azure Active Directory Sync";

impl FakeServices {
    /// A `DirSync` server that runs.
    pub fn dirsync(host: &str) -> Self {
        let service = |name: &str, program: &str| Service {
            name: name.to_owned(),
            image_path: Some(format!("\"{INSTALL_PATH}\\{program}\"")),
            start_type: Some(StartType::Automatic),
            state: Some(ServiceState::Running),
            ..Service::default()
        };
        let mut other = service("Spooler", "");
        other.image_path = Some(r"C:\Windows\System32\spoolsv.exe".to_owned());
        let services = vec![
            service(
                "FIMSynchronizationService",
                r"SYNCBUS\Synchronization Service\Bin\miiserver.exe",
            ),
            service("MSOnlineSyncScheduler", "Microsoft.Online.DirSync.Scheduler.exe"),
            other,
        ];
        Self(Rc::new(RefCell::new(Machine {
            host: host.to_owned(),
            has_coexistence_key: true,
            install_path: Some(INSTALL_PATH.to_owned()),
            services,
            calls: Vec::new(),
            failing: Vec::new(),
        })))
    }

    /// Adds or removes the key that only `DirSync` makes.
    pub fn set_coexistence_key(&self, present: bool) {
        self.0.borrow_mut().has_coexistence_key = present;
    }

    /// Says where `DirSync` is installed.
    pub fn set_install_path(&self, path: Option<&str>) {
        self.0.borrow_mut().install_path = path.map(str::to_owned);
    }

    /// Changes a service.
    ///
    /// # Panics
    ///
    /// If there is no such service.
    pub fn change(&self, name: &str, change: impl FnOnce(&mut Service)) {
        let mut machine = self.0.borrow_mut();
        let service = machine.services.iter_mut().find(|it| it.name == name);
        change(service.expect("a test changes services that are there"));
    }

    /// Makes a call fail, such as `stop MSOnlineSyncScheduler`; an empty list lets all succeed.
    pub fn fail(&self, calls: &[&str]) {
        self.0.borrow_mut().failing = calls.iter().map(|it| (*it).to_owned()).collect();
    }

    /// The changing calls that were made, in order.
    pub fn calls(&self) -> Vec<String> {
        self.0.borrow().calls.clone()
    }

    /// Start type and state of a service.
    pub fn state(&self, name: &str) -> Option<(StartType, ServiceState)> {
        let machine = self.0.borrow();
        let service = machine.services.iter().find(|it| it.name == name)?;
        service.start_type.zip(service.state)
    }

    fn call(
        &self,
        word: &'static str,
        name: &str,
        change: impl FnOnce(&mut Service),
    ) -> Result<(), ServiceError> {
        let mut machine = self.0.borrow_mut();
        let call = format!("{word} {name}");
        machine.calls.push(call.clone());
        let error = |reason: &str| ServiceError {
            doing: word,
            what: name.to_owned(),
            reason: reason.to_owned(),
        };
        if machine.failing.contains(&call) {
            return Err(error("access is denied"));
        }
        let service = machine.services.iter_mut().find(|it| it.name == name);
        change(service.ok_or_else(|| error("there is no such service"))?);
        Ok(())
    }
}

impl ServiceControl for FakeServices {
    fn host(&self) -> Result<String, ServiceError> {
        Ok(self.0.borrow().host.clone())
    }

    fn has_coexistence_key(&self) -> Result<bool, ServiceError> {
        Ok(self.0.borrow().has_coexistence_key)
    }

    fn install_path(&self) -> Result<Option<String>, ServiceError> {
        Ok(self.0.borrow().install_path.clone())
    }

    fn services(&self) -> Result<Vec<Service>, ServiceError> {
        Ok(self.0.borrow().services.clone())
    }

    fn stop(&mut self, name: &str) -> Result<(), ServiceError> {
        self.call("stop", name, |it| it.state = Some(ServiceState::Stopped))
    }

    fn start(&mut self, name: &str) -> Result<(), ServiceError> {
        self.call("start", name, |it| it.state = Some(ServiceState::Running))
    }

    fn set_start_type(&mut self, name: &str, start_type: StartType) -> Result<(), ServiceError> {
        let word = match start_type {
            StartType::Automatic => "automatic",
            StartType::DelayedAutomatic => "delayed",
            StartType::Manual => "manual",
            StartType::Disabled => "disable",
        };
        self.call(word, name, |it| it.start_type = Some(start_type))
    }
}
