//! Following a store that others change.

#[cfg(test)]
mod changes;
#[cfg(test)]
mod follow;
#[cfg(test)]
mod processes;
