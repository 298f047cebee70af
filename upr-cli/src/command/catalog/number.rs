//! `upr catalog --id`: which permission a number stands for.

use serde_json::json;
use upr_core::{Catalog, Key};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Types carry permissions as numbers, and so do the compiler's messages about them.
pub(super) fn name(text: &str, catalog: &Catalog, context: &Context) -> Result<Exit, Failure> {
    let Some(number) = parse(text) else {
        let message = format!("`{}` is no permission's number", text.escape_debug());
        return Err(Failure::usage("usage", message)
            .remedy("copy it from between the angle brackets of `P<…>`"));
    };
    if let Some(found) = catalog.permissions().find(|found| found.key.id() == number) {
        let document = json!({"id": number, "key": found.key, "label": found.label});
        return answer(&found.key, &document, context);
    }
    if let Some(found) = catalog
        .retired()
        .iter()
        .find(|found| found.key.id() == number)
    {
        let retired = found.retired.to_string();
        let document = json!({"id": number, "key": found.key, "retired": retired});
        context
            .out
            .note(&format!("`{}` was retired in {retired}.", found.key));
        return answer(&found.key, &document, context);
    }
    let name = &catalog.application().name;
    let message = format!("no permission of {name} has the number {number}");
    Err(Failure::no("unknown-id", message)
        .remedy("a catalog that was written before the permission was declared does not know it"))
}

fn answer(key: &Key, document: &serde_json::Value, context: &Context) -> Result<Exit, Failure> {
    context.out.json(document)?;
    context.out.text(&format!("{key}\n"))?;
    Ok(Exit::Yes)
}

/// A number as compilers and people write it: `P<1234>`, `1_234u64`, `0x4d2`.
fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    let inner = text
        .strip_prefix("P<")
        .and_then(|text| text.strip_suffix('>'));
    let text = inner.unwrap_or(text).to_ascii_lowercase();
    let text = text.strip_suffix("u64").unwrap_or(&text);
    // `parse` would take a sign.
    let digits = |text: &str| {
        let digits = text.replace(['_', ','], "");
        digits
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit())
            .then_some(digits)
    };
    match text.strip_prefix("0x") {
        Some(hexadecimal) => u64::from_str_radix(&digits(hexadecimal)?, 16).ok(),
        None => digits(text)?.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn numbers_as_compilers_and_people_write_them() {
        for text in [
            "1234",
            "1_234",
            "1,234",
            "1234u64",
            "1234_u64",
            "P<1234>",
            " P<1_234_u64> ",
            "0x4d2",
            "0X04_D2",
            "0x4d2_u64",
        ] {
            assert_eq!(parse(text), Some(1234), "{text}");
        }
        assert_eq!(parse("18446744073709551615"), Some(u64::MAX));
        for text in [
            "",
            "x",
            "-1",
            "+1",
            "0x",
            "0x+1",
            "12f",
            "18446744073709551616",
            "P<>",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
