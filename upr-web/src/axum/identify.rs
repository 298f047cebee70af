//! The layer that finds out who is asking, before any guard runs.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::http::request::Parts;
use axum::http::{HeaderValue, Request};
use tower_layer::Layer;
use tower_service::Service;
use upr::access::Access;
use upr::axum::{Caller, Identity};
use upr::{Scope, SubjectId};

/// Puts a [`Caller`] into each request: who is asking, as the application's own function says, in
/// which scope, and the [`Access`] that guards ask.
///
/// The layer itself turns nobody away. It runs for public routes too, and a sign-in that is out of
/// order must not take those down; a guard then answers 503, and 401 when nobody is signed in.
///
/// ```
/// use axum::http::{HeaderMap, request::Parts};
/// use upr::access::Access;
/// use upr::{Scope, SubjectId};
/// use upr_web::axum::IdentifyLayer;
///
/// /// A gateway in front of this program has checked the sign-in.
/// async fn who(headers: HeaderMap) -> Result<Option<SubjectId>, String> {
///     let Some(value) = headers.get("x-user") else { return Ok(None) };
///     let id = value.to_str().map_err(|error| error.to_string())?;
///     SubjectId::parse(id).map(Some).map_err(|error| error.to_string())
/// }
///
/// /// `acme.example.com` is the tenant `acme`.
/// fn tenant(parts: &Parts) -> Result<Scope, upr_core::subject::SubjectError> {
///     let host = parts.headers.get("host").and_then(|host| host.to_str().ok());
///     Scope::parse(host.and_then(|host| host.split('.').next()).unwrap_or_default())
/// }
///
/// let access = Access::unavailable("the store has not been read yet");
/// let layer = IdentifyLayer::new(access, |parts: Parts| who(parts.headers)).scope(tenant);
/// let app: axum::Router = axum::Router::new().layer(layer);
/// ```
#[derive(Clone)]
pub struct IdentifyLayer {
    access: Access,
    identify: Arc<IdentifyFn>,
    scope: Option<Arc<ScopeFn>>,
    challenge: HeaderValue,
}

type IdentifyFn = dyn Fn(Parts) -> Answer + Send + Sync;
type Answer = Pin<Box<dyn Future<Output = Identity> + Send>>;
type ScopeFn = dyn Fn(&Parts) -> Result<Scope, String> + Send + Sync;

impl IdentifyLayer {
    /// A layer whose guards ask `access` about the subject that `identify` finds.
    ///
    /// `identify` gets its own copy of the request's head. `Ok(None)` is an anonymous caller; that
    /// is also the answer to a wrong password or an unknown token. An error says that it could not
    /// be found out: it goes to the log, and guards answer 503.
    #[must_use]
    pub fn new<F, Found, E>(access: Access, identify: F) -> Self
    where
        F: Fn(Parts) -> Found + Send + Sync + 'static,
        Found: Future<Output = Result<Option<SubjectId>, E>> + Send + 'static,
        E: fmt::Display,
    {
        let identify = move |parts| -> Answer {
            let found = identify(parts);
            Box::pin(async move {
                match found.await {
                    Ok(Some(subject)) => Identity::Subject(subject.as_str().into()),
                    Ok(None) => Identity::Anonymous,
                    Err(error) => Identity::Unknown(error.to_string().into()),
                }
            })
        };
        let challenge = HeaderValue::from_static("Bearer");
        Self {
            access,
            identify: Arc::new(identify),
            scope: None,
            challenge,
        }
    }

    /// Reads the scope of a request with `scope`; without it, all guards check in the empty one.
    ///
    /// It does no I/O: the path, a subdomain, a header. An error means that the request is wrong;
    /// guards answer 400 with it.
    ///
    /// Take the scope from what is asked for, or make sure that a handler touches nothing outside
    /// of [`Granted::scope`](upr::Granted::scope): a deny in `acme` does not reach a check in the
    /// empty scope, so whoever may choose the scope freely could step around it.
    #[must_use]
    pub fn scope<F, E>(mut self, scope: F) -> Self
    where
        F: Fn(&Parts) -> Result<Scope, E> + Send + Sync + 'static,
        E: fmt::Display,
    {
        let scope = move |parts: &Parts| scope(parts).map_err(|error| error.to_string());
        self.scope = Some(Arc::new(scope));
        self
    }

    /// What `WWW-Authenticate` says to an anonymous caller, such as `Basic realm="helpdesk"`;
    /// `Bearer` unless set. RFC 9110 (15.5.2) wants a challenge in every 401.
    #[must_use]
    pub fn challenge(mut self, challenge: HeaderValue) -> Self {
        self.challenge = challenge;
        self
    }
}

impl<S> Layer<S> for IdentifyLayer {
    type Service = Identify<S>;

    fn layer(&self, inner: S) -> Identify<S> {
        Identify {
            inner,
            layer: self.clone(),
        }
    }
}

impl fmt::Debug for IdentifyLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentifyLayer")
            .field("access", &self.access)
            .field("scoped", &self.scope.is_some())
            .field("challenge", &self.challenge)
            .finish_non_exhaustive()
    }
}

/// The service that [`IdentifyLayer`] makes of another.
#[derive(Clone, Debug)]
pub struct Identify<S> {
    inner: S,
    layer: IdentifyLayer,
}

impl<S, B> Service<Request<B>> for Identify<S>
where
    S: Service<Request<B>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The clone takes the place of the one that was polled ready, which serves this request.
        let next = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, next);
        let layer = self.layer.clone();
        let (mut parts, body) = request.into_parts();
        let scope = layer.scope.as_ref().map(|scope| scope(&parts));
        let identity = (layer.identify)(parts.clone());
        Box::pin(async move {
            let caller = Caller::new(layer.access, identity.await).challenged_by(layer.challenge);
            let caller = match scope {
                None => caller,
                Some(Ok(scope)) => caller.in_scope(&scope),
                Some(Err(cause)) => caller.in_bad_scope(&cause),
            };
            parts.extensions.insert(caller);
            inner.call(Request::from_parts(parts, body)).await
        })
    }
}
