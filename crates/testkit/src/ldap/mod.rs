//! LDAP for tests, at the level of its bytes: a server that answers as it is told, and a proxy that makes Samba behave
//! like Windows where it does not. It shares no code with the client that is tested with it.
mod ber;
mod proxy;
mod request;
mod server;

pub use ber::{element, enumerated, integer, octets, sequence};
pub use proxy::{Proxy, ProxySettings};
pub use request::{Operation, Page, Request, bind_done, entry, reference, search_done};
pub use server::{Answer, Handler, LdapServer, StartTls};
