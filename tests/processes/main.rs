//! Tests that start other processes. They are a program of their own, since a process that is being
//! started holds for a moment all files of the one that starts it, and so the locks of state folders.

mod console;
mod killed;
mod metrics;
mod panics;
mod ui;
