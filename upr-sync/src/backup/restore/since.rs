//! What was decided since the backup and stays so: who was let go must not be back (rule 40).

use serde::Serialize;
use serde_json::Value as Json;

use super::super::manifest::Manifest;
use super::super::table::{Table, table};
use super::count;
use super::wanted::{Wanted, is_missing, same_key};
use crate::engine::{EngineError, Session, Value};
use crate::time;

/// What these change sets take away they take from keys, not from people; restoring undoes it.
const NOT_BY_PEOPLE: &str = "'sync', 'apply', 'move', 'restore', 'rollback'";

/// How much of what was decided since the backup stays so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Again {
    /// Grants and members of roles that were taken away, or got an earlier end.
    pub revocations: u64,
    /// Denials.
    pub denials: u64,
    /// Subjects that are kept out.
    pub deactivations: u64,
}

/// Where the time since the backup begins.
pub(super) struct Since {
    /// The last change set that the backup may hold.
    pub(super) number: i64,
    /// Whether the backup is of this very trail.
    pub(super) is_own: bool,
}

/// A backup of this store names a change set that is still there; one of another is placed by time.
pub(super) fn first_change(
    session: &mut dyn Session,
    manifest: &Manifest,
) -> Result<Since, EngineError> {
    let revision = i64::try_from(manifest.revision).unwrap_or(i64::MAX);
    let sql = "SELECT COUNT(*) FROM upr_change WHERE number = ?1 AND hash = ?2";
    let values = [Value::Int(revision), Value::Text(&manifest.head)];
    if count(session, sql, &values)? > 0 {
        return Ok(Since {
            number: revision,
            is_own: true,
        });
    }
    let at =
        time::parse(&manifest.at).map_err(|error| crate::store::misplaced(error.to_string()))?;
    let sql = "SELECT COALESCE(MAX(number), 0) FROM upr_change WHERE at < ?1";
    Ok(Since {
        number: count(session, sql, &[Value::Time(at)])?,
        is_own: false,
    })
}

/// Takes out of what is wanted what people took away since.
pub(super) fn apply(
    session: &mut dyn Session,
    wanted: &Wanted,
    since: i64,
) -> Result<Again, EngineError> {
    collect(session, since)?;
    let mut again = Again::default();
    let tables = [table("upr_grant"), table("upr_role_permission")];
    for table in tables.into_iter().flatten() {
        again.revocations += revoke(session, table)?;
    }
    again.revocations += shorten(session)?;
    again.denials = deny(session, wanted)?;
    again.deactivations = deactivate(session)?;
    for name in ["upr_grant_taken", "upr_role_permission_taken"] {
        session.execute(&format!("DROP TABLE {name}"), &[])?;
    }
    Ok(again)
}

/// Notes what was removed since, a page of the trail at a time.
fn collect(session: &mut dyn Session, since: i64) -> Result<(), EngineError> {
    for table in [table("upr_grant"), table("upr_role_permission")]
        .into_iter()
        .flatten()
    {
        let sql = format!(
            "CREATE TEMPORARY TABLE {0}_taken AS SELECT {1} FROM {0} WHERE 1 = 0",
            table.name,
            table.key_list()
        );
        session.execute(&sql, &[])?;
    }
    let sql = format!(
        "SELECT i.number, i.item, i.kind, i.before FROM upr_change_item i \
         JOIN upr_change c ON c.number = i.number \
         WHERE (i.number, i.item) > (?1, ?2) AND i.after = '' AND i.kind IN ('grant', 'member') \
         AND c.action NOT IN ({NOT_BY_PEOPLE}) ORDER BY i.number, i.item LIMIT 1000"
    );
    let mut place = (since, i64::MAX);
    loop {
        let (mut grants, mut members) = (Vec::new(), Vec::new());
        let mut last = None;
        let values = [Value::Int(place.0), Value::Int(place.1)];
        session.query(&sql, &values, &mut |row| {
            last = Some((row.int(0)?, row.int(1)?));
            let before: Json = serde_json::from_str(row.text(3)?).unwrap_or_default();
            match row.text(2)? {
                "grant" => grants.extend(grant(&before)),
                _ => members.extend(member(&before)),
            }
            Ok(())
        })?;
        insert(session, "upr_grant", &grants)?;
        insert(session, "upr_role_permission", &members)?;
        match last {
            Some(last) => place = last,
            None => break,
        }
    }
    for table in [table("upr_grant"), table("upr_role_permission")]
        .into_iter()
        .flatten()
    {
        let sql = format!(
            "CREATE INDEX {0}_taken_key ON {0}_taken ({1})",
            table.name,
            table.key_list()
        );
        session.execute(&sql, &[])?;
    }
    Ok(())
}

fn insert(session: &mut dyn Session, name: &str, cells: &[String]) -> Result<(), EngineError> {
    let Some(table) = table(name) else {
        return Ok(());
    };
    let columns: Vec<&str> = table.column_names().into_iter().take(table.key).collect();
    let values: Vec<Value<'_>> = cells.iter().map(|cell| Value::Text(cell)).collect();
    session.insert_many(&format!("{name}_taken"), &columns, &values)
}

/// The identity of a grant, as change sets have it.
fn grant(before: &Json) -> [String; 5] {
    ["subject", "role", "permission", "scope", "effect"].map(|name| text(before, name))
}

/// The identity of a member, as change sets have it: `users.view`, `users.*` or `all`.
fn member(before: &Json) -> [String; 3] {
    let member = text(before, "member");
    let (kind, name) = match (member.as_str(), member.strip_suffix(".*")) {
        ("all", _) => ("all", ""),
        (_, Some(module)) => ("module", module),
        (key, None) => ("permission", key),
    };
    [text(before, "role"), kind.to_owned(), name.to_owned()]
}

fn text(object: &Json, name: &str) -> String {
    let found = object.get(name).and_then(Json::as_str);
    found.unwrap_or_default().to_owned()
}

/// What was taken away and is not there again.
fn revoke(session: &mut dyn Session, table: &Table) -> Result<u64, EngineError> {
    let allows = if table.name == "upr_grant" {
        "w.effect = 'allow'"
    } else {
        "1 = 1"
    };
    let sql = format!(
        "DELETE FROM {0}_wanted AS w WHERE {allows} AND {1} \
         AND EXISTS (SELECT 1 FROM {0}_taken t WHERE {2})",
        table.name,
        is_missing(table, "w", table.name),
        same_key(table, "t", "w"),
    );
    session.execute(&sql, &[])
}

/// An allow ends when the earlier of both ends; a denial when the later does.
fn shorten(session: &mut dyn Session) -> Result<u64, EngineError> {
    let Some(grants) = table("upr_grant") else {
        return Ok(0);
    };
    let same = same_key(grants, "c", "w");
    let sooner = |a: &str, b: &str| {
        format!(
            "{a}.expires_at IS NOT NULL AND ({b}.expires_at IS NULL OR {a}.expires_at < {b}.expires_at)"
        )
    };
    let mut touched = 0;
    for (effect, stricter) in [("allow", sooner("c", "w")), ("deny", sooner("w", "c"))] {
        let sql = format!(
            "UPDATE upr_grant_wanted AS w SET expires_at = \
             (SELECT c.expires_at FROM upr_grant c WHERE {same}) \
             WHERE w.effect = '{effect}' \
             AND EXISTS (SELECT 1 FROM upr_grant c WHERE {same} AND {stricter})"
        );
        touched += session.execute(&sql, &[])?;
    }
    Ok(touched)
}

fn deny(session: &mut dyn Session, wanted: &Wanted) -> Result<u64, EngineError> {
    let Some(grants) = table("upr_grant") else {
        return Ok(0);
    };
    let columns = grants.column_list();
    let (owns, missing) = (
        wanted.owns(grants, "c"),
        is_missing(grants, "c", "upr_grant_wanted"),
    );
    let sql = format!(
        "INSERT INTO upr_grant_wanted ({columns}) SELECT {columns} FROM upr_grant c \
         WHERE c.effect = 'deny' AND {owns} AND {missing}"
    );
    session.execute(&sql, &[])
}

fn deactivate(session: &mut dyn Session) -> Result<u64, EngineError> {
    let sql = "UPDATE upr_subject_wanted AS w SET active = ?1, deactivated_by = \
               (SELECT c.deactivated_by FROM upr_subject c WHERE c.id = w.id) \
               WHERE w.active = ?2 \
               AND EXISTS (SELECT 1 FROM upr_subject c WHERE c.id = w.id AND c.active = ?1)";
    session.execute(sql, &[Value::Bool(false), Value::Bool(true)])
}
