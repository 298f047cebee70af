//! A snapshot made row by row, without keeping the rows.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use upr_core::{Key, RoleKey, Scope, SubjectId, Timestamp};

use super::facts::{Effect, GrantFact, PermissionFact, RoleFact};
use super::grants::Grant;
use super::names::{self, Names};
use super::permissions::Permissions;
use super::roles::Roles;
use super::snapshot::Snapshot;
use super::subject_ref::Name;
use super::table::{NewRecord, Table};

/// Makes a [`Snapshot`] of rows as they come out of a store. [`Snapshot::builder`] begins one.
///
/// First come the subjects, then the grants, both in any order; sorted by subject is quickest.
///
/// ```
/// use upr::Timestamp;
/// use upr::access::{Effect, GrantRow, Snapshot};
/// # use upr::access::{PermissionFact, State};
/// # let permissions = vec![PermissionFact {
/// #     key: upr::Key::parse("tickets.close")?,
/// #     application: "desk".into(),
/// #     state: State::Active,
/// #     alias_of: None,
/// #     critical: false,
/// # }];
///
/// let mut builder = Snapshot::builder(permissions, vec![]);
/// builder.read_subject("42", true)?;
/// builder.read_grant(&GrantRow {
///     subject: "42",
///     role: "",
///     permission: "tickets.close",
///     scope: "acme",
///     effect: Effect::Allow,
///     expires_at: None,
/// })?;
/// let snapshot = builder.finish(7, Timestamp::now());
/// assert!(snapshot.check_key(42_u64, "tickets.close", "acme").is_allowed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SnapshotBuilder {
    names: Names,
    subjects: Subjects,
    grants: Vec<(u32, Grant)>,
}

/// A row of `upr_grant`, with `""` for what it does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrantRow<'a> {
    /// Who.
    pub subject: &'a str,
    /// What, if it is a role.
    pub role: &'a str,
    /// What, if it is a permission.
    pub permission: &'a str,
    /// Where; the empty scope is everywhere.
    pub scope: &'a str,
    /// Whether it gives or takes.
    pub effect: Effect,
    /// When it stops counting; `None` when it never ends.
    pub expires_at: Option<Timestamp>,
}

/// A row that names what cannot be a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError(String);

impl Snapshot {
    /// Begins a snapshot with the permissions and roles of a store.
    #[must_use]
    pub fn builder(permissions: Vec<PermissionFact>, roles: Vec<RoleFact>) -> SnapshotBuilder {
        let permissions = Permissions::new(permissions);
        SnapshotBuilder {
            names: Names {
                roles: Arc::new(Roles::new(roles, &permissions)),
                permissions: Arc::new(permissions),
                scopes: Table::default(),
            },
            subjects: Subjects::default(),
            grants: Vec::new(),
        }
    }
}

impl SnapshotBuilder {
    /// Adds a subject. One that is there already is active or not as said last.
    ///
    /// # Errors
    ///
    /// [`RowError`] when `id` is no id of a subject.
    pub fn read_subject(&mut self, id: &str, active: bool) -> Result<(), RowError> {
        self.subject(&SubjectId::parse(id)?, active);
        Ok(())
    }

    /// Adds a grant. One to a subject that is not there counts for nothing, as does one of a role or
    /// a permission that is not there.
    ///
    /// # Errors
    ///
    /// [`RowError`] when the row names something that cannot be a role, a permission or a scope.
    pub fn read_grant(&mut self, row: &GrantRow<'_>) -> Result<(), RowError> {
        // What has a number is well formed.
        let held = match (row.role, row.permission) {
            ("", key) => self.names.permission(&Key::parse(key)?),
            (key, _) => self.names.role(&RoleKey::parse(key)?),
        };
        let scope = self.names.scope(&Scope::parse(row.scope)?);
        let grant = names::grant(row.effect, scope, held, row.expires_at);
        self.push(row.subject, grant);
        Ok(())
    }

    pub(super) fn subject(&mut self, id: &SubjectId, active: bool) {
        self.subjects.add(Name::parse(id.as_str()), active);
    }

    pub(super) fn grant(&mut self, fact: &GrantFact) {
        let grant = self.names.grant(fact);
        self.push(fact.subject.as_str(), grant);
    }

    fn push(&mut self, subject: &str, grant: Option<Grant>) {
        let number = self.subjects.find(Name::parse(subject));
        self.grants.extend(number.zip(grant));
    }

    /// The snapshot of that revision; `newest_time` is the newest time that the store knows of.
    #[must_use]
    pub fn finish(self, revision: u64, newest_time: Timestamp) -> Snapshot {
        let Self {
            names,
            subjects,
            mut grants,
        } = self;
        grants.sort_unstable();
        Snapshot {
            revision,
            newest_time,
            compiled_names: names.len(),
            permissions: names.permissions,
            roles: names.roles,
            scopes: names.scopes,
            subjects: subjects.with_grants(&grants),
        }
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for RowError {}

impl From<upr_core::key::KeyError> for RowError {
    fn from(error: upr_core::key::KeyError) -> Self {
        Self(error.to_string())
    }
}

impl From<upr_core::subject::SubjectError> for RowError {
    fn from(error: upr_core::subject::SubjectError) -> Self {
        Self(error.to_string())
    }
}

/// Subjects by number, and a table of those numbers by open addressing.
#[derive(Debug, Default)]
struct Subjects {
    rows: Vec<Row>,
    /// The words of all names.
    names: Vec<u64>,
    /// A number and one, or 0. Two to some power of them, half of them taken at most.
    slots: Vec<u32>,
    /// Who was found last: rows are mostly sorted.
    last: u32,
}

#[derive(Debug)]
struct Row {
    hash: u64,
    tag: u64,
    name: std::ops::Range<usize>,
    active: bool,
}

impl Subjects {
    fn add(&mut self, name: Name<'_>, active: bool) {
        if let Some(number) = self.find(name) {
            if let Some(row) = self.rows.get_mut(number as usize) {
                row.active = active;
            }
            return;
        }
        let start = self.names.len();
        self.names.extend(name.words());
        self.rows.push(Row {
            hash: name.hash(),
            tag: name.tag(),
            name: start..self.names.len(),
            active,
        });
        if self.rows.len() * 2 > self.slots.len() {
            let slots = (self.rows.len() * 4).next_power_of_two();
            self.slots = vec![0; slots];
            for number in 0..self.rows.len() {
                self.link(number);
            }
        } else {
            self.link(self.rows.len() - 1);
        }
    }

    fn link(&mut self, number: usize) {
        let Some(row) = self.rows.get(number) else {
            return;
        };
        let mut place = self.first(row.hash);
        while self.slots.get(place).is_some_and(|slot| *slot != 0) {
            place = self.next(place);
        }
        if let Some(slot) = self.slots.get_mut(place) {
            *slot = u32::try_from(number + 1).unwrap_or(0);
        }
    }

    fn find(&mut self, name: Name<'_>) -> Option<u32> {
        if self.is(self.last, name) {
            return Some(self.last);
        }
        let mut place = self.first(name.hash());
        loop {
            let number = self.slots.get(place)?.checked_sub(1)?;
            if self.is(number, name) {
                self.last = number;
                return Some(number);
            }
            place = self.next(place);
        }
    }

    fn is(&self, number: u32, name: Name<'_>) -> bool {
        self.rows
            .get(number as usize)
            .is_some_and(|row| row.tag == name.tag() && name.is(self.name(row)))
    }

    fn name(&self, row: &Row) -> &[u64] {
        self.names.get(row.name.clone()).unwrap_or_default()
    }

    fn first(&self, hash: u64) -> usize {
        let low = usize::try_from(hash & u64::from(u32::MAX)).unwrap_or(0);
        low & self.slots.len().wrapping_sub(1)
    }

    fn next(&self, place: usize) -> usize {
        (place + 1) & self.slots.len().wrapping_sub(1)
    }

    /// The table of subjects, with grants that are sorted by the numbers of their subjects.
    fn with_grants(&self, grants: &[(u32, Grant)]) -> Table {
        let mut words = Vec::with_capacity(grants.len());
        let mut ranges = vec![0..0; self.rows.len()];
        for run in grants.chunk_by(|(left, _), (right, _)| left == right) {
            let start = words.len();
            for (_, grant) in run {
                grant.write(&mut words);
            }
            let number = run.first().map_or(0, |(number, _)| *number as usize);
            if let Some(range) = ranges.get_mut(number) {
                *range = start..words.len();
            }
        }
        let mut sorted: Vec<(u64, u32)> = self.rows.iter().map(|row| row.hash).zip(0..).collect();
        sorted.sort_unstable();
        Table::build(&sorted, |hash, number| {
            let number = number as usize;
            let row = self.rows.get(number);
            let payload = ranges
                .get(number)
                .and_then(|range| words.get(range.clone()));
            NewRecord {
                hash,
                tag: row.map_or(0, |row| row.tag),
                name: row.map_or(&[], |row| self.name(row)),
                mark: row.is_some_and(|row| row.active),
                payload: payload.unwrap_or_default(),
            }
        })
    }
}
