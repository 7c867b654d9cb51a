//! The agents and the metaverse that the invented product ships.
use super::{
    agent::{
        AD_ID, Agent, CLOUD_ID, Condition, ExportFlow, FilterSet, RULES_EXTENSION, RunProfile,
        Source, Step, directory_schema, plain_schema,
    },
    attributes::{
        CLOUD, CONTACT_FLOWS, GROUP_FLOWS, PERSON_FLOWS, SELECTED, UNSELECTED, WRITE_BACK,
    },
    guid,
    metaverse::{ImportFlow, Metaverse},
};

const TEMPLATE_TIME: &str = "2014-03-04 09:12:44.207";

/// The stock agent to Active Directory with Exchange hybrid write-back; it names no forest and no partition.
pub(super) fn directory_agent() -> Agent {
    let attributes: Vec<_> = SELECTED.iter().chain(UNSELECTED).copied().collect();
    Agent {
        id: AD_ID,
        name: "Active Directory Connector",
        category: "AD",
        subtype: "",
        description: "",
        created: TEMPLATE_TIME,
        modified: TEMPLATE_TIME,
        version: 1,
        schema: directory_schema(&attributes),
        inclusion: SELECTED.iter().map(|it| it.0).collect(),
        filters: filters(),
        join: ["user", "inetOrgPerson", "contact", "group"].map(|it| join(AD_ID, it, &anchor_source(it))).concat(),
        projection: ["user", "inetOrgPerson", "contact", "group"].map(projection).concat(),
        flows: write_back_flows(),
        cleanup: "make-normal-disconnector",
        extension: RULES_EXTENSION,
        private: "<adma-configuration><sign-and-seal>1</sign-and-seal><ssl-bind crl-check=\"0\">0</ssl-bind>\
                  <simple-bind>0</simple-bind><default-ssl-strength>0</default-ssl-strength>\
                  <enable-unapplied-merge>0</enable-unapplied-merge></adma-configuration>"
            .to_owned(),
        partitions: Vec::new(),
        runs: vec![
            RunProfile { name: "Full Import Full Sync", steps: vec![Step::new("full-import-reevaluate-rules", "")] },
            RunProfile { name: "Delta Import Delta Sync", steps: vec![Step::new("delta-import", "")] },
            RunProfile { name: "Export", steps: vec![Step::new("export", "")] },
        ],
        capabilities: ("fb7f", 1),
    }
}

/// The stock agent to the cloud; it names no account.
pub(super) fn cloud_agent(build: &str) -> Agent {
    let names: Vec<_> = CLOUD.iter().map(|it| it.0).collect();
    let classes = ["contact", "group", "user"].map(|it| (it, names.clone()));
    Agent {
        id: CLOUD_ID,
        name: "Windows Azure Active Directory Connector",
        category: "Extensible2",
        subtype: "Windows Azure Active Directory (Microsoft)",
        description: "",
        created: TEMPLATE_TIME,
        modified: TEMPLATE_TIME,
        version: 1,
        schema: plain_schema(&classes, CLOUD),
        inclusion: names,
        filters: Vec::new(),
        join: ["user", "contact", "group"]
            .map(|it| join(CLOUD_ID, it, &Source::Direct("sourceAnchor").xml()))
            .concat(),
        projection: String::new(),
        flows: cloud_flows(),
        cleanup: "delete-object",
        extension: "",
        private: cloud_configuration(build, None),
        partitions: Vec::new(),
        runs: vec![
            RunProfile {
                name: "Full Confirming Import",
                steps: vec![Step::new("full-import-reevaluate-rules", "")],
            },
            RunProfile {
                name: "Delta Confirming Import",
                steps: vec![Step::new("delta-import", "")],
            },
            RunProfile { name: "Export", steps: vec![Step::new("export", "")] },
        ],
        capabilities: ("80070010", 2),
    }
}

/// The inside of the cloud agent's private configuration.
pub(super) fn cloud_configuration(build: &str, account: Option<&str>) -> String {
    let anchors = ["contact", "group", "user"]
        .map(|it| format!("<attribute object_class=\"{it}\">cloudAnchor</attribute>"))
        .concat();
    let classes = ["contact", "group", "user"]
        .map(|it| {
            format!(
                "<mapping><primary_class>{it}</primary_class><oc-value>{it}</oc-value></mapping>"
            )
        })
        .concat();
    let values = account.map_or(String::new(), |it| {
        format!(
            "<parameter-values><parameter name=\"UserName\" type=\"string\" use=\"connectivity\" dataType=\"String\">{it}</parameter>\
             <parameter name=\"Password\" type=\"encrypted-string\" use=\"connectivity\" dataType=\"String\" encrypted=\"1\" /></parameter-values>"
        )
    });
    format!(
        "<MAConfig><primary_class_mappings>{classes}</primary_class_mappings><change_type_attribute/>\
         <add_change_type_value>Add</add_change_type_value><modify_change_type_value>Modify</modify_change_type_value>\
         <delete_change_type_value>Delete</delete_change_type_value><ldap-dn>0</ldap-dn>\
         <case_normalize_dn_for_anchor>1</case_normalize_dn_for_anchor><extension-config>\
         <filename>Microsoft.Azure.ActiveDirectory.Connector.dll</filename>\
         <import-default-page-size>50</import-default-page-size><import-max-page-size>50</import-max-page-size>\
         <export-default-page-size>30</export-default-page-size><export-max-page-size>30</export-max-page-size>\
         <export-mode>call-based</export-mode><import-mode>call-based</import-mode><export-enabled>1</export-enabled>\
         <import-enabled>1</import-enabled><capability-bits>2147942416</capability-bits><export-type>2</export-type>\
         <discovery-partition/><discovery-schema>extensibility</discovery-schema><discovery-hierarchy/>\
         <password-management-enabled/><assembly-version>{build}</assembly-version></extension-config>\
         <file-type>Extensible2</file-type><importing><dn>{anchors}</dn><anchor>{anchors}</anchor></importing>\
         <parameter-definitions><parameter><name>UserName</name><use>connectivity</use><type>string</type><validation/><text/>\
         <default-value/></parameter><parameter><name>Password</name><use>connectivity</use><type>encrypted-string</type>\
         <validation/><text/><default-value/></parameter></parameter-definitions>{values}<possible_component_mappings/>\
         <aad-password-reset-config><enabled>0</enabled><modified-timestamp>2014-03-04 09:12:44.207</modified-timestamp>\
         </aad-password-reset-config></MAConfig>"
    )
}

/// The stock metaverse.
pub(super) fn metaverse() -> Metaverse {
    let mut flows = Vec::new();
    let mut add = |mv_type,
                   target,
                   cd_types: &[&'static str],
                   source: &dyn Fn(&'static str) -> Source| {
        let sources =
            cd_types.iter().map(|it| ImportFlow { agent: AD_ID, cd_type: it, source: source(it) });
        flows.push((mv_type, target, sources.collect::<Vec<_>>()));
    };
    let people: &[&str] = &["user", "inetOrgPerson"];
    add("person", "sourceAnchor", people, &anchor_flow("person"));
    add("person", "userPrincipalName", people, &|cd_type| {
        let context = format!(
            "cd.{cd_type}:<dn>,sAMAccountName,userPrincipalName->mv.person:userPrincipalName"
        );
        Source::Scripted(vec!["<dn>", "sAMAccountName", "userPrincipalName"], context)
    });
    add("person", "accountEnabled", people, &|cd_type| {
        let context = format!("cd.{cd_type}:userAccountControl->mv.person:accountEnabled");
        Source::Scripted(vec!["userAccountControl"], context)
    });
    for (name, _) in PERSON_FLOWS {
        add("person", name, people, &|_| Source::Direct(name));
    }
    add("contact", "sourceAnchor", &["contact"], &anchor_flow("contact"));
    for (name, _) in CONTACT_FLOWS {
        add("contact", name, &["contact"], &|_| Source::Direct(name));
    }
    add("group", "sourceAnchor", &["group"], &anchor_flow("group"));
    for (name, _) in GROUP_FLOWS {
        add("group", name, &["group"], &|_| Source::Direct(name));
    }
    for (_, name) in WRITE_BACK {
        flows.push((
            "person",
            name,
            vec![ImportFlow { agent: CLOUD_ID, cd_type: "user", source: Source::Direct(name) }],
        ));
    }
    for mv_type in ["person", "contact", "group"] {
        let cd_type = if mv_type == "person" { "user" } else { mv_type };
        let source = Source::Direct("cloudLegacyExchangeDN");
        flows.push((
            mv_type,
            "cloudLegacyExchangeDN",
            vec![ImportFlow { agent: CLOUD_ID, cd_type, source }],
        ));
    }
    flows.sort_by_key(|it| {
        ["person", "contact", "group"].iter().position(|mv_type| *mv_type == it.0)
    });
    Metaverse { version: 1, flows }
}

fn anchor_flow(mv_type: &'static str) -> impl Fn(&'static str) -> Source {
    move |cd_type| {
        Source::Scripted(
            vec!["objectGUID"],
            format!("cd.{cd_type}:objectGUID->mv.{mv_type}:sourceAnchor"),
        )
    }
}

fn anchor_source(cd_type: &'static str) -> String {
    anchor_flow(mv_type_of(cd_type))(cd_type).xml()
}

fn mv_type_of(cd_type: &str) -> &'static str {
    match cd_type {
        "contact" => "contact",
        "group" => "group",
        _ => "person",
    }
}

fn join(agent: &str, cd_type: &'static str, source: &str) -> String {
    let (id, mv_type) = (guid(&format!("{agent}/join/{cd_type}")).braced(), mv_type_of(cd_type));
    format!(
        "<join-profile cd-object-type=\"{cd_type}\"><join-criterion id=\"{id}\"><search mv-object-type=\"{mv_type}\">\
         <attribute-mapping mv-attribute=\"sourceAnchor\">{source}</attribute-mapping></search>\
         <resolution type=\"none\"><script-context></script-context></resolution></join-criterion></join-profile>"
    )
}

fn projection(cd_type: &'static str) -> String {
    let (id, mv_type) = (guid(&format!("projection/{cd_type}")).braced(), mv_type_of(cd_type));
    format!(
        "<class-mapping type=\"declared\" id=\"{id}\" cd-object-type=\"{cd_type}\"><mv-object-type>{mv_type}</mv-object-type></class-mapping>"
    )
}

/// Export flows to Active Directory of an Exchange hybrid deployment.
fn write_back_flows() -> Vec<ExportFlow> {
    let mut flows = Vec::new();
    for cd_type in ["user", "contact", "group"] {
        let mv_type = mv_type_of(cd_type);
        if cd_type == "user" {
            flows.extend(WRITE_BACK.iter().map(|(target, source)| ExportFlow {
                cd_type,
                mv_type,
                target,
                source: Source::Direct(source),
            }));
        }
        let context = format!(
            "cd.{cd_type}:proxyAddresses<-mv.{mv_type}:cloudLegacyExchangeDN,proxyAddresses"
        );
        let source = Source::Scripted(vec!["cloudLegacyExchangeDN", "proxyAddresses"], context);
        flows.push(ExportFlow { cd_type, mv_type, target: "proxyAddresses", source });
    }
    flows
}

fn cloud_flows() -> Vec<ExportFlow> {
    let sets = [("user", PERSON_FLOWS), ("contact", CONTACT_FLOWS), ("group", GROUP_FLOWS)];
    let mut flows = Vec::new();
    for (cd_type, pairs) in sets {
        let own: &[(&str, &str)] = if cd_type == "user" {
            &[
                ("accountEnabled", "accountEnabled"),
                ("sourceAnchor", "sourceAnchor"),
                ("userPrincipalName", "userPrincipalName"),
            ]
        } else {
            &[("sourceAnchor", "sourceAnchor")]
        };
        flows.extend(own.iter().chain(pairs).map(|(source, target)| ExportFlow {
            cd_type,
            mv_type: mv_type_of(cd_type),
            target,
            source: Source::Direct(source),
        }));
    }
    flows
}

/// The default exclusions of the product's documentation.
fn filters() -> Vec<FilterSet> {
    let recipient_types = ["4096", "8192", "16384", "4194304", "8388608", "16777216", "536870912"];
    let types = recipient_types.map(|it| vec![("msExchRecipientTypeDetails", "equality", it)]);
    let critical: Vec<Condition> = vec![("isCriticalSystemObject", "equality", "true")];
    let hidden: Condition = ("msExchHideFromAddressLists", "equality", "true");
    let common = vec![
        vec![("sAMAccountName", "not-present", "")],
        vec![("sAMAccountName", "equality", "SUPPORT_388945a0")],
        vec![("sAMAccountName", "equality", "MSOL_AD_Sync")],
        vec![
            ("sAMAccountName", "substring-start", "CAS_"),
            ("sAMAccountName", "substring-any", "}"),
        ],
        vec![("mailNickname", "substring-start", "CAS_"), ("mailNickname", "substring-any", "}")],
        vec![("mailNickname", "substring-start", "SystemMailbox")],
        vec![("displayName", "substring-start", "MSOL"), hidden],
    ];
    let people = |first: Vec<Condition>| [vec![first], common.clone(), types.to_vec()].concat();
    vec![
        ("user", people(critical.clone())),
        ("inetOrgPerson", people(vec![("isCriticalSystemObject", "present", "")])),
        (
            "contact",
            vec![
                vec![("displayName", "substring-any", "MSOL"), hidden],
                vec![("proxyAddresses", "not-present", ""), ("mail", "not-present", "")],
            ],
        ),
        (
            "group",
            vec![critical, vec![("mail", "present", ""), ("displayName", "not-present", "")]],
        ),
    ]
}
