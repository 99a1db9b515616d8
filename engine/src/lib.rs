//! What both executors run: operators' state and logic, once.

mod arranged;
mod as_of;
mod bag;
mod builder;
mod clock;
mod combiner;
mod config;
mod counted;
pub mod dead_letters;
mod exchange;
mod faults;
mod gate;
mod given;
mod grouping;
mod groups;
mod guard;
mod held;
pub mod join;
mod layout;
mod log_session;
mod memo;
mod monoid;
mod ordered;
mod output;
mod plain;
mod reference;
mod rows;
mod runs;
mod sessions;
mod side;
mod sides;
mod state;
mod stream_node;
mod table_join;
mod table_node;
mod tabled;
mod weighted;
mod wiring;
mod worker;

pub use builder::{
    Builder, KeyedHandle, KeyedSpec, Needs, OperatorSpec, OutputHandle, final_address, open_finals,
    open_rows, open_table, row_address, table_row,
};
pub use clock::Clock;
pub use combiner::Combiner;
pub use config::{CommitPoint, GroupConfig, Guarantee, RunConfig, StreamConfig};
pub use faults::Faults;
pub use gate::{Gates, Ticket};
pub use layout::{Layout, Passed};
pub use log_session::{
    changes, changes_schema, content, dead_letters_content, fresh_run, has_log, one_log, session,
};
pub use monoid::Moment;
pub use output::Output;
pub use side::{Side, SideHandle, looked_up};
pub use sides::{SideTasks, SidesRead};
pub use wiring::Wiring;
pub use worker::{Pass, Task, Worker};
