//! Properties of the language: no text makes it panic or run away, and printing a tree loses nothing.
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
use dirlift_syncengine::{
    Assumption, Expression, ExpressionError, Fault, MapInput, Names, Outcome, Priority, Scalar,
    Value, expr,
    expr::tree::{BinaryOp, Expr, ExprKind, Word},
};
use proptest::prelude::*;

fn names() -> impl Strategy<Value = String> {
    "[a-zA-Z][a-zA-Z0-9_]{0,6}"
}

/// Any tree; its types need not fit.
fn trees() -> impl Strategy<Value = Expr> {
    let word = (0..Word::ALL.len()).prop_map(|it| ExprKind::Word(Word::ALL[it]));
    let leaf = prop_oneof![
        "[ -~äß\\n]{0,8}".prop_map(ExprKind::Text),
        any::<i64>().prop_map(|value| ExprKind::Number { value, hex: false }),
        (0..=i64::MAX).prop_map(|value| ExprKind::Number { value, hex: true }),
        word,
        names().prop_map(ExprKind::Attribute),
        names().prop_map(ExprKind::Parameter),
        names().prop_map(ExprKind::Variable),
    ]
    .prop_map(Expr::new);
    leaf.prop_recursive(6, 64, 4, |inner| {
        // A name that is a built-in word cannot be a function.
        let call = (names(), prop::collection::vec(inner.clone(), 0..4))
            .prop_map(|(name, args)| ExprKind::Call { name: format!("F{name}"), args });
        let binary =
            (0..BinaryOp::ALL.len(), inner.clone(), inner).prop_map(|(op, left, right)| {
                ExprKind::Binary {
                    op: BinaryOp::ALL[op],
                    left: Box::new(left),
                    right: Box::new(right),
                }
            });
        prop_oneof![call, binary].prop_map(Expr::new)
    })
}

/// Reads, compiles and evaluates a text both ways; the answer says whether it could be read.
fn exercise(source: &str) -> bool {
    let mut could_be_read = false;
    for priority in [Priority::Conventional, Priority::LeftToRight] {
        let mut names = Names::default();
        match Expression::compile(source, priority, &mut names) {
            Ok(expression) => {
                could_be_read = true;
                let mut input = MapInput::default();
                for (idx, (_, id)) in expression.attributes().enumerate() {
                    let values = [
                        Value::text("a b"),
                        Value::number(7),
                        Value::many(vec![Scalar::text("x@y"), Scalar::text("z")]),
                        Value::Null,
                        Value::One(Scalar::binary([1, 2, 3])),
                    ];
                    input.set(id, values[idx % values.len()].clone());
                }
                let plain = expression.evaluate(&input);
                let explained = expression.evaluate_explained(&input);
                assert_eq!(plain, explained.evaluation, "{source}");
                if let Outcome::Error(error) = &plain.outcome {
                    assert!(source.get(error.span.start..error.span.end).is_some(), "{source}");
                    assert!(!error.to_string().is_empty());
                }
                for step in &explained.steps {
                    assert!(source.contains(&step.text), "{source}");
                }
            }
            Err(error) => {
                let span = error.span();
                assert!(
                    source.get(span.start..span.end).is_some(),
                    "{source}: {error} at {span:?}"
                );
                let _ = span.line_and_column(source);
            }
        }
    }
    could_be_read
}

proptest! {
    #[test]
    fn a_printed_tree_reads_as_the_same_tree(tree in trees()) {
        for priority in [Priority::Conventional, Priority::LeftToRight] {
            let text = tree.to_text(priority);
            let again = Expression::parse_tree(&text, priority);
            prop_assert_eq!(again.as_ref(), Ok(&tree), "{}", text);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[A-Za-z0-9\\[\\]%$\"&|<>=+*()., \\\\é“-]{0,60}") {
        exercise(&text);
    }

    #[test]
    fn any_unicode_is_read_or_refused(text in any::<String>()) {
        exercise(&text);
    }
}

const SEEDS: [&str; 8] = [
    r#"IIF(IsPresent([a]) || IsPresent([b]) = False || [c] = "x" && (InStr([d], "}") > 0), True, NULL)"#,
    r#"RemoveDuplicates(Trim(ImportedValue("proxyAddresses")))"#,
    r"With($v,Where($i,[m],Len($i)>&H1),IIF(Count($v)>0,$v,NULL)) & %Domain.FQDN%",
    r#"Switch([city] = "London", "English", True, Error("Unknown city"))"#,
    r#"CBool(InStr(DNComponent(CRef([dn]),1),"\\0ACNF:")>0)"#,
    r"Mid([k],1,7+CNum(Mid([k],5,2))) & CBin(Len(Thumbprint([k])),2)",
    r#"FormatDateTime(DateAdd("m", 3, CDate("2001-01-01 4:00 PM -8")),"yyyyMMddHHmmss.0Z")"#,
    r#"ReplaceChars(PadLeft(Word([p],1,"@"),10,"0"),"ö:oe,ß:ss") & Join(Split([q],","))"#,
];

/// Mutates known expressions, always in the same way: cuts, doubles, swaps and exchanges characters and pieces.
#[test]
fn damaged_expressions_do_no_harm() {
    let mut state = 0x1234_5678_9abc_def0_u64;
    let mut below = |n: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(n.max(1)).unwrap()).unwrap()
    };
    let pieces = [
        "(", ")", "\"", "[", "]", "&", "&&", "||", "=", ",", "-", "$i", "%x%", " & [a]", " = 5",
        "\"x\"", "NULL", "&H", "\u{301}", "9", "\\",
    ];
    let (mut n_read, mut n_refused) = (0, 0);
    for _ in 0..20_000 {
        let mut chars: Vec<char> = SEEDS[below(SEEDS.len())].chars().collect();
        for _ in 0..=below(3) {
            let at = below(chars.len());
            match below(5) {
                0 => drop(chars.splice(at..at, pieces[below(pieces.len())].chars())),
                1 if !chars.is_empty() => drop(chars.remove(at)),
                2 => chars.truncate(at),
                3 => {
                    let other: Vec<char> = SEEDS[below(SEEDS.len())].chars().collect();
                    let from = below(other.len());
                    chars.splice(at..at, other[from..].iter().copied());
                }
                _ if chars.len() > 1 => {
                    let other = below(chars.len());
                    chars.swap(at, other);
                }
                _ => {}
            }
        }
        let text: String = chars.into_iter().collect();
        *(if exercise(&text) { &mut n_read } else { &mut n_refused }) += 1;
    }
    assert!(n_read > 1_000 && n_refused > 1_000, "{n_read} read, {n_refused} refused");
}

#[test]
fn depth_and_size_are_bounded() {
    let parse = |text: &str| Expression::parse_tree(text, Priority::Conventional);
    let deep = |n: usize| format!("{}1{}", "(".repeat(n), ")".repeat(n));
    assert!(parse(&deep(expr::MAX_DEPTH - 1)).is_ok());
    assert!(matches!(parse(&deep(expr::MAX_DEPTH)), Err(ExpressionError::TooDeep { .. })));
    assert!(matches!(parse(&deep(20_000)), Err(ExpressionError::TooDeep { .. })));
    let chain = |n: usize| vec!["1"; n].join("+");
    assert!(parse(&chain(expr::MAX_DEPTH)).is_ok());
    assert!(matches!(parse(&chain(expr::MAX_DEPTH + 1)), Err(ExpressionError::TooDeep { .. })));
    let nested = |n: usize| format!("{}[a]{}", "Trim(".repeat(n), ")".repeat(n));
    assert!(exercise(&nested(expr::MAX_DEPTH - 1)));
    assert!(!exercise(&nested(expr::MAX_DEPTH + 1)));
    assert!(matches!(parse(&" ".repeat(70_000)), Err(ExpressionError::TooLong { .. })));
}

fn fault(source: &str, value: Value) -> Fault {
    let mut names = Names::default();
    let expression = Expression::compile(source, Priority::Conventional, &mut names).unwrap();
    let mut input = MapInput::default();
    input.set(names.intern(&"a".into()), value);
    match expression.evaluate(&input).outcome {
        Outcome::Error(error) => error.fault,
        other => panic!("{other}"),
    }
}

#[test]
fn work_and_memory_are_bounded() {
    let many = Value::many((0..5_000).map(Scalar::Number).collect());
    // Twenty-five million looks at a value, each of them cheap.
    assert!(matches!(
        fault("Select($i,[a],Count(Where($j,[a],$j=$i)))", many),
        Fault::TooMuchWork { .. }
    ));
    // Doubled twenty-one times, one byte becomes two million.
    let mut doubled = "$v".to_owned();
    for _ in 0..21 {
        doubled = format!("With($v,$v & $v,{doubled})");
    }
    let doubled = format!("With($v,[a],{doubled})");
    assert!(matches!(fault(&doubled, Value::text("x")), Fault::TooLarge { .. }));
}

#[test]
fn explanation_shows_each_part() {
    let mut names = Names::default();
    let source = r#"IIF(IsPresent([mail]), Left([mail], 3), Error("no mail"))"#;
    let expression = Expression::compile(source, Priority::Conventional, &mut names).unwrap();
    let mut input = MapInput::default();
    input.set(names.intern(&"mail".into()), Value::text("joe@contoso.com"));
    let explanation = expression.evaluate_explained(&input);
    let shown: Vec<_> = explanation
        .steps
        .iter()
        .map(|it| format!("{}{} -> {}", "  ".repeat(it.depth), it.text, it.outcome))
        .collect();
    let expected = [
        "IIF(IsPresent([mail]), Left([mail], 3), Error(\"no mail\")) -> \"joe\"",
        "  IsPresent([mail]) -> True",
        "    [mail] -> \"joe@contoso.com\"",
        "  Left([mail], 3) -> \"joe\"",
        "    [mail] -> \"joe@contoso.com\"",
        "    3 -> 3",
    ];
    assert_eq!(shown, expected);
    let ids: Vec<_> = explanation.evaluation.assumptions.iter().map(Assumption::id).collect();
    assert_eq!(ids, ["A-LAZY-IIF"]);
}

#[test]
fn places_are_lines_and_columns() {
    let source = "\"ä\" &\n  Nothing(1)";
    let mut names = Names::default();
    let error = Expression::compile(source, Priority::Conventional, &mut names).unwrap_err();
    assert_eq!(error.span().text(source), "Nothing(1)");
    assert_eq!(error.span().line_and_column(source), (2, 3));
}
