//! Names that are keywords.

#[upr::module(crud(view))]
pub mod r#type {
    #[upr::action]
    pub fn r#move() {}

    #[upr::action]
    pub async fn r#gen(r#in: u8) -> u8 {
        std::future::ready(r#in).await
    }
}

/// Kept under a keyword.
#[upr::module("match", actions(r#use, "override"))]
pub struct Match;

#[upr::action(Match)]
pub fn r#loop() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_lose_the_marks() {
        let keys = [
            r#type::VIEW.key(),
            r#type::MOVE.key(),
            r#type::GEN.key(),
            Match::USE.key(),
            Match::OVERRIDE.key(),
            Match::LOOP.key(),
        ];
        let expected = [
            "type.view",
            "type.move",
            "type.gen",
            "match.use",
            "match.override",
            "match.loop",
        ];
        assert_eq!(keys, expected);
    }
}
