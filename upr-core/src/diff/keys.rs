//! Permissions, deprecations, tombstones.

use semver::Version;

use super::change::{Change, Class, Field, What};
use super::view::{Active, End, Tombstone, View, Way};
use crate::catalog::Permission;
use crate::finding::{Bump, Finding, FindingId, Severity};
use crate::key::Key;
use crate::lock::{Gone, case_variant_of, reused};
use crate::rename::Renames;

pub(super) fn keys(old: &View<'_>, new: &View<'_>, changes: &mut Vec<Change>) {
    absent(old, new, changes);
    for (key, active) in &new.keys {
        match old.keys.get(key) {
            Some(before) => compare(key, before, active, new, changes),
            None => changes.push(appeared(key, old)),
        }
    }
    tombstones(old, new, changes);
    case_variants(old, new, changes);
}

/// Keys that were in use and are not.
fn absent(old: &View<'_>, new: &View<'_>, changes: &mut Vec<Change>) {
    let absent: Vec<(&Key, &Active<'_>)> = old
        .keys
        .iter()
        .filter(|(key, _)| !new.keys.contains_key(*key))
        .map(|(key, active)| (*key, active))
        .collect();
    let vanished = absent.iter().map(|(key, _)| *key);
    let renames = Renames::guess(
        vanished.filter(|key| !new.tombstones.contains_key(key)),
        new.keys
            .keys()
            .copied()
            .filter(|key| !old.keys.contains_key(*key)),
    );
    for (key, active) in absent {
        match new.tombstones.get(key) {
            Some(tombstone) => changes.push(retired(key, *tombstone, new)),
            // Told beside the changes.
            None if is_unseen(active, new) => {}
            None => changes.push(vanished_change(key, active, new, &renames)),
        }
    }
}

/// Whether a key that is absent may be in another build: what stands under a condition that is off is not gone; but no line
/// of a lock ever goes.
fn is_unseen(active: &Active<'_>, new: &View<'_>) -> bool {
    active.is_conditional && !new.is_lock()
}

/// Keys that are not declared here and stand under a condition, sorted.
pub(super) fn conditional(old: &View<'_>, new: &View<'_>) -> Vec<Key> {
    let absent = old.keys.iter().filter(|(key, active)| {
        let is_there = new.keys.contains_key(*key) || new.tombstones.contains_key(*key);
        !is_there && is_unseen(active, new)
    });
    absent.map(|(key, _)| (*key).clone()).collect()
}

fn vanished_change(
    key: &Key,
    active: &Active<'_>,
    new: &View<'_>,
    renames: &Renames<'_>,
) -> Change {
    let version = new.catalog.map(|catalog| &catalog.application().version);
    let end = active.end.as_ref();
    let gone = match version {
        None => Gone::Unannounced,
        Some(_) => Gone::of(end.is_some(), end.and_then(|end| end.remove_in), version),
    };
    let message = match gone {
        _ if new.is_lock() => format!("the line of `{key}` is gone from the lock"),
        Gone::Unannounced => format!("`{key}` is gone, and was never deprecated"),
        Gone::Early(remove_in) => format!("`{key}` is gone, and was promised until {remove_in}"),
        Gone::Announced => format!("`{key}` is gone as announced, and has no tombstone"),
    };
    let renamed = renames.of(key).map(Key::as_str);
    let finding = Finding::new(gone.id(), key, message, gone.remedy(key, renamed));
    let level = match gone {
        // Notice was given: nothing breaks, and a tombstone is still wanted.
        Gone::Announced => Severity::Warning,
        _ => Severity::Error,
    };
    let finding = finding.at_level(level).asking(Bump::Major);
    let mut change = Change::of_finding(What::Removed, Class::Retired, finding);
    if let Some(renamed) = renamed {
        change.what = What::Renamed;
        change.message = format!("{} (renamed to `{renamed}`?)", change.message);
    }
    change
}

/// A key with a new tombstone. What answers for it decides whether anybody has less than before.
fn retired(key: &Key, tombstone: Tombstone<'_>, new: &View<'_>) -> Change {
    let retired = tombstone.retired;
    let change = |message, bump| Change::new(Class::Retired, What::Retired, key, message, bump);
    match new.way(tombstone) {
        Way::To(target) => change(
            format!("`{key}` is retired in {retired}, and `{target}` answers for it"),
            Bump::Minor,
        ),
        Way::Nowhere => change(
            format!("`{key}` is retired in {retired}, and nothing comes in its place"),
            Bump::Major,
        ),
        Way::Missing(_) | Way::Circle => astray(key, tombstone, new, What::Retired),
    }
}

/// A tombstone whose replacements lead to no key: what is assigned has no place to go to.
fn astray(key: &Key, tombstone: Tombstone<'_>, new: &View<'_>, what: What) -> Change {
    let (id, message) = match new.way(tombstone) {
        Way::Missing(target) => (
            FindingId::ReplacementMissing,
            format!("`{key}` is replaced by `{target}`, which nobody declares"),
        ),
        _ => (
            FindingId::LockContradiction,
            format!("the replacements of `{key}` run in a circle"),
        ),
    };
    let remedy = "correct `replaced_by` in the lock".to_owned();
    let finding = Finding::new(id, key, message, remedy).asking(Bump::Major);
    Change::of_finding(what, Class::Breaking, finding)
}

/// A key that was not in use before.
fn appeared(key: &Key, old: &View<'_>) -> Change {
    match old.tombstones.get(key) {
        Some(tombstone) => {
            let finding = reused(key, tombstone.retired);
            Change::of_finding(What::Revived, Class::Breaking, finding)
        }
        None => {
            let message = format!("`{key}` is new");
            Change::new(Class::Additive, What::Added, key, message, Bump::Minor)
        }
    }
}

/// A key that is in use on both sides.
fn compare(
    key: &Key,
    old: &Active<'_>,
    new: &Active<'_>,
    view: &View<'_>,
    changes: &mut Vec<Change>,
) {
    if let (Some(old), Some(new)) = (old.permission, new.permission) {
        changes.extend(critical(old, new));
        changes.extend(metadata(old, new));
    }
    changes.extend(deprecation(key, old.end.as_ref(), new.end.as_ref(), view));
}

fn critical(old: &Permission, new: &Permission) -> Option<Change> {
    let key = &new.key;
    let (what, message) = match (old.critical, new.critical) {
        (false, true) => (
            What::CriticalSet,
            format!("`{key}` is critical now: its last holder cannot lose it"),
        ),
        (true, false) => (
            What::CriticalUnset,
            format!("`{key}` is no longer critical: its last holder can lose it"),
        ),
        _ => return None,
    };
    Some(Change::new(
        Class::Critical,
        what,
        key,
        message,
        Bump::Minor,
    ))
}

fn metadata(old: &Permission, new: &Permission) -> Option<Change> {
    let fields: Vec<Field> = [
        Field::of("label", Some(&old.label), Some(&new.label)),
        Field::of(
            "description",
            Some(&old.description),
            Some(&new.description),
        ),
        Field::of("kind", Some(old.kind.as_str()), Some(new.kind.as_str())),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!fields.is_empty()).then(|| {
        let message = format!("`{}` has another {}", new.key, names(&fields));
        Change::new(
            Class::Metadata,
            What::Changed,
            &new.key,
            message,
            Bump::Patch,
        )
        .with_fields(fields)
    })
}

fn deprecation(
    key: &Key,
    old: Option<&End<'_>>,
    new: Option<&End<'_>>,
    view: &View<'_>,
) -> Option<Change> {
    let fields = end_fields(old, new);
    let deprecating = |what, message| {
        let change = Change::new(Class::Deprecating, what, key, message, Bump::Minor);
        Some(change.with_fields(fields.clone()))
    };
    let change = match (old, new) {
        (None, None) => None,
        (None, Some(end)) => deprecating(What::Deprecated, announced(key, end)),
        (Some(_), None) => deprecating(
            What::Undeprecated,
            format!("`{key}` is no longer deprecated"),
        ),
        (Some(_), Some(_)) if fields.is_empty() => None,
        (Some(before), Some(after)) => {
            let is_text = fields
                .iter()
                .all(|field| field.name == "deprecation_message");
            if is_text {
                let message = format!("`{key}` is deprecated in other words");
                let change = Change::new(Class::Metadata, What::Changed, key, message, Bump::Patch);
                Some(change.with_fields(fields))
            } else {
                deprecating(
                    What::DeprecationChanged,
                    reannounced(key, before, after, &fields),
                )
            }
        }
    };
    change.map(|change| with_target(change, key, old, new, view))
}

/// A deprecation that newly names what nobody declares: nothing is lost yet, so it only warns.
fn with_target(
    mut change: Change,
    key: &Key,
    old: Option<&End<'_>>,
    new: Option<&End<'_>>,
    view: &View<'_>,
) -> Change {
    let before = old.and_then(|end| end.replaced_by);
    let target = new.and_then(|end| end.replaced_by);
    let is_new = |target: &&Key| before != Some(*target);
    if let Some(target) = target.filter(is_new)
        && !view.keys.contains_key(target)
        && !view.tombstones.contains_key(target)
    {
        let finding = Finding::new(
            FindingId::ReplacementMissing,
            key,
            format!("`{key}` is to be replaced by `{target}`, which nobody declares"),
            "name a declared permission in `replaced_by`".to_owned(),
        );
        change.finding = Some(finding.at_level(Severity::Warning));
    }
    change
}

/// What a lock does not know, or a catalog does not say, is no difference.
fn end_fields(old: Option<&End<'_>>, new: Option<&End<'_>>) -> Vec<Field> {
    let is_mixed = |end: Option<&End<'_>>| end.is_some_and(|end| end.message.is_none());
    let knows_less = is_mixed(old) != is_mixed(new) && old.is_some() && new.is_some();
    let since = |end: Option<&End<'_>>| end.and_then(|end| end.since).map(Version::to_string);
    let since_field = Field::of("deprecated_since", since(old), since(new));
    let said_both = since(old).is_some() && since(new).is_some();
    [
        Field::of(
            "deprecation_message",
            old.and_then(|end| end.message),
            new.and_then(|end| end.message),
        )
        .filter(|_| !knows_less),
        since_field.filter(|_| said_both || !knows_less),
        Field::of(
            "removal_version",
            old.and_then(|end| end.remove_in),
            new.and_then(|end| end.remove_in),
        ),
        Field::of(
            "replaced_by",
            old.and_then(|end| end.replaced_by),
            new.and_then(|end| end.replaced_by),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn announced(key: &Key, end: &End<'_>) -> String {
    let until = end
        .remove_in
        .map(|version| format!(", to be removed in {version}"))
        .unwrap_or_default();
    let by = end
        .replaced_by
        .map(|target| format!(", replaced by `{target}`"))
        .unwrap_or_default();
    format!("`{key}` is deprecated{until}{by}")
}

fn reannounced(key: &Key, old: &End<'_>, new: &End<'_>, fields: &[Field]) -> String {
    match (old.remove_in, new.remove_in) {
        (Some(before), Some(after)) if after < before => {
            format!("`{key}` is to be removed in {after}, sooner than promised ({before})")
        }
        (Some(before), Some(after)) if after > before => {
            format!("`{key}` is to be removed in {after}, later than announced ({before})")
        }
        _ => format!("`{key}` is deprecated with another {}", names(fields)),
    }
}

/// Tombstones of the old side, and those of the new one that nobody knew.
fn tombstones(old: &View<'_>, new: &View<'_>, changes: &mut Vec<Change>) {
    for (key, before) in &old.tombstones {
        match new.tombstones.get(key) {
            Some(after) => changes.extend(rewritten(key, *before, *after, new)),
            // Told already: a tombstone that is declared again.
            None if new.keys.contains_key(key) => {}
            None => {
                let message = format!("the tombstone of `{key}` is gone");
                changes.push(tombstone_changed(key, message));
            }
        }
    }
    for (key, tombstone) in &new.tombstones {
        if old.tombstones.contains_key(key) || old.keys.contains_key(key) {
            continue;
        }
        changes.push(match new.way(*tombstone) {
            Way::Missing(_) | Way::Circle => astray(key, *tombstone, new, What::Retired),
            _ => {
                let retired = tombstone.retired;
                let message = format!("`{key}` was retired in {retired}, unknown to the old side");
                Change::new(Class::Retired, What::Retired, *key, message, Bump::Patch)
            }
        });
    }
}

/// A tombstone may not point elsewhere: what was assigned has moved where it pointed.
fn rewritten(
    key: &Key,
    before: Tombstone<'_>,
    after: Tombstone<'_>,
    new: &View<'_>,
) -> Option<Change> {
    let fields: Vec<Field> = [
        Field::of("retired", Some(before.retired), Some(after.retired)),
        Field::of("replaced_by", before.replaced_by, after.replaced_by),
    ]
    .into_iter()
    .flatten()
    .collect();
    if fields.is_empty() {
        return None;
    }
    let (there, here) = (new.way(before), new.way(after));
    if matches!(here, Way::Missing(_) | Way::Circle) {
        return Some(astray(key, after, new, What::TombstoneChanged).with_fields(fields));
    }
    // A chain may be cut short, and what had no replacement may be given one.
    if there == here || before.replaced_by.is_none() {
        let message = format!("the tombstone of `{key}` has another {}", names(&fields));
        let change = Change::new(
            Class::Metadata,
            What::TombstoneChanged,
            key,
            message,
            Bump::Patch,
        );
        return Some(change.with_fields(fields));
    }
    let shown = |target: Option<&Key>| match target {
        Some(target) => format!("`{target}`"),
        None => "nothing".to_owned(),
    };
    let message = format!(
        "`{key}` was replaced by {}, and is now replaced by {}",
        shown(before.replaced_by),
        shown(after.replaced_by)
    );
    Some(tombstone_changed(key, message).with_fields(fields))
}

fn tombstone_changed(key: &Key, message: String) -> Change {
    let remedy = "put its line back as it was; stores have acted on it".to_owned();
    let finding = Finding::new(FindingId::TombstoneChanged, key, message, remedy);
    Change::of_finding(
        What::TombstoneChanged,
        Class::Breaking,
        finding.asking(Bump::Major),
    )
}

/// Two keys that people take for one, unless both were there before.
fn case_variants(old: &View<'_>, new: &View<'_>, changes: &mut Vec<Change>) {
    let mut folded: Vec<(String, &Key)> = new
        .keys
        .keys()
        .map(|key| (key.as_str().to_ascii_lowercase(), *key))
        .collect();
    folded.sort();
    for (first, second) in folded.iter().zip(folded.iter().skip(1)) {
        let is_old = old.keys.contains_key(first.1) && old.keys.contains_key(second.1);
        if first.0 == second.0 && !is_old {
            let finding = case_variant_of(first.1, second.1);
            changes.push(Change::of_finding(
                What::CaseVariant,
                Class::Metadata,
                finding,
            ));
        }
    }
}

fn names(fields: &[Field]) -> String {
    let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
    names.join(" and ")
}
