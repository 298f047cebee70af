//! Somebody must always be able to do what is critical (rule 26).
//!
//! A holder is an active subject whose check in the empty scope is allowed without any grant that
//! ends. No change set may bring the holders of a critical permission from one or more to none;
//! from none, anything goes. It is asked where change sets are sealed, under the lock that makes
//! writers one after the other, so two who take it from each other at once cannot both succeed.
//!
//! What it costs depends on what was changed, not on how many subjects there are: only permissions
//! that rest on what was taken away are looked at, and one remaining holder is enough.

mod affected;
mod bulk;
mod touched;
mod world;

use upr_core::{Key, SubjectId, Timestamp};

pub(crate) use self::bulk::Bulk;
use self::touched::{Side, Touched};
use self::world::World;
use crate::change::Item;
use crate::engine::{EngineError, Session};

/// A critical permission that nobody would hold any more, and who held it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lost {
    pub(crate) permission: Key,
    /// Some of them, sorted.
    pub(crate) holders: Vec<SubjectId>,
}

/// Whether the store holds a change set already, or would hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    Yes,
    No,
}

/// The first critical permission that `items` leave without a holder.
pub(crate) fn lost(
    session: &mut dyn Session,
    now: Timestamp,
    items: &[Item],
    written: Written,
) -> Result<Option<Lost>, EngineError> {
    let keys = affected::keys(session, items)?;
    if keys.is_empty() {
        return Ok(None);
    }
    let side = match written {
        Written::Yes => Side::Before,
        Written::No => Side::After,
    };
    let touched = Touched::of(items, side)?;
    let present = Touched::default();
    let (before, after) = match written {
        Written::Yes => (&touched, &present),
        Written::No => (&present, &touched),
    };
    for key in keys {
        if let Some(lost) = loss(session, now, &key, before, after)? {
            return Ok(Some(lost));
        }
    }
    Ok(None)
}

fn loss(
    session: &mut dyn Session,
    now: Timestamp,
    key: &Key,
    before: &Touched,
    after: &Touched,
) -> Result<Option<Lost>, EngineError> {
    /// More names than these make a sentence unreadable, and one more tells that there are more.
    const NAMED: usize = 6;
    let mut reached = World::new(session, now, after);
    if !reached.is_protected(key)? || !reached.holders(key, 1)?.is_empty() {
        return Ok(None);
    }
    let mut left = World::new(session, now, before);
    // What was retired before, or was not there, had no holders to lose.
    if !left.is_live(key)? {
        return Ok(None);
    }
    let holders = left.holders(key, NAMED)?;
    Ok((!holders.is_empty()).then(|| Lost {
        permission: key.clone(),
        holders,
    }))
}
