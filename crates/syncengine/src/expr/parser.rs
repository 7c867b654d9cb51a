//! Tokens into a tree.
use super::{
    ExpressionError, Priority, Span, Warning,
    lexer::{self, Spelling, Token},
    tree::{BinaryOp, Expr, ExprKind},
};
use crate::assumption::{Assumption, AssumptionSet};

/// Deepest tree that is built; a chain of operators counts as one level for each operator.
pub const MAX_DEPTH: usize = 200;

/// What reading an expression gives.
pub(super) struct Parsed {
    pub(super) tree: Expr,
    pub(super) warnings: Vec<Warning>,
    pub(super) used: AssumptionSet,
}

/// Reads an expression.
pub(super) fn parse(source: &str, priority: Priority) -> Result<Parsed, ExpressionError> {
    let tokens = lexer::tokens(source)?;
    let mut parser = Parser {
        tokens: &tokens,
        next: 0,
        end: source.len(),
        priority,
        warnings: Vec::new(),
        used: AssumptionSet::default(),
    };
    let tree = parser.expression(0)?;
    if let Some((_, span)) = parser.peek() {
        return Err(ExpressionError::Unexpected {
            reason: "an operator or the end is expected here",
            span,
        });
    }
    Ok(Parsed { tree, warnings: parser.warnings, used: parser.used })
}

struct Parser<'a> {
    tokens: &'a [(Token, Span)],
    next: usize,
    end: usize,
    priority: Priority,
    warnings: Vec<Warning>,
    used: AssumptionSet,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<(&'a Token, Span)> {
        self.tokens.get(self.next).map(|(token, span)| (token, *span))
    }

    fn expression(&mut self, depth: usize) -> Result<Expr, ExpressionError> {
        let first = self.term(depth)?;
        let mut rest = Vec::new();
        while let Some((Token::Op(op), _)) = self.peek() {
            self.next += 1;
            rest.push((*op, self.term(depth)?));
        }
        // Both readings give the same tree exactly when no operator binds more strongly than the one before it.
        let level = |pair: &(BinaryOp, Expr)| pair.0.level(Priority::Conventional);
        if rest.is_sorted_by(|a, b| level(a) >= level(b)) {
            return fold(first, rest);
        }
        let span = rest.last().map_or(first.span, |(_, it)| first.span.to(it.span));
        self.warnings.push(Warning::TwoReadings { span });
        self.used.insert(Assumption::Priority);
        match self.priority {
            Priority::LeftToRight => fold(first, rest),
            Priority::Conventional => {
                // Operands and operators that still wait for something that binds more strongly.
                let mut operands = vec![first];
                let mut operators: Vec<BinaryOp> = Vec::new();
                for (op, right) in rest {
                    let level = op.level(Priority::Conventional);
                    while operators
                        .last()
                        .is_some_and(|it| it.level(Priority::Conventional) >= level)
                    {
                        reduce(&mut operands, &mut operators)?;
                    }
                    operators.push(op);
                    operands.push(right);
                }
                while !operators.is_empty() {
                    reduce(&mut operands, &mut operators)?;
                }
                operands.pop().ok_or(ExpressionError::Empty { span: Span::new(0, self.end) })
            }
        }
    }

    fn term(&mut self, depth: usize) -> Result<Expr, ExpressionError> {
        let end = Span::new(self.end, self.end);
        let Some((token, span)) = self.peek() else {
            return Err(ExpressionError::Empty { span: end });
        };
        if depth >= MAX_DEPTH {
            return Err(ExpressionError::TooDeep { limit: MAX_DEPTH, span });
        }
        self.next += 1;
        let kind = match token {
            Token::Text { text, doubled_quote, doubled_backslash } => {
                self.used.insert_if(*doubled_quote, Assumption::Quote);
                self.used.insert_if(*doubled_backslash, Assumption::Backslash);
                ExprKind::Text(text.clone())
            }
            Token::Number { magnitude, hex } => {
                self.used.insert_if(*hex && *magnitude >= 1 << 31, Assumption::Hex);
                let value =
                    i64::try_from(*magnitude).map_err(|_| ExpressionError::BigNumber { span })?;
                ExprKind::Number { value, hex: *hex }
            }
            Token::Op(BinaryOp::Subtract) => return self.negative(span),
            Token::Word(word, spelling) => {
                self.used.insert_if(*spelling == Spelling::OtherCase, Assumption::WordCase);
                ExprKind::Word(*word)
            }
            Token::Attribute(name) => ExprKind::Attribute(name.clone()),
            Token::Parameter(name) => ExprKind::Parameter(name.clone()),
            Token::Variable(name) => ExprKind::Variable(name.clone()),
            Token::Name(name) => return self.call(name, span, depth),
            Token::Open => {
                let inner = self.expression(depth + 1)?;
                let close = self.expect_close(span)?;
                return Ok(inner.at(span.to(close)));
            }
            Token::Op(_) => {
                return Err(ExpressionError::Unexpected {
                    reason: "a value is expected before this operator",
                    span,
                });
            }
            Token::Close | Token::Comma => {
                return Err(ExpressionError::Unexpected {
                    reason: "a value is expected here",
                    span,
                });
            }
        };
        Ok(Expr::new(kind).at(span))
    }

    /// A number after a minus sign that has nothing on its left.
    fn negative(&mut self, minus: Span) -> Result<Expr, ExpressionError> {
        let Some((Token::Number { magnitude, hex: false }, span)) = self.peek() else {
            let reason = "a minus sign without a left side must be followed by a decimal number";
            return Err(ExpressionError::Unexpected { reason, span: minus });
        };
        self.next += 1;
        let value =
            0_i64.checked_sub_unsigned(*magnitude).ok_or(ExpressionError::BigNumber { span })?;
        Ok(Expr::new(ExprKind::Number { value, hex: false }).at(minus.to(span)))
    }

    fn call(&mut self, name: &str, span: Span, depth: usize) -> Result<Expr, ExpressionError> {
        let Some((Token::Open, open)) = self.peek() else {
            return Err(ExpressionError::UnknownWord { word: name.to_owned(), span });
        };
        self.next += 1;
        let mut args = Vec::new();
        if let Some((Token::Close, close)) = self.peek() {
            self.next += 1;
            return Ok(Expr::new(ExprKind::Call { name: name.to_owned(), args }).at(span.to(close)));
        }
        loop {
            args.push(self.expression(depth + 1)?);
            if let Some((Token::Comma, _)) = self.peek() {
                self.next += 1;
            } else {
                break;
            }
        }
        let close = self.expect_close(open)?;
        let call = Expr::new(ExprKind::Call { name: name.to_owned(), args }).at(span.to(close));
        limit_depth(call)
    }

    fn expect_close(&mut self, open: Span) -> Result<Span, ExpressionError> {
        match self.peek() {
            Some((Token::Close, span)) => {
                self.next += 1;
                Ok(span)
            }
            Some((_, span)) => Err(ExpressionError::Unexpected {
                reason: "an operator, a comma or `)` is expected here",
                span,
            }),
            None => Err(ExpressionError::Unclosed { what: "a bracket", end: ')', span: open }),
        }
    }
}

fn fold(first: Expr, rest: Vec<(BinaryOp, Expr)>) -> Result<Expr, ExpressionError> {
    rest.into_iter().try_fold(first, |left, (op, right)| join(op, left, right))
}

fn reduce(operands: &mut Vec<Expr>, operators: &mut Vec<BinaryOp>) -> Result<(), ExpressionError> {
    if let (Some(op), Some(right), Some(left)) = (operators.pop(), operands.pop(), operands.pop()) {
        operands.push(join(op, left, right)?);
    }
    Ok(())
}

fn join(op: BinaryOp, left: Expr, right: Expr) -> Result<Expr, ExpressionError> {
    let span = left.span.to(right.span);
    limit_depth(
        Expr::new(ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) }).at(span),
    )
}

fn limit_depth(expr: Expr) -> Result<Expr, ExpressionError> {
    if expr.depth > MAX_DEPTH {
        return Err(ExpressionError::TooDeep { limit: MAX_DEPTH, span: expr.span });
    }
    Ok(expr)
}
