//! Copies of other processes' shards in memory, kept near to where their owners are, so that this
//! process can take them up at once.

use super::Shared;
use super::restore::Restored;
use super::shard::Shard;
use ouzel_dsl::Result;
use ouzel_dsl::log::{Lane, Position};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// From one look at how far the others are to the next.
const EVERY: Duration = Duration::from_secs(1);

/// The shards that are not of this process, by keyed operator and lane.
pub struct Standby {
    pub shards: BTreeMap<(usize, u32), Shard>,
    next: Instant,
}

impl Standby {
    pub fn new() -> Standby {
        Standby { shards: BTreeMap::new(), next: Instant::now() }
    }
}

impl Shared {
    /// Brings what is kept of others' shards to their last commits, and one more is taken on. What
    /// cannot be had is let go, and tried anew.
    pub(super) fn tend_standby(&mut self) {
        let Some(standby) = &mut self.standby else { return };
        if Instant::now() < standby.next {
            return;
        }
        standby.next = Instant::now() + EVERY;
        let topics = self.topics.clone();
        let lanes = topics.iter().enumerate().flat_map(|(keyed, of)| {
            let lane = move |number| Some((keyed, Lane { topic: &of.as_ref()?.letters, number }));
            (0..of.as_ref().map_or(0, |of| of.lanes)).filter_map(lane)
        });
        let mut taken_on = false;
        for (keyed, lane) in lanes {
            let place = (keyed, lane.number);
            let Some(standby) = &mut self.standby else { return };
            let is_known = standby.shards.contains_key(&place);
            if self.shards.contains_key(&place) || (!is_known && taken_on) {
                continue;
            }
            // One after the other, so that none has to wait for the commits of all. What is not known
            // at the moment is met again.
            let Ok(mut positions) = self.group.positions(&[lane], Duration::ZERO) else { continue };
            let Some(position) = positions.pop().filter(|of| of.offset.is_some()) else { continue };
            taken_on |= !is_known;
            let known = standby.shards.remove(&place);
            match (self.bring_near(place, known, &position), &mut self.standby) {
                (Ok(near), Some(standby)) => {
                    let near = near.into_iter().map(|(place, restored)| (place, restored.shard));
                    standby.shards.extend(near);
                }
                _ => self.group.leave(&lane),
            }
        }
    }

    /// Brings what is known of a shard to a commit.
    fn bring_near(
        &mut self,
        place: (usize, u32),
        known: Option<Shard>,
        position: &Position,
    ) -> Result<Vec<((usize, u32), Restored)>> {
        let to = self.committed(place.0, position)?;
        self.restore(vec![(place, known, to)])
    }
}
