//! Reports and settings: two small modules that share a file.

/// What the numbers say.
#[upr::module(crud(view))]
pub mod reports {
    use axum::extract::State;
    use axum::routing::get;
    use axum::{Json, Router};
    use rusqlite::Transaction;
    use serde::Serialize;

    use crate::app::App;
    use crate::web::Failure;

    pub(crate) fn routes() -> Router<App> {
        Router::new()
            .route("/reports/desks", get(desks))
            .route("/reports/workload", get(workload))
            .route("/reports/knowledge", get(knowledge))
    }

    #[derive(Serialize)]
    pub struct Row {
        name: String,
        open: i64,
        closed: i64,
    }

    /// Tickets by desk.
    #[upr::requires(VIEW)]
    pub async fn desks(State(app): State<App>) -> Result<Json<Vec<Row>>, Failure> {
        Ok(Json(app.database.read(|db| count(db, "desk")).await?))
    }

    /// See who has how many tickets.
    #[upr::action]
    pub async fn workload(State(app): State<App>) -> Result<Json<Vec<Row>>, Failure> {
        Ok(Json(
            app.database
                .read(|db| count(db, "coalesce(assignee, '')"))
                .await?,
        ))
    }

    #[derive(Serialize)]
    pub struct Knowledge {
        published: i64,
        drafts: i64,
    }

    /// See how the knowledge base grows.
    #[upr::action]
    pub async fn knowledge(State(app): State<App>) -> Result<Json<Knowledge>, Failure> {
        let count = |db: &Transaction<'_>| {
            let sql = "SELECT coalesce(sum(published), 0), coalesce(sum(NOT published), 0) \
                       FROM articles";
            let read = |row: &rusqlite::Row<'_>| {
                Ok(Knowledge {
                    published: row.get(0)?,
                    drafts: row.get(1)?,
                })
            };
            Ok(db.query_row(sql, [], read)?)
        };
        Ok(Json(app.database.read(count).await?))
    }

    /// `by` is one of our own expressions, never a caller's text.
    fn count(db: &Transaction<'_>, by: &str) -> Result<Vec<Row>, Failure> {
        let mut query = db.prepare(&format!(
            "SELECT {by} AS name, sum(status = 'open'), sum(status = 'closed') FROM tickets \
             GROUP BY name ORDER BY name"
        ))?;
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Row {
                name: row.get(0)?,
                open: row.get(1)?,
                closed: row.get(2)?,
            })
        };
        let rows = query.query_map([], read)?.collect::<Result<_, _>>()?;
        Ok(rows)
    }
}

/// How the help desk presents itself.
#[upr::module(crud(view, update))]
pub mod settings {
    use std::collections::BTreeMap;

    use axum::extract::{Path, State};
    use axum::routing::{get, put};
    use axum::{Json, Router};
    use rusqlite::Transaction;
    use serde::Deserialize;

    use crate::app::App;
    use crate::web::{Body, Checked, Failure, check_text};

    pub(crate) fn routes() -> Router<App> {
        Router::new()
            .route("/settings", get(list))
            .route("/settings/{name}", put(set))
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Value {
        value: String,
    }

    impl Checked for Value {
        fn check(&self) -> Result<(), String> {
            check_text("value", &self.value, 1000)
        }
    }

    #[upr::requires(VIEW)]
    pub async fn list(State(app): State<App>) -> Result<Json<BTreeMap<String, String>>, Failure> {
        let list = |db: &Transaction<'_>| {
            let mut query = db.prepare("SELECT name, value FROM settings")?;
            let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        };
        Ok(Json(app.database.read(list).await?))
    }

    #[upr::requires(UPDATE)]
    pub async fn set(
        State(app): State<App>,
        Path(name): Path<String>,
        Body(Value { value }): Body<Value>,
    ) -> Result<Json<String>, Failure> {
        let set = move |db: &Transaction<'_>| match db.execute(
            "UPDATE settings SET value = ?2 WHERE name = ?1",
            [&name, &value],
        )? {
            0 => Err(Failure::NotFound(format!("There is no setting `{name}`."))),
            _ => Ok(Json(value)),
        };
        app.database.write(set).await
    }
}
