//! Text functions. Positions count characters (Unicode scalar values) from one; see `A-LENGTH`.
use std::sync::Arc;

use super::Call;
use crate::{
    assumption::Assumption,
    expr::fault::Fault,
    value::{Scalar, Value},
};

type Answer = Result<Value, Fault>;

/// Nothing in, nothing out: what most text functions do with an absent text.
pub(super) fn null(call: &mut Call<'_>) -> Value {
    call.assume(Assumption::NullText);
    Value::Null
}

/// The same text again, or a part of it, at the cost of what is new.
fn part(call: &mut Call<'_>, part: Option<String>) -> Answer {
    match part {
        None => Ok(call.value(0).clone()),
        Some(text) => call.make_text(text),
    }
}

pub(super) fn trim(call: &mut Call<'_>) -> Answer {
    trimmed(call, str::trim)
}

pub(super) fn ltrim(call: &mut Call<'_>) -> Answer {
    trimmed(call, str::trim_start)
}

pub(super) fn rtrim(call: &mut Call<'_>) -> Answer {
    trimmed(call, str::trim_end)
}

fn trimmed(call: &mut Call<'_>, trim: fn(&str) -> &str) -> Answer {
    let Some(text) = call.text(0)? else { return Ok(null(call)) };
    let rest = trim(text);
    if rest.len() == text.len() {
        return Ok(call.value(0).clone());
    }
    let removed_other = text.len() - rest.len() > text.chars().filter(|it| *it == ' ').count();
    let rest = rest.to_owned();
    call.used.insert_if(removed_other, Assumption::TrimSpace);
    call.make_text(rest)
}

pub(super) fn lcase(call: &mut Call<'_>) -> Answer {
    cased(call, str::to_lowercase)
}

pub(super) fn ucase(call: &mut Call<'_>) -> Answer {
    cased(call, str::to_uppercase)
}

fn cased(call: &mut Call<'_>, change: fn(&str) -> String) -> Answer {
    let Some(text) = call.text(0)? else { return Ok(null(call)) };
    let (changed, is_ascii) = (change(text), text.is_ascii());
    call.used.insert_if(!is_ascii, Assumption::CaseTable);
    call.make_text(changed)
}

pub(super) fn pcase(call: &mut Call<'_>) -> Answer {
    let Some(text) = call.text(0)? else { return Ok(null(call)) };
    let mut out = String::with_capacity(text.len());
    let mut starts_word = true;
    for it in text.chars() {
        if starts_word {
            out.extend(it.to_uppercase());
        } else {
            out.extend(it.to_lowercase());
        }
        starts_word = it == ' ';
    }
    let other_end = text.contains(|it: char| !it.is_alphanumeric() && it != ' ');
    call.used.insert_if(other_end, Assumption::PCaseSpace);
    call.make_text(out)
}

pub(super) fn len(call: &mut Call<'_>) -> Answer {
    let n = match call.scalar(0)? {
        None => {
            call.assume(Assumption::NullText);
            return Ok(Value::number(0));
        }
        Some(Scalar::Text(text)) => {
            let n = text.chars().count();
            let wide = text.chars().any(|it| it.len_utf16() > 1);
            call.used.insert_if(wide, Assumption::Length);
            n
        }
        Some(Scalar::Binary(bytes)) => {
            let n = bytes.len();
            call.assume(Assumption::BinaryText);
            n
        }
        Some(other) => return Err(call.wrong_type(0, other)),
    };
    Ok(number(n))
}

pub(super) fn left(call: &mut Call<'_>) -> Answer {
    let Some(text) = call.text(0)? else { return Ok(Value::text("")) };
    let Ok(n) = usize::try_from(call.required_number(1)?) else { return Ok(call.value(0).clone()) };
    let cut = text.char_indices().nth(n).map(|(at, _)| text[..at].to_owned());
    part(call, cut)
}

pub(super) fn right(call: &mut Call<'_>) -> Answer {
    let Some(text) = call.text(0)? else { return Ok(Value::text("")) };
    let Ok(n) = usize::try_from(call.required_number(1)?) else { return Ok(call.value(0).clone()) };
    let skip = text.chars().count().saturating_sub(n);
    let cut = if skip == 0 { None } else { Some(text.chars().skip(skip).collect()) };
    part(call, cut)
}

pub(super) fn mid(call: &mut Call<'_>) -> Answer {
    if call.scalar(0)?.is_none() {
        return Ok(Value::text(""));
    }
    let start = call.required_number(1)?;
    let n = if call.has(2) {
        call.required_number(2)?
    } else {
        call.assume(Assumption::MidTwo);
        i64::MAX
    };
    if let Some(Scalar::Binary(bytes)) = call.scalar(0)? {
        let bytes = Arc::clone(bytes);
        call.assume(Assumption::BinaryText);
        if n == 0 {
            return call.make_binary([]);
        }
        let (Some(skip), Ok(n)) = (index(start, bytes.len()), usize::try_from(n)) else {
            return Ok(call.value(0).clone());
        };
        let end = bytes.len().min(skip.saturating_add(n));
        return call.make_binary(&bytes[skip..end]);
    }
    let text = call.required_text(0)?;
    let n_chars = text.chars().count();
    match (n, index(start, n_chars), usize::try_from(n)) {
        (0, ..) => Ok(Value::text("")),
        (_, Some(skip), Ok(n)) => {
            let cut = text.chars().skip(skip).take(n).collect();
            part(call, Some(cut))
        }
        _ => {
            call.assume(Assumption::MidOutside);
            Ok(call.value(0).clone())
        }
    }
}

/// A position from one as an index from zero, if it is within the length.
fn index(position: i64, len: usize) -> Option<usize> {
    let idx = usize::try_from(position).ok()?.checked_sub(1)?;
    (idx < len).then_some(idx)
}

pub(super) fn in_str(call: &mut Call<'_>) -> Answer {
    let Some(search) = Search::read(call)? else { return Ok(Value::number(0)) };
    let start = if call.has(2) { call.required_number(2)? } else { 1 };
    if start < 1 {
        call.assume(Assumption::InStrStart);
        return Err(call.invalid(format!("the start {start} is below 1")));
    }
    let skip = usize::try_from(start).unwrap_or(usize::MAX) - 1;
    let n_chars = search.text.chars().count();
    if skip > n_chars || (skip == n_chars && skip > 0) {
        call.assume(Assumption::InStrStart);
        return Ok(Value::number(0));
    }
    if search.pattern.is_empty() {
        call.assume(Assumption::InStrEmpty);
        return Ok(if n_chars == 0 { Value::number(0) } else { Value::number(start) });
    }
    let offset = search.text.char_indices().nth(skip).map_or(search.text.len(), |(at, _)| at);
    let found = search.text[offset..].find(&search.pattern);
    Ok(found.map_or(Value::number(0), |at| number(search.text[..offset + at].chars().count() + 1)))
}

pub(super) fn in_str_rev(call: &mut Call<'_>) -> Answer {
    let Some(search) = Search::read(call)? else { return Ok(Value::number(0)) };
    let n_chars = search.text.chars().count();
    let start = if call.has(2) { call.required_number(2)? } else { -1 };
    let n_kept = match start {
        -1 => n_chars,
        1.. => usize::try_from(start).unwrap_or(usize::MAX),
        _ => {
            call.assume(Assumption::InStrStart);
            return Err(call.invalid(format!("the start {start} is below 1")));
        }
    };
    if n_kept > n_chars {
        call.assume(Assumption::InStrStart);
        return Ok(Value::number(0));
    }
    if search.pattern.is_empty() {
        call.assume(Assumption::InStrEmpty);
        return Ok(number(n_kept));
    }
    let end = search.text.char_indices().nth(n_kept).map_or(search.text.len(), |(at, _)| at);
    let found = search.text[..end].rfind(&search.pattern);
    Ok(found.map_or(Value::number(0), |at| number(search.text[..at].chars().count() + 1)))
}

/// What `InStr` and `InStrRev` look at, folded if case does not count.
struct Search {
    text: String,
    pattern: String,
}

impl Search {
    fn read(call: &mut Call<'_>) -> Result<Option<Self>, Fault> {
        let (Some(text), Some(pattern)) = (call.text(0)?, call.text(1)?) else {
            call.assume(Assumption::NullText);
            return Ok(None);
        };
        let folds = match call.text(3)? {
            None => false,
            Some(word) => word == "vbTextCompare",
        };
        let is_default = !call.has(3);
        if folds {
            return Ok(Some(Self { text: fold(text), pattern: fold(pattern) }));
        }
        let (text, pattern) = (text.to_owned(), pattern.to_owned());
        let matters =
            is_default && text.contains(&pattern) != fold(&text).contains(&fold(&pattern));
        call.used.insert_if(matters, Assumption::InStrCase);
        Ok(Some(Self { text, pattern }))
    }
}

/// Lower case, one character for each, so that positions stay.
pub(super) fn fold(text: &str) -> String {
    text.chars()
        .map(|it| {
            let mut lower = it.to_lowercase();
            match (lower.next(), lower.next()) {
                (Some(single), None) => single,
                _ => it,
            }
        })
        .collect()
}

pub(super) fn pad_left(call: &mut Call<'_>) -> Answer {
    padded(call, |text, pad| pad + text)
}

pub(super) fn pad_right(call: &mut Call<'_>) -> Answer {
    padded(call, |text, pad| text.to_owned() + &pad)
}

fn padded(call: &mut Call<'_>, join: fn(&str, String) -> String) -> Answer {
    let Some(text) = call.text(0)? else { return Ok(Value::text("")) };
    let text = text.to_owned();
    let length = call.required_number(1)?;
    let pad = call.required_text(2)?;
    let mut chars = pad.chars();
    let (Some(pad), None) = (chars.next(), chars.next()) else {
        call.assume(Assumption::PadChar);
        return Err(call.invalid("the pad character must be exactly one character"));
    };
    let missing = usize::try_from(length).unwrap_or(0).saturating_sub(text.chars().count());
    if missing == 0 {
        return Ok(call.value(0).clone());
    }
    call.work.make(text.len().saturating_add(missing.saturating_mul(pad.len_utf8())))?;
    Ok(Value::text(join(&text, pad.to_string().repeat(missing))))
}

pub(super) fn replace(call: &mut Call<'_>) -> Answer {
    let Some(text) = call.text(0)? else { return Ok(null(call)) };
    let monikers = |it: &str| it.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t");
    let (old, new) = (monikers(call.text(1)?.unwrap_or("")), monikers(call.text(2)?.unwrap_or("")));
    if old.is_empty() {
        call.assume(Assumption::ReplaceEmpty);
        return Ok(call.value(0).clone());
    }
    let n_found = text.matches(&old).count();
    if n_found == 0 {
        let other_case = fold(text).contains(&fold(&old));
        call.used.insert_if(other_case, Assumption::ReplaceCase);
        return Ok(call.value(0).clone());
    }
    let size = text
        .len()
        .saturating_sub(n_found * old.len())
        .saturating_add(n_found.saturating_mul(new.len()));
    let text = text.to_owned();
    call.work.make(size)?;
    Ok(Value::text(text.replace(&old, &new)))
}

pub(super) fn replace_chars(call: &mut Call<'_>) -> Answer {
    let Some(text) = call.text(0)? else { return Ok(null(call)) };
    let text = text.to_owned();
    let mut table: Vec<(char, String)> = Vec::new();
    let pattern: String = call.required_text(1)?.chars().filter(|it| !it.is_whitespace()).collect();
    for item in pattern.split(',').filter(|it| !it.is_empty()) {
        let pair = item.split_once(':').and_then(|(source, target)| {
            let mut chars = source.chars();
            let single = (chars.next(), chars.next(), target.contains(':'));
            if let (Some(it), None, false) = single { Some((it, target.to_owned())) } else { None }
        });
        let Some(pair) = pair else {
            call.assume(Assumption::ReplaceCharsItem);
            return Err(call.invalid(
                "each item of the pattern must be one character, a colon and its replacement",
            ));
        };
        table.push(pair);
    }
    table.sort_by_key(|(source, _)| *source);
    let target = |it: char| {
        table.binary_search_by_key(&it, |pair| pair.0).ok().map(|idx| table[idx].1.as_str())
    };
    let size = text.chars().map(|it| target(it).map_or(it.len_utf8(), str::len)).sum();
    call.work.make(size)?;
    let mut out = String::with_capacity(size);
    for it in text.chars() {
        match target(it) {
            Some(target) => out.push_str(target),
            None => out.push(it),
        }
    }
    Ok(Value::text(out))
}

pub(super) fn word(call: &mut Call<'_>) -> Answer {
    let Some(text) = call.text(0)? else { return Ok(Value::text("")) };
    let wanted = call.required_number(1)?;
    let delimiters = call.text(2)?.unwrap_or("");
    let is_end = |it: char| delimiters.contains(it);
    let Some(idx) = usize::try_from(wanted).ok().and_then(|it| it.checked_sub(1)) else {
        return Ok(Value::text(""));
    };
    let found = text.split(is_end).nth(idx).unwrap_or("").to_owned();
    let (has_delimiter, has_empty) = (text.contains(is_end), text.split(is_end).any(str::is_empty));
    call.used.insert_if(!has_delimiter && idx == 0, Assumption::WordWhole);
    call.used.insert_if(has_delimiter && has_empty, Assumption::WordEmpty);
    call.make_text(found)
}

pub(super) fn guid(call: &mut Call<'_>) -> Answer {
    call.assume(Assumption::Random);
    let wide = (u128::from(call.next_random()) << 64) | u128::from(call.next_random());
    // Version 4 and variant 1 (RFC 9562, 5.4).
    let value = (wide & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    call.make_text(dirlift_model::Guid::from_u128(value).to_string())
}

/// A length or position as the number of the language.
pub(super) fn number(n: usize) -> Value {
    Value::number(i64::try_from(n).unwrap_or(i64::MAX))
}
