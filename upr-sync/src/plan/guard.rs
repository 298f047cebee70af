//! The guards: an older registry, a breaking change, a loss too large to be meant.

use upr_core::Catalog;

use super::compute::living;
use super::{Plan, Refused, Rule, roles};
use crate::error::List;
use crate::options::{SyncOptions, stops};
use crate::state::StoreState;

/// A registry is older when it was applied before, has been superseded, and its version is not
/// higher than the last applied (rule 9).
pub(super) fn older(
    catalog: &Catalog,
    state: &StoreState,
    fingerprint: &str,
    options: &SyncOptions,
) -> Option<Refused> {
    if !is_older(catalog, state, fingerprint) || options.allow_older || !options.strict_mode {
        return None;
    }
    let (name, version) = (&catalog.application().name, &catalog.application().version);
    let newest = state.version.as_ref()?;
    let detail = format!("this is {name} {version}, and {name} {newest} was synced after it");
    Some(Refused {
        rule: Rule::Older,
        detail,
    })
}

/// Whether another catalog of this application took this one's place.
pub(crate) fn is_older(catalog: &Catalog, state: &StoreState, fingerprint: &str) -> bool {
    let is_superseded =
        state.applied_at.is_some() && state.fingerprint.as_deref() != Some(fingerprint);
    let newest = state.version.as_ref();
    is_superseded && newest.is_some_and(|newest| catalog.application().version <= *newest)
}

pub(super) fn breaking(plan: &mut Plan) {
    let is_allowed = plan.options.allow_breaking || !plan.options.fail_on_breaking_changes;
    let is_refused = plan
        .refused
        .iter()
        .any(|refused| refused.rule == Rule::Breaking);
    if plan.breaking.is_empty() || is_allowed || is_refused {
        return;
    }
    let keys: Vec<_> = plan.breaking.iter().map(|breaking| &breaking.key).collect();
    let detail = match keys.as_slice() {
        [key] => format!("permission `{key}` vanished without notice"),
        keys => format!(
            "{} permissions vanished without notice: {}",
            keys.len(),
            List(keys)
        ),
    };
    plan.refuse(Rule::Breaking, detail);
}

/// A crate that was not linked must not look like a decision (rule 21).
pub(super) fn mass_loss(plan: &mut Plan, catalog: &Catalog, state: &StoreState) {
    let guard = plan.options.mass_loss;
    let keys = (
        plan.vanished,
        living(catalog, state),
        "permissions would be declared no longer",
    );
    let (taken, held) = roles::losses(plan, state);
    let members = (taken, held, "members would be taken from managed roles");
    let revoked = plan.revoke.iter().map(|revoked| revoked.assignments).sum();
    let assignments = (
        revoked,
        state.assignments,
        "assignments of retired permissions would be revoked",
    );
    let stopped: Vec<_> = [keys, members, assignments]
        .into_iter()
        .filter(|(lost, all, _)| stops(guard, *lost, *all))
        .collect();
    let lost: u64 = stopped.iter().map(|(lost, _, _)| lost).sum();
    if lost == 0 || plan.options.expect_loss == Some(lost) {
        return;
    }
    let parts: Vec<String> = stopped
        .iter()
        .map(|(lost, all, what)| format!("{lost} of {all} {what}"))
        .collect();
    let confirm = match plan.options.expect_loss {
        Some(expected) => format!("{expected} were expected, and it is {lost}"),
        None => format!("confirm it with `--expect-loss {lost}`"),
    };
    plan.refuse(
        Rule::MassLoss,
        format!("{}; {confirm}", parts.join(" and ")),
    );
}
