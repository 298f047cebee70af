//! Keys, catalog, lock and rules of upr: pure functions over plain data.
