//! Functions on several values.
use std::collections::{BTreeSet, HashSet};

use dirlift_model::DistinguishedName;

use super::{
    Call,
    text::{fold, null, number},
};
use crate::{
    assumption::Assumption,
    expr::fault::Fault,
    value::{Scalar, Value},
};

type Answer = Result<Value, Fault>;

/// Puts a look at every value of a list on the account.
fn pay(call: &mut Call<'_>) -> Result<(), Fault> {
    let steps = call.list(0)?.iter().map(|it| 1 + it.size() / 16).sum();
    call.work.spend(steps)
}

pub(super) fn contains(call: &mut Call<'_>) -> Answer {
    pay(call)?;
    let Some(search) = call.text(1)? else {
        call.assume(Assumption::NullText);
        return Ok(Value::number(0));
    };
    let ignores_case = call.text(2)?.is_some_and(|it| it == "CaseInsensitive");
    let folded = if ignores_case { fold(search) } else { search.to_owned() };
    let name: Option<DistinguishedName> = search.parse().ok();
    let mut found = 0;
    for (idx, scalar) in call.list(0)?.iter().enumerate() {
        let is_match = match scalar {
            Scalar::Text(text) if ignores_case => fold(text).contains(&folded),
            Scalar::Text(text) => text.contains(&folded),
            Scalar::Reference(it) => name.as_ref() == Some(&**it),
            other => return Err(call.wrong_type(0, other)),
        };
        if is_match {
            found = idx + 1;
            break;
        }
    }
    let is_reference = matches!(call.list(0)?.first(), Some(Scalar::Reference(_)));
    call.used.insert_if(is_reference, Assumption::ContainsReference);
    call.used.insert_if(call.args[0] == Value::Null, Assumption::NullList);
    Ok(number(found))
}

pub(super) fn count(call: &mut Call<'_>) -> Answer {
    let n = call.list(0)?.len();
    call.used.insert_if(n == 0, Assumption::NullList);
    Ok(number(n))
}

pub(super) fn item(call: &mut Call<'_>) -> Answer {
    let index = call.required_number(1)?;
    let n = call.list(0)?.len();
    nth(call)?.ok_or_else(|| call.invalid(format!("there is no value {index}, the list has {n}")))
}

pub(super) fn item_or_null(call: &mut Call<'_>) -> Answer {
    nth(call).map(Option::unwrap_or_default)
}

fn nth(call: &Call<'_>) -> Result<Option<Value>, Fault> {
    let idx = usize::try_from(call.required_number(1)?).ok().and_then(|it| it.checked_sub(1));
    let list = call.list(0)?;
    Ok(idx.and_then(|it| list.get(it)).cloned().map(Value::One))
}

pub(super) fn join(call: &mut Call<'_>) -> Answer {
    pay(call)?;
    if call.list(0)?.is_empty() {
        return Ok(null(call));
    }
    let delimiter = if call.has(1) { call.text(1)?.unwrap_or("") } else { " " };
    let mut size = 0_usize;
    for scalar in call.list(0)? {
        size = size.saturating_add(scalar.size()).saturating_add(delimiter.len());
    }
    let mut out = String::with_capacity(size.min(crate::expr::MAX_BYTES));
    let within = size.min(crate::expr::MAX_BYTES + delimiter.len()) == size;
    for (idx, scalar) in call.list(0)?.iter().enumerate().take_while(|_| within) {
        out.push_str(if idx == 0 { "" } else { delimiter });
        match scalar {
            Scalar::Text(text) => out.push_str(text),
            other => return Err(call.wrong_type(0, other)),
        }
    }
    if !within {
        return Err(Fault::TooLarge { limit: crate::expr::MAX_BYTES });
    }
    call.make_text(out)
}

pub(super) fn remove_duplicates(call: &mut Call<'_>) -> Answer {
    pay(call)?;
    // Asked for membership only; its order never shows.
    let mut seen: HashSet<&Scalar> = HashSet::new();
    let mut folded: BTreeSet<String> = BTreeSet::new();
    let (mut out, mut n_texts) = (Vec::new(), 0);
    for scalar in call.list(0)? {
        if !seen.insert(scalar) {
            continue;
        }
        if let Scalar::Text(text) = scalar {
            n_texts += 1;
            folded.insert(fold(text));
        }
        out.push(scalar.clone());
    }
    let differs_in_case = folded.len() < n_texts;
    call.used.insert_if(differs_in_case, Assumption::DuplicateCase);
    call.work.spend(4 * out.len())?;
    Ok(Value::many(out))
}

pub(super) fn split(call: &mut Call<'_>) -> Answer {
    let Some(text) = call.text(0)? else { return Ok(null(call)) };
    let text = text.to_owned();
    let mut chars = call.required_text(1)?.chars();
    let (Some(delimiter), None) = (chars.next(), chars.next()) else {
        call.assume(Assumption::SplitDelimiter);
        return Err(call.invalid("the delimiter must be exactly one character"));
    };
    let n_parts = text.matches(delimiter).count() + 1;
    let limit = match call.number(2)? {
        None => n_parts,
        Some(limit) => match usize::try_from(limit) {
            Ok(limit @ 1..) => limit,
            _ => return Err(call.invalid(format!("the limit {limit} is below 1"))),
        },
    };
    call.used.insert_if(limit < n_parts, Assumption::SplitLimit);
    call.work.make(text.len())?;
    call.work.spend(4 * n_parts.min(limit))?;
    if n_parts.min(limit) > 100_000 {
        return Err(Fault::TooMany { limit: 100_000 });
    }
    let parts: Vec<_> = text.splitn(limit, delimiter).collect();
    call.used.insert_if(parts.iter().any(|it| it.is_empty()), Assumption::SplitEmpty);
    Ok(Value::many(parts.into_iter().filter(|it| !it.is_empty()).map(Scalar::text).collect()))
}
