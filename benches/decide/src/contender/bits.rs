//! The limit: a loop over the bit sets of a user's roles.

use std::collections::HashMap;
use std::hash::Hash;

use super::Contender;
use crate::policy::Policy;
use crate::query::Query;

/// Roles as bit sets over dense permissions, the roles of each user in one list.
#[derive(Debug)]
pub struct Bits {
    /// Where the roles of each user begin; one more than there are users.
    first: Vec<u32>,
    roles: Vec<u32>,
    words: Vec<u64>,
    stride: usize,
}

impl Bits {
    /// Lays the policy out.
    #[must_use]
    pub fn new(policy: &Policy) -> Self {
        let stride = policy.permissions.len().div_ceil(64);
        let mut words = vec![0; stride * policy.roles.len()];
        for (role, held) in policy.roles.iter().enumerate() {
            for permission in held {
                if let Some(word) = words.get_mut(role * stride + *permission as usize / 64) {
                    *word |= 1 << (permission % 64);
                }
            }
        }
        let mut bits = Self {
            first: vec![0],
            roles: Vec::new(),
            words,
            stride,
        };
        for roles in &policy.users {
            bits.roles.extend_from_slice(roles);
            bits.first
                .push(u32::try_from(bits.roles.len()).unwrap_or(u32::MAX));
        }
        bits
    }

    fn check(&self, user: u32, permission: u32) -> bool {
        let user = user as usize;
        let (Some(start), Some(end)) = (self.first.get(user), self.first.get(user + 1)) else {
            return false;
        };
        let roles = self.roles.get(*start as usize..*end as usize);
        let (word, bit) = (permission as usize / 64, 1 << (permission % 64));
        roles.into_iter().flatten().any(|role| {
            let word = self.words.get(*role as usize * self.stride + word);
            word.is_some_and(|word| word & bit != 0)
        })
    }
}

impl Contender for Bits {
    fn name(&self) -> &str {
        "loop over role bit sets, dense indices"
    }

    fn ask(&self, queries: &[Query]) -> usize {
        let asked = queries.iter();
        asked
            .filter(|query| self.check(query.user, query.permission))
            .count()
    }
}

/// The same, asked about users that were asked about a moment before: what a request finds whose
/// user was looked up at its beginning.
#[derive(Debug)]
pub struct WarmBits<'a>(pub &'a Bits);

impl Contender for WarmBits<'_> {
    fn name(&self) -> &str {
        "that loop, users at hand"
    }

    fn prepare(&self, queries: &[Query]) {
        for query in queries {
            std::hint::black_box(self.0.check(query.user, 0));
        }
    }

    fn ask(&self, queries: &[Query]) -> usize {
        self.0.ask(queries)
    }
}

/// The same behind std's hash map of users.
#[derive(Debug)]
pub struct BitsBehind<K> {
    bits: Bits,
    users: HashMap<K, u32>,
}

impl BitsBehind<String> {
    /// By ids that are texts.
    #[must_use]
    pub fn texts(policy: &Policy) -> Self {
        Self::new(policy, Policy::user_id)
    }
}

impl BitsBehind<u64> {
    /// By ids that are numbers.
    #[must_use]
    pub fn numbers(policy: &Policy) -> Self {
        Self::new(policy, u64::from)
    }
}

impl<K: Eq + Hash> BitsBehind<K> {
    fn new(policy: &Policy, id: impl Fn(u32) -> K) -> Self {
        let users = (0..).take(policy.users.len());
        Self {
            bits: Bits::new(policy),
            users: users.map(|user| (id(user), user)).collect(),
        }
    }
}

impl Contender for BitsBehind<String> {
    fn name(&self) -> &str {
        "HashMap<String, u32> and that loop"
    }

    fn ask(&self, queries: &[Query]) -> usize {
        let allowed = |query: &&Query| {
            let user = self.users.get(&*query.user_id);
            user.is_some_and(|user| self.bits.check(*user, query.permission))
        };
        queries.iter().filter(allowed).count()
    }
}

impl Contender for BitsBehind<u64> {
    fn name(&self) -> &str {
        "HashMap<u64, u32> and that loop"
    }

    fn ask(&self, queries: &[Query]) -> usize {
        let allowed = |query: &&Query| {
            let user = self.users.get(&u64::from(query.user));
            user.is_some_and(|user| self.bits.check(*user, query.permission))
        };
        queries.iter().filter(allowed).count()
    }
}
