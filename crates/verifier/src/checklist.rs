//! The checklist: which items concern a customer, where each stands, and whether the new server may leave staging mode.
//!
//! The catalogue is a table ([`CATALOGUE`]); views, `docs/checklist.md` and tests derive from it. Everything is judged at
//! one time that the caller gives.
mod catalogue;
mod condition;
mod evaluate;
mod go_ahead;
mod observed;
mod own;
mod record;
mod verified;

pub use self::{
    catalogue::{CATALOGUE, Proof, Row, rows},
    condition::{Condition, federation, switches},
    evaluate::{Known, evaluate, is_past, is_switch},
    observed::{Unusable, last_export, new_server, old_server},
    own::own_evidence,
    record::{Refused, may_record, valid_until},
    verified::verified,
};
