//! What a shard's state is of, so that a changed job does not go on with what does not fit.

use ouzel_dsl::{Error, Plan, Result};
use serde::{Deserialize, Serialize};

/// What the state of a keyed operator depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The types of key and accumulator.
    state: u64,
    /// The code of the operator and of all that is before it.
    code: u64,
}

impl Identity {
    /// That of a keyed operator.
    pub fn of(plan: &Plan, keyed: usize) -> Identity {
        let entry = &plan.keyed[keyed];
        let (mut upstream, mut code) = (vec![entry.operator], String::new());
        let mut seen = vec![false; plan.operators.len()];
        while let Some(index) = upstream.pop() {
            if !std::mem::replace(&mut seen[index], true) {
                let operator = &plan.operators[index];
                code += &format!("{}={:x};", operator.id, operator.fingerprint);
                upstream.extend(&operator.inputs);
            }
        }
        code += &format!("{:?}{:?}", entry.lateness, plan.params);
        Identity { state: hash(&entry.node.state_type()), code: hash(&code) }
    }

    /// Refuses state that was kept of something else; other code may be accepted, by operator.
    pub fn check(self, kept: Identity, plan: &Plan, keyed: usize, accept: &[String]) -> Result<()> {
        let operator = &plan.operators[plan.keyed[keyed].operator];
        let what = match (kept.state == self.state, kept.code == self.code) {
            (true, true) => return Ok(()),
            (true, false) if accept.contains(&operator.id) => return Ok(()),
            (true, false) => "was made by other code",
            (false, _) => "is of other types",
        };
        let accept = match kept.state == self.state {
            true => format!(", or go on all the same with `--accept {}`", operator.id),
            false => String::new(),
        };
        Err(Error::State(format!(
            "the group's state of `{}` ({}) {what}\n  begin anew as another `--group`{accept}",
            operator.id, operator.site
        )))
    }
}

/// A hash that is the same in all processes: FNV-1a.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
