//! Changing who may do what, from inside the program.
//!
//! Handlers never write to upr's tables. They ask for a change here, and upr writes it down with
//! the name of whoever asked, checks that it leaves somebody who holds each `critical` permission,
//! and numbers it.

use std::sync::Arc;

use upr::access::{Effect, GrantFact, Target};
use upr::{RoleKey, Scope};
use upr_sync::{Actor, Class, Failure as _, Follower, Mode, NewUser, Revoke, Store, WishError};

use crate::sign_in::subject_id;
use crate::users::User;
use crate::web::Failure;

#[derive(Clone)]
pub struct Permissions {
    follower: Arc<Follower>,
}

impl Permissions {
    pub fn new(follower: Follower) -> Self {
        Self {
            follower: Arc::new(follower),
        }
    }

    /// How the store is followed; for the health page.
    pub fn follower(&self) -> &Follower {
        &self.follower
    }

    /// A new user becomes a subject, who may do nothing yet.
    pub async fn create_subject(&self, by: &str, user: &User) -> Result<(), Failure> {
        let mut subject = NewUser::new(subject_id(user.id)?);
        subject.username = Some(user.username.clone());
        subject.email = Some(user.email.clone());
        self.change(by, move |store, actor| {
            store.user_create(&subject, actor).map(drop)
        })
        .await
    }

    pub async fn set_active(&self, by: &str, user: i64, active: bool) -> Result<(), Failure> {
        let id = subject_id(user)?;
        self.change(by, move |store, actor| {
            let done = if active {
                store.user_activate(&id, actor)
            } else {
                store.user_deactivate(&id, actor)
            };
            done.map(drop)
        })
        .await
    }

    pub async fn give_role(
        &self,
        by: &str,
        user: i64,
        role: RoleKey,
        scope: Scope,
    ) -> Result<(), Failure> {
        let grant = GrantFact {
            subject: subject_id(user)?,
            target: Target::Role(role),
            scope,
            effect: Effect::Allow,
            expires_at: None,
        };
        self.change(by, move |store, actor| store.grant(&grant, actor).map(drop))
            .await
    }

    pub async fn take_role(
        &self,
        by: &str,
        user: i64,
        role: RoleKey,
        scope: Scope,
    ) -> Result<(), Failure> {
        let revoke = Revoke {
            subject: subject_id(user)?,
            target: Target::Role(role),
            scope: Some(scope),
            effect: Effect::Allow,
        };
        self.change(by, move |store, actor| {
            store.revoke(&revoke, actor).map(drop)
        })
        .await
    }

    /// Writes; what was written is in force when it returns.
    async fn change(
        &self,
        by: &str,
        work: impl FnOnce(&Store, &Actor) -> Result<(), WishError> + Send + 'static,
    ) -> Result<(), Failure> {
        let follower = Arc::clone(&self.follower);
        let actor = Actor::new(by);
        let change = move || work(&follower.open(Mode::Write)?, &actor);
        tokio::task::spawn_blocking(change)
            .await?
            .map_err(|error| failure(&error))
    }
}

/// What was wished for and cannot be is the caller's affair; what cannot be found out is ours.
fn failure(error: &WishError) -> Failure {
    match error.class() {
        Class::No | Class::Usage => Failure::Invalid(error.to_string()),
        Class::CouldNot | Class::Begun => Failure::Internal(error.to_string()),
    }
}
