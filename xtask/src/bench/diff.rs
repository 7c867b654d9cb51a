//! `cargo xtask bench diff`: how fast two generated configurations of real size are read and compared.
use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;

use crate::{cargo, run_to_success, target_folder};

/// Rules of each folder, as many as an export of Azure AD Connect 1.1 has.
const N_RULES: usize = 62;

/// Flows of each rule.
const N_FLOWS: usize = 25;

/// Attributes in the schemas, which make up the most of an export.
const N_ATTRIBUTES: usize = 5_000;

/// Generates the folders, builds the measurement with optimisation and runs it.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let target = target_folder(root)?;
    let folders = [target.join("bench-diff/before"), target.join("bench-diff/after")];
    for (folder, is_after) in folders.iter().zip([false, true]) {
        let n_bytes = generate(folder, is_after)?;
        println!("{n_bytes} bytes in {}", folder.file_name().unwrap_or_default().display());
    }
    let build =
        ["build", "--quiet", "--release", "-p", "dirlift-exporter", "--example", "bench_diff"];
    run_to_success(&mut cargo(root, &build))?;
    let example =
        target.join("release/examples").join(format!("bench_diff{}", std::env::consts::EXE_SUFFIX));
    run_to_success(Command::new(example).args(&folders))
}

/// Writes one folder and tells its size; the second differs in ids, a precedence, an expression and a container.
fn generate(folder: &Path, is_after: bool) -> anyhow::Result<u64> {
    let mut n_bytes = 0;
    let mut write = |name: &str, text: &str| -> anyhow::Result<()> {
        let path: PathBuf = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).with_context(|| format!("creating {}", parent.display()))?;
        n_bytes += text.len() as u64;
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))
    };
    let server = u32::from(is_after);
    let connector = format!("{{00000000-0000-0000-0000-0000000000c{server}}}");
    for rule in 0..N_RULES {
        let name = format!("SynchronizationRules/SynchronizationRule_{rule}.xml");
        write(&name, &rule_xml(rule, server, &connector)?)?;
    }
    let mut schema = String::new();
    let mut selected = String::new();
    for it in 0..N_ATTRIBUTES {
        write!(
            schema,
            "<dsml:attribute-type id=\"attribute{it}\" single-value=\"true\" ms-dsml:indexable=\"true\">\n  \
             <dsml:name>attribute{it}</dsml:name>\n  <dsml:syntax>1.3.6.1.4.1.1466.115.121.1.15</dsml:syntax>\n\
             </dsml:attribute-type>\n"
        )?;
        if it % 20 == 0 {
            write!(selected, "<attribute>attribute{it}</attribute>")?;
        }
    }
    let schema = format!(
        "<schema><dsml:dsml xmlns:ms-dsml=\"http://www.microsoft.com/MMS/DSML\" \
         xmlns:dsml=\"http://www.dsml.org/DSML\"><dsml:directory-schema>\n{schema}</dsml:directory-schema></dsml:dsml></schema>"
    );
    let containers: String = (0..200 + server).fold(String::new(), |mut all, it| {
        let _ = write!(all, "<inclusion>OU={it},DC=contoso,DC=com</inclusion>");
        all
    });
    let agent = format!(
        "<saved-ma-configuration><ma-data><id>{connector}</id><name>contoso.com</name><category>AD</category>{schema}\
         <attribute-inclusion>{selected}</attribute-inclusion><ma-partition-data><partition><name>DC=contoso,DC=com</name>\
         <selected>1</selected><filter><object-classes><object-class>user</object-class></object-classes><containers>\
         <exclusions /><inclusions>{containers}</inclusions></containers></filter></partition></ma-partition-data>\
         </ma-data></saved-ma-configuration>"
    );
    write("Connectors/Connector_1.xml", &agent)?;
    let metaverse = format!(
        "<saved-mv-configuration><mv-data><version>1</version>{schema}<parameter-values>\
         <parameter name=\"Microsoft.Synchronize.ServerConfigurationVersion\">1.1.130.0</parameter></parameter-values>\
         </mv-data></saved-mv-configuration>"
    );
    write("GlobalSettings/MV.xml", &metaverse)?;
    Ok(n_bytes)
}

fn rule_xml(rule: usize, server: u32, connector: &str) -> anyhow::Result<String> {
    let mut flows = String::new();
    for flow in 0..N_FLOWS {
        let length = if rule == 7 && flow == 3 { 448 + server } else { 448 };
        write!(
            flows,
            "<mapping>\n  <dest>attribute{flow}</dest>\n  <src>\n    <attr>attribute{flow}</attr>\n  </src>\n  \
             <expression>IIF(IsNullOrEmpty([attribute{flow}]),NULL,Left(Trim([attribute{flow}]),{length}))</expression>\n  \
             <valueMergeType>Update</valueMergeType>\n</mapping>\n"
        )?;
    }
    let precedence = 100 + rule + if rule == N_RULES - 1 { usize::try_from(server)? } else { 0 };
    Ok(format!(
        "<synchronizationRule><id>{{00000000-0000-0000-000{server}-{rule:012}}}</id><version>1</version>\
         <name>In from AD - Rule {rule}</name><description /><immutable-tag>Microsoft.Rule{rule}.001</immutable-tag>\
         <direction>Inbound</direction><disabled>False</disabled><connector>{connector}</connector>\
         <sourceObjectType>user</sourceObjectType><targetObjectType>person</targetObjectType><linkType>Join</linkType>\
         <precedence>{precedence}</precedence><attribute-mappings>{flows}</attribute-mappings><relationshipCriteria>\
         <conditions><condition><csAttribute>objectSid</csAttribute><ilmAttribute>objectSid</ilmAttribute>\
         <caseSensitive>False</caseSensitive></condition></conditions></relationshipCriteria><synchronizationCriteria>\
         <conditions><scope><csAttribute>isCriticalSystemObject</csAttribute><csOperator>NOTEQUAL</csOperator>\
         <csValue>True</csValue></scope></conditions></synchronizationCriteria></synchronizationRule>"
    ))
}
