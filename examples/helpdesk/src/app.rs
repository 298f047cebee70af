//! What every handler can reach.

use std::sync::Arc;

use upr_core::Catalog;

use crate::database::Database;
use crate::permissions::Permissions;

#[derive(Clone)]
pub struct App {
    /// The help desk's own tables.
    pub database: Database,
    /// upr's: who may do what.
    pub permissions: Permissions,
    /// Every permission that this program declares.
    pub catalog: Arc<Catalog>,
}
