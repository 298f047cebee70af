//! Who acts through the program gives only what it holds itself.
//!
//! A store that acts for a subject ([`Store::acting_as`]) judges each change set by what the subject
//! held before it: whatever the change gives, to anybody, it must hold in that scope and for that
//! long. Taking away is free, except where it takes away a denial.

use std::collections::{BTreeMap, BTreeSet};

use upr::access::{Effect, GrantFact, RoleFact, Target};
use upr_core::{RoleKey, Scope, SubjectId, Timestamp};

use crate::change::{Item, ItemKind};
use crate::engine::{EngineError, Session, Value};
use crate::facts;
use crate::member::Member;
use crate::recorded;
use crate::store::Store;

/// What is given, in one scope and until a time.
struct Gift {
    /// One permission, or what wildcards mean in a role of this application.
    what: Member,
    application: String,
    scope: Scope,
    until: Option<Timestamp>,
}

/// What a subject held before a change.
pub(crate) struct Holdings {
    pub(crate) subject: SubjectId,
    active: bool,
    now: Timestamp,
    grants: Vec<GrantFact>,
    roles: BTreeMap<RoleKey, RoleFact>,
    /// Who owns each single permission that was asked about.
    owners: BTreeMap<String, String>,
}

impl Store {
    /// A store through which `subject` changes access, and can give only what it holds itself.
    ///
    /// Grants, roles and what they hold, users that are let in again, lifted denials and undone
    /// changes: what a change set gives to anybody must be the subject's own before it, in the same
    /// scope (for what is given everywhere, everywhere) and for as long, else the change is refused
    /// with [`StoreError::Beyond`](crate::StoreError::Beyond). Whether it may change access at all is
    /// the application's to check first, with a permission of its own.
    ///
    /// Reconciling, restoring and migrating are operators' work, and not limited by it.
    ///
    /// ```
    /// # use upr_sync::{Actor, Database, Migrate, Mode, NewUser, Store};
    /// # let folder = tempfile::tempdir()?;
    /// # let database = Database::sqlite(folder.path().join("upr.db"));
    /// # let store = Store::open(&database, Mode::Create)?;
    /// # store.migrate(&Migrate::new("development"))?;
    /// # let operator = Actor::new("operator");
    /// # store.role_create(&"admin".parse()?, None, &[upr_sync::Member::All], &operator)?;
    /// # store.user_create(&NewUser::new("bob".parse()?), &operator)?;
    /// let store = store.acting_as("bob".parse()?);
    /// let mut friend = NewUser::new("eve".parse()?);
    /// friend.roles.push("admin".parse()?);
    /// let error = store.user_create(&friend, &Actor::new("bob")).unwrap_err();
    /// assert_eq!(error.to_string(), "`bob` cannot give what it does not hold: `all`");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn acting_as(mut self, subject: SubjectId) -> Self {
        self.acting = Some(subject);
        self
    }
}

impl Holdings {
    /// Reads what a subject holds now.
    pub(crate) fn of(
        session: &mut dyn Session,
        subject: &SubjectId,
        now: Timestamp,
    ) -> Result<Self, EngineError> {
        let mut own = upr::access::Facts::default();
        facts::subject(session, subject, &mut own)?;
        let mut holdings = Self {
            subject: subject.clone(),
            active: own.subjects.first().is_some_and(|fact| fact.active),
            now,
            grants: own.grants,
            roles: BTreeMap::new(),
            owners: BTreeMap::new(),
        };
        let holds = |grant: &GrantFact| grant.expires_at.is_none_or(|end| now < end);
        holdings.grants.retain(holds);
        for grant in &holdings.grants {
            if let Target::Role(role) = &grant.target
                && let Some(fact) = facts::role(session, role)?
            {
                holdings.roles.insert(role.clone(), fact);
            }
        }
        Ok(holdings)
    }

    /// What `items` give that the subject does not hold, each as people write it.
    pub(crate) fn missing(
        &mut self,
        session: &mut dyn Session,
        items: &[Item],
    ) -> Result<BTreeSet<String>, EngineError> {
        let mut gifts = Vec::new();
        for item in items {
            collect(session, item, items, self.now, &mut gifts)?;
        }
        let mut missing = BTreeSet::new();
        for gift in &gifts {
            if let Member::Permission(key) = &gift.what {
                self.note_owner(session, key.as_str())?;
            }
            if !self.holds(gift) {
                missing.insert(shown(gift));
            }
        }
        Ok(missing)
    }

    fn note_owner(&mut self, session: &mut dyn Session, key: &str) -> Result<(), EngineError> {
        if self.owners.contains_key(key) {
            return Ok(());
        }
        let sql = "SELECT application FROM upr_permission WHERE key = ?1";
        session.query(sql, &[Value::Text(key)], &mut |row| {
            self.owners.insert(key.to_owned(), row.text(0)?.to_owned());
            Ok(())
        })
    }

    fn holds(&self, gift: &Gift) -> bool {
        let reaches = |grant: &&GrantFact| grant.scope.is_everywhere() || grant.scope == gift.scope;
        let lasts = |grant: &&GrantFact| match (grant.expires_at, gift.until) {
            (None, _) => true,
            (Some(own), Some(given)) => given <= own,
            (Some(_), None) => false,
        };
        let is = |effect: Effect| move |grant: &&GrantFact| grant.effect == effect;
        let mut allows = self.grants.iter().filter(is(Effect::Allow));
        let is_allowed = allows
            .any(|grant| reaches(&grant) && lasts(&grant) && self.covers(&grant.target, gift));
        // What is given everywhere is given in every scope, also where it is denied.
        let mut denies = self.grants.iter().filter(is(Effect::Deny));
        let is_denied = denies.any(|grant| {
            (reaches(&grant) || gift.scope.is_everywhere()) && self.touches(&grant.target, gift)
        });
        self.active && is_allowed && !is_denied
    }

    /// Whether a target holds all of what is given.
    fn covers(&self, target: &Target, gift: &Gift) -> bool {
        match target {
            Target::Permission(key) => gift.what == Member::Permission(key.clone()),
            Target::Role(role) => {
                let role = self.roles.get(role);
                role.is_some_and(|role| {
                    self.members(role).iter().any(|own| {
                        let reaches =
                            role.application.is_empty() || role.application == *self.owner(gift);
                        *own == gift.what && (reaches || matches!(own, Member::Permission(_)))
                            || reaches && own.covers(&gift.what)
                    })
                })
            }
        }
    }

    /// Whether a target holds any of what is given.
    fn touches(&self, target: &Target, gift: &Gift) -> bool {
        let meets = |member: &Member| {
            *member == gift.what || member.covers(&gift.what) || gift.what.covers(member)
        };
        match target {
            Target::Permission(key) => meets(&Member::Permission(key.clone())),
            Target::Role(role) => {
                let role = self.roles.get(role);
                role.is_some_and(|role| self.members(role).iter().any(meets))
            }
        }
    }

    /// Whose keys are given: a permission's owner, or what wildcards mean.
    fn owner<'a>(&'a self, gift: &'a Gift) -> &'a String {
        match &gift.what {
            Member::Permission(key) => self.owners.get(key.as_str()).unwrap_or(&gift.application),
            _ => &gift.application,
        }
    }

    fn members(&self, role: &RoleFact) -> Vec<Member> {
        let modules = role.modules.iter().cloned().map(Member::Module);
        let permissions = role.permissions.iter().cloned().map(Member::Permission);
        let all = role.all.then_some(Member::All);
        all.into_iter().chain(modules).chain(permissions).collect()
    }
}

/// Such as `users.view`, or `users.* in acme`.
fn shown(gift: &Gift) -> String {
    let place = if gift.scope.is_everywhere() {
        String::new()
    } else {
        format!(" in {}", gift.scope)
    };
    format!("{}{place}", gift.what)
}

/// What a fact gives to anybody.
fn collect(
    session: &mut dyn Session,
    item: &Item,
    items: &[Item],
    now: Timestamp,
    gifts: &mut Vec<Gift>,
) -> Result<(), EngineError> {
    match item.kind {
        ItemKind::Grant => {
            let (before, after) = (
                recorded::grant(&item.before)?,
                recorded::grant(&item.after)?,
            );
            if let Some(grant) = gains(before, after) {
                give(session, &grant, items, gifts)?;
            }
        }
        // Who has the role has it; to whom it is denied gains what it no longer holds.
        ItemKind::Member => {
            let member = recorded::member(&item.after)?.or(recorded::member(&item.before)?);
            let role = facts::role_key(&item.role)?;
            let gives = !item.after.is_empty() || is_denied_to_somebody(session, &item.role)?;
            if let Some(what) = member.filter(|_| gives) {
                let application = owner_of(session, &role, items)?;
                gifts.push(Gift {
                    what,
                    application,
                    scope: Scope::everywhere(),
                    until: None,
                });
            }
        }
        // Who is let in again has what it had.
        ItemKind::Subject => {
            let active = |text: &str| {
                recorded::subject(text).map(|line| line.is_some_and(|line| line.active))
            };
            if active(&item.after)? && !active(&item.before)? {
                let mut own = upr::access::Facts::default();
                facts::subject(session, &facts::subject_id(&item.subject)?, &mut own)?;
                let lasts = |grant: &&GrantFact| grant.expires_at.is_none_or(|end| now < end);
                for grant in own.grants.iter().filter(lasts) {
                    if grant.effect == Effect::Allow {
                        give(session, grant, items, gifts)?;
                    }
                }
            }
        }
        ItemKind::Role | ItemKind::Permission => {}
    }
    Ok(())
}

/// What somebody has more of: an allow that comes or lasts longer, a denial that goes or ends sooner.
fn gains(before: Option<GrantFact>, after: Option<GrantFact>) -> Option<GrantFact> {
    let forever = |grant: &GrantFact| grant.expires_at.unwrap_or(Timestamp::from_micros(i64::MAX));
    match (before, after) {
        (None, Some(after)) if after.effect == Effect::Allow => Some(after),
        (Some(before), Some(after)) if after.effect == Effect::Allow => {
            (forever(&after) > forever(&before)).then_some(after)
        }
        // What is no longer denied is had for as long as whatever allows it.
        (Some(before), None) if before.effect == Effect::Deny => Some(GrantFact {
            expires_at: None,
            ..before
        }),
        (Some(before), Some(after)) if before.effect == Effect::Deny => {
            (forever(&after) < forever(&before)).then_some(GrantFact {
                expires_at: None,
                ..after
            })
        }
        _ => None,
    }
}

fn give(
    session: &mut dyn Session,
    grant: &GrantFact,
    items: &[Item],
    gifts: &mut Vec<Gift>,
) -> Result<(), EngineError> {
    let gift = |what: Member, application: &str| Gift {
        what,
        application: application.to_owned(),
        scope: grant.scope.clone(),
        until: grant.expires_at,
    };
    match &grant.target {
        Target::Permission(key) => gifts.push(gift(Member::Permission(key.clone()), "")),
        Target::Role(role) => {
            // The members of a role that this very change makes or unmakes are facts of it.
            if let Some(fact) = facts::role(session, role)? {
                let members = [
                    fact.all
                        .then_some(Member::All)
                        .into_iter()
                        .collect::<Vec<_>>(),
                    fact.modules.iter().cloned().map(Member::Module).collect(),
                    fact.permissions
                        .iter()
                        .cloned()
                        .map(Member::Permission)
                        .collect(),
                ];
                let members = members.into_iter().flatten();
                gifts.extend(members.map(|member| gift(member, &fact.application)));
            }
            let own = items
                .iter()
                .filter(|item| item.kind == ItemKind::Member && item.role == role.as_str());
            let application = owner_of(session, role, items)?;
            for item in own {
                let member = recorded::member(&item.after)?.or(recorded::member(&item.before)?);
                gifts.extend(member.map(|member| gift(member, &application)));
            }
        }
    }
    Ok(())
}

/// Whose role it is: as the store has it, or as the change makes or unmakes it.
fn owner_of(
    session: &mut dyn Session,
    role: &RoleKey,
    items: &[Item],
) -> Result<String, EngineError> {
    if let Some(fact) = facts::role(session, role)? {
        return Ok(fact.application);
    }
    for item in items {
        if item.kind == ItemKind::Role && item.role == role.as_str() {
            let line = recorded::role(&item.after)?.or(recorded::role(&item.before)?);
            return Ok(line.and_then(|line| line.application).unwrap_or_default());
        }
    }
    Ok(String::new())
}

fn is_denied_to_somebody(session: &mut dyn Session, role: &str) -> Result<bool, EngineError> {
    let mut found = false;
    let sql = "SELECT 1 FROM upr_grant WHERE role = ?1 AND effect = 'deny' LIMIT 1";
    session.query(sql, &[Value::Text(role)], &mut |_| {
        found = true;
        Ok(())
    })?;
    Ok(found)
}
