//! Questions about a value, arithmetic on bits, errors.
use super::{Call, conversion::read_number, date};
use crate::{
    assumption::Assumption,
    expr::fault::Fault,
    value::{Scalar, Value},
};

type Answer = Result<Value, Fault>;

pub(super) fn is_null(call: &mut Call<'_>) -> Answer {
    let answer = matches!(call.value(0), Value::Null | Value::AuthoritativeNull);
    Ok(Value::boolean(answer))
}

pub(super) fn is_empty(call: &mut Call<'_>) -> Answer {
    let value = call.value(0);
    Ok(Value::boolean(
        !matches!(value, Value::Null | Value::AuthoritativeNull) && value.is_null_or_empty(),
    ))
}

pub(super) fn is_null_or_empty(call: &mut Call<'_>) -> Answer {
    Ok(Value::boolean(call.value(0).is_null_or_empty()))
}

pub(super) fn is_present(call: &mut Call<'_>) -> Answer {
    let value = call.value(0);
    let is_text = value.scalars().iter().take(1).all(|it| matches!(it, Scalar::Text(_)));
    let answer = !value.is_null_or_empty();
    call.used.insert_if(!is_text, Assumption::PresentOther);
    Ok(Value::boolean(answer))
}

/// Whether all values, and at least one, pass a test.
fn all(call: &mut Call<'_>, test: impl Fn(&Scalar) -> bool) -> Result<bool, Fault> {
    let list = call.list(0)?;
    let answer = !list.is_empty() && list.iter().all(test);
    let n = list.len();
    call.work.spend(n)?;
    Ok(answer)
}

pub(super) fn is_string(call: &mut Call<'_>) -> Answer {
    let answer = all(call, |it| matches!(it, Scalar::Text(_)))?;
    let convertible = call
        .list(0)?
        .iter()
        .any(|it| matches!(it, Scalar::Number(_) | Scalar::Boolean(_) | Scalar::Reference(_)));
    call.used.insert_if(convertible, Assumption::IsString);
    Ok(Value::boolean(answer))
}

pub(super) fn is_numeric(call: &mut Call<'_>) -> Answer {
    let answer = all(call, |it| match it {
        Scalar::Number(_) => true,
        Scalar::Text(text) => read_number(text).is_some(),
        _ => false,
    })?;
    Ok(Value::boolean(answer))
}

pub(super) fn is_date(call: &mut Call<'_>) -> Answer {
    let answer = all(call, |it| match it {
        Scalar::Date(_) => true,
        Scalar::Text(text) => date::read(text).is_some(),
        _ => false,
    })?;
    call.assume(Assumption::DateForm);
    Ok(Value::boolean(answer))
}

pub(super) fn is_guid(call: &mut Call<'_>) -> Answer {
    let answer = all(call, |it| match it {
        Scalar::Text(text) => text.parse::<dirlift_model::Guid>().is_ok(),
        _ => false,
    })?;
    Ok(Value::boolean(answer))
}

pub(super) fn is_bit_set(call: &mut Call<'_>) -> Answer {
    let (Some(value), Some(flag)) = (call.number(0)?, call.number(1)?) else {
        call.assume(Assumption::NullBits);
        return Ok(Value::boolean(false));
    };
    call.used.insert_if(flag.count_ones() != 1, Assumption::BitsAll);
    Ok(Value::boolean(flag != 0 && value & flag == flag))
}

pub(super) fn bit_and(call: &mut Call<'_>) -> Answer {
    bits(call, |a, b| a & b)
}

pub(super) fn bit_or(call: &mut Call<'_>) -> Answer {
    bits(call, |a, b| a | b)
}

fn bits(call: &mut Call<'_>, join: fn(i64, i64) -> i64) -> Answer {
    if let (Some(a), Some(b)) = (call.number(0)?, call.number(1)?) {
        return Ok(Value::number(join(a, b)));
    }
    call.assume(Assumption::NullBits);
    Ok(Value::Null)
}

pub(super) fn random_num(call: &mut Call<'_>) -> Answer {
    let (start, end) = (call.required_number(0)?, call.required_number(1)?);
    call.assume(Assumption::Random);
    if start > end {
        return Err(call.invalid(format!("{start} is above {end}")));
    }
    let n_values = i128::from(end) - i128::from(start) + 1;
    let offset = i128::from(call.next_random()) % n_values;
    Ok(i64::try_from(i128::from(start) + offset).map_or(Value::Null, Value::number))
}

pub(super) fn error(call: &mut Call<'_>) -> Answer {
    let message = match call.list(0)? {
        [] => String::new(),
        [Scalar::Text(text), ..] => dirlift_model::text::shorten(text, 1_000),
        [other, ..] => return Err(call.wrong_type(0, other)),
    };
    Err(Fault::Raised { message: message.into() })
}
