//! What cannot be said in the new server's words, and the catalogue of its findings (`DL10xx`).
use dirlift_model::{Confidence, Evidence, Finding, Guid, Severity, config::Location};

/// One thing that the translation leaves to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untranslated {
    /// Why.
    pub kind: UntranslatedKind,
    /// Identifier of the filter, flow or join in the configuration; none where it has none.
    pub id: Option<Guid>,
    /// What it is, such as `filter of user on Active Directory Connector`.
    pub item: String,
    /// What stands there, in words.
    pub observed: String,
    /// Where.
    pub location: Location,
}

impl Untranslated {
    /// The row of the catalogue.
    pub fn row(&self) -> &'static UntranslatedRow {
        // Every kind has a row; a test goes through them all.
        ROWS.iter().find(|it| it.kind == self.kind).unwrap_or(&ROWS[0])
    }

    /// The finding that reports carry.
    pub fn finding(&self) -> Finding {
        let row = self.row();
        let item = match self.id {
            Some(id) => format!("{} {}", self.item, id.braced()),
            None => self.item.clone(),
        };
        Finding {
            id: row.code.to_owned(),
            severity: row.severity,
            confidence: Confidence::Confirmed,
            title: row.title.to_owned(),
            detail: format!("{item}: {}", self.observed),
            evidence: vec![Evidence::new(item, &self.observed, &self.location)],
            remedy: row.remedy.to_owned(),
            reference: row.reference.to_owned(),
        }
    }
}

/// One row of the catalogue.
#[derive(Debug)]
pub struct UntranslatedRow {
    /// The kind that it is about.
    pub kind: UntranslatedKind,
    /// Stable for ever.
    pub code: &'static str,
    /// Stable, readable name in kebab case.
    pub name: &'static str,
    /// Severity of its findings.
    pub severity: Severity,
    /// One line without full stop.
    pub title: &'static str,
    /// Why it cannot be translated and what follows.
    pub about: &'static str,
    /// What to do.
    pub remedy: &'static str,
    /// The document that it comes from.
    pub reference: &'static str,
}

macro_rules! kinds {
    ($($variant:ident $code:literal $name:literal $severity:ident $reference:ident
        $title:literal $about:literal $remedy:literal;)*) => {
        /// Why something was not translated.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum UntranslatedKind {
            $(#[doc = $title] $variant,)*
        }

        const ROWS: &[UntranslatedRow] = &[$(UntranslatedRow {
            kind: UntranslatedKind::$variant,
            code: $code,
            name: $name,
            severity: Severity::$severity,
            title: $title,
            about: $about,
            remedy: $remedy,
            reference: $reference,
        }),*];
    };
}

const UPGRADE: &str = "Microsoft Entra Connect: Upgrade from DirSync";
const FILTERING: &str = "Microsoft Entra Connect Sync: Configure filtering";
const PROVISIONING: &str = "Microsoft Entra Connect Sync: Understanding declarative provisioning";
const CONCEPTS: &str = "Microsoft Entra Connect: Design concepts";
const HISTORY: &str = "Microsoft Entra Connect: Version release history";

kinds! {
    FilterOperator "DL1001" "filter-operator-not-translated" Warning FILTERING
        "A connector filter's operator has no counterpart"
        "The meaning of the operator's word is not known and is not guessed. Without the filter, objects that stayed out are synchronised."
        "Look the filter up in Synchronization Service Manager and write a scoping filter by hand.";
    FilterOnName "DL1002" "filter-on-name-not-translated" Warning HISTORY
        "A connector filter on a distinguished name is not translated"
        "Scoping filters compare attributes; the position of an object in the directory is the matter of container filtering."
        "Exclude the container on the new server, or write an inbound rule on another attribute.";
    FilterValue "DL1003" "filter-value-not-translated" Warning FILTERING
        "A connector filter's value has another meaning in a scoping filter"
        "An empty value, a bit mask that is no number, or text between percent signs, which a scoping filter reads as a parameter."
        "Write the scoping filter by hand, with another operator or attribute.";
    FilterKind "DL1004" "filter-scripted" Warning UPGRADE
        "A connector filter is decided by an extension"
        "What the extension decides cannot be read from the configuration; a filter without any condition is not understood either."
        "Ask who wrote the extension for its rules, and write them as scoping filters.";
    FlowScripted "DL1005" "flow-scripted" Warning UPGRADE
        "A flow is computed by an extension"
        "A flow beyond those that the product ships calls code in an extension DLL; what it computes cannot be read from the configuration."
        "Write the flow as an expression of a custom rule.";
    FlowOfOtherAgent "DL1006" "flow-of-other-agent" Blocker UPGRADE
        "A flow belongs to an agent that Entra Connect has no counterpart for"
        "Only the agents to Active Directory and to the cloud move; what another agent contributes would be missing in the cloud."
        "Bring the values into Active Directory first, or give the move up for this server.";
    FlowKind "DL1007" "flow-kind-not-translated" Warning PROVISIONING
        "A flow is of a kind that is not translated"
        "Flows of one component of the name, of the engine's own attributes, and of portal rules are left to a person."
        "Write the flow as an expression of a custom rule; DNComponent(CRef([dn]), 1) gives the first component of the name.";
    FlowRank "DL1008" "flow-rank-not-translated" Warning PROVISIONING
        "The rank of a flow cannot be kept"
        "The flow shares its target on equal terms, or it comes after a scripted flow; declarative rules have one strict order."
        "Decide which source wins, and write one expression for all of them.";
    FlowType "DL1009" "flow-type-not-translated" Warning PROVISIONING
        "A flow concerns an object type that Entra Connect's standard rules do not have"
        "The metaverse of Entra Connect has persons, groups and devices."
        "Decide whether these objects have to be synchronised at all.";
    Join "DL1010" "join-not-translated" Warning UPGRADE
        "Join rules that differ from the product's are not translated"
        "Entra Connect joins by its own standard rules and by the source anchor; join rules were mostly edited for a one-time repair."
        "Check that the immutable IDs in the cloud fit objectGUID before the switch.";
    Projection "DL1011" "projection-not-translated" Warning UPGRADE
        "Objects that are not projected here will be on the new server"
        "The product projects this object type, this server does not or leaves it to an extension; the standard rules project it again."
        "Deselect the object type on the new server, or filter it by a rule.";
    Deprovisioning "DL1012" "deprovisioning-not-translated" Warning UPGRADE
        "What happens to disconnected objects differs and is not translated"
        "In Entra Connect the standard rules decide about deprovisioning."
        "Look at the pending deletions of the new server before it leaves staging mode.";
    SourceAnchor "DL1013" "source-anchor-not-translated" Blocker CONCEPTS
        "The source anchor is not objectGUID"
        "After DirSync the source anchor must be objectGUID: every object in the cloud carries it, and another anchor would make every object a new one."
        "Do not go on before it is clear what the immutable IDs in the cloud hold.";
    TooManyRules "DL1014" "too-many-rules" Warning PROVISIONING
        "There are more custom rules than numbers for them"
        "Custom rules stand below precedence 100; what does not fit is left out."
        "Put several flows into one rule by hand.";
    Extension "DL1015" "extension-not-translated" Blocker UPGRADE
        "A custom extension is not carried over"
        "An extension DLL that does not belong to the product decides on this server; Entra Connect loads none."
        "Write what it does as rules, on a new server in staging mode.";
    FlowRemoved "DL1016" "stock-flow-not-removed" Warning FILTERING
        "A flow that was removed here flows again on the new server"
        "The product ships the flow, this server no longer has it; the standard rules bring the attribute again."
        "Leave the attribute out in the wizard (app and attribute filtering), or write a rule with AuthoritativeNull.";
    FilterType "DL1017" "filter-type-not-translated" Info FILTERING
        "A connector filter concerns an object type that is not synchronised"
        "Standard rules exist for users, inetOrgPersons, groups and contacts; a filter on another type has nothing to act on."
        "Nothing to do, unless such objects were synchronised.";
}

/// Every kind with its finding, ordered by code.
pub fn untranslated_catalogue() -> &'static [UntranslatedRow] {
    ROWS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_one_row_and_codes_ascend() {
        for (idx, row) in ROWS.iter().enumerate() {
            assert_eq!(ROWS.iter().filter(|it| it.kind == row.kind).count(), 1);
            assert_eq!(row.code, format!("DL10{:02}", idx + 1));
            assert!(!row.title.ends_with('.') && row.about.ends_with('.'), "{}", row.code);
            assert!(row.remedy.ends_with('.'), "{}", row.code);
        }
    }

    #[test]
    fn a_finding_names_the_identifier_and_the_place() {
        let item = Untranslated {
            kind: UntranslatedKind::FlowScripted,
            id: Some(Guid::from_u128(0xff)),
            item: "import flow user extensionAttribute1".to_owned(),
            observed: "script a(b)".to_owned(),
            location: Location { file: "MV.XML".to_owned(), line: 7, column: 3 },
        };
        let finding = item.finding();
        assert_eq!(finding.id, "DL1005");
        assert!(finding.detail.contains("{00000000-0000-0000-0000-0000000000FF}"));
        assert_eq!(finding.evidence[0].place, "MV.XML:7:3");
    }
}
