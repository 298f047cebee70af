//! A store in numbers.

use serde::Serialize;

use crate::engine::{Begin, EngineError, Session, Value};
use crate::error::StoreError;
use crate::store::Store;
use crate::time;

/// What is in a store, counted. Retired permissions and those of upr itself count nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Status {
    /// Active, deprecated and orphaned ones.
    pub total_permissions: u64,
    /// Declared ones that are not deprecated.
    pub active_permissions: u64,
    /// Declared ones on their way out.
    pub deprecated_permissions: u64,
    /// No longer declared ones.
    pub orphaned_permissions: u64,
    /// Grants that name a permission and have not ended, and permissions that roles name.
    pub permission_assignments: u64,
    /// Roles, wherever they come from.
    pub roles: u64,
    /// Subjects, active or not.
    pub subjects: u64,
    /// Grows with every change.
    pub revision: u64,
    /// The fingerprint that was applied last.
    pub fingerprint: Option<String>,
    /// The newest run of sync that did something.
    pub last_sync: Option<LastSync>,
}

/// A run of sync.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LastSync {
    /// Of which application.
    pub application: String,
    /// When, RFC 3339.
    pub at: String,
    /// By whom.
    pub by: String,
    /// Which version of the application.
    pub version: String,
}

impl Store {
    /// Counts what is in the store. Fingerprint and last run are those of `application`; without
    /// one, those of the only application. Of several, the newest run is told and no fingerprint.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read.
    pub fn status(&self, application: Option<&str>) -> Result<Status, StoreError> {
        self.read(Begin::Read, |session| {
            let meta = self.meta(session)?;
            let fail = |error: EngineError| self.failure(&error);
            let now = self.clock().max(meta.newest_time().map_err(fail)?);
            let application = application.or(meta.only_application());
            let [active, deprecated, orphaned] = states(session).map_err(fail)?;
            let grants = "SELECT COUNT(*) FROM upr_grant g JOIN upr_permission p ON p.key = g.permission \
                 WHERE g.permission <> '' AND p.application <> 'upr' AND p.state <> 'retired' \
                 AND (g.expires_at IS NULL OR g.expires_at > ?1)";
            let members = "SELECT COUNT(*) FROM upr_role_permission m JOIN upr_permission p ON p.key = m.member \
                 WHERE m.kind = 'permission' AND p.application <> 'upr' AND p.state <> 'retired'";
            let assignments = count(session, grants, &[Value::Time(now)]).map_err(fail)?
                + count(session, members, &[]).map_err(fail)?;
            Ok(Status {
                total_permissions: active + deprecated + orphaned,
                active_permissions: active,
                deprecated_permissions: deprecated,
                orphaned_permissions: orphaned,
                permission_assignments: assignments,
                roles: count(session, "SELECT COUNT(*) FROM upr_role", &[]).map_err(fail)?,
                subjects: count(session, "SELECT COUNT(*) FROM upr_subject", &[]).map_err(fail)?,
                revision: meta.revision().map_err(fail)?,
                fingerprint: application
                    .and_then(|application| meta.fingerprint(application))
                    .map(str::to_owned),
                last_sync: last_sync(session, application.unwrap_or_default()).map_err(fail)?,
            })
        })
    }
}

fn states(session: &mut dyn Session) -> Result<[u64; 3], EngineError> {
    let [mut active, mut deprecated, mut orphaned] = [0; 3];
    let sql =
        "SELECT state, COUNT(*) FROM upr_permission WHERE application <> 'upr' GROUP BY state";
    session.query(sql, &[], &mut |row| {
        let number = u64::try_from(row.int(1)?).unwrap_or(0);
        match row.text(0)? {
            "active" => active = number,
            "deprecated" => deprecated = number,
            "orphan" => orphaned = number,
            _ => {}
        }
        Ok(())
    })?;
    Ok([active, deprecated, orphaned])
}

fn count(session: &mut dyn Session, sql: &str, values: &[Value<'_>]) -> Result<u64, EngineError> {
    let mut number = 0;
    session.query(sql, values, &mut |row| {
        number = u64::try_from(row.int(0)?).unwrap_or(0);
        Ok(())
    })?;
    Ok(number)
}

/// The newest run of `application`, or of any when it is `""`.
fn last_sync(
    session: &mut dyn Session,
    application: &str,
) -> Result<Option<LastSync>, EngineError> {
    let mut last = None;
    let sql = "SELECT at, by, version, application FROM upr_sync_run \
               WHERE application = ?1 OR ?1 = '' ORDER BY number DESC, at DESC, run_id LIMIT 1";
    session.query(sql, &[Value::Text(application)], &mut |row| {
        last = row.time(0)?.map(|at| {
            (
                at,
                row.text(1).map(str::to_owned),
                row.text(2).map(str::to_owned),
                row.text(3).map(str::to_owned),
            )
        });
        Ok(())
    })?;
    match last {
        Some((at, by, version, application)) => Ok(Some(LastSync {
            application: application?,
            at: time::shown(at),
            by: by?,
            version: version?,
        })),
        None => Ok(None),
    }
}
