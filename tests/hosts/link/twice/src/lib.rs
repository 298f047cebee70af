//! Declares one module in two files, and one action in two.

#[cfg(feature = "module")]
mod first_module;
#[cfg(feature = "module")]
mod second_module;

#[cfg(feature = "action")]
mod first_action;
#[cfg(feature = "action")]
mod second_action;
