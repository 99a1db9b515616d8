//! The queries of the Nexmark suite as jobs, one a file, and the generator of their inputs.

pub mod aggregates;
pub mod calendar;
pub mod events;
pub mod generate;
pub mod q0;
pub mod q1;
pub mod q10;
pub mod q12;
pub mod q14;
pub mod q15;
pub mod q16;
pub mod q17;
pub mod q2;
pub mod q21;
pub mod q22;
pub mod q5;
pub mod q7;
pub mod rank;
