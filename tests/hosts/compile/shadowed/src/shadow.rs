//! Every name of the prelude, as something else. Globs shadow the prelude.

macro_rules! shadow {
    ($($name:ident)*) => { $(pub struct $name;)* };
}

shadow! {
    Result Option Some None Ok Err Vec String Box ToString ToOwned
    Send Sync Sized Copy Clone Drop Fn FnMut FnOnce
    Default From Into TryFrom TryInto AsRef AsMut Iterator IntoIterator Extend
    DoubleEndedIterator ExactSizeIterator FromIterator Future IntoFuture
    PartialEq Eq PartialOrd Ord Hash Debug Display
    Permission Module Registry Granted Public Role P Any All Decl
    bool char str u8 u16 u32 u64 usize i64
}

pub mod upr {}
pub mod std {}
pub mod core {}
pub mod alloc {}
pub mod inventory {}

macro_rules! refused {
    ($($name:ident)*) => { $(
        #[allow(unused_macros)]
        macro_rules! $name { ($dollar:tt) => { ::core::compile_error!("the caller's macro was used") }; }
        #[allow(unused_imports)]
        pub(crate) use $name;
    )* };
}

refused! {
    panic assert assert_eq debug_assert unreachable todo vec format write println
    matches include_bytes include_str
}
