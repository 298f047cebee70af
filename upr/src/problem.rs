//! What a caller is told when a request fails: problem details, RFC 9457.

use std::fmt::Write;

use serde_json::Value;

use crate::access::{Denial, Refusal};

/// A problem as JSON: `type`, `title`, `status`, `detail`, and for a denial `permission` and
/// `decision_id`.
///
/// It never says why something was denied; the log does, beside the same decision id. Applications
/// may use it for problems of their own, so that all errors of a service look alike. With the
/// feature `axum` it is a response.
///
/// ```
/// use upr::ProblemDetails;
///
/// let problem = ProblemDetails::new(404, "Not Found", "There is no ticket 17.");
/// assert_eq!(
///     problem.to_json(),
///     r#"{"type":"about:blank","title":"Not Found","status":404,"detail":"There is no ticket 17."}"#,
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProblemDetails {
    status: u16,
    title: &'static str,
    detail: String,
    denial: Option<(&'static str, Box<str>)>,
}

impl ProblemDetails {
    /// The media type of [`to_json`](Self::to_json).
    pub const MEDIA_TYPE: &str = "application/problem+json";

    /// A problem that its HTTP status names well enough, so that its type is `about:blank`; `title`
    /// is the phrase that goes with the status, `detail` says to a person what is the matter.
    #[must_use]
    pub fn new(status: u16, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            title,
            detail: detail.into(),
            denial: None,
        }
    }

    /// 401: nobody is signed in.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::new(401, "Unauthorized", "Sign in first.")
    }

    /// 403: somebody is signed in, and may not. It names the permission, the decision id and no
    /// reason.
    #[must_use]
    pub fn denied(denial: &Denial) -> Self {
        let permission = denial.permission().key();
        let detail = format!("You do not hold the permission `{permission}` here.");
        let denial = Some((permission, denial.decision_id().into()));
        Self {
            denial,
            ..Self::new(403, "Forbidden", detail)
        }
    }

    /// 503: it cannot be found out at the moment whether somebody may.
    #[must_use]
    pub fn unavailable() -> Self {
        let detail = "Permissions cannot be checked at the moment. Try again later.";
        Self::new(503, "Service Unavailable", detail)
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body, one line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = String::from(r#"{"type":"about:blank""#);
        let mut field = |name: &str, value: Value| {
            // Writing to a string cannot fail.
            let _ = write!(json, r#","{name}":{value}"#);
        };
        field("title", self.title.into());
        field("status", self.status.into());
        field("detail", self.detail.as_str().into());
        if let Some((permission, decision_id)) = &self.denial {
            field("permission", (*permission).into());
            field("decision_id", decision_id.as_ref().into());
        }
        json.push('}');
        json
    }
}

impl From<&Refusal> for ProblemDetails {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Anonymous => Self::anonymous(),
            Refusal::Denied(denial) => Self::denied(denial),
            Refusal::Unavailable(_) => Self::unavailable(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        let json = ProblemDetails::new(400, "Bad Request", "a \"quoted\"\n\u{1} line").to_json();
        let read: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read["detail"], "a \"quoted\"\n\u{1} line");
        assert_eq!(read["status"], 400);
        assert!(read.get("permission").is_none() && read.get("decision_id").is_none());
    }
}
