//! Roles that come with the program.
//!
//! A `managed` role is the code's: each sync sets its permissions to these. A `seeded` one starts
//! with these, and belongs to the administrators from then on; a sync adds what the code gained since
//! and nothing that a person took out.

use crate::insight::{reports, settings};
use crate::knowledge::articles;
use crate::tickets::{Comments, Tickets};
use crate::users::Users;

upr::role! {
    /// Everything, what is added later included.
    pub ADMIN = "admin", label = "Administrator", managed, all
}

upr::role! {
    /// Works on tickets.
    pub AGENT = "agent", label = "Agent", managed,
    Tickets::VIEW, Tickets::CREATE, Tickets::UPDATE, Tickets::ASSIGN, Tickets::CLOSE,
    Tickets::REOPEN, Tickets::ESCALATE, Comments::*, articles::Permissions::VIEW
}

upr::role! {
    /// Counts tickets and changes none.
    pub ANALYST = "analyst", label = "Analyst", managed,
    reports::Permissions::*, Tickets::EXPORT
}

upr::role! {
    /// Writes the knowledge base.
    pub EDITOR = "editor", label = "Editor", seeded,
    articles::Permissions::*, articles::drafts::Permissions::*, settings::VIEW
}

upr::role! {
    /// Asks.
    pub CUSTOMER = "customer", label = "Customer", seeded,
    Tickets::CREATE, articles::VIEW
}

upr::role! {
    /// Looks after accounts, and gives nobody any rights: new passwords are not for it, since an
    /// administrator's would be an administrator's rights.
    pub RECEPTION = "reception", label = "Reception", seeded,
    Users::VIEW, Users::CREATE, Users::UPDATE
}
