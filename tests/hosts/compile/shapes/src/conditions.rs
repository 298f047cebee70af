//! What is there under a condition only.

/// Conditions.
#[upr::module(actions(always))]
pub struct Conditions;

#[cfg(feature = "extra")]
#[upr::action(Conditions)]
pub fn sometimes() {}

#[upr::action(Conditions)]
#[cfg(feature = "extra")]
pub fn maybe() {}

#[upr::action(Conditions)]
#[cfg(any())]
pub fn never() {
    nothing_of_this_is_defined::anywhere()
}

#[cfg_attr(feature = "extra", upr::module(actions(look)))]
pub struct Extra;

#[cfg(any())]
#[upr::module(actions(look))]
pub struct Nowhere;
