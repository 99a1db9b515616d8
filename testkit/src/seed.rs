//! The seed that chooses schedules and generated records.

/// The variable by which a failure is seen again.
pub(crate) const VARIABLE: &str = "OUZEL_SEED";

/// What the variable says, else what the test says, else always the same.
///
/// # Panics
///
/// If the variable holds no number.
#[track_caller]
pub(crate) fn seed(told: Option<u64>) -> u64 {
    match std::env::var(VARIABLE) {
        Ok(text) => match text.trim().parse() {
            Ok(seed) => seed,
            Err(_) => panic!("{VARIABLE}={text}: a seed is a number from 0 to {}", u64::MAX),
        },
        Err(_) => told.unwrap_or(0),
    }
}
