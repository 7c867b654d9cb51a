//! How fast expressions of the usual shapes are evaluated, beside plain Rust that does the same.
//!
//! Prints a table: evaluations a second, allocations and bytes of one evaluation, and the ratio to the plain Rust.
//! `cargo xtask bench expr` builds it with optimisation and runs it.
#![expect(clippy::print_stdout, reason = "a measurement talks on standard output")]
use std::{
    collections::BTreeSet,
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use dirlift_syncengine::{
    AttributeId, Expression, Input as _, MapInput, Names, Outcome, Priority, Scalar, Value,
};

/// Shortest time that one measurement takes.
const LEAST: Duration = Duration::from_millis(60);

/// Measurements of each side; the best one counts.
const RUNS: usize = 5;

/// Evaluations whose allocations are counted.
const COUNTED: u64 = 1_000;

/// The same in plain Rust, on the same input.
type Plain = fn(&MapInput, &[AttributeId]) -> Outcome;

/// A shape of expression: name, text, the attributes that the plain Rust reads, and the plain Rust.
type Shape = (&'static str, &'static str, &'static [&'static str], Plain);

const SHAPES: &[Shape] = &[
    ("attribute", "[cn]", &["cn"], |input, ids| outcome(input.attribute(ids[0]))),
    ("trim", "Trim([cn])", &["cn"], |input, ids| outcome(trim(&input.attribute(ids[0])))),
    (
        "first value, cut",
        "IIF(IsNullOrEmpty([url]),NULL,Left(Trim(Item([url],1)),448))",
        &["url"],
        |input, ids| {
            let url = input.attribute(ids[0]);
            match url.scalars().first() {
                Some(Scalar::Text(text)) if !url.is_null_or_empty() => {
                    let cut: String = text.trim().chars().take(448).collect();
                    outcome(Value::text(cut))
                }
                _ => Outcome::Null,
            }
        },
    ),
    (
        "account enabled",
        "IIF(BitAnd([userAccountControl],2) = 0,True,False)",
        &["userAccountControl"],
        |input, ids| match input.attribute(ids[0]) {
            Value::One(Scalar::Number(it)) => outcome(Value::boolean(it & 2 == 0)),
            _ => Outcome::Null,
        },
    ),
    (
        "source anchor",
        "IIF(IsPresent([msExchRecipientTypeDetails]),IIF([msExchRecipientTypeDetails]=2,NULL,IIF(IsString([objectGUID]),CStr([objectGUID]),ConvertToBase64([objectGUID]))),IIF(IsString([objectGUID]),CStr([objectGUID]),ConvertToBase64([objectGUID])))",
        &["msExchRecipientTypeDetails", "objectGUID"],
        |input, ids| {
            if input.attribute(ids[0]) == Value::number(2) {
                return Outcome::Null;
            }
            match input.attribute(ids[1]) {
                Value::One(Scalar::Binary(it)) => outcome(Value::text(STANDARD.encode(&it))),
                it => outcome(it),
            }
        },
    ),
    (
        "proxy addresses",
        r#"RemoveDuplicates(Trim(ImportedValue("proxyAddresses")))"#,
        &["proxyAddresses"],
        |input, ids| {
            let all = trim(&input.imported(ids[0]));
            let mut seen = BTreeSet::new();
            let mut keep = Vec::new();
            for scalar in all.scalars() {
                if let Scalar::Text(text) = scalar
                    && seen.insert(text)
                {
                    keep.push(scalar.clone());
                }
            }
            outcome(Value::many(keep))
        },
    ),
    (
        "cloud name",
        r#""CN={" & ConvertToUTF8Hex([sourceAnchor]) & "}""#,
        &["sourceAnchor"],
        |input, ids| match input.attribute(ids[0]) {
            Value::One(Scalar::Text(text)) => {
                const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
                let mut name = String::with_capacity(5 + 2 * text.len());
                name.push_str("CN={");
                for byte in text.bytes() {
                    name.push(char::from(DIGITS[usize::from(byte >> 4)]));
                    name.push(char::from(DIGITS[usize::from(byte & 15)]));
                }
                name.push('}');
                outcome(Value::text(name))
            }
            _ => Outcome::Null,
        },
    ),
    (
        "user filter",
        r#"IIF(IsPresent([isCriticalSystemObject]) || IsPresent([sAMAccountName]) = False || [sAMAccountName] = "SUPPORT_388945a0" || Left([mailNickname], 14) = "SystemMailbox{" || Left([sAMAccountName], 4) = "AAD_" || (Left([mailNickname], 4) = "CAS_" && (InStr([mailNickname], "}") > 0)) || Left([sAMAccountName], 5) = "MSOL_" || CBool(InStr(DNComponent(CRef([dn]),1),"\\0ACNF:")>0), True, NULL)"#,
        &["isCriticalSystemObject", "sAMAccountName", "mailNickname", "dn"],
        |input, ids| {
            let text = |idx: usize| match input.attribute(ids[idx]) {
                Value::One(Scalar::Text(text)) => text,
                _ => Arc::from(""),
            };
            let (account, nickname, dn) = (text(1), text(2), text(3));
            let filtered = !input.attribute(ids[0]).is_null_or_empty()
                || account.is_empty()
                || &*account == "SUPPORT_388945a0"
                || nickname.starts_with("SystemMailbox{")
                || account.starts_with("AAD_")
                || (nickname.starts_with("CAS_") && nickname.contains('}'))
                || account.starts_with("MSOL_")
                || dn.split(',').next().is_some_and(|it| it.contains(r"\0ACNF:"));
            if filtered { outcome(Value::boolean(true)) } else { Outcome::Null }
        },
    ),
];

fn outcome(value: Value) -> Outcome {
    if value == Value::Null { Outcome::Null } else { Outcome::Value(value) }
}

fn trim(value: &Value) -> Value {
    let one = |it: &Scalar| match it {
        Scalar::Text(text) => Scalar::text(text.trim()),
        other => other.clone(),
    };
    match value {
        Value::One(scalar) => Value::One(one(scalar)),
        other => Value::many(other.scalars().iter().map(one).collect()),
    }
}

fn main() {
    let mut names = Names::default();
    let input = user(&mut names);
    println!(
        "{:<17} {:>12} {:>12} {:>7} {:>12} {:>12} {:>12}",
        "shape", "eval/s", "plain/s", "ratio", "allocs", "plain", "bytes"
    );
    for (name, source, attributes, plain) in SHAPES {
        let expression = match Expression::compile(source, Priority::Conventional, &mut names) {
            Ok(expression) => expression,
            Err(error) => {
                println!("{name}: {error}");
                std::process::abort();
            }
        };
        let ids: Vec<_> = attributes.iter().map(|it| names.intern(&(*it).into())).collect();
        let ours = || expression.evaluate(&input).outcome;
        let theirs = || plain(&input, &ids);
        assert_eq!(ours(), theirs(), "{name}: both sides do the same");
        let (rate, base) = (rate(&ours), rate(&theirs));
        let (n_allocations, bytes) = allocations(&ours);
        let (base_allocations, _) = allocations(&theirs);
        println!(
            "{name:<17} {rate:>12.0} {base:>12.0} {:>6.1}x {n_allocations:>12.1} {base_allocations:>12.1} {bytes:>12.0}",
            base / rate,
        );
    }
    println!(
        "plain: the same in Rust written for this one expression. ratio: how many times longer an evaluation takes.\n\
         allocs, bytes: of one evaluation, the result counted. One thread, best of {RUNS}; allocations are counted all the time."
    );
}

/// A user as a directory has them.
fn user(names: &mut Names) -> MapInput {
    let mut input = MapInput::default();
    let mails = [
        "SMTP:joe@contoso.com",
        "smtp:j.doe@contoso.com ",
        "x500:/o=a/cn=joe",
        "smtp:joe@contoso.com",
        "sip:joe@contoso.com",
        "smtp:joe@contoso.com",
    ];
    let values = [
        ("cn", Value::text(" Joe Doe ")),
        ("url", Value::many(["https://contoso.com/joe ", "https://b"].map(Scalar::text).to_vec())),
        ("userAccountControl", Value::number(512)),
        ("objectGUID", Value::One(Scalar::binary([7; 16]))),
        ("msExchRecipientTypeDetails", Value::number(1)),
        ("proxyAddresses", Value::many(mails.map(Scalar::text).to_vec())),
        ("sourceAnchor", Value::text("BwcHBwcHBwcHBwcHBwcHBw==")),
        ("sAMAccountName", Value::text("joe")),
        ("mailNickname", Value::text("joe")),
        ("dn", Value::text("CN=Joe Doe,OU=Sales,DC=contoso,DC=com")),
    ];
    for (name, value) in values {
        input.set(names.intern(&name.into()), value);
    }
    input
}

/// Calls a second, the best of some measurements.
#[expect(clippy::cast_precision_loss, reason = "rates for people")]
fn rate(call: &dyn Fn() -> Outcome) -> f64 {
    let mut best = 0.0_f64;
    for _ in 0..RUNS {
        let (mut n_calls, start) = (0_u64, Instant::now());
        while start.elapsed() < LEAST {
            for _ in 0..256 {
                drop(black_box(call()));
            }
            n_calls += 256;
        }
        best = best.max(n_calls as f64 / start.elapsed().as_secs_f64());
    }
    best
}

/// Allocations and bytes of one call, on average.
#[expect(clippy::cast_precision_loss, reason = "averages for people")]
fn allocations(call: &dyn Fn() -> Outcome) -> (f64, f64) {
    let info = allocation_counter::measure(|| {
        for _ in 0..COUNTED {
            drop(black_box(call()));
        }
    });
    (info.count_total as f64 / COUNTED as f64, info.bytes_total as f64 / COUNTED as f64)
}
