//! Why a command ended without its answer: what a person reads, what a program reads, what to do.

use serde_json::json;
use upr_sync::Class;

use crate::exit::Exit;

/// Why a command ended without its answer.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// A name for programs, stable across releases.
    pub(crate) code: &'static str,
    /// What was found: one line, lower case, no full stop.
    pub(crate) message: String,
    /// What to do about it, as sentences.
    pub(crate) remedy: Vec<String>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            exit,
            code,
            message: message.into(),
            remedy: Vec::new(),
        }
    }

    /// The answer is no.
    pub(crate) fn no(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Exit::No, code, message)
    }

    /// Someone has to write something else.
    pub(crate) fn usage(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, code, message)
    }

    /// It could not be found out or done.
    pub(crate) fn could_not(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Exit::CouldNot, code, message)
    }

    /// Adds what to do, with a capital letter and a full stop if it comes without.
    pub(crate) fn remedy(mut self, sentence: impl AsRef<str>) -> Self {
        self.remedy.push(to_sentence(sentence.as_ref()));
        self
    }

    /// The document that `--json` prints in place of the answer.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        json!({"error": {
            "code": self.code,
            "message": self.message,
            "remedy": self.remedy.join(" "),
        }})
    }
}

impl<E: upr_sync::Failure> From<E> for Failure {
    fn from(error: E) -> Self {
        let exit = match error.class() {
            Class::No => Exit::No,
            Class::Usage => Exit::Usage,
            Class::CouldNot => Exit::CouldNot,
            Class::Begun => Exit::Begun,
        };
        let failure = Self::new(exit, error.code(), error.to_string());
        error.hints().iter().fold(failure, Self::remedy)
    }
}

pub(crate) fn to_sentence(text: &str) -> String {
    let mut characters = text.trim().chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    let mut sentence: String = first.into_iter().chain(characters).collect();
    if !sentence.ends_with(['.', '!', '?', ',']) {
        sentence.push('.');
    }
    sentence
}
