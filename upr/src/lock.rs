//! The embedded lock against what is linked.
//!
//! A registry that is collected at link time can lose entries without a word: a crate that nothing names is not linked.
//! For permissions that would be a mass revocation, so a program that embeds its lock does not start without them.

use crate::Registry;
use crate::private::{LockDecl, LockedCrate};
use crate::registry::{Origin, Problem, origin};

/// The lock of the program; a second one is a problem, unless one crate is linked twice.
pub(crate) fn only(
    locks: &[&'static LockDecl],
    problems: &mut Vec<Problem>,
) -> Option<&'static LockDecl> {
    let (first, others) = locks.split_first()?;
    for other in others {
        if (first.package, first.version, first.krate)
            != (other.package, other.version, other.krate)
        {
            problems.push(Problem::TwoLocks {
                origins: [lock_origin(first), lock_origin(other)],
            });
        }
    }
    Some(first)
}

/// Everything that was published is linked, and nothing that was retired is declared.
pub(crate) fn check(lock: &'static LockDecl, registry: &Registry, problems: &mut Vec<Problem>) {
    for locked in lock.crates {
        let keys = missing(locked, registry);
        if keys.is_empty() {
            continue;
        }
        let LockedCrate { package, krate, .. } = *locked;
        let is_linked = registry
            .modules()
            .any(|module| (module.package(), module.crate_name()) == (package, krate));
        problems.push(if is_linked {
            Problem::Vanished {
                package,
                krate,
                keys,
            }
        } else {
            Problem::NotLinked {
                package,
                krate,
                keys,
            }
        });
    }
    for retired in lock.retired {
        if let Some(permission) = registry.find_id(retired.id) {
            problems.push(Problem::Revived {
                key: permission.key(),
                retired: retired.retired,
                origin: origin(permission.decl()),
            });
        }
    }
}

/// The locked keys that are not linked. Both sides are sorted by id, so this is one walk.
fn missing(locked: &'static LockedCrate, registry: &Registry) -> Vec<&'static str> {
    let (ids, _) = locked.ids.as_chunks::<8>();
    let mut linked = registry.ids().peekable();
    let locked = ids
        .iter()
        .map(|id| u64::from_le_bytes(*id))
        .zip(locked.keys.lines());
    locked
        .filter(|(id, _)| {
            while linked.next_if(|linked| linked < id).is_some() {}
            linked.peek() != Some(id)
        })
        .map(|(_, key)| key)
        .collect()
}

fn lock_origin(lock: &LockDecl) -> Origin {
    Origin::new(lock.package, lock.version, lock.file, lock.line)
}
