//! Random small worlds in the notation of the case files, so that one that is wrong can be read and kept as a case.
//!
//! Left out is what the documentation does not decide: a flow that fails behind one with a value, a name in the cloud that an
//! object of another type has, filters on references, errors of the cloud's own objects, and names that flows give to
//! objects of Active Directory that are there.
use std::fmt::Write as _;

/// A generator of numbers (xorshift64*).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(high).unwrap() % n
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

/// Text that flows copy, and what expressions make of it.
const TEXTS: &[&str] = &["x", "y", "Y", "robot", ""];
/// Sources of an attribute with one text.
const SOURCES: &[&str] = &[
    "<- t",
    "<- u",
    "<- t",
    ":= fixed",
    "= Trim([u])",
    "= IIF(IsNullOrEmpty([t]), NULL, UCase([t]))",
    "= IIF([kind] = \"robot\", IgnoreThisFlow, [u])",
    "= IIF(IsPresent([flag]) && [flag], AuthoritativeNull, [t])",
    "= Left([mail], 3)",
    "= [sid] & \"-\" & [t]",
    "= CStr([n])",
    "= %Forest.FQDN%",
    "= FormatDateTime(Now(), \"yyyy\")",
    "= AuthoritativeNull",
];
/// Sources of an attribute with several texts.
const LISTS: &[&str] = &[
    "<- list",
    "<- list",
    "= RemoveDuplicates([list])",
    "= Split(\"a;B\", \";\")",
    "= IIF([kind] = \"robot\", AuthoritativeNull, [list])",
    "<- missing",
];
/// Clauses of a filter, for either way.
const CLAUSES: &[&str] = &[
    "kind NOTEQUAL robot",
    "kind EQUAL HUMAN",
    "kind ISNOTNULL",
    "t ISNULL",
    "t ISNOTNULL",
    "n LESSTHAN 10",
    "n GREATERTHAN 2",
    "n GREATERTHAN_OR_EQUAL 10",
    "n LESSTHAN_OR_EQUAL 2",
    "n ISBITSET 2",
    "n ISBITNOTSET 2",
    "list CONTAINS a",
    "list NOTCONTAINS b",
    "mail STARTSWITH M",
    "mail NOTSTARTSWITH m1",
    "mail ENDSWITH .y",
    "mail NOTENDSWITH .Y",
    "filtered NOTEQUAL True",
    "filtered NOTEQUAL TRUE",
    "flag EQUAL true",
    "t ISIN y",
    "t ISNOTIN y",
    "t NOTEQUAL %Forest.FQDN%",
    "t EQUAL %Nothing%",
];

struct World {
    dice: Dice,
    text: String,
    precedences: Vec<usize>,
    /// How `list` merges in this world.
    merge: &'static str,
    mixes: bool,
}

/// The world of a seed, as the text of one case without what is expected.
pub(crate) fn world(seed: u64) -> String {
    let mut dice = Dice::new(seed);
    dice.below(2);
    let mut precedences: Vec<usize> = (100..140).collect();
    for at in (1..precedences.len()).rev() {
        precedences.swap(at, dice.below(at + 1));
    }
    let merge = dice.pick(&["", "", "merge:Merge ", "merge:MergeCaseInsensitive "]);
    let mixes = dice.chance(7);
    let mut world = World { dice, text: String::new(), precedences, merge, mixes };
    writeln!(world.text, "case world {seed}").unwrap();
    if world.dice.chance(30) {
        world.text.push_str("option no-history\n");
    }
    world.text.push_str(
        "parameter AD Forest.FQDN=x\nparameter AD2 Forest.FQDN=y\nparameter AAD Forest.FQDN=z\n",
    );
    world.rules();
    world.objects();
    world.text
}

impl World {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn rule(&mut self, way: &str, types: &str, link: &str, connector: &str) {
        let precedence = self.precedences.pop().unwrap();
        let disabled = if self.dice.chance(3) { " disabled" } else { "" };
        self.line(&format!("rule {precedence} {way} {types} {link}{connector}{disabled}"));
    }

    fn scope(&mut self, percent: usize) {
        if !self.dice.chance(percent) {
            return;
        }
        for _ in 0..=self.dice.below(2) {
            let clauses: Vec<_> =
                (0..=self.dice.below(2)).map(|_| self.dice.pick(CLAUSES)).collect();
            self.line(&format!("  scope {}", clauses.join(" AND ")));
        }
    }

    /// Flows to attributes that several rules write, each at most once.
    fn flows(&mut self, percent: usize) {
        for target in ["t", "u", "v", "kind", "n", "flag", "filtered"] {
            if !self.dice.chance(percent) {
                continue;
            }
            let source = match target {
                "t" | "u" | "v" => self.dice.pick(SOURCES).to_owned(),
                _ => format!("<- {target}"),
            };
            let once = if self.dice.chance(6) { "once " } else { "" };
            self.line(&format!("  flow {once}{target} {source}"));
        }
        if self.dice.chance(percent) {
            let merge = if self.mixes {
                self.dice.pick(&["", "merge:Merge ", "merge:MergeCaseInsensitive "])
            } else {
                self.merge
            };
            let source = self.dice.pick(LISTS);
            self.line(&format!("  flow {merge}list {source}"));
        }
    }

    /// A flow that fails for some objects, to an attribute that no other rule writes.
    fn risk(&mut self, percent: usize) {
        if self.dice.chance(percent) {
            let n = self.precedences.len();
            self.line(&format!("  flow risky{n} = IIF([n] > 15, Error(\"big\"), \"fine\")"));
        }
    }

    fn rules(&mut self) {
        for connector in ["", " ad2"] {
            self.inbound_users(connector);
            if self.dice.chance(40) {
                let link = self.dice.pick(&["Provision", "Join"]);
                self.rule("in", "contact person", link, connector);
                self.line("  join mail = mail");
                self.scope(40);
                self.line("  flow mail <- mail\n  flow sourceAnchor <- anchor");
                self.flows(30);
            }
            if self.dice.chance(60) {
                self.rule("in", "group group", "Provision", connector);
                self.line("  join sid = sid");
                self.scope(40);
                self.line(
                    "  flow sid <- sid\n  flow sourceAnchor <- anchor\n  flow member <- member",
                );
                self.flows(40);
            }
        }
        self.inbound_cloud();
        self.outbound_cloud();
        self.outbound_back();
    }

    fn inbound_users(&mut self, connector: &str) {
        let link = self.dice.pick(&["Provision", "Provision", "Provision", "Join", "StickyJoin"]);
        let joins: &[&str] = match self.dice.below(6) {
            0 => &[],
            1 => &["mail = mail"],
            2 => &["sid = sid AND mail = mail", "mail = mail exact"],
            3 => &["mail = mail", "sid = sid"],
            _ => &["sid = sid"],
        };
        self.rule("in", "user person", link, connector);
        let lines = |it: &mut Self, joins: &[&str]| {
            for join in joins {
                it.line(&format!("  join {join}"));
            }
        };
        lines(self, joins);
        self.scope(50);
        self.line("  flow sid <- sid\n  flow mail <- mail\n  flow sourceAnchor <- anchor");
        self.line("  flow manager <- manager");
        self.flows(50);
        for _ in 0..self.dice.below(4) {
            let types = self.dice.pick(&[
                "user person",
                "user person",
                "user person",
                "user *",
                "user group",
                "* person",
            ]);
            let link = self.dice.pick(&["Join", "Join", "Join", "Join", "Provision"]);
            let link = if types.ends_with('*') { "Join" } else { link };
            self.rule("in", types, link, connector);
            match self.dice.below(12) {
                0 => lines(self, joins),
                1 => self.line("  join mail = mail"),
                _ => {}
            }
            self.scope(60);
            self.flows(40);
            self.risk(10);
        }
    }

    fn inbound_cloud(&mut self) {
        for types in ["user person", "group group"] {
            if self.dice.chance(60) {
                self.rule("in", types, "Join", " aad");
                let exact = self.dice.pick(&["", " exact"]);
                if self.dice.chance(70) {
                    self.line(&format!("  join sourceAnchor = sourceAnchor{exact}"));
                }
                self.scope(30);
                self.line("  flow cloudT <- t");
                self.flows(15);
            }
        }
    }

    fn outbound_cloud(&mut self) {
        for (types, name) in [("person user", ""), ("group group", ""), ("person contact", "c")] {
            if !self.dice.chance(if name.is_empty() { 90 } else { 25 }) {
                continue;
            }
            let link = if self.dice.chance(90) { "Provision" } else { "Join" };
            self.rule("out", types, link, " aad");
            let joins = match self.dice.below(8) {
                0 => &[][..],
                1 => &["sourceAnchor = sourceAnchor", "mail = mail"],
                _ => &["sourceAnchor = sourceAnchor"],
            };
            for join in joins {
                self.line(&format!("  join {join}"));
            }
            self.scope(60);
            if self.dice.chance(95) {
                self.line(&format!(
                    "  flow dn = \"CN={{{name}\" & ConvertToUTF8Hex([sourceAnchor]) & \"}}\""
                ));
            }
            self.line("  flow sourceAnchor <- sourceAnchor\n  flow mail <- mail");
            let reference = if types == "group group" { "member" } else { "manager" };
            self.line(&format!("  flow {reference} <- {reference}"));
            self.flows(30);
            for _ in 0..self.dice.below(3) {
                let link = self.dice.pick(&["Join", "Join", "Join", "StickyJoin"]);
                self.rule("out", types, link, " aad");
                match self.dice.below(10) {
                    0..=2 => {
                        for join in joins {
                            self.line(&format!("  join {join}"));
                        }
                    }
                    3 => self.line("  join mail = mail"),
                    _ => {}
                }
                self.scope(50);
                self.flows(40);
                self.risk(10);
            }
        }
    }

    fn outbound_back(&mut self) {
        for connector in ["", " ad2"] {
            if self.dice.chance(30) {
                self.rule("out", "person user", "Join", connector);
                if self.dice.chance(30) {
                    self.line("  join sid = sid");
                }
                self.scope(50);
                self.line("  flow written <- cloudT\n  flow manager <- manager");
                self.flows(20);
                self.risk(10);
            }
        }
    }

    fn objects(&mut self) {
        for (connector, root) in [("AD", "DC=one"), ("AD2", "DC=two")] {
            let n_users = 1 + self.dice.below(5);
            for at in 0..n_users {
                self.object(connector, "user", &format!("CN=u{at},{root}"), "U");
            }
            for at in 0..self.dice.below(3) {
                self.object(connector, "contact", &format!("CN=k{at},{root}"), "K");
            }
            for at in 0..self.dice.below(3) {
                self.object(connector, "group", &format!("CN=g{at},{root}"), "G");
            }
        }
        for (object_type, anchors) in [
            ("user", ["U1", "U2", "U3", "U4"]),
            ("group", ["G1", "G2", "G3", "G4"]),
            ("contact", ["K1", "K2", "U1", "U2"]),
        ] {
            for (at, anchor) in anchors.into_iter().enumerate() {
                if !self.dice.chance(if object_type == "contact" { 20 } else { 55 }) {
                    continue;
                }
                let c = if object_type == "contact" { "c" } else { "" };
                let mut name =
                    format!("CN={{{c}{:02X}{:02X}}}", anchor.as_bytes()[0], anchor.as_bytes()[1]);
                if self.dice.chance(20) {
                    name = format!("CN={object_type}{at}");
                }
                self.cloud_object(object_type, &name, anchor);
            }
        }
    }

    fn attributes(&mut self, out: &mut Vec<String>) {
        let d = &mut self.dice;
        let mut set = |percent: usize, d: &mut Dice, name: &str, value: &str| {
            if d.chance(percent) {
                out.push(format!("{name} = {value}"));
            }
        };
        let sid = d.pick(&["\"1\"", "\"2\"", "\"3\"", "\"4\""]);
        set(85, d, "sid", sid);
        let mail = d.pick(&["\"m1@x.y\"", "\"M1@x.y\"", "\"m2@x.y\"", "\"m3@x.Z\"", "\"k@x.y\""]);
        set(75, d, "mail", mail);
        for name in ["t", "u"] {
            let text = format!("\"{}\"", d.pick(TEXTS));
            set(60, d, name, &text);
        }
        let kind = d.pick(&["\"robot\"", "\"human\"", "\"Human\""]);
        set(60, d, "kind", kind);
        let n = d.pick(&["1", "2", "3", "9", "10", "20"]);
        set(60, d, "n", n);
        let list = d.pick(&["{\"a\", \"A\"}", "{\"b\", \"a\"}", "\"c\"", "{\"a\", \"c\", \"B\"}"]);
        set(60, d, "list", list);
        let flag = d.pick(&["True", "False"]);
        set(40, d, "flag", flag);
        set(20, d, "filtered", "True");
    }

    fn object(&mut self, connector: &str, object_type: &str, name: &str, letter: &str) {
        let mut out = Vec::new();
        self.attributes(&mut out);
        if self.dice.chance(85) {
            out.push(format!("anchor = \"{letter}{}\"", 1 + self.dice.below(5)));
        }
        let root = name.split_once(',').unwrap().1;
        let others = ["u0", "u1", "u2", "g0", "k0", "nobody"];
        if self.dice.chance(40) {
            out.push(format!("manager = dn:\"CN={},{root}\"", self.dice.pick(&others)));
        }
        if object_type == "group" {
            let members: Vec<_> = (others.iter().filter(|_| self.dice.chance(50)))
                .map(|it| format!("dn:\"cn={it},{root}\""))
                .collect();
            out.push(format!("member = {{{}}}", members.join(", ")));
        }
        out.retain(|it| !it.ends_with("{}"));
        self.line(&format!("{connector} {object_type} {name}: {}", out.join("; ")));
    }

    fn cloud_object(&mut self, object_type: &str, name: &str, anchor: &str) {
        let mut out = Vec::new();
        self.attributes(&mut out);
        let mark = self.dice.pick(&["synced", "synced", "cloud"]);
        if mark == "synced" || self.dice.chance(70) {
            out.push(format!("sourceAnchor = \"{anchor}\""));
        }
        if self.dice.chance(30) {
            out.push("manager = dn:\"CN={5531}\"".to_owned());
        }
        self.line(&format!("AAD {object_type} {name} {mark}: {}", out.join("; ")));
    }
}
