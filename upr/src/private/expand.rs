//! What every expansion has in common. The macros write what differs; rustc expands this faster than they could.
//!
//! Everything stands at item level, under names that nobody else writes: a `const _` around it would be one more body for
//! the compiler, and rustc would call the constants by its name.

/// A module: its statics, `impl Module` and registration. The constants come along, as they stand.
#[doc(hidden)]
#[macro_export]
macro_rules! __upr_module {
    (
        $module:ident, $decl:ident, $decls:ident,
        $id:literal, $key:literal, $label:expr, $description:expr, $allow:literal, $origin:literal, $cfg:expr,
        $count:literal, $records:literal, $facts:expr,
        { $($items:tt)* }
    ) => {
        static $decl: $crate::__private::ModuleDecl = $crate::__private::ModuleDecl {
            id: $id,
            key: $key,
            label: $label,
            description: $description,
            allow_case_variants: $allow,
            origin: $origin,
            path: ::core::module_path!(),
            cfg: $cfg,
            records: $records,
            facts: $facts,
            decls: &$decls,
        };
        static $decls: [$crate::__private::Decl; $count] =
            [const { $crate::__private::Decl::in_attribute(&$decl) }; $count];
        impl $crate::Module for $module {
            const __UPR_MODULE: &'static $crate::__private::ModuleDecl = {
                // A private struct that nobody makes would be dead code.
                let _ = $module;
                &$decl
            };
        }
        $crate::__private::inventory::submit! { $crate::__private::Registration::Module(&$decl) }
        $($items)*
    };
}

/// An action on a handler: its static and registration. The constant and its id come along, as they stand.
#[doc(hidden)]
#[macro_export]
macro_rules! __upr_handler {
    ($module:ty, $decl:ident, $record:literal, $facts:expr, { $($items:tt)* }) => {
        static $decl: $crate::__private::Decl = $crate::__private::Decl::on_handler(
            <$module as $crate::Module>::__UPR_MODULE,
            $record,
            $facts,
        );
        $crate::__private::inventory::submit! { $crate::__private::Registration::Action(&$decl) }
        $($items)*
    };
}

pub use {__upr_handler, __upr_module};
