//! upr, asked in its several ways.

use std::cell::RefCell;
use std::error::Error;

use upr::access::{
    Access, Decision, Effect, GrantRow, PermissionFact, RoleFact, Snapshot, State, Subject,
    Unavailable,
};
use upr::{Key, RoleKey, Timestamp};

use super::Contender;
use crate::policy::Policy;
use crate::query::Query;

/// Whether ids of users are texts or numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ids {
    /// `user-42`.
    Text,
    /// `42`.
    Number,
}

/// The permissions and roles of a policy.
///
/// # Errors
///
/// When a key is none.
pub fn facts(policy: &Policy) -> Result<(Vec<PermissionFact>, Vec<RoleFact>), Box<dyn Error>> {
    let keys: Vec<Key> = policy
        .permissions
        .iter()
        .map(|key| Key::parse(key))
        .collect::<Result<_, _>>()?;
    let permission = |key: &Key| PermissionFact {
        key: key.clone(),
        application: "desk".into(),
        state: State::Active,
        alias_of: None,
        critical: false,
    };
    let permissions = keys.iter().map(permission).collect();
    let role = |(number, held): (u32, &Vec<u32>)| {
        let held = held
            .iter()
            .filter_map(|held| keys.get(*held as usize).cloned());
        Ok(RoleFact {
            key: RoleKey::parse(&Policy::role_key(number))?,
            application: "desk".into(),
            all: false,
            modules: Vec::new(),
            permissions: held.collect(),
        })
    };
    let roles: Result<_, Box<dyn Error>> = (0..).zip(&policy.roles).map(role).collect();
    Ok((permissions, roles?))
}

/// Makes the snapshot of a policy, row by row.
///
/// # Errors
///
/// When a name is none.
pub fn snapshot(policy: &Policy, ids: Ids) -> Result<Snapshot, Box<dyn Error>> {
    let (permissions, roles) = facts(policy)?;
    let role_keys: Vec<String> = (0..).take(roles.len()).map(Policy::role_key).collect();
    let mut builder = Snapshot::builder(permissions, roles);
    let id = |user: u32| match ids {
        Ids::Text => Policy::user_id(user),
        Ids::Number => user.to_string(),
    };
    for (user, roles) in (0..).zip(&policy.users) {
        let id = id(user);
        builder.read_subject(&id, true)?;
        for role in roles {
            builder.read_grant(&GrantRow {
                subject: &id,
                role: role_keys.get(*role as usize).map_or("", String::as_str),
                permission: "",
                scope: "",
                effect: Effect::Allow,
                expires_at: None,
            })?;
        }
    }
    Ok(builder.finish(1, Timestamp::EPOCH))
}

/// By the id of the user, a text.
#[derive(Debug)]
pub struct ByText(pub Access);

impl Contender for ByText {
    fn name(&self) -> &str {
        "upr, by text id"
    }

    fn ask(&self, queries: &[Query]) -> usize {
        count(queries, |query| {
            self.0.check_id(&*query.user_id, query.permission_id, "")
        })
    }
}

/// By the id of the user, a number.
#[derive(Debug)]
pub struct ByNumber(pub Access);

impl Contender for ByNumber {
    fn name(&self) -> &str {
        "upr, by integer id"
    }

    fn ask(&self, queries: &[Query]) -> usize {
        count(queries, |query| {
            self.0.check_id(query.user, query.permission_id, "")
        })
    }
}

thread_local! {
    static SUBJECTS: RefCell<Vec<Subject>> = const { RefCell::new(Vec::new()) };
}

/// By subjects that are looked up before they are asked about, as at the beginning of a request.
#[derive(Debug)]
pub struct BySubject(pub Access);

impl Contender for BySubject {
    fn name(&self) -> &str {
        "upr, subject resolved"
    }

    fn prepare(&self, queries: &[Query]) {
        let subject = |query: &Query| self.0.subject(&*query.user_id).ok();
        let found = queries.iter().filter_map(subject).collect();
        SUBJECTS.with(|subjects| *subjects.borrow_mut() = found);
    }

    fn ask(&self, queries: &[Query]) -> usize {
        SUBJECTS.with(|subjects| {
            let subjects = subjects.borrow();
            let asked = subjects.iter().zip(queries);
            asked
                .filter(|(subject, query)| {
                    let decision = subject.check_id(query.permission_id, "");
                    decision.is_ok_and(Decision::is_allowed)
                })
                .count()
        })
    }
}

/// By one of all subjects, which were looked up long before: nothing of them is at hand.
#[derive(Debug)]
pub struct ByOldSubject(Vec<Subject>);

impl ByOldSubject {
    /// Looks all of them up.
    ///
    /// # Errors
    ///
    /// When nothing can be decided.
    pub fn new(policy: &Policy, access: &Access) -> Result<Self, Unavailable> {
        let users = (0..).take(policy.users.len());
        let subjects = users.map(|user| access.subject(Policy::user_id(user)));
        subjects.collect::<Result<_, _>>().map(Self)
    }
}

impl Contender for ByOldSubject {
    fn name(&self) -> &str {
        "upr, one of all subjects, resolved long ago"
    }

    fn ask(&self, queries: &[Query]) -> usize {
        let allowed = |query: &&Query| {
            let subject = self.0.get(query.user as usize);
            let decision = subject.map(|subject| subject.check_id(query.permission_id, ""));
            matches!(decision, Some(Ok(decision)) if decision.is_allowed())
        };
        queries.iter().filter(allowed).count()
    }
}

fn count(queries: &[Query], check: impl Fn(&Query) -> Result<Decision, Unavailable>) -> usize {
    let allowed = |query: &&Query| check(query).is_ok_and(Decision::is_allowed);
    queries.iter().filter(allowed).count()
}
