//! The knowledge base, in the compact form: a module of upr that is a module of Rust.
//!
//! The attribute stands on the `mod`, its actions inside need not name it, and a module in it
//! extends the key: `articles.drafts`. Every `pub` function in here must say what it is (`action`,
//! `requires` or `public`), or it does not compile: nothing is left open by mistake.

/// Articles of the knowledge base.
#[upr::module(crud, label = "Knowledge base")]
pub mod articles {
    use axum::extract::{Path, State};
    use axum::http::StatusCode;
    use axum::routing::{get, post};
    use axum::{Json, Router};
    use rusqlite::{OptionalExtension, Row, Transaction, params};
    use serde::{Deserialize, Serialize};
    use upr::axum::Caller;

    use crate::app::App;
    use crate::web::{Body, Checked, Failure, check_text};

    pub(crate) fn routes() -> Router<App> {
        Router::new()
            .route("/articles", get(published).post(create))
            .route("/articles/{id}", get(show).put(update).delete(delete))
            .route("/articles/{id}/publish", post(publish))
            .route("/articles/{id}/unpublish", post(unpublish))
            .route("/articles/{id}/retract", post(retract))
            .merge(drafts::routes())
    }

    #[derive(Serialize)]
    pub struct Article {
        id: i64,
        title: String,
        body: String,
        published: bool,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Text {
        title: String,
        body: String,
    }

    impl Checked for Text {
        fn check(&self) -> Result<(), String> {
            check_text("title", &self.title, 200)?;
            check_text("body", &self.body, 100_000)
        }
    }

    /// What is published is for everyone, signed in or not.
    #[upr::public("published articles are on the web")]
    pub async fn published(State(app): State<App>) -> Result<Json<Vec<Article>>, Failure> {
        Ok(Json(app.database.read(|db| list(db, true)).await?))
    }

    /// A draft takes more than the guard asked for. Whether this is one shows only now, so that the
    /// caller is asked again.
    #[upr::requires(VIEW)]
    pub async fn show(
        State(app): State<App>,
        caller: Caller,
        Path(id): Path<i64>,
    ) -> Result<Json<Article>, Failure> {
        let article = app.database.read(move |db| find(db, id)).await?;
        if !article.published {
            let _: upr::granted!(drafts::VIEW) = caller.require()?;
        }
        Ok(Json(article))
    }

    #[upr::requires(CREATE)]
    pub async fn create(
        State(app): State<App>,
        Body(text): Body<Text>,
    ) -> Result<(StatusCode, Json<Article>), Failure> {
        let insert = move |db: &Transaction<'_>| {
            let sql = "INSERT INTO articles (title, body) VALUES (?1, ?2)";
            db.execute(sql, params![text.title, text.body])?;
            find(db, db.last_insert_rowid())
        };
        Ok((StatusCode::CREATED, Json(app.database.write(insert).await?)))
    }

    #[upr::requires(UPDATE)]
    pub async fn update(
        State(app): State<App>,
        Path(id): Path<i64>,
        Body(text): Body<Text>,
    ) -> Result<Json<Article>, Failure> {
        let update = move |db: &Transaction<'_>| {
            find(db, id)?;
            let sql = "UPDATE articles SET title = ?2, body = ?3 WHERE id = ?1";
            db.execute(sql, params![id, text.title, text.body])?;
            find(db, id)
        };
        Ok(Json(app.database.write(update).await?))
    }

    #[upr::requires(DELETE)]
    pub async fn delete(
        State(app): State<App>,
        Path(id): Path<i64>,
    ) -> Result<StatusCode, Failure> {
        let delete = move |db: &Transaction<'_>| {
            find(db, id)?;
            db.execute("DELETE FROM articles WHERE id = ?1", [id])?;
            Ok(())
        };
        app.database.write(delete).await?;
        Ok(StatusCode::NO_CONTENT)
    }

    /// Put an article on the web.
    #[upr::action]
    pub async fn publish(
        State(app): State<App>,
        Path(id): Path<i64>,
    ) -> Result<Json<Article>, Failure> {
        Ok(Json(
            app.database
                .write(move |db| set_published(db, id, true))
                .await?,
        ))
    }

    /// Take an article off the web.
    #[upr::action]
    pub async fn unpublish(
        State(app): State<App>,
        Path(id): Path<i64>,
    ) -> Result<Json<Article>, Failure> {
        Ok(Json(
            app.database
                .write(move |db| set_published(db, id, false))
                .await?,
        ))
    }

    /// The old name of `unpublish`.
    #[upr::action(
        deprecated = "use `unpublish` instead",
        since = "1.4.0",
        remove_in = "2.0.0",
        replaced_by = UNPUBLISH
    )]
    pub async fn retract(
        State(app): State<App>,
        Path(id): Path<i64>,
    ) -> Result<Json<Article>, Failure> {
        Ok(Json(
            app.database
                .write(move |db| set_published(db, id, false))
                .await?,
        ))
    }

    /// Articles that are not published yet.
    #[upr::module(crud(view))]
    pub mod drafts {
        use super::*;

        pub(super) fn routes() -> Router<App> {
            Router::new().route("/drafts", get(all))
        }

        #[upr::requires(VIEW)]
        pub async fn all(State(app): State<App>) -> Result<Json<Vec<Article>>, Failure> {
            Ok(Json(app.database.read(|db| list(db, false)).await?))
        }
    }

    fn list(db: &Transaction<'_>, published: bool) -> Result<Vec<Article>, Failure> {
        let sql =
            "SELECT id, title, body, published FROM articles WHERE published = ?1 ORDER BY id";
        let mut query = db.prepare(sql)?;
        let articles = query
            .query_map([published], Article::read)?
            .collect::<Result<_, _>>()?;
        Ok(articles)
    }

    fn find(db: &Transaction<'_>, id: i64) -> Result<Article, Failure> {
        let sql = "SELECT id, title, body, published FROM articles WHERE id = ?1";
        let found = db.query_row(sql, [id], Article::read).optional()?;
        found.ok_or_else(|| Failure::NotFound(format!("There is no article {id}.")))
    }

    fn set_published(db: &Transaction<'_>, id: i64, published: bool) -> Result<Article, Failure> {
        find(db, id)?;
        db.execute(
            "UPDATE articles SET published = ?2 WHERE id = ?1",
            params![id, published],
        )?;
        find(db, id)
    }

    impl Article {
        fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
            Ok(Self {
                id: row.get(0)?,
                title: row.get(1)?,
                body: row.get(2)?,
                published: row.get(3)?,
            })
        }
    }
}
