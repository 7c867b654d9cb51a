//! Thousands of damaged files from a fixed seed: any answer is right but a panic.
use dirlift_model::database::{AgentRow, ServerConfigurationRow};
use dirlift_serverconfig::{
    Document, agent_from_columns,
    declarative::{read_connector, read_migrated_policy, read_synchronization_policy, write_rule},
    decode, metaverse_from_columns, read, read_scheduler,
};

use crate::snippets as s;

struct Random(u64);

impl Random {
    /// Below `end`, which is not zero (xorshift64).
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }
}

const WORDS: &[&[u8]] = &[
    b"<",
    b">",
    b"&",
    b";",
    b"\"",
    b"'",
    b"/>",
    b"</",
    b"<!--",
    b"-->",
    b"<![CDATA[",
    b"]]>",
    b"<!DOCTYPE x>",
    b"<?xml?>",
    b"&#x110000;",
    b"&amp;",
    b"\0",
    b"\xFF",
    b"\xEF\xBB\xBF",
    b"\xFF\xFE",
    b"\r\n",
    b"<id>",
    b"</id>",
    b"<password>",
    b"type=\"encrypted-string\"",
    b"xmlns:a=''",
    b"<a/>",
    b"-1",
    b"99999999999999999999",
    b"OU=,",
    b"{}",
    b"\xC3\xA9",
];

fn mutate(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8]) {
    let at = random.below(bytes.len() + 1);
    let end = (at + 1 + random.below(60)).min(bytes.len());
    match random.below(6) {
        0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
        1 => drop(bytes.drain(at.min(end)..end)),
        2 => {
            let part = bytes[at.min(end)..end].to_vec();
            let to = random.below(bytes.len() + 1);
            drop(bytes.splice(to..to, part));
        }
        3 => {
            let from = random.below(other.len());
            let part = &other[from..(from + random.below(200)).min(other.len())];
            drop(bytes.splice(at..at, part.iter().copied()));
        }
        4 => bytes.truncate(at),
        _ => {
            let word = WORDS[random.below(WORDS.len())];
            drop(bytes.splice(at..at, word.iter().copied()));
        }
    }
}

#[test]
fn no_damage_is_a_panic() {
    let agent = s::full_agent();
    let metaverse = s::full_metaverse();
    let utf16: Vec<u8> = s::with(s::PARTITIONS).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let seeds: Vec<Vec<u8>> = [
        agent.as_str(),
        &metaverse,
        s::FILTER,
        s::JOIN,
        s::EXPORT_FLOW,
        s::PARTITIONS,
        s::RUNS,
        s::ADMA,
        s::MA_CONFIG,
        s::SCHEMA,
    ]
    .iter()
    .map(|it| {
        if it.contains("-data>\n<") || it.contains("mv-data") {
            it.as_bytes().to_vec()
        } else {
            s::with(it).into_bytes()
        }
    })
    .chain([utf16])
    .collect();
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let (mut n_ok, mut n_problems) = (0, 0);
    for round in 0..4_000 {
        let mut bytes = seeds[round % seeds.len()].clone();
        for _ in 0..=random.below(3) {
            let other = &seeds[random.below(seeds.len())];
            mutate(&mut random, &mut bytes, other);
        }
        if let Ok(parsed) = read("f.xml", &bytes) {
            n_ok += 1;
            n_problems += usize::from(!parsed.problems.is_empty());
        }
        drop(read_scheduler("f.xml", &bytes));
        drop(decode(&bytes));
    }
    assert!(
        n_ok > 200 && n_problems > 50,
        "the damage is too heavy to test anything: {n_ok}, {n_problems}"
    );
}

#[test]
fn no_damaged_column_is_a_panic() {
    let seeds = [
        ("stay_disconnector_xml", s::FILTER),
        ("join_rule_xml", s::JOIN),
        ("export_attribute_flow_xml", s::EXPORT_FLOW),
        ("ma_partition_data_xml", s::PARTITIONS),
        ("private_configuration_xml", s::ADMA),
        ("import_attribute_flow_xml", s::IMPORT_FLOW),
        ("mv_schema_xml", s::MV_SCHEMA),
        ("any_xml", s::EXTENSION),
    ];
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    for round in 0..1_000 {
        let (column, xml) = seeds[round % seeds.len()];
        let mut bytes = xml.as_bytes().to_vec();
        mutate(&mut random, &mut bytes, s::RUNS.as_bytes());
        let columns: std::collections::BTreeMap<_, _> =
            [(column.to_owned(), String::from_utf8_lossy(&bytes).into_owned())].into();
        drop(agent_from_columns(&AgentRow { xml: columns.clone(), ..AgentRow::default() }));
        drop(metaverse_from_columns(&ServerConfigurationRow {
            xml: columns,
            administrators: None,
        }));
    }
}

#[test]
fn no_damaged_rule_is_a_panic_and_what_is_left_can_be_written() {
    let seeds = [s::FULL_RULE, s::SMALL_RULE];
    let mut random = Random(0x0DDB_1A5E_5BAD_5EED);
    let (mut n_rules, mut n_problems) = (0, 0);
    for round in 0..4_000 {
        let mut bytes = seeds[round % 2].as_bytes().to_vec();
        mutate(&mut random, &mut bytes, s::FULL_RULE.as_bytes());
        let Ok(parsed) = read("r.xml", &bytes) else { continue };
        let Document::Rule(mut rule) = parsed.value else { continue };
        n_rules += 1;
        n_problems += usize::from(!parsed.problems.is_empty());
        let written = write_rule(&rule);
        let Document::Rule(again) = read("r.xml", written.as_bytes()).unwrap().value else {
            panic!("{written}");
        };
        assert_eq!(write_rule(&again), written);
        // Characters that XML does not have are taken but not written.
        if !written.contains('\u{FFFD}') {
            (rule.location.line, rule.location.column) = (1, 1);
            assert_eq!(again, rule, "{}", String::from_utf8_lossy(&bytes));
        }
    }
    assert!(n_rules > 300 && n_problems > 200, "the damage is too heavy: {n_rules}, {n_problems}");
}

#[test]
fn no_damaged_connector_or_policy_is_a_panic() {
    let connector = s::full_agent();
    let utf16: Vec<u8> = connector.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let policies = [s::MIGRATED_POLICY, s::WIZARD_POLICY];
    let mut random = Random(0x5EED_0F05_B0DE_FACE);
    let (mut n_connectors, mut n_policies) = (0, 0);
    for round in 0..2_500 {
        let mut bytes = if round % 2 == 0 { connector.as_bytes().to_vec() } else { utf16.clone() };
        mutate(&mut random, &mut bytes, s::SCHEMA.as_bytes());
        if let Ok(parsed) = read_connector("c.xml", &bytes) {
            n_connectors += 1;
            assert_eq!(parsed.value.bytes, bytes);
            let span = parsed.value.schema_span.unwrap_or_default();
            assert!(bytes.get(span).is_some());
        }
        let mut bytes = policies[round % 2].as_bytes().to_vec();
        mutate(&mut random, &mut bytes, policies[(round + 1) % 2].as_bytes());
        n_policies += usize::from(read_migrated_policy("p.json", &bytes).is_ok());
        drop(read_synchronization_policy("p.json", &bytes));
    }
    assert!(
        n_connectors > 200 && n_policies > 200,
        "the damage is too heavy: {n_connectors}, {n_policies}"
    );
}

proptest::proptest! {
    #[test]
    fn any_text_is_taken_or_refused(text in "(<|>|/|&|;|!|\\?|-|\"|=| |é|\u{FEFF}|ma-data|id|xmlns:a|\\PC){0,40}") {
        drop(read("f.xml", text.as_bytes()));
        drop(read("f.xml", format!("<ma-data>{text}</ma-data>").as_bytes()));
    }
}
