//! Who gets past which guard: every guarded handler, asked by everybody.

use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;

use axum_core::body::Body;
use axum_core::response::Response;
use http::Request;
use tower_service::Service;

use super::build;
use crate::access::Access;
use crate::axum::{Caller, Identity};
use crate::proof::{Expression, Verdict};
use crate::{Granted, Permission, Registry};

/// Asserts of a router that nobody gets past its guards who may not, and everybody who may.
///
/// It takes the router, without the layer that finds out who is asking, and for each guarded handler
/// its method, a path and what it is to be guarded with. Each is asked anonymously (401), by a
/// subject with every combination of the permissions named: where they do not suffice (403), and
/// where they do (anything but 401, 403 and 503). Those who may are let in, so the handler runs: with
/// `{}` as its body, and whatever the path says. A test then fails with the whole list of what was
/// answered otherwise.
///
/// ```
/// use axum::Router;
/// use axum::routing::{get, post};
///
/// /// Tickets.
/// #[upr::module(crud)]
/// pub struct Tickets;
///
/// #[upr::requires(Tickets::VIEW)]
/// async fn list() {}
///
/// #[upr::requires(all(Tickets::VIEW, Tickets::UPDATE))]
/// async fn close() {}
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let router = Router::new().route("/", get(list)).route("/{id}/close", post(close));
/// upr::denial_matrix!(router, {
///     GET "/" => Tickets::VIEW,
///     POST "/1/close" => all(Tickets::VIEW, Tickets::UPDATE),
/// });
/// # }
/// ```
#[macro_export]
macro_rules! denial_matrix {
    ($router:expr, {
        $($method:ident $path:literal => $($guard:ident)::+ $(($($parts:tt)*))?),+ $(,)?
    }) => {
        $crate::test::assert_denials($router, &[
            $($crate::test::route(
                ::core::stringify!($method),
                $path,
                ::core::marker::PhantomData::<$crate::granted!($($guard)::+ $(($($parts)*))?)>,
            )),+
        ]).await
    };
}

/// A guarded handler: how it is asked, and what it is to be guarded with.
#[derive(Clone, Debug)]
pub struct Route {
    method: &'static str,
    path: &'static str,
    /// The permissions that the guard names, each once.
    ids: Vec<u64>,
    suffices: fn(&[u64]) -> bool,
}

/// The handler at `method` and `path`, to be guarded with what the proof says.
#[must_use]
pub fn route<E: Expression>(
    method: &'static str,
    path: &'static str,
    _: PhantomData<Granted<E>>,
) -> Route {
    let mut ids = Vec::new();
    E::collect_ids(&mut ids);
    ids.sort_unstable();
    ids.dedup();
    Route {
        method,
        path,
        ids,
        suffices: suffices::<E>,
    }
}

/// Whether who holds these permissions and no others passes the check of `E`.
fn suffices<E: Expression>(held: &[u64]) -> bool {
    let registry = Registry::global();
    let verdict = E::evaluate(&mut |id| {
        let permission = registry.find_id(id).filter(|_| held.contains(&id));
        Ok::<_, std::convert::Infallible>(permission)
    });
    matches!(verdict, Ok(Verdict::Passed(_)))
}

/// Asks every one of `routes` as [`denial_matrix!`](crate::denial_matrix) says.
///
/// # Panics
///
/// When something is answered otherwise, with all of it.
#[expect(
    clippy::panic,
    reason = "documented: a test that cannot go on has failed"
)]
pub async fn assert_denials<S>(router: S, routes: &[Route])
where
    S: Service<Request<Body>, Response = Response> + Clone,
    S::Error: fmt::Debug,
{
    let wrong = denials(router, routes).await;
    if !wrong.is_empty() {
        panic!("guards answer otherwise than listed:\n{}", wrong.join("\n"));
    }
}

/// As [`assert_denials`], and gives a line for each answer that is wrong.
///
/// # Panics
///
/// When a method or a path is none.
pub async fn denials<S>(router: S, routes: &[Route]) -> Vec<String>
where
    S: Service<Request<Body>, Response = Response> + Clone,
    S::Error: fmt::Debug,
{
    let mut wrong = Vec::new();
    for route in routes {
        for asker in route.askers() {
            let answer = send(router.clone(), route.request(&asker)).await;
            let verdict = match answer {
                Ok(status) if asker.expects(status) => continue,
                Ok(status) => status.to_string(),
                Err(error) => error,
            };
            let Route { method, path, .. } = route;
            wrong.push(format!("  {method} {path}, {asker}: {verdict}"));
        }
    }
    wrong
}

async fn send<S>(mut router: S, request: Request<Body>) -> Result<u16, String>
where
    S: Service<Request<Body>, Response = Response>,
    S::Error: fmt::Debug,
{
    let failed = |error: S::Error| format!("{error:?}");
    poll_fn(|context| router.poll_ready(context))
        .await
        .map_err(failed)?;
    let response = router.call(request).await.map_err(failed)?;
    Ok(response.status().as_u16())
}

/// Who asks.
struct Asker {
    caller: Caller,
    /// What it holds; `None` is nobody who is signed in.
    held: Option<Vec<Permission>>,
    suffices: bool,
}

/// More permissions than this are not tried in every combination.
const MOST_COMBINED: usize = 8;

impl Route {
    fn askers(&self) -> Vec<Asker> {
        let anonymous = Asker {
            caller: Caller::new(build::access().build(), Identity::Anonymous),
            held: None,
            suffices: false,
        };
        let combined = self.combinations();
        let subjects = combined.iter().map(|held| self.subject(held));
        std::iter::once(anonymous).chain(subjects).collect()
    }

    /// Every combination; where there are too many, none, all, each alone, and all but each.
    fn combinations(&self) -> Vec<Vec<u64>> {
        let pick = |keep: &dyn Fn(usize) -> bool| {
            let kept = self
                .ids
                .iter()
                .enumerate()
                .filter(|(place, _)| keep(*place));
            kept.map(|(_, id)| *id).collect::<Vec<u64>>()
        };
        let count = self.ids.len();
        if count <= MOST_COMBINED {
            return (0..1_usize << count)
                .map(|held| pick(&|place| held >> place & 1 == 1))
                .collect();
        }
        let alone = (0..count).map(|one| pick(&|place| place == one));
        let but = (0..count).map(|one| pick(&|place| place != one));
        [pick(&|_| false), pick(&|_| true)]
            .into_iter()
            .chain(alone)
            .chain(but)
            .collect()
    }

    fn subject(&self, held: &[u64]) -> Asker {
        let registry = Registry::global();
        let permissions: Vec<Permission> =
            held.iter().filter_map(|id| registry.find_id(*id)).collect();
        let mut access = build::access().subject(SUBJECT);
        for permission in &permissions {
            access = access.allow(SUBJECT, *permission);
        }
        let access: Access = access.build();
        Asker {
            caller: Caller::new(access, Identity::Subject(SUBJECT.into())),
            suffices: (self.suffices)(held),
            held: Some(permissions),
        }
    }

    #[expect(
        clippy::panic,
        reason = "documented: a test that cannot go on has failed"
    )]
    fn request(&self, asker: &Asker) -> Request<Body> {
        let request = Request::builder()
            .method(self.method)
            .uri(self.path)
            .header(http::header::CONTENT_TYPE, "application/json")
            .extension(asker.caller.clone())
            .body(Body::from("{}"));
        match request {
            Ok(request) => request,
            Err(error) => panic!("{} {}: {error}", self.method, self.path),
        }
    }
}

const SUBJECT: &str = "somebody";

impl Asker {
    fn expects(&self, status: u16) -> bool {
        match (&self.held, self.suffices) {
            (None, _) => status == 401,
            (Some(_), false) => status == 403,
            (Some(_), true) => ![401, 403, 503].contains(&status),
        }
    }
}

/// Who it is and what is expected, in words.
impl fmt::Display for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(held) = &self.held else {
            return f.write_str("anonymous, expects 401");
        };
        match held.as_slice() {
            [] => f.write_str("without a grant")?,
            held => {
                let keys: Vec<&str> = held.iter().map(|permission| permission.key()).collect();
                write!(f, "with {}", keys.join(", "))?;
            }
        }
        f.write_str(if self.suffices {
            ", expects to be let in"
        } else {
            ", expects 403"
        })
    }
}
