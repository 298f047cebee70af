//! Who has which roles, and which role holds what: by number, the same in every run.

use std::collections::BTreeSet;
use std::error::Error;

use fastrand::Rng;

const PERMISSIONS: &str = include_str!("../../../tests/data/gcp/permissions.txt");
const ROLES: &str = include_str!("../../../tests/data/gcp/roles.jsonl");

/// Users, roles and permissions by number.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The roles of each user, 1 to 4.
    pub users: Vec<Vec<u32>>,
    /// What each role holds, sorted.
    pub roles: Vec<Vec<u32>>,
    /// The key of each permission.
    pub permissions: Vec<String>,
}

/// How large a random policy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// What it is called in tables.
    pub name: &'static str,
    /// How many users.
    pub users: u32,
    /// How many roles.
    pub roles: u32,
    /// How many permissions.
    pub permissions: u32,
}

/// The sizes that figures are taken at.
pub const SIZES: [Size; 3] = [
    Size {
        name: "1 k × 20 × 200",
        users: 1_000,
        roles: 20,
        permissions: 200,
    },
    Size {
        name: "100 k × 200 × 2,000",
        users: 100_000,
        roles: 200,
        permissions: 2_000,
    },
    Size {
        name: "1 M × 1,000 × 10,000",
        users: 1_000_000,
        roles: 1_000,
        permissions: 10_000,
    },
];

impl Policy {
    /// A random policy: 10 to 50 permissions a role, 1 to 4 roles a user, 1.75 on average.
    #[must_use]
    pub fn random(size: Size) -> Self {
        let mut rng = Rng::with_seed(u64::from(size.users));
        let roles = (0..size.roles)
            .map(|_| {
                let count = rng.usize(10..=50);
                distinct(&mut rng, count, size.permissions)
            })
            .collect();
        let permissions = (0..size.permissions)
            .map(|number| format!("m{}.a{}", number / 10, number % 10))
            .collect();
        Self {
            users: users(&mut rng, size.users, size.roles),
            roles,
            permissions,
        }
    }

    /// Google Cloud's published roles and permissions, with so many random users.
    ///
    /// # Errors
    ///
    /// When the files cannot be read.
    pub fn google(users_wanted: u32) -> Result<Self, Box<dyn Error>> {
        let permissions = PERMISSIONS.lines().map(str::to_owned).collect();
        let held = |line: &str| -> Result<Vec<u32>, Box<dyn Error>> {
            let role: serde_json::Value = serde_json::from_str(line)?;
            let held = role.get("permissions").and_then(|held| held.as_array());
            let held = held.ok_or("a role without permissions")?.iter();
            let held: BTreeSet<u64> = held.filter_map(serde_json::Value::as_u64).collect();
            held.into_iter()
                .map(|held| Ok(u32::try_from(held)?))
                .collect()
        };
        let roles: Vec<Vec<u32>> = ROLES.lines().map(held).collect::<Result<_, _>>()?;
        let mut rng = Rng::with_seed(u64::from(users_wanted));
        let count = u32::try_from(roles.len())?;
        Ok(Self {
            users: users(&mut rng, users_wanted, count),
            roles,
            permissions,
        })
    }

    /// Whether the user holds the permission, by searching.
    #[must_use]
    pub fn allows(&self, user: u32, permission: u32) -> bool {
        let roles = self.users.get(user as usize);
        roles.into_iter().flatten().any(|role| {
            let held = self.roles.get(*role as usize);
            held.is_some_and(|held| held.binary_search(&permission).is_ok())
        })
    }

    /// The id of a user as applications have it where it is a text.
    #[must_use]
    pub fn user_id(user: u32) -> String {
        format!("user-{user}")
    }

    /// The key of a role.
    #[must_use]
    pub fn role_key(role: u32) -> String {
        format!("role-{role}")
    }

    /// How many pairs of user and role there are.
    #[must_use]
    pub fn grants(&self) -> usize {
        self.users.iter().map(Vec::len).sum()
    }
}

fn users(rng: &mut Rng, users: u32, roles: u32) -> Vec<Vec<u32>> {
    let one = |_| {
        // 0.5 × 1 + 0.3 × 2 + 0.15 × 3 + 0.05 × 4 = 1.75.
        let count = match rng.u32(0..100) {
            0..50 => 1,
            50..80 => 2,
            80..95 => 3,
            _ => 4,
        };
        distinct(rng, count, roles)
    };
    (0..users).map(one).collect()
}

fn distinct(rng: &mut Rng, count: usize, below: u32) -> Vec<u32> {
    let mut numbers = BTreeSet::new();
    while numbers.len() < count {
        numbers.insert(rng.u32(0..below));
    }
    numbers.into_iter().collect()
}
