//! The declaration parser that macros and scanner share.
