//! What a program may do to a store by starting: add, and nothing else (rule 12).

use upr_core::catalog::{Role, RoleMode};
use upr_core::{Catalog, Key};

use crate::error::List;
use crate::plan::{Assigned, Plan, RoleChange, RoleFate};

/// What the plan does beyond adding, as the rest of "this plan would …"; `None` when it only adds.
///
/// Adding is to create, update, deprecate and restore permissions, to create and restore roles, and
/// to offer seeded roles what is new. What a managed role holds is decided by `upr sync` alone.
pub(super) fn beyond(plan: &Plan, catalog: &Catalog) -> Option<String> {
    let assigned = |keys: &[Assigned]| keys.iter().map(|key| key.key.clone()).collect();
    let moved: Vec<Key> = plan.moves.iter().map(|moved| moved.from.clone()).collect();
    let roles: Vec<_> = plan
        .roles
        .iter()
        .filter(|change| !only_adds(change, catalog))
        .map(|change| change.key.clone())
        .collect();
    let keys: [(Vec<Key>, &str, &str); 4] = [
        (assigned(&plan.orphan), "mark", " as orphaned"),
        (moved, "move what is assigned of", ""),
        (assigned(&plan.revoke), "revoke what is assigned of", ""),
        (plan.delete.clone(), "retire", ""),
    ];
    let mut parts: Vec<String> = keys
        .iter()
        .filter(|(keys, ..)| !keys.is_empty())
        .map(|(keys, verb, rest)| format!("{verb} {}{rest}", List(keys)))
        .collect();
    if !roles.is_empty() {
        parts.push(format!("change the roles {}", List(&roles)));
    }
    if let (true, Some(refused)) = (parts.is_empty(), plan.refused.first()) {
        parts.push(format!("be refused: {}", refused.detail));
    }
    (!parts.is_empty()).then(|| parts.join(" and "))
}

fn only_adds(change: &RoleChange, catalog: &Catalog) -> bool {
    let is_managed = |role: &Role| role.key == change.key && role.mode == RoleMode::Managed;
    match change.change {
        RoleFate::Create => true,
        RoleFate::Orphan => false,
        RoleFate::Update | RoleFate::Restore => {
            let widens = !change.add.is_empty() && catalog.roles().iter().any(is_managed);
            change.remove.is_empty() && !widens && !change.fields.contains_key("mode")
        }
    }
}
