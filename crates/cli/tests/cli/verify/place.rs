//! A store that was filled by hand, a real server's file, accept-lists.
use std::path::{Path, PathBuf};

use dirlift_deployment::{
    ConnectorKind, Deployment, RunResult, RunStep, Store, StoredConnector, StoredLink,
    StoredMetaverseObject,
};
use dirlift_model::{
    AttributeValue, CsObject, Guid, PendingExport,
    pending::{AttributeChange, Cause, Operation},
    plan::Mode,
};
use jiff::Timestamp;
use serde_json::Value;
use snapbox::cmd::Command;
use tempfile::TempDir;

use crate::{AS_OF, Outcome, dirlift, run};

pub(super) const AD: &str = "contoso.com";
pub(super) const AAD: &str = "contoso.onmicrosoft.com - AAD";
/// Names of objects of the cloud with the anchors `QQ==`, `Qg==`, `Qw==` and `RA==` of one byte each.
pub(super) const ANN: &str = "CN={51513D3D}";
pub(super) const BOB: &str = "CN={51673D3D}";
pub(super) const CID: &str = "CN={51773D3D}";
pub(super) const DORA: &str = "CN={52413D3D}";
/// A group as an import through Graph names it; its anchor `RQ==` is not shown there.
pub(super) const GROUP: &str = "CN={5b00d1e2-0000-4000-8000-000000000001}";
pub(super) const GROUP_THERE: &str = "CN={52513D3D}";

pub(super) const ANN_ID: &str = "5b00d1e2-0000-4000-8000-0000000000aa";

pub(super) fn minute(n: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + 60 * n).unwrap()
}

pub(super) fn text(value: &str) -> AttributeValue {
    AttributeValue::String(value.to_owned())
}

pub(super) fn export(operation: Operation, dn: &str, anchor: &str, name: &str) -> PendingExport {
    PendingExport {
        connector: AAD.to_owned(),
        operation,
        object_type: "user".into(),
        dn: dn.parse().unwrap(),
        new_dn: None,
        anchor: Some(anchor.to_owned()),
        display_name: Some(name.to_owned()),
        changes: Vec::new(),
        cause: Some(Cause::Flowed),
        unreadable: Vec::new(),
    }
}

pub(super) fn change(
    attribute: &str,
    old: Option<AttributeValue>,
    new: AttributeValue,
) -> AttributeChange {
    AttributeChange {
        attribute: attribute.into(),
        old: old.into_iter().collect(),
        new: vec![new],
        rule: Some("Out to AAD - User Identity".to_owned()),
        flow: Some(format!("{attribute} → {attribute}")),
    }
}

/// Ann's title changes, Cid goes, Dora comes, the group gets another description.
pub(super) fn predicted() -> Vec<PendingExport> {
    let mut ann = export(Operation::Update, ANN, "QQ==", "Ann <b>Beck</b>");
    ann.changes = vec![change("title", Some(text("Cook")), text("Chief"))];
    ann.unreadable = vec!["msExchHideFromAddressLists".into()];
    let mut cid = export(Operation::Delete, CID, "Qw==", "Cid");
    cid.cause = Some(Cause::SourceGone { anchor: "Qw==".to_owned() });
    let mut dora = export(Operation::Add, DORA, "RA==", "Dora");
    dora.cause = Some(Cause::Provisioned { rule: "Out to AAD - User Join".to_owned() });
    dora.changes = vec![change("userPrincipalName", None, text("dora@contoso.com"))];
    let mut group = export(Operation::Update, GROUP, "RQ==", "Staff");
    group.object_type = "group".into();
    group.changes = vec![change("description", None, text("All staff"))];
    vec![ann, cid, dora, group]
}

pub(super) fn person(anchor: &str, ad: &str, cloud: Option<&str>) -> StoredMetaverseObject {
    let link = |connector: &str, dn: &str| StoredLink {
        connector: connector.to_owned(),
        dn: dn.parse().unwrap(),
    };
    StoredMetaverseObject {
        object_type: "person".into(),
        anchor: Some(anchor.to_owned()),
        links: [Some(link(AD, ad)), cloud.map(|it| link(AAD, it))].into_iter().flatten().collect(),
        attributes: Vec::new(),
    }
}

/// What a store knows of roles and licences.
#[derive(Clone, Copy, Default)]
pub(super) enum Tenant {
    /// That nobody has any.
    #[default]
    Nobody,
    /// That Ann is an administrator.
    Administrator,
    /// What a folder without roles tells.
    NoRoles,
    /// What users without licences tell.
    NoLicences,
    /// Nothing at all.
    Unknown,
}

/// What is different in a store.
#[derive(Clone, Copy, Default)]
pub(super) struct Odd {
    pub(super) sync_fails: bool,
    pub(super) no_sync: bool,
    pub(super) wrong_anchor: bool,
    pub(super) tenant: Tenant,
    /// Deletes beside Cid's.
    pub(super) more_deletes: u32,
}

pub(super) fn fill(path: &Path, odd: Odd) {
    let deployment = Deployment {
        id: "0a0b0c0d-1111-2222-3333-444455556666".parse().unwrap(),
        name: "Contoso".to_owned(),
        mode: Mode::Parallel,
        created_at: minute(0),
        bundle_sha256: "ab".repeat(32),
    };
    let mut store = Store::create(path, &deployment).unwrap();
    let connector = |id: &str, name: &str, kind| StoredConnector {
        id: id.parse().unwrap(),
        name: name.to_owned(),
        kind,
    };
    let ad = connector("11111111-0000-0000-0000-000000000001", AD, ConnectorKind::ActiveDirectory);
    let aad = connector("b891884f-051e-4a83-95af-2544101c9083", AAD, ConnectorKind::EntraId);
    store.write_connectors(&[ad.clone(), aad.clone()]).unwrap();
    let import = store.begin_run(ad.id, "Full Import", minute(1)).unwrap();
    store.finish_run(import, RunResult::Success, &[], minute(2)).unwrap();
    let import = store.begin_run(aad.id, "Full Import", minute(3)).unwrap();
    let mut objects = store.objects(import).unwrap();
    for (dn, ty, id) in [
        (ANN, "user", ANN_ID),
        (BOB, "user", "5b00d1e2-0000-4000-8000-0000000000bb"),
        (CID, "user", "5b00d1e2-0000-4000-8000-0000000000cc"),
        (GROUP, "group", "5b00d1e2-0000-4000-8000-000000000001"),
    ] {
        let mut object = CsObject::new(dn.parse().unwrap(), ty);
        object.id = Some(id.parse::<Guid>().unwrap());
        objects.add(&object).unwrap();
    }
    objects.finish().unwrap();
    store.finish_run(import, RunResult::Success, &[], minute(4)).unwrap();
    let roles = format!(r#"[{{"id": "{ANN_ID}", "role_name": "Global"}}]"#);
    let (roles, licences) = match odd.tenant {
        Tenant::Nobody => ("[]", "[]"),
        Tenant::Administrator => (roles.as_str(), "[]"),
        Tenant::NoRoles => ("null", "[]"),
        Tenant::NoLicences => ("[]", "null"),
        Tenant::Unknown => ("null", "null"),
    };
    let facts = format!(r#"{{"role_members": {roles}, "licensed_users": {licences}}}"#);
    store.set_setting("tenant_facts", &facts).unwrap();
    if odd.no_sync {
        return;
    }
    let sync = store.begin_run(ad.id, "Full Synchronization", minute(5)).unwrap();
    store.finish_run(sync, RunResult::Success, &[], minute(6)).unwrap();
    let sync = store.begin_run(aad.id, "Full Synchronization", minute(7)).unwrap();
    let more = (0..odd.more_deletes).map(|n| {
        let anchor = format!("more{n}==");
        export(Operation::Delete, &format!("CN=more{n}"), &anchor, "More")
    });
    store.write_pending(sync, predicted().into_iter().chain(more)).unwrap();
    let bob = if odd.wrong_anchor { "QQ==" } else { "Qg==" };
    let metaverse = [
        person("QQ==", "CN=Ann,DC=contoso,DC=com", Some(ANN)),
        person(bob, "CN=Bob,DC=contoso,DC=com", Some(BOB)),
        person("RA==", "CN=Dora,DC=contoso,DC=com", None),
        person("RQ==", "CN=Staff,DC=contoso,DC=com", Some(GROUP)),
    ];
    store.write_metaverse(sync, metaverse).unwrap();
    let step = RunStep {
        name: "synchronization".to_owned(),
        counted: 4,
        errors: u64::from(odd.sync_fails),
        detail: String::new(),
    };
    let result = if odd.sync_fails { RunResult::CompletedWithErrors } else { RunResult::Success };
    store.finish_run(sync, result, &[step], minute(8)).unwrap();
}

pub(super) struct Files {
    folder: TempDir,
}

impl Files {
    pub(super) fn new(odd: Odd) -> Self {
        let it = Self { folder: tempfile::tempdir().unwrap() };
        fill(&it.path("store"), odd);
        it
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(super) fn verify(&self) -> Command {
        dirlift().arg("verify").arg(self.path("store")).args(["--as-of", AS_OF])
    }

    /// With a real server's file and an accept-list.
    pub(super) fn compare(&self, objects: &str, accept: &str) -> Command {
        let xml = format!("<cs-objects>{objects}</cs-objects>");
        self.verify()
            .arg("--csexport")
            .arg(self.write("real.xml", &xml))
            .arg("--accept")
            .arg(self.write("accept.toml", accept))
    }
}

pub(super) fn json(command: Command) -> (Value, i32) {
    let Outcome { code, stdout, stderr } = run(command.args(["--format", "json"]));
    assert_eq!(stderr, "");
    (serde_json::from_str(&stdout).unwrap_or_else(|it| panic!("{it}: {stdout}")), code)
}

pub(super) fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect()
}

pub(super) fn object(dn: &str, ty: &str, inner: &str) -> String {
    format!(
        r#"<cs-object cs-dn="{dn}" object-type="{ty}">{inner}<connector>1</connector><ma-name>{AAD}</ma-name></cs-object>"#
    )
}

pub(super) fn delta(dn: &str, operation: &str, inner: &str) -> String {
    format!(
        r#"<unapplied-export><delta operation="{operation}" dn="{dn}">{inner}</delta></unapplied-export>"#
    )
}

pub(super) fn title(old: &str, new: &str) -> String {
    format!(
        r#"<attr name="title" operation="update" type="string" multivalued="false"><value operation="delete">{old}</value><value operation="add">{new}</value></attr>"#
    )
}

/// The same as the prediction, with objects that have no pending export beside it.
pub(super) fn same() -> String {
    [
        object(ANN, "user", &delta(ANN, "update", &title("Cook", "Chief"))),
        object(BOB, "user", "<synchronized-hologram><entry dn=\"x=y\"/></synchronized-hologram>"),
        object(CID, "user", &delta(CID, "delete", "")),
        object(
            DORA,
            "user",
            &delta(
                DORA,
                "add",
                r#"<attr name="userPrincipalName" operation="add" type="string"><value>dora@contoso.com</value></attr>"#,
            ),
        ),
        object(
            GROUP_THERE,
            "group",
            &delta(
                GROUP_THERE,
                "update",
                r#"<attr name="description" operation="add" type="string"><value>All staff</value></attr>"#,
            ),
        ),
    ]
    .concat()
}

/// Accepts all that is predicted.
pub(super) const ACCEPT: &str = r#"
[[accept]]
operation = "update"
reason = "titles and descriptions"
author = "Ann"

[[accept]]
operation = "add"
cause = "provisioned"
reason = "Dora starts on Monday"
author = "Ann"
expires = 2026-12-31

[[accept]]
operation = "delete"
object = "Qw=="
reason = "Cid has left"
author = "Ann"
"#;
