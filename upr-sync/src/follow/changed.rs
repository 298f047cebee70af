//! Reading what has changed, and no more.

use std::collections::BTreeSet;

use upr::access::{Change, Facts};
use upr_core::{Key, RoleKey, SubjectId};

use super::Position;
use crate::change::ItemKind;
use crate::engine::{Begin, EngineError, Session, Value};
use crate::error::StoreError;
use crate::facts;
use crate::store::Store;

/// More facts than these are not followed one by one: everything is read.
const MOST_FACTS: i64 = 10_000;

/// What is known of the time since a position.
pub(super) enum Since {
    /// Nothing has changed.
    Nothing,
    /// This has, and leads there.
    Change(Box<Change>, Position),
    /// It cannot be told; the store is here now.
    Unknown(Position),
}

/// What change sets touched.
#[derive(Default)]
struct Touched {
    subjects: BTreeSet<SubjectId>,
    roles: BTreeSet<RoleKey>,
    permissions: BTreeSet<Key>,
}

impl Store {
    /// What has changed since `position`, in one state of the store.
    pub(super) fn since(&self, position: &Position) -> Result<Since, StoreError> {
        self.read(Begin::Read, |session| {
            let meta = self.meta(session)?;
            let fail = |error: EngineError| self.failure(&error);
            let present = Position::of(&meta).map_err(fail)?;
            if present == *position {
                return Ok(Since::Nothing);
            }
            let is_same = present.store == position.store && present.epoch == position.epoch;
            if !is_same || present.revision < position.revision {
                return Ok(Since::Unknown(present));
            }
            let Some(touched) = touched(session, position, &present).map_err(fail)? else {
                return Ok(Since::Unknown(present));
            };
            let newest_time = meta.newest_time().map_err(fail)?;
            let mut now = read(session, &touched).map_err(fail)?;
            (now.revision, now.newest_time) = (present.revision, newest_time);
            let change = Change {
                after: position.revision,
                subjects: touched.subjects.into_iter().collect(),
                roles: touched.roles.into_iter().collect(),
                permissions: touched.permissions.into_iter().collect(),
                now,
            };
            Ok(Since::Change(Box::new(change), present))
        })
    }
}

/// What every change set since `from` touched; `None` when one is missing, there are too many facts,
/// or one did what is not understood.
fn touched(
    session: &mut dyn Session,
    from: &Position,
    to: &Position,
) -> Result<Option<Touched>, EngineError> {
    let number = |revision: u64| i64::try_from(revision).unwrap_or(i64::MAX);
    let range = [number(from.revision), number(to.revision)].map(Value::Int);
    let (mut sets, mut facts, mut is_known) = (0, 0_i64, true);
    let sql = "SELECT action, items FROM upr_change WHERE number > ?1 AND number <= ?2";
    session.query(sql, &range, &mut |row| {
        sets += 1;
        facts = facts.saturating_add(row.int(1)?);
        is_known &= is_followed(row.text(0)?);
        Ok(())
    })?;
    if !is_known || sets != to.revision - from.revision || facts > MOST_FACTS {
        return Ok(None);
    }
    let mut touched = Touched::default();
    let mut found = 0;
    let sql = "SELECT kind, subject, role, permission FROM upr_change_item \
               WHERE number > ?1 AND number <= ?2";
    session.query(sql, &range, &mut |row| {
        found += 1;
        match ItemKind::from_column(row.text(0)?) {
            Ok(ItemKind::Permission) => {
                touched.permissions.insert(facts::key(row.text(3)?)?);
            }
            Ok(ItemKind::Role | ItemKind::Member) => {
                touched.roles.insert(facts::role_key(row.text(2)?)?);
            }
            Ok(ItemKind::Subject | ItemKind::Grant) => {
                touched.subjects.insert(facts::subject_id(row.text(1)?)?);
            }
            Err(_) => is_known = false,
        }
        Ok(())
    })?;
    // Permissions that a sync makes or updates are no facts of their own.
    let sql = "SELECT key FROM upr_permission WHERE changed > ?1";
    session.query(sql, &range[..1], &mut |row| {
        touched.permissions.insert(facts::key(row.text(0)?)?);
        Ok(())
    })?;
    let is_whole = is_known && found == facts;
    let is_small = i64::try_from(touched.permissions.len()).is_ok_and(|count| count <= MOST_FACTS);
    Ok((is_whole && is_small).then_some(touched))
}

/// Whether the facts of a change set tell everything that it did to decisions. Those of releases to
/// come are not known.
fn is_followed(action: &str) -> bool {
    let access = ["grant", "revoke", "bootstrap", "undo", "sync", "migrate"];
    let words = ["role ", "user "];
    access.contains(&action) || words.iter().any(|word| action.starts_with(word))
}

/// What is so now of everything that was touched.
fn read(session: &mut dyn Session, touched: &Touched) -> Result<Facts, EngineError> {
    let mut now = Facts::default();
    for id in &touched.subjects {
        facts::subject(session, id, &mut now)?;
    }
    for key in &touched.roles {
        now.roles.extend(facts::role(session, key)?);
    }
    for key in &touched.permissions {
        now.permissions.extend(facts::permission(session, key)?);
    }
    Ok(now)
}
