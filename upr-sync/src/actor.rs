use std::fmt;

/// Who changes something, and why. Both are written into the change set.
///
/// ```
/// use upr_sync::Actor;
/// let actor = Actor::new("ada").because("ticket 4711");
/// assert_eq!((actor.name(), actor.reason()), ("ada", "ticket 4711"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    name: String,
    reason: String,
}

impl Actor {
    /// A person or a program, in the words of the application; control characters become spaces.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: one_line(name),
            reason: String::new(),
        }
    }

    /// The same, with a reason for people who read the history.
    #[must_use]
    pub fn because(mut self, reason: &str) -> Self {
        self.reason = one_line(reason);
        self
    }

    /// Who.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Why; may be empty.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
