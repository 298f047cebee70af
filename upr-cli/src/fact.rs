//! Changed facts, a line each.

use serde_json::Value;

/// What a line is about.
pub(crate) struct Fact<'a> {
    pub(crate) kind: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) role: &'a str,
    pub(crate) permission: &'a str,
    /// `null` when nothing was.
    pub(crate) before: &'a Value,
    /// `null` when nothing is.
    pub(crate) after: &'a Value,
}

impl<'a> From<&'a upr_sync::ChangedFact> for Fact<'a> {
    fn from(fact: &'a upr_sync::ChangedFact) -> Self {
        Self {
            kind: fact.kind,
            subject: &fact.subject,
            role: &fact.role,
            permission: &fact.permission,
            before: &fact.before,
            after: &fact.after,
        }
    }
}

/// `+ grant ada: support everywhere`, with `-` for what goes and `~` for what changes.
pub(crate) fn line(fact: &Fact<'_>) -> String {
    let kind = fact.kind;
    let (sign, detail) = match (fact.before, fact.after) {
        (Value::Null, Value::Null) => return String::new(),
        (Value::Null, after) => ('+', detail(kind, after)),
        (before, Value::Null) => ('-', detail(kind, before)),
        (before, after) => {
            let (was, is) = (detail(kind, before), detail(kind, after));
            let detail = if was == is {
                is
            } else {
                format!("{is}, was {was}")
            };
            ('~', detail)
        }
    };
    let what = match kind {
        "grant" => format!("{}: {detail}", fact.subject),
        "member" => format!("{} holds {detail}", fact.role),
        "subject" => format!("{} ({detail})", fact.subject),
        "role" => format!("{} ({detail})", fact.role),
        _ => format!("{} ({detail})", fact.permission),
    };
    format!("{sign} {kind} {}", printable(&what))
}

fn detail(kind: &str, object: &Value) -> String {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    let joined = |parts: &[&str]| {
        let parts: Vec<&str> = parts
            .iter()
            .copied()
            .filter(|part| !part.is_empty())
            .collect();
        parts.join(", ")
    };
    match kind {
        "grant" => {
            let target = [text("role"), text("permission")].concat();
            let denied = if text("effect") == "deny" {
                "deny "
            } else {
                ""
            };
            let place = match text("scope") {
                "" => "everywhere".to_owned(),
                scope => format!("in {scope}"),
            };
            let until = match text("expires_at") {
                "" => String::new(),
                end => format!(" until {end}"),
            };
            format!("{denied}{target} {place}{until}")
        }
        "member" => text("member").to_owned(),
        "subject" => {
            let is_active = object.get("active") == Some(&Value::Bool(true));
            let state = if is_active { "active" } else { "inactive" };
            joined(&[state, text("username"), text("email")])
        }
        "role" => joined(&[text("label"), text("mode"), text("state")]),
        _ => {
            let answers = match text("alias_of") {
                "" => String::new(),
                key => format!("answered by {key}"),
            };
            let critical = match object.get("critical") {
                Some(Value::Bool(true)) => "critical",
                Some(Value::Bool(false)) if text("state").is_empty() => "not critical",
                _ => "",
            };
            joined(&[text("state"), &answers, critical])
        }
    }
}

/// What came from outside must not move the cursor.
pub(crate) fn printable(text: &str) -> String {
    let shown = |c: char| {
        if c.is_control() {
            c.escape_default().collect()
        } else {
            vec![c]
        }
    };
    text.chars().flat_map(shown).collect()
}
