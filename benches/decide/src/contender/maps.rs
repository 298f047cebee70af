//! What one writes first: hash maps of hash sets.

use std::collections::{HashMap, HashSet};

use super::Contender;
use crate::policy::Policy;
use crate::query::Query;

/// The roles of each user and the permissions of each role, by text.
#[derive(Debug)]
pub struct Maps {
    users: HashMap<String, HashSet<String>>,
    roles: HashMap<String, HashSet<String>>,
    keys: Vec<String>,
}

impl Maps {
    /// Writes the policy out in texts.
    #[must_use]
    pub fn new(policy: &Policy) -> Self {
        let key = |permission: &u32| policy.permissions.get(*permission as usize).cloned();
        let users = (0..).zip(&policy.users).map(|(user, roles)| {
            let roles = roles.iter().map(|role| Policy::role_key(*role));
            (Policy::user_id(user), roles.collect())
        });
        let roles = (0..).zip(&policy.roles).map(|(role, held)| {
            let held = held.iter().filter_map(key);
            (Policy::role_key(role), held.collect())
        });
        Self {
            users: users.collect(),
            roles: roles.collect(),
            keys: policy.permissions.clone(),
        }
    }
}

impl Contender for Maps {
    fn name(&self) -> &str {
        "HashMap<_, HashSet<_>>"
    }

    fn ask(&self, queries: &[Query]) -> usize {
        let allowed = |query: &&Query| {
            let roles = self.users.get(&*query.user_id);
            let key = self.keys.get(query.permission as usize);
            let (Some(roles), Some(key)) = (roles, key) else {
                return false;
            };
            let holds = |role: &String| self.roles.get(role).is_some_and(|held| held.contains(key));
            roles.iter().any(holds)
        };
        queries.iter().filter(allowed).count()
    }
}
