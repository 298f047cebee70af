//! Black-box tests over the whole workspace.
