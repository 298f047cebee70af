//! Permissions declared once, on the handler: typed constants, a static registry, checks in nanoseconds.
