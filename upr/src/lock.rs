//! The embedded lock against what is linked.
//!
//! A registry that is collected at link time can lose entries without a word: a crate that nothing names is not linked.
//! For permissions that would be a mass revocation, so a program that embeds its lock does not start without them.

use upr_core::id::fnv1a;

use crate::Registry;
use crate::private::ProgramDecl;
use crate::registry::{Problem, origin, program_origin};

/// What the program says of itself; a second one is a problem, unless one crate is linked twice.
pub(crate) fn only(
    programs: &[&'static ProgramDecl],
    problems: &mut Vec<Problem>,
) -> Option<&'static ProgramDecl> {
    let (first, others) = programs.split_first()?;
    for other in others {
        if first.bytes() != other.bytes() {
            problems.push(Problem::TwoPrograms {
                origins: [program_origin(first), program_origin(other)],
            });
        }
    }
    Some(first)
}

/// Everything that was published is linked, and nothing that was retired is declared.
pub(crate) fn check(
    program: &'static ProgramDecl,
    registry: &Registry,
    problems: &mut Vec<Problem>,
) {
    let Some(view) = program.view() else {
        return;
    };
    for ([package, krate, keys], ids) in view.locked().zip(program.ids) {
        let keys = missing(ids, keys, registry);
        if keys.is_empty() {
            continue;
        }
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
    for [key, retired, _] in view.retired() {
        if let Some(permission) = registry.find_id(fnv1a(key.as_bytes())) {
            problems.push(Problem::Revived {
                key: permission.key(),
                retired,
                origin: origin(permission.decl()),
            });
        }
    }
}

/// The locked keys that are not linked. Both sides are sorted by id, so this is one walk, and only what is missing is
/// looked up among the keys.
fn missing(ids: &'static [u8], keys: &'static str, registry: &Registry) -> Vec<&'static str> {
    let (ids, _) = ids.as_chunks::<8>();
    let mut linked = registry.ids().peekable();
    let locked = ids.iter().map(|id| u64::from_le_bytes(*id));
    let positions: Vec<usize> = locked
        .enumerate()
        .filter(|(_, id)| {
            while linked.next_if(|linked| linked < id).is_some() {}
            linked.peek() != Some(id)
        })
        .map(|(position, _)| position)
        .collect();
    if positions.is_empty() {
        return Vec::new();
    }
    let keys = keys.lines().enumerate();
    keys.filter(|(position, _)| positions.binary_search(position).is_ok())
        .map(|(_, key)| key)
        .collect()
}
