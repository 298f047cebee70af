//! From one snapshot to the next.

use std::collections::HashSet;

use super::change::{Change, GapError};
use super::snapshot::Snapshot;

impl Snapshot {
    /// The snapshot that follows on this one.
    ///
    /// It equals [`compile`](Self::compile) of all facts at the later revision.
    ///
    /// # Errors
    ///
    /// [`GapError`] when the change is not one of this revision.
    pub fn apply(&self, change: Change) -> Result<Self, GapError> {
        if change.after != self.revision {
            return Err(GapError {
                snapshot: Some(self.revision),
                after: change.after,
            });
        }
        let mut facts = self.facts.clone();
        let subjects: HashSet<_> = change.subjects.iter().collect();
        facts.subjects.retain(|fact| !subjects.contains(&fact.id));
        facts
            .grants
            .retain(|fact| !subjects.contains(&fact.subject));
        let roles: HashSet<_> = change.roles.iter().collect();
        facts.roles.retain(|fact| !roles.contains(&fact.key));
        let permissions: HashSet<_> = change.permissions.iter().collect();
        facts
            .permissions
            .retain(|fact| !permissions.contains(&fact.key));
        facts.subjects.extend(change.now.subjects);
        facts.grants.extend(change.now.grants);
        facts.roles.extend(change.now.roles);
        facts.permissions.extend(change.now.permissions);
        facts.revision = change.now.revision;
        facts.newest_time = change.now.newest_time;
        Ok(Self::compile(facts))
    }
}
