//! What every handler can reach.

use crate::database::Database;
use crate::permissions::Permissions;

#[derive(Clone)]
pub struct App {
    /// The help desk's own tables.
    pub database: Database,
    /// upr's: who may do what.
    pub permissions: Permissions,
}
