//! Is tested with a kit that needs it: it is linked twice.

/// Wheels.
#[upr::module(crud(view))]
pub struct Wheels;

/// Turn a wheel.
#[upr::action(Wheels)]
pub fn turn() {}

#[cfg(test)]
mod tests {
    #[test]
    fn two_copies_of_one_declaration_are_one() {
        assert_eq!(host_cycle_kit::key(), super::Wheels::VIEW.key());
        assert_eq!(upr::Registry::try_global().unwrap().len(), 2);
    }
}
