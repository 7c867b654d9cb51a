//! Thousands of damaged files from a fixed seed: any answer is right but a panic.
use dirlift_model::database::{AgentRow, ServerConfigurationRow};
use dirlift_serverconfig::{
    agent_from_columns, decode, metaverse_from_columns, read, read_scheduler,
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

proptest::proptest! {
    #[test]
    fn any_text_is_taken_or_refused(text in "(<|>|/|&|;|!|\\?|-|\"|=| |é|\u{FEFF}|ma-data|id|xmlns:a|\\PC){0,40}") {
        drop(read("f.xml", text.as_bytes()));
        drop(read("f.xml", format!("<ma-data>{text}</ma-data>").as_bytes()));
    }
}
