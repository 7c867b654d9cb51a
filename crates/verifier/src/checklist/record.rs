//! Whether somebody may say that an item is done.
use dirlift_model::checklist::{Checklist, Decision, ItemState, Phase, later};
use jiff::Timestamp;

use super::catalogue::{Proof, Row, rows};

/// Why a word is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no such item; those whose names are alike.
    Unknown(Vec<&'static str>),
    /// It does not concern this customer.
    NotApplicable(String),
    /// Only a program can show it, or a file is needed beside the word; how.
    Proof(String),
    /// Others have to be done before.
    Waits(Vec<String>),
    /// There is no go-ahead; why not.
    NoGo(Vec<String>),
    /// The switch was seen already.
    Past,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown(alike) if alike.is_empty() => f.write_str("there is no such item"),
            Self::Unknown(alike) => {
                write!(f, "there is no such item; did you mean {}?", alike.join(", "))
            }
            Self::NotApplicable(why) => write!(f, "it does not concern this deployment: {why}"),
            Self::Proof(how) => f.write_str(how),
            Self::Waits(ids) => write!(f, "these have to be done before: {}", ids.join(", ")),
            Self::NoGo(reasons) => write!(f, "there is no go-ahead: {}", reasons.join("; ")),
            Self::Past => f.write_str(
                "the new server is the active one already: what was said before stays, and nothing is added to it",
            ),
        }
    }
}

/// Whether somebody's word that an item is done is taken; `has_file` when a file comes with it.
pub fn may_record(checklist: &Checklist, id: &str, has_file: bool) -> Result<(), Refused> {
    let row = rows().find(|it| it.id == id).ok_or_else(|| Refused::Unknown(alike(id)))?;
    let item = checklist.item(id).ok_or_else(|| Refused::Unknown(Vec::new()))?;
    if item.state == ItemState::NotApplicable {
        return Err(Refused::NotApplicable(item.why.clone()));
    }
    if row.is_gate() {
        return match checklist.go_ahead.decision {
            Decision::Go => Ok(()),
            Decision::No => Err(Refused::NoGo(checklist.go_ahead.reasons.clone())),
            Decision::Done | Decision::Contradicted => Err(Refused::Past),
        };
    }
    if row.phase <= Phase::Cutover && checklist.go_ahead.cut_over.is_some() {
        return Err(Refused::Past);
    }
    match row.proof {
        Proof::Seen(kind) => {
            return Err(Refused::Proof(format!(
                "nobody's word is taken for it: {} shows it",
                kind.how()
            )));
        }
        Proof::Either(kind, _) | Proof::Since(kind) if !has_file => {
            return Err(Refused::Proof(format!(
                "{} shows it; where none can be had, give a file that does with --file",
                kind.how()
            )));
        }
        _ => {}
    }
    if item.waits_for.is_empty() { Ok(()) } else { Err(Refused::Waits(item.waits_for.clone())) }
}

/// Until when somebody's word on an item counts; `None` for good.
pub fn valid_until(id: &str, recorded_at: Timestamp) -> Option<Timestamp> {
    let row: &Row = rows().find(|it| it.id == id)?;
    let hours = match row.proof {
        Proof::Word(hours) => hours,
        Proof::Either(_, hours) => Some(hours),
        Proof::Seen(_) | Proof::Since(_) => None,
    };
    hours.filter(|_| !row.is_gate()).map(|it| later(recorded_at, it))
}

/// The ids that share most parts of three letters or more with what was typed.
fn alike(typed: &str) -> Vec<&'static str> {
    let typed = typed.to_ascii_lowercase();
    let parts: Vec<_> = typed.split('-').filter(|it| it.len() > 2).collect();
    let shared = |id: &str| id.split('-').filter(|it| parts.contains(it)).count();
    let most = rows().map(|it| shared(it.id)).max().filter(|it| *it > 0);
    rows().map(|it| it.id).filter(|it| Some(shared(it)) == most).take(5).collect()
}
