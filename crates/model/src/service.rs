//! Control of Windows services as a port: what a deployment in place may ask of the old server.
//!
//! Whether it may at all is decided by `dirlift-importer`, not by an implementation.
use crate::host::{Service, StartType};

/// Reads and changes the services of the machine that the program runs on.
pub trait ServiceControl {
    /// The computer's name, with or without its DNS suffix.
    fn host(&self) -> Result<String, ServiceError>;

    /// Whether the registry has the key `HKLM\SOFTWARE\Microsoft\MSOLCoExistence`, which only `DirSync` makes.
    fn has_coexistence_key(&self) -> Result<bool, ServiceError>;

    /// The folder that `DirSync` is installed in; `None` when the registry does not say.
    fn install_path(&self) -> Result<Option<String>, ServiceError>;

    /// Every service, with its program, start type and state.
    fn services(&self) -> Result<Vec<Service>, ServiceError>;

    /// Stops a service and waits until it has; one that is stopped stays so.
    fn stop(&mut self, name: &str) -> Result<(), ServiceError>;

    /// Starts a service and waits until it has; one that runs goes on.
    fn start(&mut self, name: &str) -> Result<(), ServiceError>;

    /// Says when Windows starts a service.
    fn set_start_type(&mut self, name: &str, start_type: StartType) -> Result<(), ServiceError>;
}

/// Why a service could not be read or changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{doing} {what}: {reason}")]
pub struct ServiceError {
    /// What was being done, such as `stopping the service`.
    pub doing: &'static str,
    /// To what.
    pub what: String,
    /// What the system says.
    pub reason: String,
}
