//! Reconciles upr's registry with the database that holds roles and grants.
//!
//! A [`Store`] is opened on a [`Database`], brought to its schema with [`Store::migrate`], and made
//! to agree with a [`Catalog`](upr_core::Catalog) with [`Store::sync`]. Roles, grants and subjects
//! are written through it, each time as one numbered change set, and [`Store::access`] gives the
//! handle that decides.
//!
//! [`backup`] holds the files that a store is saved in and restored from.
//!
//! Nothing here prints, reads the environment or ends the process: errors are values, and tell
//! through [`Failure`] what they mean and what to do.

pub mod engine;
pub mod settings;
pub mod time;

mod acting;
mod actor;
mod apply;
pub mod backup;
mod carry;
mod chain;
mod change;
mod critical;
mod database;
mod error;
mod facts;
mod follow;
mod grant;
mod health;
mod history;
mod lookup;
mod member;
mod meta;
mod migrate;
mod options;
mod outcome;
pub mod plan;
mod recorded;
mod role;
mod startup;
mod state;
mod status;
mod store;
mod sync;
mod text;
mod trail;
mod user;
mod validate;
mod wish;

pub use self::actor::Actor;
pub use self::database::{Database, DatabaseError};
pub use self::error::{Class, Failure, StoreError};
pub use self::follow::{Follow, Follower, Loads};
pub use self::grant::{Granted, Revoke, Revoked};
pub use self::health::{
    Auth, Connection, Health, HealthStatus, PermissionHealth, Services, Triggers, UserSync,
};
pub use self::history::{
    ChangeSet, ChangedFact, HistoryQuery, Later, PastError, PastFacts, UndoError, Undone,
};
pub use self::member::Member;
pub use self::migrate::{Migrate, Migrated, Schema};
pub use self::options::{SyncOptions, ValidateOptions};
pub use self::outcome::Outcome;
pub use self::plan::{Approved, Plan, SavedPlan, SavedPlanError};
pub use self::role::{Adopted, DeletedRole, Disallowed, RoleInfo, RoleMode};
pub use self::settings::{MassLoss, OrphanAction};
pub use self::startup::{Bootstrap, Code, Started, Startup, StartupError, Step, startup};
pub use self::state::{Holders, StoreState, StoredModule, StoredPermission, StoredRole};
pub use self::status::{LastSync, Status};
pub use self::store::{Mode, PATIENCE, Store};
pub use self::trail::{Broken, Trail};
pub use self::user::{NewUser, UserInfo};
pub use self::validate::Validation;
pub use self::wish::WishError;

/// The guide, so that its code compiles.
#[cfg(doctest)]
mod guides {
    #[doc = include_str!("../../docs/startup.md")]
    mod startup {}
    #[doc = include_str!("../../docs/access.md")]
    mod access {}
}
