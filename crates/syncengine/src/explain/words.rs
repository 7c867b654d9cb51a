//! Expressions in plain words: the functions that the shipped rules use most read as sentences, others as calls.
use std::fmt::Write as _;

use crate::expr::{
    Priority,
    tree::{BinaryOp, Expr, ExprKind, Word},
};

/// Longest text that is made, in bytes; what comes after it is left out.
const MAX_LENGTH: usize = 4_000;

/// An expression in words; cut with an ellipsis when it becomes longer than a page.
pub fn expression(tree: &Expr) -> String {
    let mut writer = Writer { out: String::new(), cut: false };
    writer.value(tree);
    if writer.cut {
        writer.out.push('…');
    }
    writer.out
}

struct Writer {
    out: String,
    cut: bool,
}

impl Writer {
    fn push(&mut self, text: &str) {
        if self.out.len() + text.len() > MAX_LENGTH {
            self.cut = true;
        } else if !self.cut {
            self.out.push_str(text);
        }
    }

    /// Texts and parts by turns.
    fn parts(&mut self, parts: &[(&str, Option<&Expr>)]) {
        for (text, part) in parts {
            self.push(text);
            if let Some(part) = part {
                self.whole(part);
            }
        }
    }

    /// A part inside a phrase: in brackets if the phrase could be taken for its end only.
    fn whole(&mut self, expr: &Expr) {
        let is_long = match &expr.kind {
            ExprKind::Binary { .. } => true,
            ExprKind::Call { name, .. } => matches!(name.as_str(), "IIF" | "Switch"),
            _ => false,
        };
        if is_long {
            self.push("(");
            self.value(expr);
            self.push(")");
        } else {
            self.value(expr);
        }
    }

    /// A part that stands beside others, in brackets if it has several words of its own.
    fn value(&mut self, expr: &Expr) {
        if self.cut {
            return;
        }
        match &expr.kind {
            ExprKind::Text(text) if text.is_empty() => self.push("empty text"),
            ExprKind::Text(text) => self.push(&format!("\"{text}\"")),
            ExprKind::Number { value, hex } => {
                let mut text = String::new();
                let _ = if *hex { write!(text, "{value:#X}") } else { write!(text, "{value}") };
                self.push(&text);
            }
            ExprKind::Word(word) => self.push(match word {
                Word::Null => "nothing",
                Word::AuthoritativeNull => "nothing, for good",
                Word::IgnoreThisFlow => "no change",
                Word::Crlf => "a line break",
                other => other.as_str(),
            }),
            ExprKind::Attribute(name) => self.push(name),
            ExprKind::Parameter(name) => self.push(&format!("the {name} of the connector")),
            ExprKind::Variable(name) => self.push(&format!("${name}")),
            ExprKind::Binary { op, left, right } => self.binary(*op, left, right),
            ExprKind::Call { name, args } => self.call(name, args),
        }
    }

    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr) {
        // A question that is compared with False is the opposite question.
        let is_word = |it: &Expr, word: Word| matches!(it.kind, ExprKind::Word(it) if it == word);
        if op == BinaryOp::Equal && is_word(right, Word::False) && self.presence(left, true) {
            return;
        }
        if op == BinaryOp::Equal && is_word(right, Word::True) && self.presence(left, false) {
            return;
        }
        let word = match op {
            BinaryOp::And => " and ",
            BinaryOp::Or => " or ",
            BinaryOp::Concat => " followed by ",
            BinaryOp::Add => " plus ",
            BinaryOp::Subtract => " minus ",
            BinaryOp::Multiply => " times ",
            BinaryOp::Equal => " is ",
            BinaryOp::NotEqual => " is not ",
            BinaryOp::Less => " is less than ",
            BinaryOp::LessOrEqual => " is at most ",
            BinaryOp::Greater => " is more than ",
            BinaryOp::GreaterOrEqual => " is at least ",
        };
        self.operand(left, op, false);
        self.push(word);
        self.operand(right, op, true);
    }

    /// One side of an operator, in brackets where words alone would read otherwise.
    fn operand(&mut self, expr: &Expr, beside: BinaryOp, is_right: bool) {
        let needs_brackets = match &expr.kind {
            ExprKind::Binary { op, .. } => {
                let (inner, outer) =
                    (op.level(Priority::Conventional), beside.level(Priority::Conventional));
                inner < outer
                    || (is_right && inner == outer)
                    || (*op != beside && matches!(op, BinaryOp::And | BinaryOp::Or))
            }
            ExprKind::Call { name, .. } => matches!(name.as_str(), "IIF" | "Switch"),
            _ => false,
        };
        if needs_brackets {
            self.push("(");
            self.value(expr);
            self.push(")");
        } else {
            self.value(expr);
        }
    }

    /// A question about presence or its opposite; whether the expression is one.
    fn presence(&mut self, expr: &Expr, opposite: bool) -> bool {
        let ExprKind::Call { name, args } = &expr.kind else { return false };
        let [arg] = &args[..] else { return false };
        let asks_presence = match name.as_str() {
            "IsPresent" => true,
            "IsNullOrEmpty" | "IsNull" => false,
            _ => return false,
        };
        self.whole(arg);
        self.push(if asks_presence == opposite { " has no value" } else { " has a value" });
        true
    }

    fn call(&mut self, name: &str, args: &[Expr]) {
        match (name, args) {
            ("IIF", [condition, yes, no]) => {
                self.push("if ");
                self.value(condition);
                self.push(": ");
                if matches!(yes.kind, ExprKind::Binary { .. }) {
                    self.value(yes);
                } else {
                    self.whole(yes);
                }
                self.push("; otherwise ");
                self.value(no);
            }
            ("IsPresent" | "IsNullOrEmpty" | "IsNull", [arg]) => {
                let is_presence = name == "IsPresent";
                self.whole(arg);
                self.push(if is_presence { " has a value" } else { " has no value" });
            }
            ("Trim", [arg]) => self.parts(&[("", Some(arg)), (" without blanks around it", None)]),
            ("Left", [text, n]) => {
                self.parts(&[("the first ", Some(n)), (" characters of ", Some(text))]);
            }
            ("Right", [text, n]) => {
                self.parts(&[("the last ", Some(n)), (" characters of ", Some(text))]);
            }
            ("Item", [list, n]) => self.parts(&[("value ", Some(n)), (" of ", Some(list))]),
            ("CStr", [arg]) => self.parts(&[("", Some(arg)), (" as text", None)]),
            ("CBool" | "CNum" | "CRef", [arg]) => self.whole(arg),
            ("ConvertToBase64", [arg]) => self.parts(&[("", Some(arg)), (" in base64", None)]),
            ("LCase", [arg]) => self.parts(&[("", Some(arg)), (" in lower case", None)]),
            ("UCase", [arg]) => self.parts(&[("", Some(arg)), (" in upper case", None)]),
            ("Error", [arg]) => self.parts(&[("stop with the error ", Some(arg))]),
            ("ImportedValue", [arg]) => {
                self.parts(&[("", Some(arg)), (" as the last import confirmed it", None)]);
            }
            ("RemoveDuplicates", [arg]) => {
                self.parts(&[("", Some(arg)), (", each value once", None)]);
            }
            ("ValueCount" | "Count", [arg]) => {
                self.parts(&[("the number of values of ", Some(arg))]);
            }
            ("BitAnd", [left, right]) => {
                self.parts(&[("the bits of ", Some(left)), (" under the mask ", Some(right))]);
            }
            _ => {
                self.push(name);
                self.push("(");
                for (idx, arg) in args.iter().enumerate() {
                    self.push(if idx == 0 { "" } else { ", " });
                    self.value(arg);
                }
                self.push(")");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::Expression;

    #[test]
    fn expressions_read_as_sentences() {
        let cases = [
            ("Trim([cn])", "cn without blanks around it"),
            (
                "IIF(IsNullOrEmpty([x]),NULL,Left(Trim(Item([x],1)),448))",
                "if x has no value: nothing; otherwise the first 448 characters of value 1 of x without blanks around it",
            ),
            ("IsPresent([a]) = False || [b] = \"x\"", "a has no value or b is \"x\""),
            ("IsNullOrEmpty([a]) = False", "a has a value"),
            ("IsPresent([a]) = True", "a has a value"),
            ("[a] = 1 && ([b] = 2 || [c] = 3)", "a is 1 and (b is 2 or c is 3)"),
            (
                "\"CN={\" & ConvertToUTF8Hex([a]) & \"}\"",
                "\"CN={\" followed by ConvertToUTF8Hex(a) followed by \"}\"",
            ),
            ("%Domain.FQDN% & \"\"", "the Domain.FQDN of the connector followed by empty text"),
            ("BitAnd([u],2) = 0", "the bits of u under the mask 2 is 0"),
            ("Trim([a] & [b])", "(a followed by b) without blanks around it"),
            (
                "IIF([a] = 1, IIF([b] = 2, 3, 4), 5) & CBool(IIF([c] = 1, 2, 3))",
                "(if a is 1: (if b is 2: 3; otherwise 4); otherwise 5) followed by (if c is 1: 2; otherwise 3)",
            ),
            ("&HFF", "0xFF"),
            ("AuthoritativeNull", "nothing, for good"),
        ];
        for (text, expected) in cases {
            let tree = Expression::parse_tree(text, Priority::Conventional).unwrap();
            assert_eq!(expression(&tree), expected, "{text}");
        }
    }

    #[test]
    fn long_expressions_are_cut() {
        let text = vec!["[attribute]"; 150].join(" & ") + &format!(" & \"{}\"", "x".repeat(5_000));
        let tree = Expression::parse_tree(&text, Priority::Conventional).unwrap();
        let words = expression(&tree);
        assert!(words.len() <= MAX_LENGTH + 3 && words.ends_with('…'), "{}", words.len());
    }
}
