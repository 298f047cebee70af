//! Reconciles upr's registry with the database that holds roles and grants.

pub mod settings;
