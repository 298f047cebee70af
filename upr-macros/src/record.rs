//! What a declaration's record in the section holds: a literal, and what only the compiler can put behind it.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};
use syn::Path;
use syn::spanned::Spanned;
use upr_core::declare::{Action, Deprecation, Module, Role, RoleMember, Text};
use upr_core::section::{
    self, ActionFields, DeprecationFields, ModuleFields, OriginFields, ProgramFields, RoleFields,
    TextField,
};

use crate::constant::id_of;
use crate::place::{Place, line};

/// A record as tokens.
pub(crate) enum Record {
    /// All of it, or all but the id of a handler's action.
    Literal {
        /// How many bytes it has.
        length: Literal,
        /// A byte string.
        bytes: Literal,
    },
    /// What is joined when the constant is evaluated.
    Joined {
        /// How many bytes it has, as an expression.
        length: TokenStream,
        /// An array of bytes, as an expression.
        bytes: TokenStream,
    },
}

impl Record {
    /// Its length and its value, as the type and the expression of an array of bytes.
    pub(crate) fn into_array(self) -> (TokenStream, TokenStream) {
        match self {
            Self::Literal { length, bytes } => (length.into_token_stream(), quote!(*#bytes)),
            Self::Joined { length, bytes } => (length, bytes),
        }
    }

    fn new(literal: &section::Literal, own: usize, ids: &[TokenStream], late: &[&Text]) -> Self {
        let bytes = Literal::byte_string(&literal.bytes);
        let known = literal.bytes.len();
        if ids.len() <= own && late.is_empty() {
            return Self::Literal {
                length: Literal::usize_unsuffixed(known),
                bytes,
            };
        }
        let known = Literal::usize_unsuffixed(known + ids.len() * 8);
        Self::Joined {
            length: quote!(#known #(+ 4 + #late.len())*),
            bytes: quote!(::upr::__private::record(#bytes, &[#(#ids),*], &[#(#late),*])),
        }
    }

    /// The same, where `replaced_by` may name what is deprecated too.
    fn allowing_deprecated(self) -> Self {
        match self {
            Self::Literal { .. } => self,
            Self::Joined { length, bytes } => Self::Joined {
                length,
                bytes: quote! {{
                    #[allow(deprecated)]
                    let record = #bytes;
                    record
                }},
            },
        }
    }
}

/// A module with the actions of its attribute.
pub(crate) fn module(module: &Module, place: &Place<'_>, cfg: &[String]) -> Record {
    let label = module.label.as_known();
    let description = module.description.as_known();
    let known: Vec<Known<'_>> = module.actions.iter().map(Known::new).collect();
    let actions: Vec<ActionFields<'_>> = known.iter().map(|known| known.fields("", &[])).collect();
    let literal = section::module(&ModuleFields {
        key: module.key.as_str(),
        label: field(label.as_deref()),
        description: field(description.as_deref()),
        allow_case_variants: module.allow_case_variants,
        origin: place.fields(),
        cfg,
        actions: &actions,
    });
    let ids: Vec<TokenStream> = module.actions.iter().filter_map(replacement).collect();
    let own = [&module.label, &module.description];
    let actions = module.actions.iter();
    let late = actions.flat_map(|action| [&action.label, &action.description]);
    let late = unknown(own.into_iter().chain(late));
    Record::new(&literal, 0, &ids, &late).allowing_deprecated()
}

/// An action on a handler; `id` is the constant with its id.
pub(crate) fn action(action: &Action, id: &impl ToTokens, file: &str, cfg: &[String]) -> Record {
    let known = Known::new(action);
    let literal = section::action(&known.fields(file, cfg));
    let own = quote!(#id.id);
    let ids: Vec<TokenStream> = [own].into_iter().chain(replacement(action)).collect();
    let late = unknown([&action.label, &action.description]);
    Record::new(&literal, 1, &ids, &late).allowing_deprecated()
}

/// A role.
pub(crate) fn role(role: &Role, place: &Place<'_>) -> Record {
    let permissions = role.members.iter().filter_map(|member| match member {
        RoleMember::Permission(path) => Some(id(path)),
        RoleMember::Module(_) => None,
    });
    let modules = role.members.iter().filter_map(|member| match member {
        RoleMember::Module(path) => Some(quote!(<#path as ::upr::Module>::__UPR_ID)),
        RoleMember::Permission(_) => None,
    });
    let mut ids: Vec<TokenStream> = permissions.collect();
    let permissions = ids.len();
    ids.extend(modules);
    let label = role.label.as_known();
    let literal = section::role(&RoleFields {
        key: role.key.as_str(),
        label: field(label.as_deref()),
        mode: role.mode,
        all: role.all,
        origin: place.fields(),
        permissions,
        modules: ids.len() - permissions,
    });
    Record::new(&literal, 0, &ids, &unknown([&role.label]))
}

/// A program, with tombstones and what must be linked.
pub(crate) fn program(
    place: &Place<'_>,
    retired: &[[String; 3]],
    locked: &[[String; 3]],
) -> Record {
    let literal = section::program(&ProgramFields {
        origin: place.fields(),
        retired,
        locked,
    });
    Record::new(&literal, 0, &[], &[])
}

impl Place<'_> {
    fn fields(&self) -> OriginFields<'_> {
        OriginFields {
            package: &self.package.name,
            version: &self.version,
            krate: &self.package.krate,
            file: &self.file,
            line: self.line,
        }
    }
}

/// An action with those of its texts that stand in no file.
struct Known<'a> {
    action: &'a Action,
    label: Option<String>,
    description: Option<String>,
}

impl<'a> Known<'a> {
    fn new(action: &'a Action) -> Self {
        Self {
            action,
            label: action.label.as_known(),
            description: action.description.as_known(),
        }
    }

    fn fields<'b>(&'b self, file: &'b str, cfg: &'b [String]) -> ActionFields<'b> {
        let deprecation = self.action.deprecation.as_ref().map(|deprecation| {
            let Deprecation {
                message,
                since,
                remove_in,
                replaced_by,
            } = deprecation;
            DeprecationFields {
                message,
                since: since.as_ref(),
                remove_in: remove_in.as_ref(),
                is_replaced: replaced_by.is_some(),
            }
        });
        ActionFields {
            name: &self.action.name.text,
            label: field(self.label.as_deref()),
            description: field(self.description.as_deref()),
            kind: self.action.kind,
            critical: self.action.critical,
            deprecation,
            cfg,
            file,
            line: line(self.action.name.span),
        }
    }
}

fn field(text: Option<&str>) -> TextField<'_> {
    text.map_or(TextField::Late, TextField::Known)
}

/// The texts that stand in files, in their order.
fn unknown<'a>(texts: impl IntoIterator<Item = &'a Text>) -> Vec<&'a Text> {
    let is_late = |text: &&Text| text.files().next().is_some();
    texts.into_iter().filter(is_late).collect()
}

fn replacement(action: &Action) -> Option<TokenStream> {
    let path = action.deprecation.as_ref()?.replaced_by.as_ref()?;
    Some(id(path))
}

fn id(path: &Path) -> TokenStream {
    id_of(path, path.span())
}
