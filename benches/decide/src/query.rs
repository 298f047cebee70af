//! Who asks for what.

use fastrand::Rng;

use crate::policy::Policy;

/// One question, in the forms in which contenders want it.
#[derive(Clone, Debug)]
pub struct Query {
    /// The number of the user.
    pub user: u32,
    /// The number of the permission.
    pub permission: u32,
    /// The id of the permission in upr, a constant in a program.
    pub permission_id: u64,
    /// The id of the user, where it is a text.
    pub user_id: Box<str>,
}

/// `count` questions, half of them to be allowed. The chance of a user is one over its rank (Zipf's
/// law with exponent 1); ranks are dealt out at random, so that those who ask most are no
/// neighbours.
#[must_use]
pub fn queries(policy: &Policy, count: usize) -> Vec<Query> {
    let mut rng = Rng::with_seed(7);
    let mut ranked: Vec<u32> = (0..).take(policy.users.len()).collect();
    rng.shuffle(&mut ranked);
    let mut sum = 0.0;
    let sums: Vec<f64> = (1..=ranked.len())
        .map(|rank| {
            sum += 1.0 / rank as f64;
            sum
        })
        .collect();
    (0..count)
        .map(|number| {
            // Of a user who holds nothing only what is denied can be asked.
            let user = loop {
                let drawn = rng.f64() * sum;
                let rank = sums.partition_point(|sum| *sum < drawn);
                let user = ranked.get(rank).copied().unwrap_or_default();
                if !roles_of(policy, user).is_empty() {
                    break user;
                }
            };
            let permission = permission(&mut rng, policy, user, number % 2 == 0);
            let key = policy.permissions.get(permission as usize);
            Query {
                user,
                permission,
                permission_id: upr_core::id::fnv1a(key.map_or("", String::as_str).as_bytes()),
                user_id: Policy::user_id(user).into(),
            }
        })
        .collect()
}

/// The user's roles, without those that hold nothing: some of Google's do not.
fn roles_of(policy: &Policy, user: u32) -> Vec<&Vec<u32>> {
    let roles = policy.users.get(user as usize).into_iter().flatten();
    let held = roles.filter_map(|role| policy.roles.get(*role as usize));
    held.filter(|held| !held.is_empty()).collect()
}

fn permission(rng: &mut Rng, policy: &Policy, user: u32, allowed: bool) -> u32 {
    if let Some(held) = rng.choice(roles_of(policy, user)).filter(|_| allowed) {
        return rng.choice(held).copied().unwrap_or_default();
    }
    loop {
        let permission = rng.usize(0..policy.permissions.len());
        let permission = u32::try_from(permission).unwrap_or_default();
        if !policy.allows(user, permission) {
            return permission;
        }
    }
}
