//! Comparing a registry with a store without changing either.

use serde::Serialize;
use upr::access::State;
use upr_core::{Catalog, Key};

use crate::engine::Begin;
use crate::error::StoreError;
use crate::options::{SyncOptions, ValidateOptions};
use crate::plan::{self, Plan, RoleFate, Rule, guard};
use crate::settings::OrphanAction;
use crate::state::StoreState;
use crate::store::Store;

/// What mends a store that lacks what the code declares.
const SYNC: &str = "Run 'upr sync' to synchronize.";
const ORPHANS: &str = "Run 'upr sync --clean-orphans' to retire orphans to which nothing is assigned, or declare them again.";
const CONFLICT: &str =
    "Give the key or role another name, or set `application` to the one that owns it.";
const VARIANTS: &str = "Rename one of them, or write `allow_case_variants` on both modules.";
const BY_HAND: &str = "Declare the permissions, or remove the rows by SQL.";

/// How a registry and a store differ. Lists are sorted by key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Validation {
    /// Whether there is no error.
    pub valid: bool,
    /// Declared, and not in the store.
    pub missing: Vec<Key>,
    /// Marked as orphans by a sync, and not declared.
    pub orphaned: Vec<Key>,
    /// In the store with other texts or facts; roles that differ are named in the texts.
    pub differing: Vec<Key>,
    /// What must be mended, one sentence each.
    pub errors: Vec<String>,
    /// What should be looked at, one sentence each.
    pub warnings: Vec<String>,
    #[serde(skip)]
    remedies: Vec<&'static str>,
}

impl Validation {
    /// What to do about the errors, with the commands that mend them; one sentence each.
    pub fn remedies(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.remedies.iter().copied()
    }
}

impl Store {
    /// Compares the catalog with the store.
    ///
    /// What an older version of the program declares only has to be there, since a newer one has
    /// synchronised the texts (rule 10).
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read.
    pub fn validate(
        &self,
        catalog: &Catalog,
        options: &ValidateOptions,
    ) -> Result<Validation, StoreError> {
        let fingerprint = catalog.fingerprint();
        self.read(Begin::Read, |session| {
            let meta = self.meta(session)?;
            let state = self.state(session, &meta, catalog, fingerprint.as_str())?;
            Ok(validate(catalog, fingerprint.as_str(), &state, *options))
        })
    }
}

fn validate(
    catalog: &Catalog,
    fingerprint: &str,
    state: &StoreState,
    options: ValidateOptions,
) -> Validation {
    let lenient = SyncOptions {
        allow_older: true,
        allow_breaking: true,
        ..SyncOptions::default()
    };
    let plan = plan::plan(catalog, state, &lenient);
    let mut findings = Findings {
        strict: options.strict_mode,
        ..Findings::default()
    };
    let missing = missing(catalog, state, &plan);
    for key in &missing {
        let text = format!("Permission '{key}' is defined in code but not in database.");
        findings.major(text, SYNC);
    }
    conflicts(&mut findings, &plan);
    let orphaned = orphans(&mut findings, catalog, state, options.orphan_action);
    let is_older = guard::is_older(catalog, state, fingerprint);
    let differing = if is_older {
        Vec::new()
    } else {
        differing(&mut findings, &plan)
    };
    if state.fingerprint.as_deref() == Some(fingerprint) {
        added_by_hand(&mut findings, catalog, state);
    }
    case_variants(&mut findings, catalog);
    Validation {
        valid: findings.errors.is_empty(),
        missing,
        orphaned,
        differing,
        errors: findings.errors,
        warnings: findings.warnings,
        remedies: findings.remedies,
    }
}

#[derive(Default)]
struct Findings {
    strict: bool,
    errors: Vec<String>,
    warnings: Vec<String>,
    remedies: Vec<&'static str>,
}

impl Findings {
    /// What is an error.
    fn major(&mut self, text: String, remedy: &'static str) {
        self.errors.push(text);
        if !self.remedies.contains(&remedy) {
            self.remedies.push(remedy);
        }
    }

    /// What is a warning, and an error in strict mode.
    fn minor(&mut self, text: String, remedy: &'static str) {
        if self.strict {
            self.major(text, remedy);
        } else {
            self.warnings.push(text);
        }
    }
}

/// A retired key that another answers for is there; one that nobody answers for is not.
fn missing(catalog: &Catalog, state: &StoreState, plan: &Plan) -> Vec<Key> {
    let is_gone = |key: &Key| {
        let stored = state.permissions.get(key);
        stored.is_some_and(|stored| stored.state == State::Retired && stored.alias_of.is_empty())
    };
    let gone = catalog
        .permissions()
        .map(|permission| &permission.key)
        .filter(|key| is_gone(key));
    let mut missing: Vec<Key> = plan.create.iter().chain(gone).cloned().collect();
    missing.sort();
    missing
}

fn conflicts(findings: &mut Findings, plan: &Plan) {
    for refused in plan
        .refused
        .iter()
        .filter(|refused| refused.rule == Rule::Conflict)
    {
        let mut detail = refused.detail.clone();
        if let Some(first) = detail.get_mut(0..1) {
            first.make_ascii_uppercase();
        }
        findings.major(format!("{}.", detail.replace('`', "'")), CONFLICT);
    }
}

fn orphans(
    findings: &mut Findings,
    catalog: &Catalog,
    state: &StoreState,
    action: OrphanAction,
) -> Vec<Key> {
    let application = &catalog.application().name;
    let mut orphaned = Vec::new();
    for (key, stored) in &state.permissions {
        let is_ours = stored.application == *application && stored.state == State::Orphan;
        if !is_ours || catalog.find(key.as_str()).is_some() {
            continue;
        }
        orphaned.push(key.clone());
        let text = format!("Orphaned permission found: {key}");
        let is_announced = stored.deprecated || catalog.find_retired(key.as_str()).is_some();
        // After a rollback the older program starts, whatever the newer one brought (rule 10).
        let came_later = state.applied_at.is_some_and(|at| stored.created > at);
        match action {
            OrphanAction::Ignore => {}
            _ if is_announced || came_later => findings.warnings.push(text),
            OrphanAction::Error => findings.major(text, ORPHANS),
            OrphanAction::Warn => findings.minor(text, ORPHANS),
        }
    }
    orphaned
}

fn differing(findings: &mut Findings, plan: &Plan) -> Vec<Key> {
    let updated = plan.update.iter().map(|update| &update.key);
    let deprecated = plan.deprecate.iter().map(|deprecated| &deprecated.key);
    let mut differing: Vec<Key> = updated
        .chain(deprecated)
        .chain(&plan.restore)
        .cloned()
        .collect();
    differing.sort();
    differing.dedup();
    for key in &differing {
        let text = format!("Permission '{key}' differs between code and database.");
        findings.minor(text, SYNC);
    }
    for role in &plan.roles {
        let key = &role.key;
        let text = match role.change {
            // As with permissions: what sync has not marked may be another program's (rule 14).
            RoleFate::Orphan if plan.from.as_ref() != Some(&plan.to) => continue,
            RoleFate::Orphan => {
                format!("Role '{key}' is in the database but no longer defined in code.")
            }
            RoleFate::Create => format!("Role '{key}' is defined in code but not in database."),
            _ => format!("Role '{key}' differs between code and database."),
        };
        findings.minor(text, SYNC);
    }
    for module in &plan.modules {
        let text = format!("Module '{}' differs between code and database.", module.key);
        findings.minor(text, SYNC);
    }
    differing
}

/// Modules that say `allow_case_variants` mean it, also beside each other.
fn case_variants(findings: &mut Findings, catalog: &Catalog) {
    let allows = |key: &Key| {
        let module = catalog.find_module(key.module());
        module.is_some_and(|module| module.allow_case_variants)
    };
    for (a, b) in catalog.case_variants() {
        if !(allows(a) && allows(b)) {
            let text = format!("Permissions '{a}' and '{b}' differ only in case.");
            findings.minor(text, VARIANTS);
        }
    }
}

/// Sync takes away nothing that it cannot explain: such rows are reported (rule 24).
fn added_by_hand(findings: &mut Findings, catalog: &Catalog, state: &StoreState) {
    let application = &catalog.application().name;
    let lives = |state: State| matches!(state, State::Active | State::Deprecated);
    for (key, stored) in &state.permissions {
        let is_ours = stored.application == *application && lives(stored.state);
        if is_ours && catalog.find(key.as_str()).is_none() {
            let text = format!("Permission '{key}' is in the database, and no sync put it there.");
            findings.minor(text, BY_HAND);
        }
    }
}
