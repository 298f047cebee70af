//! What the exit codes mean. Every command uses these and no others.

use std::process::ExitCode;

/// Done, or the answer is yes.
pub const YES: u8 = 0;
/// The answer is no: invalid, drifted, denied, breaking, refused for safety, no schema yet. What
/// was there before is there still.
pub const NO: u8 = 1;
/// Wrong usage or configuration: someone has to write something else.
pub const USAGE: u8 = 2;
/// It could not be found out or done: an unreachable store, a missing or unreadable file. What was
/// there before is there still.
pub const COULD_NOT: u8 = 3;
/// Begun, and neither completed nor undone: the message says what stands and what to do.
pub const BEGUN: u8 = 4;

/// One of the codes above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Yes,
    No,
    Usage,
    CouldNot,
    Begun,
}

impl Exit {
    /// [`Exit::Yes`] where `answer` is true, else [`Exit::No`].
    pub(crate) fn answer(answer: bool) -> Self {
        if answer { Self::Yes } else { Self::No }
    }

    fn code(self) -> u8 {
        match self {
            Self::Yes => YES,
            Self::No => NO,
            Self::Usage => USAGE,
            Self::CouldNot => COULD_NOT,
            Self::Begun => BEGUN,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
