//! The type of a plain scalar: YAML 1.2's core schema with the extras of ruamel's "safe" loader.

use serde_json::{Number, Value};

/// Returns the value of an unquoted scalar.
pub(super) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, text.get(1..)?),
        b'+' => (1, text.get(1..)?),
        b'0'..=b'9' | b'.' => (1, text),
        _ => return None,
    };
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let whole = |digits: &str, radix| {
        let clean = digits.replace('_', "");
        let signed = format!("{}{clean}", if sign < 0 { "-" } else { "" });
        let small = i64::from_str_radix(&signed, radix).map(Number::from);
        small
            .or_else(|_| u64::from_str_radix(&signed, radix).map(Number::from))
            .ok()
    };
    if let Some(hex) = digits.strip_prefix("0x") {
        return whole(hex, 16);
    }
    if let Some(octal) = digits.strip_prefix("0o") {
        return whole(octal, 8);
    }
    if digits.bytes().all(|b| b.is_ascii_digit() || b == b'_') {
        return whole(digits, 10);
    }
    let clean = digits.replace('_', "");
    let float = clean
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'))
        && clean.bytes().any(|b| b.is_ascii_digit());
    // `3.1.4` and `1-2` fail to parse and stay text.
    let value: f64 = if float {
        clean.parse().ok()?
    } else {
        return None;
    };
    Number::from_f64(f64::from(sign) * value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn plain_scalars_have_the_types_that_rasa_gives_them() {
        for (text, value) in [
            ("yes", json!("yes")),
            ("off", json!("off")),
            ("True", json!(true)),
            ("~", json!(null)),
            ("010", json!(10)),
            ("0o10", json!(8)),
            ("1_000", json!(1000)),
            ("0x1f", json!(31)),
            ("1e3", json!(1000.0)),
            ("-2.5", json!(-2.5)),
            ("12:30", json!("12:30")),
            ("3.1.4", json!("3.1.4")),
            ("+", json!("+")),
            (".", json!(".")),
            ("é", json!("é")),
        ] {
            assert_eq!(plain(text), value, "{text}");
        }
    }
}
