use serde::Serialize;

/// What a command that writes says at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Whether something was written; never in a dry run.
    pub applied: bool,
    /// How many facts changed, or would change; 0 when the wish was already so.
    pub changes: u64,
    /// The store's revision afterwards.
    pub revision: u64,
}
