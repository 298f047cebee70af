//! What stands inside of items: blocks that declare, and crates that are named.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Expr, ImplItem, Item, Macro, Path, Stmt, TraitItem};

use super::hidden::{is_include, is_quoting};
use super::scope::{Names, Scope, ScopeId};
use super::walk::{Candidate, Context, Direct, Walk};

/// Visits what stands in one item.
pub(super) struct Bodies<'w, 'a, 'c> {
    walk: &'w mut Walk<'a>,
    scope: ScopeId,
    context: &'c Context,
}

impl<'w, 'a, 'c> Bodies<'w, 'a, 'c> {
    pub(super) fn new(walk: &'w mut Walk<'a>, scope: ScopeId, context: &'c Context) -> Self {
        Self {
            walk,
            scope,
            context,
        }
    }

    pub(super) fn item(&mut self, item: &Item) {
        visit::visit_item(self, item);
    }

    /// Goes on under the conditions of `attrs`, unless they do not hold.
    fn under(&mut self, attrs: &[Attribute], go_on: impl FnOnce(&mut Bodies<'_, 'a, '_>)) {
        let Some((context, _)) = self.walk.within(attrs, self.context) else {
            return;
        };
        go_on(&mut Bodies::new(self.walk, self.scope, &context));
    }

    /// An associated function, which can declare nothing: what is wrong with it is said where its attribute is understood.
    fn associated(&mut self, attrs: &[Attribute], tokens: impl FnOnce() -> TokenStream) {
        let Some((context, attrs)) = self.walk.within(attrs, self.context) else {
            return;
        };
        self.walk
            .keep(self.scope, &context, &attrs, || Candidate::Item {
                attrs: attrs.clone(),
                item: tokens(),
                name: None,
                inner: None,
                is_direct: Direct::No,
            });
    }

    fn statements(&mut self, statements: &[Stmt]) {
        for statement in statements {
            match statement {
                // Stands in the block's scope already.
                Stmt::Item(_) => {}
                Stmt::Macro(statement) => {
                    let mac = statement.mac.clone();
                    self.under(&statement.attrs, |inside| {
                        inside.names(mac.tokens.clone());
                        inside.walk.mention(inside.scope, &Names::of(&mac.path));
                        inside.statement_macro(mac);
                    });
                }
                Stmt::Local(local) => {
                    self.under(&local.attrs, |inside| visit::visit_local(inside, local));
                }
                Stmt::Expr(expression, _) => self.visit_expr(expression),
            }
        }
    }

    fn statement_macro(&mut self, mac: Macro) {
        if is_include(&mac.path) {
            return self.walk.included(self.scope, self.context, mac.tokens);
        }
        self.walk.invocation(self.scope, self.context, mac);
    }

    /// The names of crates among tokens: `name::`.
    pub(super) fn names(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        let mut is_start = true;
        while let Some(token) = tokens.next() {
            let is_colon = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
            match token {
                TokenTree::Ident(ident) if is_start && is_colon(tokens.peek()) => {
                    let names = Names {
                        leading: false,
                        names: vec![crate::declare::unraw(&ident)],
                    };
                    self.walk.mention(self.scope, &names);
                    is_start = false;
                }
                TokenTree::Group(group) => {
                    self.names(group.stream());
                    is_start = true;
                }
                TokenTree::Punct(punct) => is_start = punct.as_char() != ':' || is_start,
                _ => is_start = true,
            }
        }
    }
}

impl<'ast> Visit<'ast> for Bodies<'_, '_, '_> {
    /// What an attribute names is linked, and stands in no path: `#[upr::requires(kit::Users::VIEW)]`.
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        self.names(quote::ToTokens::to_token_stream(&attribute.meta));
    }

    fn visit_block(&mut self, block: &'ast Block) {
        let items: Vec<Item> = block
            .stmts
            .iter()
            .filter_map(|statement| match statement {
                Stmt::Item(item) => Some(item.clone()),
                _ => None,
            })
            .collect();
        if items.is_empty() {
            self.statements(&block.stmts);
            return;
        }
        let krate = self.walk.id;
        let scope = self
            .walk
            .walked
            .scopes
            .add(Scope::new(krate, Some(self.scope), true));
        let context = Context {
            folder: self.context.folder.block(),
            ..self.context.clone()
        };
        self.walk.items(scope, &context, items);
        Bodies::new(self.walk, scope, &context).statements(&block.stmts);
    }

    fn visit_path(&mut self, path: &'ast Path) {
        if path.leading_colon.is_some() || path.segments.len() > 1 {
            self.walk.mention(self.scope, &Names::of(path));
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        self.walk.mention(self.scope, &Names::of(&mac.path));
        self.names(mac.tokens.clone());
        if is_include(&mac.path) {
            self.walk
                .included(self.scope, self.context, mac.tokens.clone());
        } else if !is_quoting(&mac.path) {
            self.walk
                .hidden(self.scope, self.context, mac.tokens.clone());
        }
    }

    fn visit_expr(&mut self, expression: &'ast Expr) {
        let attrs = match expression {
            Expr::Block(expression) => &expression.attrs,
            Expr::Unsafe(expression) => &expression.attrs,
            Expr::If(expression) => &expression.attrs,
            Expr::Match(expression) => &expression.attrs,
            Expr::Call(expression) => &expression.attrs,
            Expr::MethodCall(expression) => &expression.attrs,
            Expr::Macro(expression) => &expression.attrs,
            Expr::Verbatim(tokens) => {
                self.walk.hidden(self.scope, self.context, tokens.clone());
                return;
            }
            _ => return visit::visit_expr(self, expression),
        };
        if attrs.is_empty() {
            visit::visit_expr(self, expression);
        } else {
            self.under(attrs, |inside| visit::visit_expr(inside, expression));
        }
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        self.under(&arm.attrs, |inside| visit::visit_arm(inside, arm));
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attrs = match item {
            ImplItem::Const(item) => &item.attrs,
            ImplItem::Fn(item) => &item.attrs,
            ImplItem::Type(item) => &item.attrs,
            ImplItem::Macro(item) => &item.attrs,
            other => {
                let tokens = quote::ToTokens::to_token_stream(other);
                return self.walk.hidden(self.scope, self.context, tokens);
            }
        };
        if let ImplItem::Fn(function) = item {
            self.associated(attrs, || {
                let mut function = function.clone();
                function.attrs.clear();
                quote::ToTokens::into_token_stream(function)
            });
        }
        self.under(attrs, |inside| visit::visit_impl_item(inside, item));
    }

    fn visit_trait_item(&mut self, item: &'ast TraitItem) {
        let attrs = match item {
            TraitItem::Const(item) => &item.attrs,
            TraitItem::Fn(item) => &item.attrs,
            TraitItem::Type(item) => &item.attrs,
            TraitItem::Macro(item) => &item.attrs,
            other => {
                let tokens = quote::ToTokens::to_token_stream(other);
                return self.walk.hidden(self.scope, self.context, tokens);
            }
        };
        if let TraitItem::Fn(function) = item {
            self.associated(attrs, || {
                let mut function = function.clone();
                function.attrs.clear();
                quote::ToTokens::into_token_stream(function)
            });
        }
        self.under(attrs, |inside| visit::visit_trait_item(inside, item));
    }
}
