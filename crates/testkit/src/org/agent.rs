//! The XML of one agent, in the element order of the engine's own export.
use std::fmt::Write as _;

use super::{
    attributes::{self, Attribute},
    escape, guid,
};

/// Id of the stock agent to the cloud, as the product's templates bring it.
pub(super) const CLOUD_ID: &str = "{1D2C95FB-F61F-45A7-B6D5-F4124D5F7002}";
/// Id of the stock agent to Active Directory.
pub(super) const AD_ID: &str = "{CB7D5198-66E8-49EC-9C0F-406A55FD4317}";
/// The rules extension that the invented product ships.
pub(super) const RULES_EXTENSION: &str = "Microsoft.Online.Coexistence.RulesExtension.dll";

/// Where the value of a flow comes from.
#[derive(Clone)]
pub(super) enum Source {
    Direct(&'static str),
    /// Attributes and the name of the rule; an attribute in angle brackets is the engine's own.
    Scripted(Vec<&'static str>, String),
    Constant(&'static str),
}

impl Source {
    pub(super) fn xml(&self) -> String {
        let attribute =
            |name: &str| match name.strip_prefix('<').and_then(|it| it.strip_suffix('>')) {
                Some(own) => format!("<src-attribute intrinsic=\"true\">{own}</src-attribute>"),
                None => format!("<src-attribute>{name}</src-attribute>"),
            };
        match self {
            Self::Direct(name) => format!("<direct-mapping>{}</direct-mapping>", attribute(name)),
            Self::Scripted(names, context) => format!(
                "<scripted-mapping>{}<script-context>{}</script-context></scripted-mapping>",
                names.iter().map(|it| attribute(it)).collect::<String>(),
                escape(context)
            ),
            Self::Constant(value) => {
                format!(
                    "<constant-mapping><constant-value>{}</constant-value></constant-mapping>",
                    escape(value)
                )
            }
        }
    }
}

/// An export flow.
#[derive(Clone)]
pub(super) struct ExportFlow {
    pub(super) cd_type: &'static str,
    pub(super) mv_type: &'static str,
    pub(super) target: &'static str,
    pub(super) source: Source,
}

/// Attribute, operator, value.
pub(super) type Condition = (&'static str, &'static str, &'static str);

/// A connector filter: object type, alternatives of conditions.
pub(super) type FilterSet = (&'static str, Vec<Vec<Condition>>);

/// A run profile: name and steps.
#[derive(Clone)]
pub(super) struct RunProfile {
    pub(super) name: &'static str,
    pub(super) steps: Vec<Step>,
}

/// A step: type, subtype, limit of deletions, position of its partition.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) kind: &'static str,
    pub(super) subtype: &'static str,
    pub(super) delete: Option<u32>,
    pub(super) partition: usize,
}

impl Step {
    pub(super) const fn new(kind: &'static str, subtype: &'static str) -> Self {
        Self { kind, subtype, delete: None, partition: 0 }
    }
}

/// An agent as data.
#[derive(Clone)]
pub(super) struct Agent {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) category: &'static str,
    pub(super) subtype: &'static str,
    pub(super) description: &'static str,
    pub(super) created: &'static str,
    pub(super) modified: &'static str,
    pub(super) version: u32,
    pub(super) schema: String,
    pub(super) inclusion: Vec<&'static str>,
    pub(super) filters: Vec<FilterSet>,
    pub(super) join: String,
    pub(super) projection: String,
    pub(super) flows: Vec<ExportFlow>,
    pub(super) cleanup: &'static str,
    pub(super) extension: &'static str,
    /// The element inside `private-configuration`.
    pub(super) private: String,
    /// The elements inside `ma-partition-data`, with the ids of the partitions.
    pub(super) partitions: Vec<(String, String)>,
    pub(super) runs: Vec<RunProfile>,
    /// Capabilities in hexadecimal, and the export type.
    pub(super) capabilities: (&'static str, u32),
}

impl Agent {
    /// The whole file of the export.
    pub(super) fn file(&self, server: &str, date: &str) -> String {
        let Self { id, name, category, subtype, created, modified, version, description, .. } =
            self;
        let company = if subtype.is_empty() { "" } else { "Microsoft" };
        let part = |name| self.part(name);
        format!(
            "<saved-ma-configuration server='{server}' export-date='{date}'>\n{WARNING}<ma-data>\n \
             <format-version>1</format-version>\n <id>{id}</id>\n <name>{name}</name>\n <category>{category}</category>\n \
             <subtype>{subtype}</subtype>\n <ma-listname>{subtype}</ma-listname>\n \
             <ma-companyname>{company}</ma-companyname>\n <creation-time>{created}</creation-time>\n \
             <last-modification-time>{modified}</last-modification-time>\n <version>{version}</version>\n \
             <internal-version>0</internal-version>\n <password-sync-allowed>0</password-sync-allowed>\n \
             <schema>\n  {schema}\n </schema>\n {inclusion}\n {filter}\n {join}\n {projection}\n {flows}\n {cleanup}\n \
             {extension}\n <controller-configuration>\n <application-protection>low</application-protection>\n \
             <application-architecture>process</application-architecture>\n</controller-configuration>\n\n \
             <description>{description}</description>\n <ma-ui-settings></ma-ui-settings>\n <private-configuration>\n  \
             {private}\n </private-configuration>\n <SyncConfig-refresh-schema>0</SyncConfig-refresh-schema>\n \
             {partitions}\n\n {runs}\n\n <capabilities-mask>{mask}</capabilities-mask>\n \
             <export-type>{export_type}</export-type>\n <dn-construction/>\n {PASSWORD_SYNC}\n \
             <component_mappings>{MAPPINGS}</component_mappings>\n</ma-data>\n\n</saved-ma-configuration>\n",
            schema = self.schema,
            inclusion = part("attribute_inclusion_xml"),
            filter = part("stay_disconnector_xml"),
            join = part("join_rule_xml"),
            projection = part("projection_rule_xml"),
            flows = part("export_attribute_flow_xml"),
            cleanup = part("provisioning_cleanup_xml"),
            extension = part("ma_extension_xml"),
            private = self.private,
            partitions = part("ma_partition_data_xml"),
            runs = part("ma_run_data_xml"),
            mask = self.capabilities.0,
            export_type = self.capabilities.1,
        )
    }

    /// The same as the columns of the database, sorted by name.
    pub(super) fn columns(&self) -> Vec<(&'static str, String)> {
        let mut columns: Vec<_> = COLUMNS.iter().map(|it| (*it, self.part(it))).collect();
        columns.push((
            "component_mappings_xml",
            format!("<component_mappings>{MAPPINGS}</component_mappings>"),
        ));
        columns.push(("ma_schema_xml", self.schema.clone()));
        columns.push(("passwordsync_xml", PASSWORD_SYNC.to_owned()));
        columns.push(("private_configuration_xml", self.private.clone()));
        columns.sort();
        columns
    }

    /// One element of the configuration, by the name of its column.
    fn part(&self, column: &str) -> String {
        let label = |what: &str| format!("{}/{what}", self.id);
        match column {
            "attribute_inclusion_xml" => {
                let list: String = self
                    .inclusion
                    .iter()
                    .map(|it| format!("<attribute>{it}</attribute>"))
                    .collect::<Vec<_>>()
                    .concat();
                format!("<attribute-inclusion>{list}</attribute-inclusion>")
            }
            "stay_disconnector_xml" => filters_xml(&self.filters, &label("filter")),
            "join_rule_xml" => format!("<join>{}</join>", self.join),
            "projection_rule_xml" => format!("<projection>{}</projection>", self.projection),
            "export_attribute_flow_xml" => export_flows_xml(&self.flows, &label("export")),
            "provisioning_cleanup_xml" => {
                format!(
                    "<provisioning-cleanup type=\"declared\"><action>{}</action></provisioning-cleanup>",
                    self.cleanup
                )
            }
            "ma_extension_xml" if self.extension.is_empty() => "<extension/>".to_owned(),
            "ma_extension_xml" => format!(
                "<extension><assembly-name>{}</assembly-name><application-protection>low</application-protection></extension>",
                self.extension
            ),
            "ma_partition_data_xml" => {
                let all: String = self.partitions.iter().map(|(_, xml)| xml.as_str()).collect();
                format!("<ma-partition-data>\n{all}</ma-partition-data>")
            }
            "ma_run_data_xml" => self.runs_xml(),
            _ => String::new(),
        }
    }

    fn runs_xml(&self) -> String {
        let mut out = "<ma-run-data>\n".to_owned();
        for run in &self.runs {
            let id = guid(&format!("{}/run/{}", self.id, run.name)).braced();
            let steps: String = run.steps.iter().map(|it| self.step_xml(it)).collect();
            let _ = write!(
                out,
                " <run-configuration>\n  <id>{id}</id>\n  <name>{}</name>\n  <creation-time>{created}</creation-time>\n  \
                 <version>{}</version>\n  <last-modification-time>{modified}</last-modification-time>\n  \
                 <configuration>{steps}</configuration>\n </run-configuration>\n",
                run.name,
                self.version.min(9),
                created = self.created,
                modified = self.modified,
            );
        }
        out.push_str("</ma-run-data>");
        out
    }

    fn step_xml(&self, step: &Step) -> String {
        const NIL: &str = "{00000000-0000-0000-0000-000000000000}";
        let element =
            if step.kind == "apply-rules" { "apply-rules-subtype" } else { "import-subtype" };
        let subtype = if step.subtype.is_empty() {
            String::new()
        } else {
            format!("<{element}>{}</{element}>", step.subtype)
        };
        let delete = step.delete.map(|it| format!("<delete>{it}</delete>")).unwrap_or_default();
        let partition = self
            .partitions
            .get(step.partition)
            .map_or(NIL.to_owned(), |it| it.0.to_ascii_uppercase());
        let custom = match self.category {
            "AD" => {
                "<adma-step-data><batch-size>100</batch-size><page-size>500</page-size><time-limit>120</time-limit></adma-step-data>"
            }
            "Extensible2" => {
                "<extensible2-step-data><timeout>120</timeout><batch-size>50</batch-size></extensible2-step-data><parameter-values/>"
            }
            _ => "",
        };
        format!(
            "<step><step-type type=\"{}\">{subtype}</step-type><threshold><batch-size>1</batch-size>{delete}</threshold>\
             <partition>{partition}</partition><custom-data>{custom}</custom-data></step>",
            step.kind
        )
    }
}

const COLUMNS: [&str; 9] = [
    "attribute_inclusion_xml",
    "export_attribute_flow_xml",
    "join_rule_xml",
    "ma_extension_xml",
    "ma_partition_data_xml",
    "ma_run_data_xml",
    "projection_rule_xml",
    "provisioning_cleanup_xml",
    "stay_disconnector_xml",
];

const PASSWORD_SYNC: &str = "<password-sync><maximum-retry-count>10</maximum-retry-count><retry-interval>60</retry-interval>\
    <allow-low-security>0</allow-low-security><unlock-account>0</unlock-account></password-sync>";

const MAPPINGS: &str = "<mapping><dn_component>ou</dn_component><object_class>organizationalUnit</object_class></mapping>";

/// The comment that the engine puts at the head of its exports.
pub(super) const WARNING: &str = "<!--WARNING>\n\
!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!\n!!\n\
!! The contents of this file should not be edited.\n\
!! Any such modifications to this file may result in errors during import.\n!!\n\
!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!\n</WARNING-->\n";

fn filters_xml(sets: &[FilterSet], label: &str) -> String {
    if sets.is_empty() {
        return "<stay-disconnector/>".to_owned();
    }
    let mut out = "<stay-disconnector>\n".to_owned();
    for (cd_type, alternatives) in sets {
        let _ = writeln!(
            out,
            "  <filter-set cd-object-type=\"{cd_type}\" type=\"declared\" import-filter=\"0\">"
        );
        for alternative in alternatives {
            let conditions: String = alternative
                .iter()
                .map(|(attribute, operator, value)| {
                    format!(
                        "<condition cd-attribute=\"{attribute}\" intrinsic-attribute=\"false\" operator=\"{operator}\"><value>{}</value></condition>",
                        escape(value)
                    )
                })
                .collect::<Vec<_>>().concat();
            let id = guid(&format!("{label}/{cd_type}/{conditions}")).braced();
            let _ = writeln!(
                out,
                "   <filter-alternative id=\"{id}\">{conditions}</filter-alternative>"
            );
        }
        out.push_str("  </filter-set>\n");
    }
    out.push_str(" </stay-disconnector>");
    out
}

fn export_flows_xml(flows: &[ExportFlow], label: &str) -> String {
    if flows.is_empty() {
        return "<export-attribute-flow/>".to_owned();
    }
    let mut out = "<export-attribute-flow>\n".to_owned();
    for set in flows.chunk_by(|a, b| (a.cd_type, a.mv_type) == (b.cd_type, b.mv_type)) {
        let (cd_type, mv_type) = (set[0].cd_type, set[0].mv_type);
        let _ = writeln!(
            out,
            "  <export-flow-set cd-object-type=\"{cd_type}\" mv-object-type=\"{mv_type}\">"
        );
        for flow in set {
            let id = guid(&format!("{label}/{cd_type}/{mv_type}/{}", flow.target)).braced();
            let _ = writeln!(
                out,
                "   <export-flow cd-attribute=\"{}\" id=\"{id}\" suppress-deletions=\"false\">{}</export-flow>",
                flow.target,
                flow.source.xml()
            );
        }
        out.push_str("  </export-flow-set>\n");
    }
    out.push_str(" </export-attribute-flow>");
    out
}

/// A schema in DSML, as an agent to Active Directory has it: classes, attributes, content rules.
pub(super) fn directory_schema(attributes: &[Attribute]) -> String {
    let mut out = "<dsml xmlns=\"http://www.dsml.org/DSML\" xmlns:m=\"http://www.microsoft.com/MMS/DSML\"><directory-schema>\n"
        .to_owned();
    for (idx, (name, kind)) in attributes.iter().enumerate() {
        let single = if kind.is_ascii_uppercase() { " single-value=\"true\"" } else { "" };
        let upper = if *kind == 'S' { " m:range-upper=\"256\"" } else { "" };
        let _ = writeln!(
            out,
            "<attribute-type id=\"A{idx}\"{single}{upper}><name>{name}</name><syntax>{}</syntax></attribute-type>",
            attributes::syntax(*kind)
        );
    }
    let classes = attributes::CLASSES;
    for (idx, (name, superior, kind)) in classes.iter().enumerate() {
        let above = classes.iter().position(|it| it.0 == *superior).unwrap_or(0);
        let refs: String =
            (0..8).map(|it| reference((idx * 11 + it * 7) % attributes.len())).collect();
        let _ = writeln!(
            out,
            "<class id=\"C{idx}\" superior=\"#C{above}\" type=\"{kind}\"><name>{name}</name>{refs}</class>"
        );
    }
    // Content rules say nothing that anybody needs and are most of a real file.
    for idx in 0..classes.len() {
        let refs: String =
            (0..16).map(|it| reference((idx * 17 + it * 5) % attributes.len())).collect();
        let aux: String = [11, 12].map(|it| format!("<m:aux-class ref=\"#C{it}\"/>")).concat();
        let _ = writeln!(out, "<m:dit-content-rule id=\"C{idx}\">{refs}{aux}</m:dit-content-rule>");
    }
    out.push_str("</directory-schema></dsml>");
    return out;

    fn reference(idx: usize) -> String {
        format!("<attribute ref=\"#A{idx}\" required=\"false\"/>")
    }
}

/// A schema in DSML with prefixes, as agents to other directories and the metaverse have it.
pub(super) fn plain_schema(classes: &[(&str, Vec<&str>)], attributes: &[Attribute]) -> String {
    let mut out = "<dsml:dsml xmlns:dsml=\"http://www.dsml.org/DSML\" xmlns:ms-dsml=\"http://www.microsoft.com/MMS/DSML\">\
                   <dsml:directory-schema ms-dsml:no-objectclass-validation=\"true\">\n"
        .to_owned();
    for (name, members) in classes {
        let refs: String = members
            .iter()
            .map(|it| format!("<dsml:attribute ref=\"#{it}\" required=\"false\" />"))
            .collect::<Vec<_>>()
            .concat();
        let _ = writeln!(
            out,
            "<dsml:class id=\"{name}\" type=\"structural\"><dsml:name>{name}</dsml:name>{refs}</dsml:class>"
        );
    }
    for (name, kind) in attributes {
        let single = if kind.is_ascii_uppercase() { " single-value=\"true\"" } else { "" };
        let _ = writeln!(
            out,
            "<dsml:attribute-type id=\"{name}\"{single}><dsml:name>{name}</dsml:name><dsml:syntax>{}</dsml:syntax></dsml:attribute-type>",
            attributes::syntax(*kind)
        );
    }
    out.push_str("</dsml:directory-schema></dsml:dsml>");
    out
}
