//! The two questions of an audit: what may this subject do, and who may do this.

use upr_core::{Key, SubjectId, Timestamp};

use super::snapshot::Snapshot;

impl Snapshot {
    /// Every permission whose check by `subject` in `scope` is allowed when the clock shows
    /// `clock`, in the order of keys. Retired keys are not among them, their replacements are.
    #[must_use]
    pub fn permissions_of_at(&self, subject: &str, scope: &str, clock: Timestamp) -> Vec<Key> {
        self.permissions
            .live()
            .filter(|(index, _)| {
                self.decide(subject, Ok(*index), scope, || clock)
                    .is_allowed()
            })
            .map(|(_, key)| key.clone())
            .collect()
    }

    /// Every subject whose check of `key` in `scope` is allowed when the clock shows `clock`, in
    /// the order of their ids.
    #[must_use]
    pub fn subjects_with_at(&self, key: &str, scope: &str, clock: Timestamp) -> Vec<SubjectId> {
        let permission = self.permissions.answering(key);
        let mut holders: Vec<SubjectId> = self
            .subjects
            .keys()
            .filter(|id| {
                self.decide(id.as_str(), permission, scope, || clock)
                    .is_allowed()
            })
            .cloned()
            .collect();
        holders.sort_unstable();
        holders
    }
}
