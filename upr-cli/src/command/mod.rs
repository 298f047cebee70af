//! The commands, a file each: its arguments and its function.

mod apply;
mod audit;
mod backup;
mod catalog;
mod check;
mod completions;
mod diff;
mod grant;
mod history;
mod init;
mod lock;
mod migrate;
mod role;
mod status;
mod sync;
mod undo;
mod user;
mod validate;

use clap::Subcommand;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// The commands under the headings that `upr --help` shows.
pub(crate) const GROUPS: &[(&str, &[&str])] = &[
    ("Code and files", &["init", "catalog", "lock", "diff"]),
    (
        "The store",
        &["migrate", "sync", "apply", "validate", "status"],
    ),
    ("Access", &["role", "grant", "revoke", "user", "undo"]),
    ("Backups", &["backup"]),
    (
        "Questions",
        &["check", "explain", "who-can", "permissions", "history"],
    ),
    ("The shell", &["completions"]),
];

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(init::Args),
    Catalog(catalog::Args),
    Lock(lock::Args),
    Diff(diff::Args),
    Migrate(migrate::Args),
    Sync(sync::Args),
    Apply(apply::Args),
    Validate(validate::Args),
    Status(status::Args),
    Role(role::Args),
    Grant(grant::Args),
    Revoke(grant::RevokeArgs),
    User(user::Args),
    Undo(undo::Args),
    Backup(backup::Args),
    Check(check::Args),
    Explain(check::ExplainArgs),
    WhoCan(audit::WhoCan),
    Permissions(audit::Permissions),
    History(history::Args),
    Completions(completions::Args),
}

impl Command {
    /// Whether it works on the files or the registry of a project.
    pub(crate) fn is_of_a_project(&self) -> bool {
        !matches!(self, Self::Completions(_))
    }

    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self {
            Self::Init(args) => init::run(&args, context),
            Self::Catalog(args) => catalog::run(&args, context),
            Self::Lock(args) => lock::run(&args, context),
            Self::Diff(args) => diff::run(&args, context),
            Self::Migrate(args) => migrate::run(&args, context),
            Self::Sync(args) => sync::run(&args, context),
            Self::Apply(args) => apply::run(&args, context),
            Self::Validate(args) => validate::run(&args, context),
            Self::Status(args) => status::run(&args, context),
            Self::Role(args) => role::run(&args, context),
            Self::Grant(args) => grant::run(&args, context),
            Self::Revoke(args) => grant::revoke(&args, context),
            Self::User(args) => user::run(&args, context),
            Self::Undo(args) => undo::run(&args, context),
            Self::Backup(args) => backup::run(&args, context),
            Self::Check(args) => check::run(&args, context),
            Self::Explain(args) => check::explain(&args, context),
            Self::WhoCan(args) => audit::who_can(&args, context),
            Self::Permissions(args) => audit::permissions(&args, context),
            Self::History(args) => history::run(&args, context),
            Self::Completions(args) => completions::run(&args, context),
        }
    }
}
