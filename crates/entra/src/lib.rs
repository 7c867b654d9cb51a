//! Reads Microsoft Entra ID: Microsoft Graph over HTTPS, a folder of Graph JSON, or objects that somebody else reads.
//!
//! It sends `GET` requests and batches of them; nothing in it can change a tenant. Objects come as those of the cloud
//! connector's space ([`dirlift_model::CsObject`]) through a bounded channel, and the rest as facts
//! ([`dirlift_model::TenantFacts`]). Tokens and secrets stay in memory and are in no message. It does not print or ask
//! the clock or the environment, and may depend on `dirlift-model` only.
mod attributes;
mod cloud;
mod collections;
mod entity;
mod error;
mod facts;
mod folder;
mod given;
mod graph;
mod http;
mod import;
mod link;
mod probe;
mod sign_in;
mod source;
mod surroundings;
pub use attributes::{
    Form, Kind, MAPPINGS, Mapping, Readability, mappings, markdown, readability, select,
};
pub use cloud::{CLOUDS, Cloud, Endpoints, NotLoopback, UnknownCloud};
pub use collections::{COLLECTIONS, Collection, CollectionRow, permissions_markdown};
pub use error::Error;
pub use folder::{read_folder, save};
pub use given::{CONNECTOR_SPACE, read_objects};
pub use graph::Graph;
pub use http::HttpOptions;
pub use import::{ImportOptions, Membership, import};
pub use probe::probe;
pub use secrecy::SecretString;
pub use sign_in::{
    Certificate, CertificateError, Credentials, DELEGATED_SCOPES, DeviceCode, SignIn,
};
pub use source::{EntraSource, SourceError, TenantName};
pub use surroundings::{Patience, Pause, Surroundings};
