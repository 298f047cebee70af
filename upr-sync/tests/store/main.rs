//! What a store must do, whatever database holds it.
//!
//! Each test asks [`fresh::Fresh`] for a store of its own; another engine joins there. What only
//! files can suffer stands in `files`.

#[cfg(test)]
mod access;
#[cfg(test)]
mod acting;
#[cfg(test)]
mod adopt;
#[cfg(test)]
mod backup;
#[cfg(test)]
mod critical;
#[cfg(test)]
mod crowd;
#[cfg(test)]
mod effects;
#[cfg(test)]
mod files;
#[cfg(test)]
mod fresh;
#[cfg(test)]
mod grants;
#[cfg(test)]
mod history;
#[cfg(test)]
mod listen;
#[cfg(test)]
mod migrate;
#[cfg(test)]
mod plan;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod reconcile;
#[cfg(test)]
mod removal;
#[cfg(test)]
mod restore;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod saved;
#[cfg(test)]
mod startup;
#[cfg(test)]
mod trail;
#[cfg(test)]
mod users;
