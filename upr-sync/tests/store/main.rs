//! What a store must do, whatever database holds it.
//!
//! Each test asks [`fresh::Fresh`] for a store of its own; another engine joins there.

#[cfg(test)]
mod fresh;
#[cfg(test)]
mod grants;
#[cfg(test)]
mod reconcile;
