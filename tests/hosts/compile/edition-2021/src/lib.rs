//! A library of edition 2021, in which `gen` is no keyword.
#![deny(
    warnings,
    missing_docs,
    rust_2018_idioms,
    rust_2021_compatibility,
    keyword_idents_2024
)]

/// Random numbers.
#[upr::module(crud, actions(r#gen))]
pub struct Numbers;

/// Try a number.
#[upr::action(Numbers)]
pub async fn r#try(numbers: &[u8]) -> Option<&u8> {
    numbers.first()
}

/// The compact form.
#[upr::module]
pub mod dice {
    /// Throw it.
    #[upr::action]
    pub fn throw() {}
}

#[cfg(test)]
mod tests {
    #[test]
    fn keys_lose_the_marks_of_raw_identifiers() {
        let keys: Vec<&str> = upr::Registry::global()
            .iter()
            .map(upr::Permission::key)
            .collect();
        let expected = [
            "dice.throw",
            "numbers.create",
            "numbers.delete",
            "numbers.gen",
            "numbers.try",
            "numbers.update",
            "numbers.view",
        ];
        assert_eq!(keys, expected);
    }
}
