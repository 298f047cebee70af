//! A crate root where no name means what it means elsewhere.
#![deny(warnings)]
// Unused, since nothing that is generated uses them: that is what this is about.
#![allow(dead_code, unused_imports, non_camel_case_types)]

mod shadow;

/// Mods that are named as crates; `::upr` is still the crate.
pub mod upr {}
pub mod std {}
pub mod core {}
pub mod alloc {}
pub mod inventory {}

pub mod types {
    use crate::shadow::*;

    #[::upr::module(crud, actions(export))]
    pub struct Users;

    #[::upr::action(Users, deprecated = "it is not used", since = "0.1.0", replaced_by = Users::EXPORT)]
    pub fn print() {}

    #[::upr::action(Users)]
    pub async fn reset(_name: ::std::string::String) -> ::core::option::Option<()> {
        ::core::option::Option::None
    }

    #[::upr::requires(any(Users::VIEW, all(Users::EXPORT, Users::CREATE)))]
    pub fn list() {}

    #[::upr::public]
    pub fn hello() {}

    #[::upr::module]
    pub mod compact {
        use crate::shadow::*;

        #[::upr::action]
        pub fn first() {}

        #[::upr::module(crud(view))]
        pub mod inner {
            use crate::shadow::*;
        }
    }

    pub type Proof = ::upr::granted!(all(Users::VIEW, Users::EXPORT));

    ::upr::role!(pub OWNER = "owner", label = "Owner", managed, all);
}

#[cfg(test)]
mod tests {
    #[test]
    fn they_are_registered() {
        assert_eq!(::upr::Registry::global().len(), 9);
    }
}
