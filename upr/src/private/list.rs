//! How declarations make themselves known: each adds itself to a list before `main` runs.
//!
//! It is what the crate `inventory` does, and a fourth of its price for the compiler: a registration is a function and a
//! pointer to it, without a static, a trait object and a block beside them.

use std::sync::{Mutex, PoisonError};

/// All declarations of a kind that are linked into the program, in no order.
#[derive(Debug)]
pub(crate) struct List<T: 'static> {
    declarations: Mutex<Vec<&'static T>>,
}

impl<T> List<T> {
    pub(crate) const fn new() -> Self {
        Self {
            declarations: Mutex::new(Vec::new()),
        }
    }

    /// Adds a declaration. WebAssembly may run what runs before `main` more than once: the registry takes what is there
    /// twice for one.
    pub(crate) fn add(&self, declaration: &'static T) {
        let declarations = self.declarations.lock();
        let mut declarations = declarations.unwrap_or_else(PoisonError::into_inner);
        declarations.push(declaration);
    }

    pub(crate) fn to_vec(&self) -> Vec<&'static T> {
        let declarations = self.declarations.lock();
        declarations.unwrap_or_else(PoisonError::into_inner).clone()
    }
}
