//! Reading JSON so that every error names its place.

use std::error::Error;
use std::fmt;

use serde_json::{Map, Value};

use crate::text::one_line;

/// A value with the way that leads to it; the way is only written down for an error.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a> {
    value: &'a Value,
    parent: Option<&'a Node<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Field(&'a str),
    Index(usize),
}

/// What is wrong with a JSON document, and where: `modules[3].key: …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    place: String,
    problem: String,
}

impl JsonError {
    pub(crate) fn syntax(error: &serde_json::Error) -> Self {
        // serde_json puts the place behind its sentence; ours stands in front.
        let text = error.to_string();
        let problem = text
            .rsplit_once(" at line ")
            .map_or(text.as_str(), |(head, _)| head);
        let place = format!("line {}, column {}", error.line(), error.column());
        Self {
            place,
            problem: problem.to_owned(),
        }
    }

    /// The way to the value, such as `modules[3].key`; empty for the document itself.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Both hold names and values of others.
        if !self.place.is_empty() {
            write!(f, "{}: ", one_line(&self.place))?;
        }
        f.write_str(&one_line(&self.problem))
    }
}

impl Error for JsonError {}

impl<'a> Node<'a> {
    pub(crate) fn root(value: &'a Value) -> Self {
        Self {
            value,
            parent: None,
            step: Step::Root,
        }
    }

    /// An error at this place.
    pub(crate) fn error(&self, problem: impl fmt::Display) -> JsonError {
        JsonError {
            place: self.place(),
            problem: problem.to_string(),
        }
    }

    /// The member `name`; absent and `null` are the same.
    pub(crate) fn get(&'a self, name: &'a str) -> Result<Option<Self>, JsonError> {
        let value = self.object()?.get(name).filter(|value| !value.is_null());
        Ok(value.map(|value| Self {
            value,
            parent: Some(self),
            step: Step::Field(name),
        }))
    }

    /// The member `name`, which must be there.
    pub(crate) fn require(&'a self, name: &'a str) -> Result<Self, JsonError> {
        self.get(name)?
            .ok_or_else(|| self.error(format_args!("`{name}` is missing")))
    }

    /// The elements of the list `name`; none when it is absent.
    pub(crate) fn list(
        &'a self,
        name: &'a str,
        mut each: impl FnMut(Node<'_>) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        let Some(list) = self.get(name)? else {
            return Ok(());
        };
        let Value::Array(values) = list.value else {
            return Err(list.error(format_args!("expected a list, found {}", list.kind())));
        };
        for (index, value) in values.iter().enumerate() {
            each(Node {
                value,
                parent: Some(&list),
                step: Step::Index(index),
            })?;
        }
        Ok(())
    }

    pub(crate) fn text(&self) -> Result<&'a str, JsonError> {
        self.value
            .as_str()
            .ok_or_else(|| self.error(format_args!("expected a text, found {}", self.kind())))
    }

    /// The text `name`, `""` when it is absent.
    pub(crate) fn text_or_empty(&'a self, name: &'a str) -> Result<&'a str, JsonError> {
        self.get(name)?.map_or(Ok(""), |node| node.text())
    }

    /// The boolean `name`, `false` when it is absent.
    pub(crate) fn is_set(&'a self, name: &'a str) -> Result<bool, JsonError> {
        let Some(node) = self.get(name)? else {
            return Ok(false);
        };
        node.value.as_bool().ok_or_else(|| {
            node.error(format_args!(
                "expected true or false, found {}",
                node.kind()
            ))
        })
    }

    /// The text parsed as something that has a grammar.
    pub(crate) fn parse<T, E: fmt::Display>(
        &self,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, JsonError> {
        parse(self.text()?).map_err(|error| self.error(error))
    }

    pub(crate) fn object(&self) -> Result<&'a Map<String, Value>, JsonError> {
        self.value
            .as_object()
            .ok_or_else(|| self.error(format_args!("expected an object, found {}", self.kind())))
    }

    fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        }
    }

    fn place(&self) -> String {
        let mut place = self.parent.map(Node::place).unwrap_or_default();
        match self.step {
            Step::Root => {}
            Step::Field(name) => {
                if !place.is_empty() {
                    place.push('.');
                }
                place.push_str(name);
            }
            Step::Index(index) => place.push_str(&format!("[{index}]")),
        }
        place
    }
}

/// Version texts are SemVer; the library's own sentence is kept behind ours.
pub(crate) fn parse_version(text: &str) -> Result<semver::Version, String> {
    text.parse()
        .map_err(|error| format!("`{text}` is no SemVer version such as 1.2.0: {error}"))
}
