//! The two questions of an audit: what may this subject do, and who may do this.

use upr_core::{Key, SubjectId, Timestamp};

use super::decision::Reason;
use super::grants::Grants;
use super::snapshot::Snapshot;
use super::subject_ref::SubjectRef;

impl Snapshot {
    /// Every permission whose check by `subject` in `scope` is allowed when the clock shows
    /// `clock`, in the order of keys. Retired keys are not among them, their replacements are.
    #[must_use]
    pub fn permissions_of_at<'a>(
        &self,
        subject: impl Into<SubjectRef<'a>>,
        scope: &str,
        clock: Timestamp,
    ) -> Vec<Key> {
        let Ok(grants) = self.grants_of(subject.into()) else {
            return Vec::new();
        };
        self.permissions
            .live()
            .filter(|(index, _)| self.weigh(grants, *index, scope, || clock) == Reason::Allowed)
            .map(|(_, key)| key.clone())
            .collect()
    }

    /// Every subject whose check of `key` in `scope` is allowed when the clock shows `clock`, in
    /// the order of their ids.
    #[must_use]
    pub fn subjects_with_at(&self, key: &str, scope: &str, clock: Timestamp) -> Vec<SubjectId> {
        let Ok(permission) = self.permissions.answering(key) else {
            return Vec::new();
        };
        let mut holders = Vec::new();
        self.subjects.for_each(|record| {
            let grants = Grants(record.payload());
            if record.is_marked()
                && self.weigh(grants, permission, scope, || clock) == Reason::Allowed
            {
                // Every name in the table came from an id.
                holders.extend(SubjectId::parse(&record.text()));
            }
        });
        holders.sort_unstable();
        holders
    }
}
