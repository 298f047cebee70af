//! Whether a service that follows a store is in good order.

use std::time::Duration;

use serde::Serialize;
use upr_core::{Catalog, Timestamp};

use crate::engine::{Begin, Value};
use crate::error::StoreError;
use crate::follow::Follower;
use crate::options::ValidateOptions;
use crate::store::{Mode, Store};
use crate::time;

/// The health document: counts and words for machines, nothing that needs a sign-in.
///
/// Fields may be added; none is renamed or dropped.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Health {
    /// The whole in one word.
    pub status: HealthStatus,
    /// What is wrong, when the status is `error`. Causes are in the log.
    pub error: Option<&'static str>,
    /// When it was looked at, RFC 3339 in UTC.
    pub timestamp: String,
    /// Whether the store can be read.
    pub database: Connection,
    /// Permissions, counted.
    pub permissions: PermissionHealth,
    /// How profiles follow the application's users; `None` while nothing keeps them in step.
    pub user_sync: Option<UserSync>,
    /// What it takes to serve.
    pub services: Services,
    /// The store's revision; 0 while it cannot be read.
    pub revision: u64,
    /// For how many milliseconds decisions have not been compared with the store.
    pub staleness_ms: u64,
}

/// The whole in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HealthStatus {
    /// Nothing is to be done.
    Healthy,
    /// It serves, and someone should look at it.
    Warning,
    /// It cannot serve.
    Error,
}

/// Whether the store can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Connection {
    /// It can.
    Connected,
    /// It cannot.
    Unreachable,
}

/// Permissions, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PermissionHealth {
    /// Stored and not retired.
    pub total: u64,
    /// Declared, and not in the store.
    pub missing: u64,
    /// Stored, and no longer declared.
    pub orphaned_count: u64,
    /// On their way out, and still granted or in a role by name.
    pub deprecated_in_use: u64,
}

/// How profiles follow the application's users.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct UserSync {
    /// The whole in one word.
    pub status: HealthStatus,
    /// Active rows of the source.
    pub total_auth_users: u64,
    /// Active profiles.
    pub total_profiles: u64,
    /// Active rows without an active profile.
    pub missing_profiles: u64,
    /// Rows with a profile, of a hundred; 100 of none.
    pub sync_percentage: f64,
}

/// What it takes to serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Services {
    /// The store.
    pub database: Connection,
    /// The application's sign-in.
    pub auth: Auth,
    /// The trigger that makes profiles.
    pub triggers: Triggers,
}

/// The application's sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// It answers.
    Operational,
    /// It does not.
    Unavailable,
}

/// The trigger that makes profiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Triggers {
    /// It is installed.
    Active,
    /// It should be installed, and is not.
    Missing,
    /// None is wanted.
    Off,
}

impl Health {
    /// Looks at the store that `follower` follows, beside what this program declares. `auth` is
    /// what the application knows of its own sign-in.
    #[must_use]
    pub fn observe(follower: &Follower, catalog: &Catalog, auth: Auth) -> Self {
        let counted = follower
            .open(Mode::Read)
            .and_then(|store| count(&store, catalog))
            .inspect_err(|error| tracing::error!(target: "upr", %error, "Store cannot be read"));
        let is_refusing = follower.access().snapshot().is_err();
        Self::judge(counted.ok(), is_refusing, follower.staleness(), auth)
    }

    fn judge(
        counted: Option<(PermissionHealth, u64)>,
        is_refusing: bool,
        staleness: Duration,
        auth: Auth,
    ) -> Self {
        let database = match counted {
            Some(_) => Connection::Connected,
            None => Connection::Unreachable,
        };
        let (permissions, revision) = counted.unwrap_or_default();
        let error = if database == Connection::Unreachable {
            Some("the database cannot be reached")
        } else if is_refusing {
            Some("permissions cannot be decided")
        } else if auth == Auth::Unavailable {
            Some("nobody can sign in")
        } else {
            None
        };
        let status = if error.is_some() {
            HealthStatus::Error
        } else if permissions.missing > 0 || permissions.orphaned_count > 0 {
            HealthStatus::Warning
        } else {
            HealthStatus::Healthy
        };
        Self {
            status,
            error,
            timestamp: time::shown(Timestamp::now()),
            database,
            permissions,
            user_sync: None,
            services: Services {
                database,
                auth,
                triggers: Triggers::Off,
            },
            revision,
            staleness_ms: u64::try_from(staleness.as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// The document, pretty-printed: monitors look for the text `"status": "healthy"`.
    #[must_use]
    pub fn to_json(&self) -> String {
        // INVARIANT: it holds nothing that JSON cannot.
        let mut json = serde_json::to_string_pretty(self).unwrap_or_default();
        json.push('\n');
        json
    }
}

fn count(store: &Store, catalog: &Catalog) -> Result<(PermissionHealth, u64), StoreError> {
    let status = store.status(None)?;
    let validation = store.validate(catalog, &ValidateOptions::default())?;
    let permissions = PermissionHealth {
        total: status.total_permissions,
        missing: validation.missing.len() as u64,
        orphaned_count: status.orphaned_permissions,
        deprecated_in_use: store.deprecated_in_use()?,
    };
    Ok((permissions, status.revision))
}

impl Store {
    /// How many deprecated permissions a grant that has not ended, or a role, still names.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read.
    pub fn deprecated_in_use(&self) -> Result<u64, StoreError> {
        self.read(Begin::Read, |session| {
            let meta = self.meta(session)?;
            let fail = |error| self.failure(&error);
            let now = self.clock().max(meta.newest_time().map_err(fail)?);
            let sql = "SELECT COUNT(*) FROM upr_permission p \
                 WHERE p.state = 'deprecated' AND p.application <> 'upr' \
                 AND (EXISTS (SELECT 1 FROM upr_grant g WHERE g.permission = p.key \
                              AND (g.expires_at IS NULL OR g.expires_at > ?1)) \
                   OR EXISTS (SELECT 1 FROM upr_role_permission m \
                              WHERE m.kind = 'permission' AND m.member = p.key))";
            let mut number = 0;
            session
                .query(sql, &[Value::Time(now)], &mut |row| {
                    number = u64::try_from(row.int(0)?).unwrap_or(0);
                    Ok(())
                })
                .map_err(fail)?;
            Ok(number)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::HealthStatus::{Error, Healthy, Warning};
    use super::*;

    fn judged(counted: Option<PermissionHealth>, is_refusing: bool, auth: Auth) -> Health {
        let counted = counted.map(|permissions| (permissions, 7));
        Health::judge(counted, is_refusing, Duration::from_millis(1500), auth)
    }

    #[test]
    fn the_worst_counts() {
        let fine = PermissionHealth {
            total: 3,
            deprecated_in_use: 1,
            ..Default::default()
        };
        let missing = PermissionHealth { missing: 1, ..fine };
        let orphaned = PermissionHealth {
            orphaned_count: 1,
            ..fine
        };
        let table = [
            (Some(fine), false, Auth::Operational, Healthy),
            (Some(missing), false, Auth::Operational, Warning),
            (Some(orphaned), false, Auth::Operational, Warning),
            (Some(fine), true, Auth::Operational, Error),
            (Some(fine), false, Auth::Unavailable, Error),
            (None, false, Auth::Operational, Error),
        ];
        for (row, (counted, is_refusing, auth, expected)) in table.into_iter().enumerate() {
            let health = judged(counted, is_refusing, auth);
            assert_eq!(health.status, expected, "row {row}");
            assert_eq!(health.error.is_some(), expected == Error, "row {row}");
        }
    }

    #[test]
    fn the_document_has_the_contracts_shape() {
        let fine = PermissionHealth {
            total: 3,
            ..Default::default()
        };
        let mut health = judged(Some(fine), false, Auth::Operational);
        health.timestamp = "2026-11-20T10:00:00Z".to_owned();
        let expected = r#"{
  "status": "healthy",
  "error": null,
  "timestamp": "2026-11-20T10:00:00Z",
  "database": "connected",
  "permissions": {
    "total": 3,
    "missing": 0,
    "orphaned_count": 0,
    "deprecated_in_use": 0
  },
  "user_sync": null,
  "services": {
    "database": "connected",
    "auth": "operational",
    "triggers": "off"
  },
  "revision": 7,
  "staleness_ms": 1500
}
"#;
        assert_eq!(health.to_json(), expected);
    }
}
