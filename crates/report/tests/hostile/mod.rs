//! Strings that want to be more than text, and an analysis that has one everywhere.
use dirlift_model::Analysis;

use crate::sample;

pub(crate) const STRINGS: [&str; 12] = [
    "<script>alert(1)</script>",
    "\"onmouseover=\"alert(1)",
    "' onfocus='alert(1)",
    "</style><img src=x onerror=alert(1)>",
    "-->]]></title><svg/onload=alert(1)>",
    "&lt;b&gt;&#x3c;",
    "a\u{202e}b\u{2066}c\u{200f}d",
    "a\u{1b}[2Jb\r\n# c\u{2028}d\u{0}\u{9b}e",
    "[x](javascript:alert(1)) ![y](https://evil.example/z)",
    "| a | b |\n|---|---|",
    "```\n***\n1. x",
    "https://evil.example www.evil.example @someone",
];

/// The sample with a string in every place that a server fills.
pub(crate) fn plant(text: &str) -> Analysis {
    let mut analysis = sample::analysis();
    let own = || text.to_owned();
    analysis.tool_version = own();
    let source = &mut analysis.source;
    source.host = Some(own());
    source.os = Some(own());
    source.install_path = Some(own());
    source.services[0].name = own();
    source.services[0].state = own();
    source.services[0].account = Some(own());
    source.accounts[0].name = own();
    source.accounts[0].read_from = own();
    source.evidence[0].item = own();
    source.evidence[0].observed = own();
    source.evidence[0].place = own();
    let database = analysis.database.as_mut().unwrap();
    database.server = Some(own());
    database.instance = Some(own());
    database.name = Some(own());
    database.product_version = Some(own());
    analysis.objects.basis = own();
    analysis.estimate.basis = own();
    analysis.estimate.own_history.as_mut().unwrap().runs = vec![own(); 20];
    analysis.recommendation.reasons = vec![own()];
    analysis.recommendation.obstacles = vec![own()];
    let settings = analysis.settings.as_mut().unwrap();
    settings.forests[0].name = own();
    settings.forests[0].connector_name = own();
    settings.forests[0].domains[0].dn = own();
    settings.forests[0].domains[0].alternate_login = Some(own());
    settings.forests[0].domains[0].preferred_domain_controllers = vec![own()];
    settings.tenant.as_mut().unwrap().name = Some(own());
    settings.source_anchor.as_mut().unwrap().value = text.into();
    settings.connector_filters[0].conditions[0].value = own();
    settings.custom_flows[0].source = own();
    settings.run_profiles[0].steps = vec![own()];
    let mut connect = sample::connect();
    connect.sign_in.as_mut().unwrap().value = own();
    connect.features[0].name = own();
    connect.excluded_attributes[0].value = text.into();
    connect.filter_groups[0].value = own();
    connect.disabled_standard_rules[0].value = own();
    connect.custom_rules[0].name = own();
    connect.custom_rules[0].direction = own();
    connect.custom_rules[0].connector_name = own();
    connect.custom_rules[0].source_object_type = text.into();
    settings.connect = Some(connect);
    let finding = &mut analysis.findings[0];
    finding.id = own();
    finding.title = own();
    finding.detail = own();
    finding.remedy = own();
    finding.reference = own();
    finding.evidence[0].item = own();
    finding.evidence[0].observed = own();
    finding.evidence[0].place = own();
    analysis.not_checked[0].what = own();
    analysis.not_checked[0].why = own();
    let network = &mut analysis.network[0];
    network.to = own();
    network.ports = own();
    network.purpose = own();
    network.reference = own();
    analysis
}

/// Every finding, every line of evidence, every gap and every network entry is there.
pub(crate) fn check_complete(analysis: &Analysis, text: &str) {
    let mut parts = Vec::new();
    for it in &analysis.findings {
        parts.extend([&it.id, &it.title, &it.detail, &it.remedy, &it.reference]);
        parts.extend(it.evidence.iter().flat_map(|it| [&it.item, &it.observed, &it.place]));
    }
    parts.extend(analysis.not_checked.iter().flat_map(|it| [&it.what, &it.why]));
    parts.extend(
        analysis.network.iter().flat_map(|it| [&it.to, &it.ports, &it.purpose, &it.reference]),
    );
    assert!(parts.len() > 20);
    for it in parts {
        assert!(text.contains(it.as_str()), "{it}");
    }
}
