//! Where each item stands.
use std::collections::BTreeMap;

use dirlift_model::{
    ChecklistItem, Product,
    checklist::{
        Checklist, Counts, CutOver, Evidence, EvidenceKind, FORMAT_VERSION, ItemState, Phase,
        Rehearsed, Seen, Switches, Word,
    },
    host::same_host,
};
use jiff::{SignedDuration, Timestamp};

use super::{
    catalogue::{Proof, Row, rows},
    go_ahead::go_ahead,
    own::{newest_run, own_evidence},
    verified::SERVER_SOURCE,
};

/// How far the clocks of two machines may be apart.
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(5);

/// Everything that is known of one deployment.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The name of the deployment.
    pub deployment: &'a str,
    /// Version of the program.
    pub tool_version: &'a str,
    /// What the customer uses.
    pub switches: &'a Switches,
    /// What programs saw, in the order in which it was recorded.
    pub evidence: &'a [Evidence],
    /// What somebody said.
    pub words: &'a [Word],
    /// What the store tells of its own rehearsal.
    pub rehearsed: &'a Rehearsed,
    /// The switch, once it was written down.
    pub cut_over: Option<&'a CutOver>,
}

/// Judges every item at one time.
pub fn evaluate(known: &Known<'_>, now: Timestamp) -> Checklist {
    let mut evidence = known.evidence.to_vec();
    // What the store tells now counts more than what it told when something was verified.
    evidence.extend(own_evidence(known.rehearsed));
    let cut_over = known.cut_over.cloned().or_else(|| observed(known, now));
    let case = Case {
        switches: known.switches,
        evidence: &evidence,
        words: known.words.iter().map(|it| (it.id.as_str(), it)).collect(),
        cut_over: cut_over.as_ref(),
        newest_run: newest_run(known.rehearsed),
        now,
    };
    let mut items: Vec<ChecklistItem> = Vec::new();
    for (order, row) in (1..).zip(rows()) {
        let item = case.item(row, order, &items);
        items.push(item);
    }
    wait(&mut items);
    let go_ahead = go_ahead(&case, &items);
    Checklist {
        format_version: FORMAT_VERSION,
        tool_version: known.tool_version.to_owned(),
        as_of: now,
        deployment: known.deployment.to_owned(),
        switches: known.switches.clone(),
        go_ahead,
        counts: counts(&items),
        items,
    }
}

/// The switch as a program saw it, where nobody wrote it down.
fn observed(known: &Known<'_>, now: Timestamp) -> Option<CutOver> {
    let is_switch = |it: &&Evidence| is_switch(known.switches, known.evidence, it, now);
    let first = known.evidence.iter().filter(is_switch).min_by_key(|it| it.seen_at)?;
    Some(CutOver { at: first.seen_at, evidence: first.detail.clone() })
}

/// Whether evidence shows the switch: a server that was seen in staging mode before has left it. A server that was never
/// seen in staging mode may be any; only where the new product comes in place of `DirSync`, which has no such mode, it is
/// the new one. What is of a time to come shows nothing.
pub fn is_switch(switches: &Switches, all: &[Evidence], it: &Evidence, now: Timestamp) -> bool {
    if it.kind != EvidenceKind::StagingOff || !it.holds || !is_past(it.seen_at, now) {
        return false;
    }
    let is_in_place = switches.in_place == Some(true) && switches.product == Some(Product::DirSync);
    let has_staged = |before: &Evidence| {
        before.kind == EvidenceKind::StagingOn
            && before.holds
            && before.seen_at < it.seen_at
            && before
                .host
                .as_ref()
                .zip(it.host.as_ref())
                .is_some_and(|(before, it)| same_host(before, it))
            && is_same_place(&before.source, &it.source)
    };
    is_in_place || all.iter().any(has_staged)
}

/// Whether two pieces of evidence may be of one server: databases are told apart by their names, snapshots by their hosts.
fn is_same_place(a: &str, b: &str) -> bool {
    let database = |it: &str| it.strip_prefix(SERVER_SOURCE).map(str::to_lowercase);
    database(a).zip(database(b)).is_none_or(|(a, b)| a == b)
}

/// What items are judged by.
pub(super) struct Case<'a> {
    pub(super) switches: &'a Switches,
    evidence: &'a [Evidence],
    words: BTreeMap<&'a str, &'a Word>,
    pub(super) cut_over: Option<&'a CutOver>,
    newest_run: Option<Timestamp>,
    pub(super) now: Timestamp,
}

/// Where an item stands, why, and what shows it.
type Standing = (ItemState, String, Option<Seen>);

impl Case<'_> {
    fn item(&self, row: &Row, order: u32, before: &[ChecklistItem]) -> ChecklistItem {
        let (state, why, seen) = self.not_for(row).unwrap_or_else(|| {
            let (state, mut why, seen) = self.standing(row, before);
            if let Some(unknown) = self.unknown(row) {
                why = if why.is_empty() { unknown } else { format!("{why}; {unknown}") };
            }
            (state, why, seen)
        });
        ChecklistItem {
            id: row.id.to_owned(),
            phase: row.phase,
            order,
            title: row.title.to_owned(),
            what: row.what.to_owned(),
            blocking: row.blocking,
            state,
            why,
            proof: row.proof.words(),
            seen,
            waits_for: row.needs.iter().map(|it| (*it).to_owned()).collect(),
            rollback: row.rollback.to_owned(),
            reference: row.reference.to_owned(),
            checked: row.checked.to_owned(),
        }
    }

    /// The reason why an item does not concern this customer.
    fn not_for(&self, row: &Row) -> Option<Standing> {
        let missing = row.when.iter().find(|it| it.holds(self.switches) == Some(false))?;
        let why = format!("only where {}", missing.words());
        Some((ItemState::NotApplicable, why, None))
    }

    fn unknown(&self, row: &Row) -> Option<String> {
        let unknown = row.when.iter().find(|it| it.holds(self.switches).is_none())?;
        Some(format!("it is not known whether {}", unknown.words()))
    }

    fn standing(&self, row: &Row, before: &[ChecklistItem]) -> Standing {
        let word = self.words.get(row.id).copied();
        if row.is_gate() {
            return self.gate(word);
        }
        // What was in order at the switch is not opened again by the time that has passed since.
        let at = match self.cut_over {
            Some(it) if row.phase <= Phase::Cutover => self.now.min(it.at),
            _ => self.now,
        };
        let earlier = row.after.and_then(|id| before.iter().find(|it| it.id == id));
        if let Some(it) = earlier.filter(|it| it.is_in_the_way()) {
            return (ItemState::Open, format!("{} comes first", it.id), None);
        }
        let not_before = earlier.and_then(|it| Some((it.id.as_str(), it.seen.as_ref()?.at)));
        match row.proof {
            Proof::Word(_) => self.by_word(row, word, at),
            Proof::Seen(kind) => self.by_evidence(kind, at, not_before),
            Proof::Either(kind, _) => {
                let seen = self.by_evidence(kind, at, not_before);
                let said = self.by_word(row, word, at);
                match (seen.0, said.0) {
                    // What a program sees now counts more than what somebody says.
                    (ItemState::Done, _) => seen,
                    (ItemState::Open, _) if seen.2.is_some() => seen,
                    (_, ItemState::Done) => said,
                    (ItemState::Stale, _) => seen,
                    _ if said.2.is_some() => said,
                    _ => seen,
                }
            }
            Proof::Since(kind) => self.since(kind, word),
        }
    }

    /// The switch itself: done once it was seen.
    fn gate(&self, word: Option<&Word>) -> Standing {
        match (self.cut_over, word) {
            (None, _) => (ItemState::Open, String::new(), None),
            (Some(_), Some(word)) => (ItemState::Done, String::new(), Some(said(word))),
            (Some(it), None) => {
                let newest = self.newest(EvidenceKind::StagingOff, self.now).map(seen);
                let seen = newest.unwrap_or_else(|| Seen {
                    detail: it.evidence.clone(),
                    source: "deployment".to_owned(),
                    author: None,
                    host: None,
                    at: it.at,
                    valid_until: None,
                    sha256: None,
                });
                (ItemState::Done, String::new(), Some(seen))
            }
        }
    }

    fn by_word(&self, row: &Row, word: Option<&Word>, at: Timestamp) -> Standing {
        let Some(word) = word else { return (ItemState::Open, String::new(), None) };
        let seen = Some(said(word));
        if word.recorded_at > shortly_after(self.now) {
            let why = format!("recorded at a time to come ({}): check the clock", word.recorded_at);
            return (ItemState::Open, why, seen);
        }
        // A word after the switch mends nothing of what was left open before it.
        if row.phase <= Phase::Cutover && self.cut_over.is_some_and(|it| word.recorded_at > it.at) {
            let why = format!("it was said after the switch ({})", word.recorded_at);
            return (ItemState::Open, why, seen);
        }
        match word.valid_until {
            Some(until) if at > until => (ItemState::Stale, too_old(until), seen),
            _ => (ItemState::Done, String::new(), seen),
        }
    }

    fn by_evidence(
        &self,
        kind: EvidenceKind,
        at: Timestamp,
        not_before: Option<(&str, Timestamp)>,
    ) -> Standing {
        let Some(it) = self.newest(kind, at) else {
            return (ItemState::Open, format!("nothing was seen yet: {}", kind.how()), None);
        };
        let shown = Some(seen(it));
        if let Some(until) = it.valid_until.filter(|until| at > *until) {
            return (ItemState::Stale, too_old(until), shown);
        }
        if !it.holds {
            return (ItemState::Open, it.detail.clone(), shown);
        }
        if let Some((id, time)) = not_before.filter(|(_, time)| it.seen_at <= *time) {
            let why = format!("it was seen before {id} ({time}): look again");
            return (ItemState::Stale, why, shown);
        }
        if let Some((id, time)) = not_before
            && !self.is_rehearsed_since(time, at)
        {
            let why = format!(
                "the directories were read before {id} ({time}): run `dirlift sync`, then look again"
            );
            return (ItemState::Stale, why, shown);
        }
        let is_judgement = matches!(
            kind,
            EvidenceKind::Verification | EvidenceKind::Comparison | EvidenceKind::Anchors
        );
        match self.newest_run.filter(|run| is_judgement && it.seen_at < *run && *run <= at) {
            Some(run) => {
                let why = format!("the rehearsal ran again since ({run}): look again");
                (ItemState::Stale, why, shown)
            }
            None => (ItemState::Done, String::new(), shown),
        }
    }

    /// Whether every connector was imported and synchronised after a time.
    fn is_rehearsed_since(&self, time: Timestamp, at: Timestamp) -> bool {
        [EvidenceKind::FullImport, EvidenceKind::FullSynchronization]
            .into_iter()
            .all(|kind| self.newest(kind, at).is_some_and(|it| it.seen_at > time))
    }

    /// Evidence or a word since the switch; it does not grow old.
    fn since(&self, kind: EvidenceKind, word: Option<&Word>) -> Standing {
        let cut_over = self.cut_over.map(|it| it.at);
        let is_since = |at: Timestamp| cut_over.is_some_and(|it| at > it);
        if let Some(it) = self.newest(kind, self.now).filter(|it| is_since(it.seen_at)) {
            return if it.holds {
                (ItemState::Done, String::new(), Some(seen(it)))
            } else {
                (ItemState::Open, it.detail.clone(), Some(seen(it)))
            };
        }
        if let Some(word) = word.filter(|it| is_since(it.recorded_at)) {
            return (ItemState::Done, String::new(), Some(said(word)));
        }
        (ItemState::Open, format!("nothing was seen since the switch: {}", kind.how()), None)
    }

    /// The newest evidence of a kind that was there at a time and is about the right host.
    pub(super) fn newest(&self, kind: EvidenceKind, at: Timestamp) -> Option<&Evidence> {
        let limit = shortly_after(at);
        let of_kind = self.evidence.iter().filter(|it| it.kind == kind && it.seen_at <= limit);
        of_kind.filter(|it| self.is_about_the_right_host(it)).max_by_key(|it| it.seen_at)
    }

    fn is_about_the_right_host(&self, it: &Evidence) -> bool {
        match (&self.switches.old_host, it.kind) {
            (Some(old), EvidenceKind::OldServerOff) => {
                it.host.as_ref().is_some_and(|host| same_host(old, host))
            }
            _ => true,
        }
    }

    /// The old product by name.
    pub(super) fn old_product(&self) -> &'static str {
        self.switches.product.map_or("the old server", Product::as_str)
    }
}

/// Whether a time has come, as far as the clocks of two machines agree.
pub fn is_past(at: Timestamp, now: Timestamp) -> bool {
    at <= shortly_after(now)
}

/// As late as the clock of another machine may be.
fn shortly_after(at: Timestamp) -> Timestamp {
    at.checked_add(CLOCKS_APART).unwrap_or(Timestamp::MAX)
}

fn too_old(until: Timestamp) -> String {
    format!("what showed it counted until {until}: show it again")
}

fn seen(it: &Evidence) -> Seen {
    Seen {
        detail: it.detail.clone(),
        source: it.source.clone(),
        author: None,
        host: it.host.clone(),
        at: it.seen_at,
        valid_until: it.valid_until,
        sha256: it.sha256.clone(),
    }
}

fn said(it: &Word) -> Seen {
    Seen {
        detail: it.evidence.clone(),
        source: it.source.clone(),
        author: Some(it.author.clone()),
        host: None,
        at: it.recorded_at,
        valid_until: it.valid_until,
        sha256: it.sha256.clone(),
    }
}

/// Leaves of what each item needs only what is not done: for the switch every blocking item before it, for what comes after
/// it the switch.
fn wait(items: &mut [ChecklistItem]) {
    let states: BTreeMap<String, (ItemState, bool)> =
        items.iter().map(|it| (it.id.clone(), (it.state, it.is_in_the_way()))).collect();
    let is_open = |id: &str| {
        states.get(id).is_some_and(|it| matches!(it.0, ItemState::Open | ItemState::Stale))
    };
    let gates: Vec<_> = rows().filter(|it| it.is_gate()).map(|it| it.id).collect();
    let before: Vec<_> = rows()
        .filter(|it| it.phase <= Phase::Cutover && !it.is_gate())
        .filter(|it| states.get(it.id).is_some_and(|it| it.1))
        .map(|it| it.id.to_owned())
        .collect();
    let open_gates: Vec<_> =
        gates.iter().filter(|it| is_open(it)).map(|it| (*it).to_owned()).collect();
    for it in items {
        if matches!(it.state, ItemState::Done | ItemState::NotApplicable) {
            it.waits_for.clear();
        } else if gates.contains(&it.id.as_str()) {
            it.waits_for.clone_from(&before);
        } else {
            it.waits_for.retain(|it| is_open(it));
            if it.phase > Phase::Cutover {
                it.waits_for.extend(open_gates.iter().cloned());
            }
        }
    }
}

fn counts(items: &[ChecklistItem]) -> Counts {
    let mut counts = Counts::default();
    for it in items {
        match it.state {
            ItemState::Open => counts.open += 1,
            ItemState::Done => counts.done += 1,
            ItemState::Stale => counts.stale += 1,
            ItemState::NotApplicable => counts.not_applicable += 1,
        }
        counts.blocking += u64::from(it.is_in_the_way());
    }
    counts
}
