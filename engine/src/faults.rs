//! Records that keyed operators could not process.

use crate::wiring::Wiring;
use ouzel_dsl::keyed_node::Fault;
use ouzel_dsl::stage::{Failure, OnError, Tally};
use ouzel_dsl::{Error, Result, place};
use std::sync::{Mutex, PoisonError};

/// Follows the error policy of one keyed operator, and counts.
pub struct Faults<'a> {
    wiring: &'a Wiring,
    operator: usize,
    tally: Mutex<Tally>,
}

impl<'a> Faults<'a> {
    /// Of the keyed operator with this index.
    pub fn new(wiring: &'a Wiring, keyed: usize) -> Self {
        let tally = Mutex::new(Tally::new(wiring.plan.operators.len()));
        Faults { wiring, operator: wiring.plan.keyed[keyed].operator, tally }
    }

    /// Follows the policy.
    ///
    /// # Errors
    ///
    /// Where that is to fail.
    pub fn take(&self, fault: Fault) -> Result<()> {
        let Fault { address, record, message } = fault;
        let plan = &self.wiring.plan;
        let from = place::source(&address).and_then(|(input, partition, offset)| {
            let input = (plan.sources.get(input)?.input, self.wiring.sources.get(input)?);
            let index = input.1.partitions().iter().position(|name| *name == partition)?;
            Some((input.0, partition, index as u32, offset))
        });
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        match self.wiring.on_error[self.operator] {
            OnError::Fail => {
                let site = self.wiring.sites[self.operator].to_string();
                let address = match from {
                    Some((input, name, _, offset)) => format!("{input} {name}, offset {offset}"),
                    None => plan.operators[self.operator].id.clone(),
                };
                let record = format!("\n  record: {}", String::from_utf8_lossy(&record));
                return Err(Error::Record { site, address, record, message });
            }
            OnError::Skip => {}
            OnError::DeadLetter => {
                let id = plan.operators[self.operator].id.as_str();
                let (input, _, partition, offset) = from.unwrap_or((id, String::new(), 0, 0));
                let (input, operator) = (input.to_owned(), self.operator);
                tally.dead_letter_bytes += size_of::<Failure>() + message.len() + record.len();
                let failure = Failure { operator, input, partition, offset, message, record };
                tally.dead_letters.push(failure);
            }
        }
        tally.errors[self.operator] += 1;
        Ok(())
    }

    /// What was counted.
    pub fn finish(self) -> Tally {
        self.tally.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}
