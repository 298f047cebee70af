//! Making a store agree with a registry.

use std::path::PathBuf;

use tracing::{info, warn};
use upr_core::Catalog;

use crate::actor::Actor;
use crate::apply;
use crate::backup::{BackupError, Reason};
use crate::change::{Change, Unsealed};
use crate::engine::{Begin, EngineError, Session};
use crate::error::StoreError;
use crate::meta::Meta;
use crate::options::SyncOptions;
use crate::plan::{self, Approved, Plan, Rule, SavedPlan};
use crate::state::StoreState;
use crate::store::{Dry, Mode, Store, Verdict};

impl Store {
    /// Computes what [`sync`](Self::sync) would do, and reads only.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read.
    pub fn plan(&self, catalog: &Catalog, options: &SyncOptions) -> Result<Plan, StoreError> {
        let fingerprint = catalog.fingerprint();
        if let Some(plan) = self.unchanged(catalog, fingerprint.as_str(), options)? {
            return Ok(plan);
        }
        self.read(Begin::Read, |session| {
            let meta = self.meta(session)?;
            let state = self.state(session, &meta, catalog, fingerprint.as_str())?;
            self.planned(session, &meta, catalog, &state, options)
        })
    }

    /// Makes the store agree with the catalog: plans under the writers' lock, and applies the plan
    /// in the same transaction unless a rule forbids it ([`Plan::is_refused`]).
    ///
    /// Where nothing is to be done, which one query tells, nothing is locked or written.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read or written; its state is then the one before.
    pub fn sync(
        &self,
        catalog: &Catalog,
        options: &SyncOptions,
        actor: &Actor,
    ) -> Result<Plan, StoreError> {
        self.sync_if(catalog, options, actor, |_| true)
    }

    /// As [`sync`](Self::sync), and a plan that `admits` does not admit is given back unapplied. It
    /// is asked under the lock: what it sees is what would be applied.
    pub(crate) fn sync_if(
        &self,
        catalog: &Catalog,
        options: &SyncOptions,
        actor: &Actor,
        admits: impl Fn(&Plan) -> bool,
    ) -> Result<Plan, StoreError> {
        self.sync_judged(catalog, options, actor, |plan| admits(plan))
    }

    /// As [`sync`](Self::sync), for somebody who was shown a plan: the one that is applied is that
    /// one, else it is refused ([`Rule::Moved`](crate::plan::Rule::Moved)). Counts of assignments
    /// may have shrunk meanwhile, and where somebody else has synced there is nothing to do.
    ///
    /// # Errors
    ///
    /// As [`sync`](Self::sync).
    pub fn sync_approved(
        &self,
        catalog: &Catalog,
        options: &SyncOptions,
        actor: &Actor,
        approved: &Approved,
    ) -> Result<Plan, StoreError> {
        self.sync_judged(catalog, options, actor, |plan| {
            approved.hold_against(plan);
            true
        })
    }

    /// A plan as a file, with the fingerprint of the rows that it was computed from. Reads only.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read.
    pub fn save_plan(
        &self,
        catalog: &Catalog,
        options: &SyncOptions,
    ) -> Result<(Plan, SavedPlan), StoreError> {
        let fingerprint = catalog.fingerprint();
        self.read(Begin::Read, |session| {
            let meta = self.meta(session)?;
            let state = self.state(session, &meta, catalog, fingerprint.as_str())?;
            let plan = self.planned(session, &meta, catalog, &state, options)?;
            let saved = SavedPlan::new(&plan, catalog, &state);
            Ok((plan, saved))
        })
    }

    /// Applies a saved plan (rule 23): computes it anew under the writers' lock, and refuses it
    /// unless it is the same and the rows behind it are ([`Rule::Moved`](crate::plan::Rule::Moved)).
    ///
    /// `options` are those of the saved plan, with what the settings say now; where the settings
    /// moved, the plan is refused too. In a store opened for a dry run nothing is written.
    ///
    /// # Errors
    ///
    /// As [`sync`](Self::sync).
    pub fn apply_plan(
        &self,
        catalog: &Catalog,
        options: &SyncOptions,
        saved: &SavedPlan,
        actor: &Actor,
    ) -> Result<Plan, StoreError> {
        info!(target: "upr", "Starting permission sync");
        self.reconcile(catalog, options, actor, Doubt::Compare, |plan, state| {
            saved.hold_against(plan, catalog, state);
            true
        })
    }

    fn sync_judged(
        &self,
        catalog: &Catalog,
        options: &SyncOptions,
        actor: &Actor,
        judge: impl Fn(&mut Plan) -> bool,
    ) -> Result<Plan, StoreError> {
        info!(target: "upr", "Starting permission sync");
        let fingerprint = catalog.fingerprint();
        if let Some(plan) = self.unchanged(catalog, fingerprint.as_str(), options)? {
            return Ok(plan);
        }
        if self.mode() == Mode::DryRun {
            return self.plan(catalog, options);
        }
        self.reconcile(catalog, options, actor, Doubt::TrustMark, |plan, _| {
            judge(plan)
        })
    }

    /// Plans under the lock and applies what `judge` neither refuses nor declines.
    fn reconcile(
        &self,
        catalog: &Catalog,
        options: &SyncOptions,
        actor: &Actor,
        doubt: Doubt,
        judge: impl Fn(&mut Plan, &StoreState) -> bool,
    ) -> Result<Plan, StoreError> {
        let fingerprint = catalog.fingerprint();
        let fingerprint = fingerprint.as_str();
        let plan = self.write(|session| {
            let meta = self.meta(session)?;
            // Somebody else may have done it while this one waited for the lock.
            if doubt == Doubt::TrustMark
                && let Some(plan) = self.is_synced(&meta, catalog, fingerprint, options)?
            {
                return Ok((Verdict::Discard, plan));
            }
            let state = self.state(session, &meta, catalog, fingerprint)?;
            let mut plan = self.planned(session, &meta, catalog, &state, options)?;
            let is_admitted = judge(&mut plan, &state);
            let is_done = plan.is_empty() && is_current(&meta, catalog, fingerprint);
            let is_dry = self.mode() == Mode::DryRun;
            if plan.is_refused() || is_done || is_dry || !is_admitted {
                return Ok((Verdict::Discard, plan));
            }
            plan.backup = self.back_up_before(session, &meta, &plan, actor)?;
            let fail = |error: EngineError| self.failure(&error);
            let change =
                Change::begin(session, &meta, self.clock(), actor, "sync").map_err(fail)?;
            match apply::apply(change, catalog, &state, &mut plan, self.audit_key()) {
                Ok(()) => Ok::<_, StoreError>((Verdict::Keep, plan)),
                Err(unsealed) => {
                    self.refuse(&mut plan, unsealed)?;
                    Ok((Verdict::Discard, plan))
                }
            }
        })?;
        if plan.applied {
            tell(&plan);
        }
        Ok(plan)
    }

    /// Takes the backup that comes before `plan` (rule 41), of the state that it was computed from.
    fn back_up_before(
        &self,
        session: &mut dyn Session,
        meta: &Meta,
        plan: &Plan,
        actor: &Actor,
    ) -> Result<Option<PathBuf>, StoreError> {
        match self.backups() {
            Some(folder) if !plan.only_adds() => {
                let drafted =
                    self.draft_backup(session, meta, folder, Reason::BeforeSync, actor)?;
                Ok(Some(drafted.publish()?.file))
            }
            None if plan.is_destructive() && meta.is_protected() => {
                Err(BackupError::nowhere().into())
            }
            _ => Ok(None),
        }
    }

    /// The plan of a store that is as the last sync left it: one query.
    pub(crate) fn unchanged(
        &self,
        catalog: &Catalog,
        fingerprint: &str,
        options: &SyncOptions,
    ) -> Result<Option<Plan>, StoreError> {
        self.read(Begin::Statement, |session| {
            let meta = self.meta(session)?;
            self.is_synced(&meta, catalog, fingerprint, options)
        })
    }

    fn is_synced(
        &self,
        meta: &Meta,
        catalog: &Catalog,
        fingerprint: &str,
        options: &SyncOptions,
    ) -> Result<Option<Plan>, StoreError> {
        if options.clean_orphans || !is_current(meta, catalog, fingerprint) {
            return Ok(None);
        }
        let state = StoreState {
            environment: meta.environment().to_owned(),
            store: meta.store_id().to_owned(),
            revision: meta.revision().map_err(|error| self.failure(&error))?,
            fingerprint: Some(fingerprint.to_owned()),
            version: meta.version(&catalog.application().name),
            ..StoreState::default()
        };
        Ok(Some(Plan::empty(catalog, fingerprint, &state, options)))
    }

    /// The plan, and who has the roles that it concerns.
    fn planned(
        &self,
        session: &mut dyn Session,
        meta: &Meta,
        catalog: &Catalog,
        state: &StoreState,
        options: &SyncOptions,
    ) -> Result<Plan, StoreError> {
        let fail = |error: EngineError| self.failure(&error);
        let now = self.clock().max(meta.newest_time().map_err(fail)?);
        let mut plan = plan::plan(catalog, state, options);
        plan.count_subjects(session, now).map_err(fail)?;
        let knows_critical = state.permissions.values().any(|stored| stored.critical);
        if knows_critical && !plan.is_empty() && !plan.is_refused() {
            self.try_out(session, meta, catalog, state, &mut plan)?;
        }
        Ok(plan)
    }

    /// Refuses a plan that would take a critical permission from the last who hold it (rule 26),
    /// before anything is shown, backed up or written.
    fn try_out(
        &self,
        session: &mut dyn Session,
        meta: &Meta,
        catalog: &Catalog,
        state: &StoreState,
        plan: &mut Plan,
    ) -> Result<(), StoreError> {
        let mut dry = Dry(session);
        let actor = Actor::new("");
        let change = Change::begin(&mut dry, meta, self.clock(), &actor, "sync")
            .map_err(|error| self.failure(&error))?
            .tried_out();
        match apply::apply(change, catalog, state, &mut plan.clone(), None) {
            Ok(()) => Ok(()),
            Err(unsealed) => self.refuse(plan, unsealed),
        }
    }

    /// What takes a critical permission from the last who hold it is an answer, not an error.
    fn refuse(&self, plan: &mut Plan, unsealed: Unsealed) -> Result<(), StoreError> {
        let error = self.unsealed(unsealed);
        if !matches!(error, StoreError::Critical { .. }) {
            return Err(error);
        }
        plan.applied = false;
        plan.refuse(Rule::Critical, error.to_string());
        Ok(())
    }

    pub(crate) fn state(
        &self,
        session: &mut dyn Session,
        meta: &Meta,
        catalog: &Catalog,
        fingerprint: &str,
    ) -> Result<StoreState, StoreError> {
        StoreState::load(session, meta, catalog, fingerprint, self.clock())
            .map_err(|error| self.failure(&error))
    }
}

/// Whether the mark of the last sync is enough to know that nothing is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doubt {
    TrustMark,
    Compare,
}

/// Whether the rows are as a sync of this catalog left them. A higher version of the application
/// is written down, so that a lower one is known to be older.
fn is_current(meta: &Meta, catalog: &Catalog, fingerprint: &str) -> bool {
    let application = catalog.application();
    let newest = meta.version(&application.name);
    meta.fingerprint(&application.name) == Some(fingerprint)
        && meta.is_synced(&application.name)
        && newest.is_some_and(|newest| application.version <= newest)
}

fn tell(plan: &Plan) {
    if !plan.create.is_empty() {
        info!(target: "upr", "Created {} permissions", plan.create.len());
    }
    let updated = plan.updated();
    if updated > 0 {
        info!(target: "upr", "Updated {updated} permissions");
    }
    if !plan.orphan.is_empty() {
        warn!(target: "upr", "Found {} orphaned permissions", plan.orphan.len());
    }
}
