//! How declarations make themselves known: each links itself into a list before `main` runs.
//!
//! It is what the crate `inventory` does, and a fourth of its price for the compiler: the declaration is the list's node,
//! so that a registration is a function and a pointer to it, and no static, trait object and closure beside them.

use std::sync::{Mutex, OnceLock, PoisonError};

/// A declaration that stands in a list of its kind.
pub(crate) trait Node: Sized + 'static {
    /// The list of its kind.
    fn list() -> &'static List<Self>;

    /// What links it to the next.
    fn link(&self) -> &Link<Self>;
}

/// All declarations of a kind that are linked into the program, in no order.
pub(crate) struct List<T: 'static> {
    head: Mutex<Option<&'static T>>,
}

/// The declaration behind this one, once this one is in the list.
pub(crate) struct Link<T: 'static>(OnceLock<Option<&'static T>>);

impl<T> Link<T> {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }
}

impl<T: Node> List<T> {
    pub(crate) const fn new() -> Self {
        Self {
            head: Mutex::new(None),
        }
    }

    /// Adds a declaration. WebAssembly may run what runs before `main` more than once: the second time nothing happens.
    pub(crate) fn add(&self, node: &'static T) {
        let mut head = self.head.lock().unwrap_or_else(PoisonError::into_inner);
        if node.link().0.set(*head).is_ok() {
            *head = Some(node);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static T> + use<T> {
        let head = *self.head.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::successors(head, |node| node.link().0.get().copied().flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Number(u32, Link<Number>);

    static NUMBERS: List<Number> = List::new();

    impl Node for Number {
        fn list() -> &'static List<Self> {
            &NUMBERS
        }

        fn link(&self) -> &Link<Self> {
            &self.1
        }
    }

    #[test]
    fn what_is_added_twice_is_there_once() {
        static ONE: Number = Number(1, Link::new());
        static TWO: Number = Number(2, Link::new());
        let numbers = || Number::list().iter().map(|number| number.0);
        assert_eq!(numbers().count(), 0);
        for number in [&ONE, &ONE, &TWO, &ONE, &TWO] {
            NUMBERS.add(number);
        }
        assert_eq!(numbers().collect::<Vec<_>>(), [2, 1]);
    }
}
