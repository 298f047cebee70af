//! What every handler needs of the web: bodies that come in, and failures that go out.

mod failure;
mod json;

pub use failure::{CHALLENGE, Failure};
pub use json::{Body, Checked, check_text};
