//! A tree into a program: names resolved, arguments counted, types checked.
use std::sync::Arc;

use dirlift_model::AttributeName;

use super::{
    ExpressionError, Span, Warning,
    tree::{BinaryOp, Expr, ExprKind, Word},
};
use crate::{
    assumption::{Assumption, AssumptionSet},
    functions::{self, Function, Implementation, Source, Special, Takes},
    input::{AttributeId, Names},
    value::{Kind, Kinds, Value},
};

/// The number of a node in its program.
#[derive(Clone, Copy, Debug)]
pub(super) struct NodeId(u32);

/// One node, ready to be evaluated.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) op: Op,
    pub(super) span: Span,
    pub(super) kinds: Kinds,
    /// Whether evaluating it could end in an error.
    pub(super) may_fail: bool,
}

/// Arguments, as a range of [`Program::args`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Args {
    first: u32,
    len: u32,
}

/// What a node does.
#[derive(Clone, Debug)]
pub(super) enum Op {
    Constant(Value),
    Attribute(AttributeId),
    Imported(AttributeId),
    ValueCount(AttributeId),
    Parameter(usize),
    Variable(usize),
    Binary { op: BinaryOp, left: NodeId, right: NodeId },
    Call { function: &'static Function, args: Args },
    Iif { condition: NodeId, yes: NodeId, no: NodeId },
    Switch { args: Args },
    Select { slot: usize, list: NodeId, body: NodeId },
    Where { slot: usize, list: NodeId, condition: NodeId },
    With { slot: usize, value: NodeId, body: NodeId },
}

/// A compiled expression.
#[derive(Clone, Debug)]
pub(super) struct Program {
    nodes: Vec<Node>,
    args: Vec<NodeId>,
    root: NodeId,
    pub(super) n_slots: usize,
    pub(super) attributes: Vec<(AttributeName, AttributeId)>,
    pub(super) parameters: Vec<Arc<str>>,
}

impl Program {
    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    pub(super) fn args(&self, args: Args) -> &[NodeId] {
        &self.args[args.first as usize..(args.first + args.len) as usize]
    }

    pub(super) const fn root(&self) -> NodeId {
        self.root
    }

    pub(super) fn result_kinds(&self) -> Kinds {
        self.node(self.root).kinds
    }

    pub(super) fn as_constant(&self) -> Option<&Value> {
        match &self.node(self.root).op {
            Op::Constant(value) => Some(value),
            _ => None,
        }
    }
}

/// A program with what was noticed on the way.
pub(super) struct Compiled {
    pub(super) program: Program,
    pub(super) warnings: Vec<Warning>,
    pub(super) used: AssumptionSet,
}

/// Compiles a tree.
pub(super) fn compile(tree: &Expr, names: &mut Names) -> Result<Compiled, ExpressionError> {
    let program = Program {
        nodes: Vec::new(),
        args: Vec::new(),
        root: NodeId(0),
        n_slots: 0,
        attributes: Vec::new(),
        parameters: Vec::new(),
    };
    let mut compiler = Compiler {
        names,
        program,
        scope: Vec::new(),
        warnings: Vec::new(),
        used: AssumptionSet::default(),
    };
    let root = compiler.node(tree)?;
    let Compiler { mut program, warnings, used, .. } = compiler;
    program.root = root;
    Ok(Compiled { program, warnings, used })
}

struct Compiler<'a> {
    names: &'a mut Names,
    program: Program,
    scope: Vec<String>,
    warnings: Vec<Warning>,
    used: AssumptionSet,
}

impl Compiler<'_> {
    fn push(&mut self, op: Op, span: Span, kinds: Kinds) -> NodeId {
        // The source is at most 64 KiB long, so the number of nodes fits.
        let id = NodeId(u32::try_from(self.program.nodes.len()).unwrap_or(u32::MAX));
        let may_fail = self.may_fail(&op);
        self.program.nodes.push(Node { op, span, kinds, may_fail });
        id
    }

    fn may_fail(&self, op: &Op) -> bool {
        let fails = |id: &NodeId| self.program.node(*id).may_fail;
        match op {
            Op::Constant(_)
            | Op::Attribute(_)
            | Op::Imported(_)
            | Op::ValueCount(_)
            | Op::Variable(_) => false,
            Op::Call { function, args } => {
                !function.name.starts_with("Is") || self.program.args(*args).iter().any(fails)
            }
            Op::Iif { condition, yes, no } => [condition, yes, no].into_iter().any(fails),
            _ => true,
        }
    }

    fn push_args(&mut self, ids: &[NodeId]) -> Args {
        let first = u32::try_from(self.program.args.len()).unwrap_or(u32::MAX);
        self.program.args.extend_from_slice(ids);
        Args { first, len: u32::try_from(ids.len()).unwrap_or(u32::MAX) }
    }

    fn kinds(&self, id: NodeId) -> Kinds {
        self.program.node(id).kinds
    }

    fn attribute(&mut self, name: &str) -> AttributeId {
        let name = AttributeName::new(name);
        let known = self.program.attributes.iter().find(|(it, _)| *it == name);
        if let Some((first, id)) = known {
            let id = *id;
            let differs = first.as_str() != name.as_str();
            self.used.insert_if(differs, Assumption::NameCase);
            return id;
        }
        let id = self.names.intern(&name);
        let differs = self.names.name(id).is_some_and(|it| it.as_str() != name.as_str());
        self.used.insert_if(differs, Assumption::NameCase);
        self.program.attributes.push((name, id));
        id
    }

    fn node(&mut self, expr: &Expr) -> Result<NodeId, ExpressionError> {
        let span = expr.span;
        let (op, kinds) = match &expr.kind {
            ExprKind::Text(text) => (Op::Constant(Value::text(text.as_str())), Kinds::TEXT),
            ExprKind::Number { value, .. } => (Op::Constant(Value::number(*value)), Kinds::NUMBER),
            ExprKind::Word(word) => {
                let value = word_value(*word)
                    .ok_or(ExpressionError::StrayWord { word: word.as_str(), span })?;
                let kinds = value.kinds();
                (Op::Constant(value), kinds)
            }
            ExprKind::Attribute(name) => (Op::Attribute(self.attribute(name)), Kinds::ATTRIBUTE),
            ExprKind::Parameter(name) => {
                let known =
                    self.program.parameters.iter().position(|it| it.eq_ignore_ascii_case(name));
                let idx = known.unwrap_or_else(|| {
                    self.program.parameters.push(name.as_str().into());
                    self.program.parameters.len() - 1
                });
                (Op::Parameter(idx), Kinds::ATTRIBUTE)
            }
            ExprKind::Variable(name) => {
                let slot = self.scope.iter().rposition(|it| it == name);
                let slot = slot
                    .ok_or_else(|| ExpressionError::UnknownVariable { name: name.clone(), span })?;
                (Op::Variable(slot), Kinds::ATTRIBUTE)
            }
            ExprKind::Binary { op, left, right } => {
                let (left, right) = (self.node(left)?, self.node(right)?);
                let kinds = check_operands(*op, self.kinds(left), self.kinds(right), span)?;
                (Op::Binary { op: *op, left, right }, kinds)
            }
            ExprKind::Call { name, args } => return self.call(name, args, span),
        };
        Ok(self.push(op, span, kinds))
    }

    fn call(&mut self, name: &str, args: &[Expr], span: Span) -> Result<NodeId, ExpressionError> {
        let function = functions::find(name).ok_or_else(|| ExpressionError::UnknownFunction {
            name: name.to_owned(),
            suggestion: functions::find_ignoring_case(name).map(|it| it.name),
            span,
        })?;
        check_count(function, args.len(), span)?;
        if function.source != Source::Reference {
            self.warnings.push(Warning::Undocumented { function: function.name, span });
        }
        let special = match function.implementation {
            Implementation::Special(special) => special,
            Implementation::Plain(_) => {
                let mut ids = Vec::with_capacity(args.len());
                for (idx, arg) in args.iter().enumerate() {
                    ids.push(self.argument(function, idx, arg)?);
                }
                let args = self.push_args(&ids);
                return Ok(self.push(Op::Call { function, args }, span, function.returns));
            }
        };
        let (op, kinds) = match (special, args) {
            (Special::Iif, [condition, yes, no]) => {
                let (condition, yes, no) =
                    (self.condition(condition)?, self.node(yes)?, self.node(no)?);
                (Op::Iif { condition, yes, no }, self.kinds(yes).or(self.kinds(no)))
            }
            (Special::Switch, pairs) => {
                let (mut ids, mut kinds) = (Vec::with_capacity(pairs.len()), Kinds::NULL);
                for (idx, arg) in pairs.iter().enumerate() {
                    let id = if idx % 2 == 0 { self.condition(arg)? } else { self.node(arg)? };
                    kinds = if idx % 2 == 0 { kinds } else { kinds.or(self.kinds(id)) };
                    ids.push(id);
                }
                (Op::Switch { args: self.push_args(&ids) }, kinds)
            }
            (Special::Select, [variable, list, body]) => {
                let list = self.node(list)?;
                let (slot, body) = self.scoped(function, variable, |it| it.node(body))?;
                (Op::Select { slot, list, body }, self.kinds(body).or(Kinds::NULL))
            }
            (Special::Where, [variable, list, condition]) => {
                let list = self.node(list)?;
                let (slot, condition) =
                    self.scoped(function, variable, |it| it.condition(condition))?;
                (Op::Where { slot, list, condition }, self.kinds(list).or(Kinds::NULL))
            }
            (Special::With, [variable, value, body]) => {
                let value = self.node(value)?;
                let (slot, body) = self.scoped(function, variable, |it| it.node(body))?;
                (Op::With { slot, value, body }, self.kinds(body))
            }
            (Special::ImportedValue, [name]) => {
                (Op::Imported(self.named(function, name)?), Kinds::ATTRIBUTE)
            }
            (Special::ValueCount, [name]) => {
                (Op::ValueCount(self.named(function, name)?), Kinds::NUMBER)
            }
            _ => return Err(count_error(function, args.len(), span)),
        };
        Ok(self.push(op, span, kinds))
    }

    fn argument(
        &mut self,
        function: &'static Function,
        idx: usize,
        arg: &Expr,
    ) -> Result<NodeId, ExpressionError> {
        let takes = function.params.get(idx).map(|it| it.takes);
        let position = idx + 1;
        match takes {
            Some(Takes::Enum(words)) => {
                let word = match &arg.kind {
                    ExprKind::Word(word) => word.as_str(),
                    ExprKind::Text(text) => text,
                    _ => "",
                };
                let Some(word) = words.iter().find(|it| it.eq_ignore_ascii_case(word)) else {
                    let expected = format!("one of {}", words.join(", "));
                    return Err(ExpressionError::ArgumentForm {
                        function: function.name,
                        position,
                        expected,
                        span: arg.span,
                    });
                };
                Ok(self.push(Op::Constant(Value::text(*word)), arg.span, Kinds::TEXT))
            }
            Some(Takes::One(expected) | Takes::All(expected)) => {
                let id = self.node(arg)?;
                let found = self.kinds(id);
                if !found.is_empty() && found.and(expected.or(Kinds::NULL)).is_empty() {
                    return Err(ExpressionError::ArgumentType {
                        function: function.name,
                        position,
                        expected,
                        found,
                        span: arg.span,
                    });
                }
                Ok(id)
            }
            _ => self.node(arg),
        }
    }

    fn condition(&mut self, arg: &Expr) -> Result<NodeId, ExpressionError> {
        let id = self.node(arg)?;
        let found = self.kinds(id);
        if !found.is_empty() && found.and(Kinds::BOOLEAN.or(Kinds::NULL)).is_empty() {
            return Err(ExpressionError::Condition { found, span: arg.span });
        }
        Ok(id)
    }

    fn scoped(
        &mut self,
        function: &'static Function,
        variable: &Expr,
        body: impl FnOnce(&mut Self) -> Result<NodeId, ExpressionError>,
    ) -> Result<(usize, NodeId), ExpressionError> {
        let ExprKind::Variable(name) = &variable.kind else {
            return Err(form_error(function, "a variable such as $item", variable.span));
        };
        let slot = self.scope.len();
        self.scope.push(name.clone());
        self.program.n_slots = self.program.n_slots.max(self.scope.len());
        let id = body(self);
        self.scope.pop();
        Ok((slot, id?))
    }

    /// An attribute that is named in quotation marks.
    fn named(
        &mut self,
        function: &'static Function,
        arg: &Expr,
    ) -> Result<AttributeId, ExpressionError> {
        match &arg.kind {
            ExprKind::Text(name) if !name.trim().is_empty() => Ok(self.attribute(name)),
            _ => {
                let expected = "the name of an attribute in quotation marks";
                Err(form_error(function, expected, arg.span))
            }
        }
    }
}

fn form_error(function: &'static Function, expected: &str, span: Span) -> ExpressionError {
    ExpressionError::ArgumentForm {
        function: function.name,
        position: 1,
        expected: expected.to_owned(),
        span,
    }
}

fn count_error(function: &'static Function, found: usize, span: Span) -> ExpressionError {
    let (least, most) = (function.required, function.params.len());
    let expected = match (function.repeats, least == most) {
        (true, _) => "pairs of a condition and a value".to_owned(),
        (_, true) if least == 1 => "1 argument".to_owned(),
        (_, true) => format!("{least} arguments"),
        (_, false) => format!("{least} to {most} arguments"),
    };
    ExpressionError::ArgumentCount { function: function.name, expected, found, span }
}

fn check_count(
    function: &'static Function,
    found: usize,
    span: Span,
) -> Result<(), ExpressionError> {
    let fits = if function.repeats {
        found >= function.required && found.is_multiple_of(2)
    } else {
        (function.required..=function.params.len()).contains(&found)
    };
    if fits { Ok(()) } else { Err(count_error(function, found, span)) }
}

fn word_value(word: Word) -> Option<Value> {
    match word {
        Word::True => Some(Value::boolean(true)),
        Word::False => Some(Value::boolean(false)),
        Word::Null => Some(Value::Null),
        Word::Crlf => Some(Value::text("\r\n")),
        Word::IgnoreThisFlow => Some(Value::IgnoreThisFlow),
        Word::AuthoritativeNull => Some(Value::AuthoritativeNull),
        Word::Utf8 | Word::Unicode | Word::Ascii => None,
        Word::CaseInsensitive | Word::CaseSensitive | Word::TextCompare | Word::BinaryCompare => {
            None
        }
    }
}

/// Checks that an operator can work on these types; gives the types of its result.
fn check_operands(
    op: BinaryOp,
    left: Kinds,
    right: Kinds,
    span: Span,
) -> Result<Kinds, ExpressionError> {
    let joinable =
        Kinds::TEXT.or(Kinds::NUMBER).or(Kinds::BOOLEAN).or(Kinds::REFERENCE).or(Kinds::BINARY);
    let both = |takes: Kinds| {
        let fits = |found: Kinds| found.is_empty() || !found.and(takes.or(Kinds::NULL)).is_empty();
        fits(left) && fits(right)
    };
    let (fits, result) = match op {
        BinaryOp::And | BinaryOp::Or => (both(Kinds::BOOLEAN), Kinds::BOOLEAN),
        BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply => {
            (both(Kinds::NUMBER), Kinds::NUMBER.or(Kinds::NULL))
        }
        BinaryOp::Concat => (both(joinable), Kinds::TEXT.or(Kinds::BINARY)),
        _ => (comparable(left, right), Kinds::BOOLEAN),
    };
    if fits {
        Ok(result)
    } else {
        Err(ExpressionError::OperandType { operator: op.as_str(), left, right, span })
    }
}

fn comparable(left: Kinds, right: Kinds) -> bool {
    let convertible = Kinds::NUMBER.or(Kinds::BOOLEAN).or(Kinds::REFERENCE);
    let flow_only = |it: Kinds| !it.is_empty() && it.without(Kinds::FLOW).is_empty();
    let text_meets = |a: Kinds, b: Kinds| a.has(Kind::Text) && !b.and(convertible).is_empty();
    if flow_only(left) || flow_only(right) {
        return false;
    }
    left.is_empty()
        || right.is_empty()
        || !left.and(right).is_empty()
        || left.has(Kind::Null)
        || right.has(Kind::Null)
        || text_meets(left, right)
        || text_meets(right, left)
}
