//! The organisations of `test-data/`: what their servers become, by their own accounts (their README).
use std::path::Path;

use dirlift_model::{
    Guid, ServerConfiguration,
    rule::{AttributeMapping, MappingKind},
};
use dirlift_serverconfig::{Document, read};
use dirlift_translate::{Setting, TranslateOptions, Translation, standard_rules, translate};

use crate::engine;

fn configuration(folder: &Path) -> ServerConfiguration {
    let mut configuration = ServerConfiguration::default();
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        match read(&name, &std::fs::read(&path).unwrap()).unwrap().value {
            Document::Agent(agent) => configuration.connectors.push(*agent),
            Document::Metaverse(metaverse) => configuration.metaverse = Some(*metaverse),
            Document::Rule(_) => panic!("a rule"),
        }
    }
    configuration
}

fn organisation(name: &str) -> (ServerConfiguration, Translation) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test-data").join(name);
    let server = configuration(&folder.join("server-configuration"));
    let stock = configuration(&folder.join("templates/Exch"));
    let translation = translate(&server, Some(&stock), &TranslateOptions::default());
    (server, translation)
}

fn codes(translation: &Translation) -> Vec<String> {
    let mut all: Vec<_> = translation.findings().into_iter().map(|it| it.id).collect();
    all.dedup();
    all
}

#[test]
fn a_plain_server_needs_no_custom_rule() {
    let (_, translation) = organisation("fabrikam");
    assert_eq!(translation.rules, []);
    assert_eq!(codes(&translation), Vec::<String>::new());
    assert!(!translation.exchange_hybrid, "the templates write back, the server does not");
    let excluded = translation.settings.iter().find_map(|it| match &it.setting {
        Setting::Partition { containers, .. } => Some(containers.exclusions.len()),
        Setting::Parameter { .. } => None,
    });
    assert_eq!(excluded, Some(12), "three of its own beside nine stock exclusions");
}

#[test]
fn a_server_with_many_settings() {
    let (server, translation) = organisation("northwind");
    let rules: Vec<_> = translation.rules.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(
        rules,
        ["In from AD - User Filter from DirSync", "Out to AAD - User Flows from DirSync"]
    );
    let filter: Vec<usize> = translation.rules[0].scope.iter().map(|it| it.clauses.len()).collect();
    assert_eq!(filter, [1, 2], "NoSync; Contractors and External");
    let kinds: Vec<_> =
        translation.rules[1].mappings.iter().filter_map(AttributeMapping::kind).collect();
    assert_eq!(kinds, [MappingKind::Expression, MappingKind::Constant]);
    let alternate = translation.alternate_id.as_ref().unwrap();
    assert_eq!(alternate.attribute, "mail".into());
    assert_eq!(alternate.location.file, "MV.XML");
    assert!(translation.exchange_hybrid);
    assert_eq!(codes(&translation), Vec::<String>::new());
    // Together with the standard rules the set is sound.
    let forests: Vec<Guid> = server.active_directory().map(|it| it.id).collect();
    let cloud = server.cloud().next().unwrap().id;
    let mut all = translation.rules.clone();
    all.extend(standard_rules(&forests, cloud, &translation.standard_options()));
    let problems: Vec<_> =
        engine::problems(&all).into_iter().filter(|it| !it.starts_with("info ")).collect();
    assert!(problems.is_empty(), "{problems:?}");
}

#[test]
fn a_server_that_cannot_be_upgraded_says_what_stays_behind() {
    let (_, translation) = organisation("tailspin");
    let mut codes = codes(&translation);
    codes.sort();
    codes.dedup();
    // The flow of HR Import, the scripted cost centre, the rules extension.
    assert_eq!(codes, ["DL1005", "DL1006", "DL1015"]);
    let of = |code: &str| -> Vec<String> {
        let all = translation.findings();
        all.into_iter().filter(|it| it.id == code).map(|it| it.detail).collect()
    };
    assert_eq!(of("DL1005").len(), 1);
    assert!(of("DL1005")[0].contains("CostCentreName(department, company)"), "{:?}", of("DL1005"));
    assert!(of("DL1006")[0].contains("extensionAttribute2"), "{:?}", of("DL1006"));
    assert!(of("DL1015")[0].contains("TailspinUserRules.dll"), "{:?}", of("DL1015"));
}
