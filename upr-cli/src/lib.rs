//! The upr command, also to be embedded in an application.
