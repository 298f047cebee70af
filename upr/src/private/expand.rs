//! What every expansion has in common. The macros write what differs; rustc expands this faster than they could.
//!
//! A declaration is three things: its record in the section, a static that refers to the record, and the registration of
//! the static. They stand inside of what they belong to, where no names of theirs can clash.

/// A module: its statics, `impl Module` and registration. The constants come along, as they stand.
#[doc(hidden)]
#[macro_export]
macro_rules! __upr_module {
    (
        $module:ident, $decl:ident, $id:literal, $key:literal, [$length:expr, $record:expr],
        [$($decls:ident, $count:literal)?], $listed:expr,
        { $($items:tt)* }
    ) => {
        static $decl: $crate::__private::ModuleDecl = {
            #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__upr"))]
            #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".upr"))]
            static RECORD: [::core::primitive::u8; $length] = $record;
            $crate::__private::inventory::submit! { $crate::__private::Registration::Module(&$decl) }
            // A struct that nobody makes would be dead code; what an impl for it says does not count.
            let _ = $module;
            $crate::__private::ModuleDecl::new($id, $key, &RECORD, ::core::module_path!(), $listed)
        };
        $(
            static $decls: [$crate::__private::Decl; $count] =
                [const { $crate::__private::Decl::in_attribute(&$decl) }; $count];
        )?
        impl $crate::Module for $module {
            const __UPR_ID: ::core::primitive::u64 = $id;
            const __UPR_MODULE: &'static $crate::__private::ModuleDecl = &$decl;
        }
        $($items)*
    };
}

/// An action on a handler: its record, which its id is read from, and its constant, in which all else stands. What comes
/// last stands beside the constant.
#[doc(hidden)]
#[macro_export]
#[cfg(target_endian = "little")]
macro_rules! __upr_handler {
    (
        $module:ty, $record:ident, $name:literal, $constant:ident, $length:literal, $literal:literal,
        { $($attributes:tt)* }
        { $($also:tt)* }
    ) => {
        #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__upr"))]
        #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".upr"))]
        static $record: $crate::__private::HandlerRecord<$length> = $crate::__private::HandlerRecord {
            literal: *$literal,
            id: $crate::__private::action_id(<$module as $crate::Module>::__UPR_ID, $name),
        };
        impl $module {
            $($attributes)*
            pub const $constant: $crate::Permission = {
                static DECL: $crate::__private::Decl = $crate::__private::Decl::on_handler(
                    <$module as $crate::Module>::__UPR_MODULE,
                    &$record.literal,
                );
                $crate::__private::inventory::submit! { $crate::__private::Registration::Action(&DECL) }
                $crate::__private::permission($record.id, &DECL)
            };
            $($also)*
        }
    };
}

/// Ids are little endian, also where numbers are not.
#[doc(hidden)]
#[macro_export]
#[cfg(target_endian = "big")]
macro_rules! __upr_handler {
    (
        $module:ty, $id:ident, $name:literal, $constant:ident, $length:literal, $literal:literal,
        $attributes:tt $also:tt
    ) => {
        $crate::__private::handler_joined! {
            $module, $id, $name, $constant,
            [$length + 8, $crate::__private::record($literal, &[$id.id], &[])],
            $attributes $also
        }
    };
}

/// The same where its record refers to other declarations or holds what a file brought, and is joined from parts.
#[doc(hidden)]
#[macro_export]
macro_rules! __upr_handler_joined {
    (
        $module:ty, $id:ident, $name:literal, $constant:ident, [$length:expr, $record:expr],
        { $($attributes:tt)* }
        { $($also:tt)* }
    ) => {
        const $id: $crate::__private::Id =
            $crate::__private::Id { id: $crate::__private::action_id(<$module as $crate::Module>::__UPR_ID, $name) };
        impl $module {
            $($attributes)*
            pub const $constant: $crate::Permission = {
                #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__upr"))]
                #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".upr"))]
                static RECORD: [::core::primitive::u8; $length] = $record;
                static DECL: $crate::__private::Decl = $crate::__private::Decl::on_handler(
                    <$module as $crate::Module>::__UPR_MODULE,
                    &RECORD,
                );
                $crate::__private::inventory::submit! { $crate::__private::Registration::Action(&DECL) }
                $crate::__private::permission($id.id, &DECL)
            };
            $($also)*
        }
    };
}

/// A role or a program: a declaration of the type `$decl`, which is registered as a `$kind`.
#[doc(hidden)]
#[macro_export]
macro_rules! __upr_declare {
    ($kind:ident: $decl:ident, [$length:expr, $record:expr], $with:expr) => {
        #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__upr"))]
        #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".upr"))]
        static RECORD: [::core::primitive::u8; $length] = $record;
        static DECL: $crate::__private::$decl = $crate::__private::$decl::new(&RECORD, $with);
        $crate::__private::inventory::submit! { $crate::__private::Registration::$kind(&DECL) }
    };
}

pub use {__upr_declare, __upr_handler, __upr_handler_joined, __upr_module};
