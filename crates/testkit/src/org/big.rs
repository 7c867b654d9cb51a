//! One very large agent, written as a stream: what a forest with many attributes, containers and flows exports.
use std::io::{self, Write};

use super::{
    agent::{AD_ID, WARNING},
    attributes, guid,
};

/// Parts of the file in percent: schema, connector filter, export flows, partitions.
const SHARES: [u64; 4] = [70, 5, 10, 15];

/// Writes an agent to Active Directory of at least so many bytes; the parts have the proportions of a real export.
pub fn write_agent(out: &mut dyn Write, n_bytes: u64) -> io::Result<()> {
    let mut out = Counted { out, n_bytes: 0 };
    let mut due = 0;
    let mut next = |share: u64| {
        due += n_bytes * share / 100 + 100;
        due
    };
    write!(
        out,
        "<saved-ma-configuration server='BIG-SYNC' export-date='2026-11-20 08:00:00.000'>\n{WARNING}<ma-data>\n \
         <format-version>1</format-version>\n <id>{AD_ID}</id>\n <name>Active Directory Connector</name>\n \
         <category>AD</category>\n <subtype/>\n <ma-listname/>\n <ma-companyname/>\n \
         <creation-time>2014-05-12 13:20:41.703</creation-time>\n \
         <last-modification-time>2026-06-30 15:44:18.860</last-modification-time>\n <version>87</version>\n \
         <internal-version>0</internal-version>\n <password-sync-allowed>0</password-sync-allowed>\n"
    )?;
    schema(&mut out, next(SHARES[0]))?;
    let inclusion: String = attributes::SELECTED
        .iter()
        .map(|it| format!("<attribute>{}</attribute>", it.0))
        .collect::<Vec<_>>()
        .concat();
    writeln!(out, " <attribute-inclusion>{inclusion}</attribute-inclusion>")?;
    filters(&mut out, next(SHARES[1]))?;
    writeln!(out, " <join/>\n <projection/>")?;
    flows(&mut out, next(SHARES[2]))?;
    write!(
        out,
        " <provisioning-cleanup type=\"declared\"><action>make-normal-disconnector</action></provisioning-cleanup>\n \
         <extension/>\n <private-configuration>\n  <adma-configuration><forest-name>big.example</forest-name>\
         <forest-login-user>MSOL_000000000000</forest-login-user><forest-login-domain>BIG</forest-login-domain>\
         </adma-configuration>\n </private-configuration>\n"
    )?;
    partitions(&mut out, next(SHARES[3]))?;
    write!(
        out,
        " <ma-run-data>\n</ma-run-data>\n <capabilities-mask>fb7f</capabilities-mask>\n <export-type>1</export-type>\n \
         <dn-construction/>\n <component_mappings/>\n</ma-data>\n\n</saved-ma-configuration>\n"
    )?;
    out.flush()
}

/// A third attributes, two thirds content rules, as in a published export of 1.8 MB.
fn schema(out: &mut Counted<'_>, until: u64) -> io::Result<()> {
    write!(
        out,
        " <schema>\n  <dsml xmlns=\"http://www.dsml.org/DSML\" xmlns:m=\"http://www.microsoft.com/MMS/DSML\"><directory-schema>"
    )?;
    let (start, mut idx) = (out.n_bytes, 0);
    for (name, kind) in attributes::SELECTED {
        let syntax = attributes::syntax(*kind);
        write!(
            out,
            "<attribute-type id=\"A{idx}\"><name>{name}</name><syntax>{syntax}</syntax></attribute-type>"
        )?;
        idx += 1;
    }
    while out.n_bytes < start + until.saturating_sub(start) / 3 {
        write!(
            out,
            "<attribute-type id=\"A{idx}\" single-value=\"true\" m:range-upper=\"256\"><name>bigExample-Attribute{idx}</name>\
             <syntax>1.3.6.1.4.1.1466.115.121.1.15</syntax></attribute-type>"
        )?;
        idx += 1;
    }
    write!(out, "<class id=\"C0\" superior=\"#C0\" type=\"structural\"><name>user</name></class>")?;
    let mut rule_idx = 0;
    while out.n_bytes < until {
        write!(out, "<m:dit-content-rule id=\"C{rule_idx}\">")?;
        for it in 0..64 {
            write!(
                out,
                "<attribute ref=\"#A{}\" required=\"false\"/>",
                (rule_idx * 31 + it * 7) % idx
            )?;
        }
        write!(out, "<m:aux-class ref=\"#C0\"/></m:dit-content-rule>")?;
        rule_idx += 1;
    }
    writeln!(out, "</directory-schema></dsml>\n </schema>")
}

fn filters(out: &mut Counted<'_>, until: u64) -> io::Result<()> {
    writeln!(
        out,
        " <stay-disconnector>\n  <filter-set cd-object-type=\"user\" type=\"declared\" import-filter=\"0\">"
    )?;
    let mut idx = 0;
    while out.n_bytes < until {
        let id = guid(&format!("big/filter/{idx}")).braced();
        writeln!(
            out,
            "   <filter-alternative id=\"{id}\"><condition cd-attribute=\"department\" intrinsic-attribute=\"false\" \
             operator=\"equality\"><value>Department {idx}</value></condition></filter-alternative>"
        )?;
        idx += 1;
    }
    writeln!(out, "  </filter-set>\n </stay-disconnector>")
}

fn flows(out: &mut Counted<'_>, until: u64) -> io::Result<()> {
    writeln!(
        out,
        " <export-attribute-flow>\n  <export-flow-set cd-object-type=\"user\" mv-object-type=\"person\">"
    )?;
    let mut idx = 0;
    while out.n_bytes < until {
        let id = guid(&format!("big/flow/{idx}")).braced();
        writeln!(
            out,
            "   <export-flow cd-attribute=\"bigExample-Attribute{idx}\" id=\"{id}\" suppress-deletions=\"false\"><direct-mapping>\
             <src-attribute>bigExampleSource{idx}</src-attribute></direct-mapping></export-flow>"
        )?;
        idx += 1;
    }
    writeln!(out, "  </export-flow-set>\n </export-attribute-flow>")
}

/// Domains with a thousand containers each.
fn partitions(out: &mut Counted<'_>, until: u64) -> io::Result<()> {
    writeln!(out, " <ma-partition-data>")?;
    let mut idx = 0;
    while out.n_bytes < until {
        let dn = format!("DC=d{idx},DC=big,DC=example");
        let id = guid(&format!("big/partition/{idx}"));
        writeln!(
            out,
            " <partition>\n  <id>{{{id}}}</id>\n  <name>{dn}</name>\n  <version>3</version>\n  <selected>1</selected>\n  \
             <filter>\n   <object-classes>\n    <object-class>user</object-class>\n   </object-classes>\n   <containers>\n    <exclusions>"
        )?;
        let mut container = 0;
        while container < 1_000 && out.n_bytes < until {
            writeln!(
                out,
                "     <exclusion>OU=Container {container},OU=Site {},{dn}</exclusion>",
                container % 37
            )?;
            container += 1;
        }
        let domain_id = guid(&format!("big/domain/{idx}")).braced();
        writeln!(
            out,
            "    </exclusions>\n    <inclusions>\n     <inclusion>{dn}</inclusion>\n    </inclusions>\n   </containers>\n  \
             </filter>\n  <custom-data><adma-partition-data><dn>{dn}</dn><name>d{idx}.big.example</name>\
             <guid>{domain_id}</guid><is-domain>1</is-domain><cookie>aW52ZW50ZWQ=</cookie></adma-partition-data></custom-data>\n \
             </partition>"
        )?;
        idx += 1;
    }
    writeln!(out, " </ma-partition-data>")
}

/// Counts what is written.
struct Counted<'a> {
    out: &'a mut dyn Write,
    n_bytes: u64,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n_written = self.out.write(bytes)?;
        self.n_bytes += n_written as u64;
        Ok(n_written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_and_proportions() {
        let mut bytes = Vec::new();
        write_agent(&mut bytes, 3_000_000).unwrap();
        assert!((3_000_000..3_100_000).contains(&bytes.len()), "{}", bytes.len());
        let text = String::from_utf8(bytes).unwrap();
        let part = |from: &str, to: &str| text.find(to).unwrap() - text.find(from).unwrap();
        let percent = |n: usize| n * 100 / text.len();
        assert!((66..=72).contains(&percent(part("<schema>", "</schema>"))));
        assert!((12..=16).contains(&percent(part("<ma-partition-data>", "</ma-partition-data>"))));
        assert!(text.ends_with("</saved-ma-configuration>\n"));
    }
}
