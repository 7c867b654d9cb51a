//! Microsoft Graph and its sign-in service in this process, over real HTTP or HTTPS on a loopback socket.
//!
//! It pages, answers delta queries and batches, checks tokens and `$select`, and can be told to throttle, to fail, to be
//! slow, to cut answers and to point elsewhere. Its entities are checked against the published metadata of Graph v1.0
//! ([`schema`]), not against any client. Only what an import needs is there, and nothing can be changed through it.
mod answer;
mod fault;
pub mod schema;
mod server;
mod tenant;
mod tls;
mod tokens;

pub use fault::{Fault, Kind};
pub use server::{Graph, GraphBuilder, Seen};
pub use tenant::{Member, Tenant, id};
