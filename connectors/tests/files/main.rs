//! Files as inputs and outputs, from outside.

mod errors;
mod folders;
mod follow;
mod formats;
mod prune;
mod rejects;
mod support;
mod writing;
