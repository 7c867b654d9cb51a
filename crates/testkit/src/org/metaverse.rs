//! The XML of the metaverse: schema, import flows, deletion rules, extension.
use std::fmt::Write as _;

use super::{
    agent::{AD_ID, Source, WARNING, plain_schema},
    attributes::{Attribute, CLOUD, SELECTED},
    guid,
};

/// The metaverse extension that the invented product ships.
pub(super) const EXTENSION: &str = "Microsoft.Online.DirSync.MVExtension.dll";

/// One source of an import flow.
#[derive(Clone)]
pub(super) struct ImportFlow {
    pub(super) agent: &'static str,
    pub(super) cd_type: &'static str,
    pub(super) source: Source,
}

/// The metaverse as data.
#[derive(Clone)]
pub(super) struct Metaverse {
    pub(super) version: u32,
    /// Object type, target, sources by precedence; flows of one type stand together.
    pub(super) flows: Vec<(&'static str, &'static str, Vec<ImportFlow>)>,
}

impl Metaverse {
    /// The sources of one target.
    pub(super) fn sources(&mut self, mv_type: &str, target: &str) -> &mut Vec<ImportFlow> {
        let found = self.flows.iter_mut().find(|it| it.0 == mv_type && it.1 == target);
        &mut found.expect("the stock metaverse has this target").2
    }

    /// The whole file of the export.
    pub(super) fn file(&self, server: &str, date: &str) -> String {
        let [(_, flows), (_, deletion), (_, extension), (_, provisioning)] = self.rules();
        format!(
            "<saved-mv-configuration server='{server}' export-date='{date}'>\n{WARNING}<mv-data>\n \
             <format-version>1</format-version>\n <version>{}</version>\n <schema>\n  {}\n </schema>\n {flows}\n \
             {provisioning}\n {deletion}\n {extension}\n \
             <password-change-history-size>24</password-change-history-size>\n \
             <password-sync><password-sync-enabled>0</password-sync-enabled></password-sync>\n</mv-data>\n\n\
             </saved-mv-configuration>\n",
            self.version,
            self.schema(),
        )
    }

    /// The same as the columns of the database. Only the names of the schema's and the import flows' columns are known.
    pub(super) fn columns(&self) -> Vec<(&'static str, String)> {
        let mut columns: Vec<_> = self.rules().into();
        columns.push(("mv_schema_xml", self.schema()));
        columns.sort();
        columns
    }

    fn rules(&self) -> [(&'static str, String); 4] {
        let mut deletion = "<mv-deletion>".to_owned();
        for mv_type in ["person", "contact", "group"] {
            let id = guid(&format!("deletion/{mv_type}")).braced();
            let _ = write!(
                deletion,
                "<mv-deletion-rule mv-object-type=\"{mv_type}\" id=\"{id}\" type=\"declared-any\"><src-ma>{AD_ID}</src-ma></mv-deletion-rule>"
            );
        }
        deletion.push_str("</mv-deletion>");
        let extension = format!(
            "<extension><assembly-name>{EXTENSION}</assembly-name><application-protection>low</application-protection></extension>"
        );
        [
            ("import_attribute_flow_xml", self.flows_xml()),
            ("mv_deletion_xml", deletion),
            ("mv_extension_xml", extension),
            ("provisioning_xml", "<provisioning type=\"scripted\"/>".to_owned()),
        ]
    }

    fn flows_xml(&self) -> String {
        let mut out = "<import-attribute-flow>\n".to_owned();
        for set in self.flows.chunk_by(|a, b| a.0 == b.0) {
            let mv_type = set[0].0;
            let _ = writeln!(out, "  <import-flow-set mv-object-type=\"{mv_type}\">");
            for (_, target, sources) in set {
                let _ =
                    writeln!(out, "   <import-flows mv-attribute=\"{target}\" type=\"ranked\">");
                for ImportFlow { agent, cd_type, source } in sources {
                    let id = guid(&format!("import/{mv_type}/{target}/{agent}/{cd_type}")).braced();
                    let _ = writeln!(
                        out,
                        "    <import-flow src-ma=\"{agent}\" cd-object-type=\"{cd_type}\" id=\"{id}\">{}</import-flow>",
                        source.xml()
                    );
                }
                out.push_str("   </import-flows>\n");
            }
            out.push_str("  </import-flow-set>\n");
        }
        let _ = write!(
            out,
            "  <per-ma-options><ma-options ma-id=\"{AD_ID}\"><enable-recall>true</enable-recall></ma-options></per-ma-options>\n \
             </import-attribute-flow>"
        );
        out
    }

    fn schema(&self) -> String {
        let kind = |name: &str| -> char {
            let known = |table: &[Attribute]| table.iter().find(|it| it.0 == name).map(|it| it.1);
            known(SELECTED).or_else(|| known(CLOUD)).unwrap_or('S')
        };
        let classes = ["person", "contact", "group"].map(|mv_type| {
            let targets = self.flows.iter().filter(|it| it.0 == mv_type).map(|it| it.1);
            (mv_type, targets.collect::<Vec<_>>())
        });
        let mut attributes: Vec<Attribute> =
            self.flows.iter().map(|it| (it.1, kind(it.1))).collect();
        attributes.sort_unstable();
        attributes.dedup();
        plain_schema(&classes, &attributes)
    }
}
