//! Functions and modules of every shape that may carry an attribute.
#![deny(warnings, clippy::pedantic)]

use std::fmt::Debug;
use std::future::ready;

pub mod conditions;
pub mod raw;

/// Shapes.
#[upr::module(
    "shapes.of-all.Kinds",
    label = "Shapes",
    description = concat!("All ", "of them"),
    allow_case_variants,
    crud(view(label = "See"), create),
    actions(draw, "Draw"(const = DRAW_BIG), "a-b", "HTTPServer"(description = "Serve"), list(critical))
)]
pub struct Shapes;

#[upr::action(Shapes, "renamed_action")]
pub fn function_of_another_name() {}

/// Unsafe.
///
/// # Safety
///
/// None is needed.
#[upr::action(Shapes)]
#[must_use]
pub unsafe fn dangerous(pointer: *const u8) -> *const u8 {
    pointer
}

#[upr::action(Shapes, unguarded)]
#[must_use]
pub const fn constant() -> u8 {
    1
}

#[upr::action(Shapes, unguarded)]
pub extern "C" fn foreign(_: i32) {}

#[upr::action(Shapes)]
pub async fn borrowed<'a, 'b: 'a>(first: &'a str, _second: &'b str) -> &'a str {
    ready(first).await
}

#[upr::action(Shapes)]
pub fn generic<T, const N: usize>(mut things: [T; N], (_a, _b): (u8, u8)) -> [T; N]
where
    T: Debug + Clone + for<'x> PartialEq<&'x str>,
{
    things.reverse();
    things
}

#[upr::action(Shapes)]
pub fn opaque(things: impl Iterator<Item = u8>) -> impl Iterator<Item = u8> {
    things.map(|thing| thing + 1)
}

#[upr::action(Shapes)]
#[inline]
#[track_caller]
#[doc(hidden)]
pub fn attributed(#[allow(unused)] thing: u8) {}

#[upr::action(Shapes)]
fn private() {}

#[upr::action(Shapes)]
pub(crate) fn visible_here() {}

#[upr::requires(all(Shapes::VIEW, any(Shapes::CREATE, Shapes::DRAW_BIG), Shapes::A_B))]
pub fn nested() {}

/// A service function that cannot be called unchecked.
#[must_use]
pub fn service(granted: &upr::granted!(Shapes::VIEW)) -> &str {
    granted.subject()
}

pub struct Holder;

impl Holder {
    #[upr::requires(Shapes::VIEW)]
    pub fn without_self() {}

    #[upr::public]
    pub fn open() {}
}

/// Handlers are functions; a router names them.
pub fn routes() {
    let _ = (private, visible_here, attributed, foreign);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Vec<&'static str> {
        upr::Registry::global()
            .iter()
            .map(upr::Permission::key)
            .collect()
    }

    #[test]
    fn every_shape_is_registered() {
        let ours: Vec<&str> = keys()
            .into_iter()
            .filter_map(|key| key.strip_prefix("shapes.of-all.Kinds."))
            .collect();
        let expected = [
            "Draw",
            "HTTPServer",
            "a-b",
            "attributed",
            "borrowed",
            "constant",
            "create",
            "dangerous",
            "draw",
            "foreign",
            "generic",
            "list",
            "opaque",
            "private",
            "renamed_action",
            "view",
            "visible_here",
        ];
        assert_eq!(ours, expected);
    }

    #[test]
    fn arguments_reach_the_registry() {
        let registry = upr::Registry::global();
        assert_eq!(Shapes::VIEW.label(), "See");
        assert_eq!(Shapes::HTTP_SERVER.description(), "Serve");
        assert!(Shapes::LIST.is_critical());
        assert_eq!(Shapes::DRAW_BIG.key(), "shapes.of-all.Kinds.Draw");
        assert_eq!(registry.find("shapes.of-all.Kinds.a-b"), Some(Shapes::A_B));
        let catalog = registry.catalog();
        let module = catalog.find_module("shapes.of-all.Kinds").unwrap();
        assert_eq!(
            (module.label.as_str(), module.description.as_str()),
            ("Shapes", "All of them")
        );
    }

    #[test]
    fn unguarded_functions_are_called_as_they_stand() {
        assert_eq!(constant(), 1);
        foreign(1);
    }

    #[test]
    fn what_is_compiled_out_is_not_registered() {
        let conditional: Vec<&str> = keys()
            .into_iter()
            .filter(|key| key.starts_with("conditions") || key.starts_with("extra"))
            .collect();
        if cfg!(feature = "extra") {
            assert_eq!(
                conditional,
                [
                    "conditions.always",
                    "conditions.maybe",
                    "conditions.sometimes",
                    "extra.look"
                ]
            );
        } else {
            assert_eq!(conditional, ["conditions.always"]);
        }
    }
}
