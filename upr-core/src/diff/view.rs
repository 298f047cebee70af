//! What a catalog and a lock have in common: keys with their lives, and tombstones.

use std::collections::BTreeMap;

use semver::Version;

use crate::catalog::{Catalog, Permission};
use crate::key::Key;
use crate::lock::{Entry, Lock};

/// One side of a comparison.
#[derive(Clone, Copy, Debug)]
pub enum Side<'a> {
    /// A catalog.
    Catalog(&'a Catalog),
    /// A lock, which knows keys and their lives only.
    Lock(&'a Lock),
}

impl<'a> From<&'a Catalog> for Side<'a> {
    fn from(catalog: &'a Catalog) -> Self {
        Self::Catalog(catalog)
    }
}

impl<'a> From<&'a Lock> for Side<'a> {
    fn from(lock: &'a Lock) -> Self {
        Self::Lock(lock)
    }
}

/// One side, to be asked by key.
pub(super) struct View<'a> {
    pub(super) catalog: Option<&'a Catalog>,
    pub(super) keys: BTreeMap<&'a Key, Active<'a>>,
    pub(super) tombstones: BTreeMap<&'a Key, Tombstone<'a>>,
}

/// A key that is in use.
pub(super) struct Active<'a> {
    /// What a catalog says; a lock does not know.
    pub(super) permission: Option<&'a Permission>,
    pub(super) end: Option<End<'a>>,
    /// Whether it stands under a condition, so that a build may be without it.
    pub(super) is_conditional: bool,
}

/// The announced end of a key.
pub(super) struct End<'a> {
    /// A lock does not know it.
    pub(super) message: Option<&'a str>,
    pub(super) since: Option<&'a Version>,
    pub(super) remove_in: Option<&'a Version>,
    pub(super) replaced_by: Option<&'a Key>,
}

#[derive(Clone, Copy)]
pub(super) struct Tombstone<'a> {
    pub(super) retired: &'a Version,
    pub(super) replaced_by: Option<&'a Key>,
}

/// Where the replacements of a tombstone lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way<'a> {
    /// To a key that is in use, which answers for the retired one.
    To(&'a Key),
    /// To nothing: it has no replacement, or that one has none.
    Nowhere,
    /// To a key that nobody declares.
    Missing(&'a Key),
    /// Back to where they began.
    Circle,
}

impl<'a> View<'a> {
    pub(super) fn of(side: Side<'a>) -> Self {
        match side {
            Side::Catalog(catalog) => Self::of_catalog(catalog),
            Side::Lock(lock) => Self::of_lock(lock),
        }
    }

    fn of_catalog(catalog: &'a Catalog) -> Self {
        let active = |permission: &'a Permission| Active {
            permission: Some(permission),
            end: permission.deprecation.as_ref().map(|deprecation| End {
                message: Some(&deprecation.message),
                since: deprecation.since.as_ref(),
                remove_in: deprecation.remove_in.as_ref(),
                replaced_by: deprecation.replaced_by.as_ref(),
            }),
            is_conditional: false,
        };
        Self {
            catalog: Some(catalog),
            keys: catalog
                .permissions()
                .map(|permission| (&permission.key, active(permission)))
                .collect(),
            tombstones: catalog
                .retired()
                .iter()
                .map(|retired| {
                    let tombstone = Tombstone {
                        retired: &retired.retired,
                        replaced_by: retired.replaced_by.as_ref(),
                    };
                    (&retired.key, tombstone)
                })
                .collect(),
        }
    }

    fn of_lock(lock: &'a Lock) -> Self {
        let mut view = Self {
            catalog: None,
            keys: BTreeMap::new(),
            tombstones: BTreeMap::new(),
        };
        for entry in lock.entries() {
            view.add(entry);
        }
        view
    }

    fn add(&mut self, entry: &'a Entry) {
        let replaced_by = entry.replaced_by.as_ref();
        if let Some(retired) = &entry.retired {
            let tombstone = Tombstone {
                retired,
                replaced_by,
            };
            self.tombstones.insert(&entry.key, tombstone);
            return;
        }
        let end = entry.deprecated.as_ref().map(|since| End {
            message: None,
            since: Some(since),
            remove_in: entry.remove_in.as_ref(),
            replaced_by,
        });
        let active = Active {
            permission: None,
            end,
            is_conditional: entry.cfg.is_some(),
        };
        self.keys.insert(&entry.key, active);
    }

    pub(super) fn is_lock(&self) -> bool {
        self.catalog.is_none()
    }

    /// Where a tombstone of this side leads.
    pub(super) fn way(&self, tombstone: Tombstone<'a>) -> Way<'a> {
        let Some(mut target) = tombstone.replaced_by else {
            return Way::Nowhere;
        };
        // A chain without a circle passes each tombstone once.
        for _ in 0..=self.tombstones.len() {
            if self.keys.contains_key(target) {
                return Way::To(target);
            }
            match self.tombstones.get(target) {
                None => return Way::Missing(target),
                Some(next) => match next.replaced_by {
                    None => return Way::Nowhere,
                    Some(next) => target = next,
                },
            }
        }
        Way::Circle
    }
}
