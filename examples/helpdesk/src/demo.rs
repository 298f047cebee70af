//! Demo users, so that there is something to look at. Development only: see `startup.rs`.

use std::net::SocketAddr;

use rusqlite::Transaction;
use upr::access::{Effect, GrantFact, Target};
use upr::{Role, RoleKey, Scope};
use upr_sync::{Bootstrap, NewUser as NewSubject};

use crate::database::Database;
use crate::roles;
use crate::sign_in::subject_id;
use crate::users::{self, NewUser, User};
use crate::web::Failure;

struct Person {
    /// The password too.
    name: &'static str,
    /// What they may do everywhere.
    roles: &'static [Role],
    /// What they may do at one desk only.
    at_desk: Option<(Role, &'static str)>,
}

#[rustfmt::skip]
const PEOPLE: [Person; 5] = [
    Person { name: "ada", roles: &[roles::ADMIN], at_desk: None },
    Person { name: "bob", roles: &[roles::AGENT, roles::EDITOR], at_desk: None },
    Person { name: "eve", roles: &[], at_desk: Some((roles::AGENT, "berlin")) },
    Person { name: "dan", roles: &[roles::CUSTOMER], at_desk: None },
    Person { name: "amy", roles: &[roles::ANALYST], at_desk: None },
];

#[rustfmt::skip]
const TICKETS: [(&str, &str, &str); 3] = [
    ("berlin", "The printer prints everything twice", "Even the invoices. Even the invoices."),
    ("berlin", "Password forgotten", "It was my cat's name, and I have a new cat."),
    ("paris", "No coffee", "The machine says `Err 7` and hums."),
];

/// Makes users and a few things to work on, and says who they are. upr asks for it where its store
/// has no subject yet, and then makes subjects of them.
pub fn people(database: &Database) -> Result<Bootstrap, Failure> {
    let users = database.write_now(insert)?;
    let mut people = Bootstrap::default();
    for (user, person) in users.iter().zip(&PEOPLE) {
        people.users.push(subject(user, person)?);
        people.grants.extend(grant_at_desk(user, person)?);
    }
    Ok(people)
}

/// Whether the demo users are there, so that what [`invitation`] says is true.
pub fn is_there(database: &Database) -> bool {
    let count = |db: &Transaction<'_>| {
        let sql = "SELECT count(*) FROM auth_users WHERE username IN ('ada', 'bob')";
        Ok(db.query_row(sql, [], |row| row.get::<_, i64>(0))?)
    };
    database.write_now(count).is_ok_and(|count| count == 2)
}

/// Three lines to copy.
pub fn invitation(address: &SocketAddr) -> String {
    let url = format!("http://{address}/users");
    format!(
        "\nDemo users, each with the own name as password: ada (administrator), bob (agent and \
         editor),\neve (agent in berlin only), dan (customer), amy (analyst). Try:\n\n  \
         curl -i {url}               # 401: nobody is signed in\n  \
         curl -i -u bob:bob {url}    # 403: agents do not see accounts\n  \
         curl -i -u ada:ada {url}    # 200: the administrator does\n"
    )
}

/// Also finishes what an earlier start began, that was cut off half way.
fn insert(db: &Transaction<'_>) -> Result<Vec<User>, Failure> {
    let mut users = Vec::new();
    for person in &PEOPLE {
        users.push(match users::named(db, person.name)? {
            Some(user) => user,
            None => users::insert(db, &account(person))?,
        });
    }
    if db.query_row("SELECT NOT EXISTS (SELECT 1 FROM tickets)", [], |row| {
        row.get(0)
    })? {
        insert_work(db)?;
    }
    Ok(users)
}

fn insert_work(db: &Transaction<'_>) -> Result<(), Failure> {
    for (desk, title, body) in TICKETS {
        let sql = "INSERT INTO tickets (desk, title, body, reporter) VALUES (?1, ?2, ?3, '4')";
        db.execute(sql, [desk, title, body])?;
    }
    let sql = "INSERT INTO articles (title, body, published) VALUES (?1, ?2, ?3)";
    db.execute(sql, ("Printing once", "Press the green button once.", true))?;
    db.execute(sql, ("Coffee", "To be written.", false))?;
    Ok(())
}

fn account(person: &Person) -> NewUser {
    NewUser {
        username: person.name.to_owned(),
        email: format!("{}@example.com", person.name),
        password: person.name.to_owned(),
    }
}

fn subject(user: &User, person: &Person) -> Result<NewSubject, Failure> {
    let mut subject = NewSubject::new(subject_id(user.id)?);
    subject.username = Some(user.username.clone());
    subject.email = Some(user.email.clone());
    let roles = person.roles.iter().map(|role| role_key(*role));
    subject.roles = roles.collect::<Result<_, _>>()?;
    Ok(subject)
}

fn grant_at_desk(user: &User, person: &Person) -> Result<Option<GrantFact>, Failure> {
    let Some((role, desk)) = person.at_desk else {
        return Ok(None);
    };
    Ok(Some(GrantFact {
        subject: subject_id(user.id)?,
        target: Target::Role(role_key(role)?),
        scope: Scope::parse(desk).map_err(|error| Failure::Internal(error.to_string()))?,
        effect: Effect::Allow,
        expires_at: None,
    }))
}

fn role_key(role: Role) -> Result<RoleKey, Failure> {
    RoleKey::parse(role.key()).map_err(|error| Failure::Internal(error.to_string()))
}
