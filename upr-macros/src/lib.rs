//! Attribute macros of upr; use them through the crate upr.
