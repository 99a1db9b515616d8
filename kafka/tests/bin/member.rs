//! A member of a group as a process, to be killed.

use ouzel_kafka_tests::jobs::{ordered, tables, totals, windows};

ouzel::main![ordered, tables, totals, windows];
