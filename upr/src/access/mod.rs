//! Decides who may do what.
//!
//! [`Facts`] come out of a store, [`Snapshot::compile`] turns them into dense indices and bit sets,
//! and [`Access`] holds the snapshot that is in force and answers [`Access::check`]. Nothing here
//! reads a file, a database or the environment; `check` allocates nothing and asks nobody.
//!
//! The policy is one and fixed: deny unless allowed, and any deny that applies wins. A grant
//! applies when its scope is empty or equal to the scope asked for, when it holds the permission
//! directly or through its role, and when it has not ended.
//!
//! ```
//! use upr::access::{Access, Effect, Facts, GrantFact, PermissionFact, Snapshot, State};
//! use upr::access::{SubjectFact, Target};
//! use upr::{Key, Scope, SubjectId};
//!
//! let key = Key::parse("tickets.close")?;
//! let ada = SubjectId::parse("ada")?;
//! let facts = Facts {
//!     permissions: vec![PermissionFact {
//!         key: key.clone(),
//!         application: "helpdesk".into(),
//!         state: State::Active,
//!         alias_of: None,
//!         critical: false,
//!     }],
//!     subjects: vec![SubjectFact { id: ada.clone(), active: true }],
//!     grants: vec![GrantFact {
//!         subject: ada,
//!         target: Target::Permission(key),
//!         scope: Scope::parse("acme")?,
//!         effect: Effect::Allow,
//!         expires_at: None,
//!     }],
//!     ..Facts::default()
//! };
//! let access = Access::new(Snapshot::compile(facts));
//! assert!(access.check_key("ada", "tickets.close", "acme")?.is_allowed());
//! assert!(access.check_key("ada", "tickets.close", "")?.is_denied());
//! assert!(access.check_key("bob", "tickets.close", "acme")?.is_denied());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answers;
mod apply;
mod audit;
mod bits;
mod builder;
mod cache;
mod change;
mod compile;
mod decision;
mod explain;
mod facts;
mod grants;
mod handle;
mod look;
mod names;
mod permissions;
mod refusal;
mod require;
mod roles;
mod snapshot;
mod subject;
mod subject_ref;
mod table;
mod unavailable;

pub use builder::{GrantRow, RowError, SnapshotBuilder};
pub use change::{Change, GapError};
pub use decision::{Decision, Reason};
pub use explain::{Explanation, Miss, MissReason, Step, StepKind};
pub use facts::{Effect, Facts, GrantFact, PermissionFact, RoleFact, State, SubjectFact, Target};
pub use handle::Access;
pub use look::Look;
pub use refusal::{Denial, Refusal};
pub use snapshot::Snapshot;
pub use subject::Subject;
pub use subject_ref::SubjectRef;
pub use unavailable::Unavailable;
