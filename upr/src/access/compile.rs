//! From facts to a snapshot.

use super::facts::Facts;
use super::snapshot::Snapshot;

impl Snapshot {
    /// Turns the facts of one revision into a snapshot.
    ///
    /// Facts that name what is not listed grant nothing: a grant of an unknown role, a role's
    /// member that is unknown, a grant to an unknown subject. A grant or a membership that names a
    /// retired key counts for nothing either: the sync that retired the key has moved it.
    #[must_use]
    pub fn compile(facts: Facts) -> Self {
        let mut builder = Self::builder(facts.permissions, facts.roles);
        for fact in &facts.subjects {
            builder.subject(&fact.id, fact.active);
        }
        for fact in &facts.grants {
            builder.grant(fact);
        }
        builder.finish(facts.revision, facts.newest_time)
    }
}
