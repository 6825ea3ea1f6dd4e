//! Operations on the leader: which it is, and making it step down.

use super::{Engine, FormerLeader, Leader};
use crate::error::Result;

impl Engine {
    /// The leader of the engines of a name, by default this engine's; `None` if there is none.
    pub async fn leader(&self, name: Option<&str>) -> Result<Option<Leader>> {
        let leader = self.peer.leader(name).await?;
        Ok(leader.map(|(holder, me)| Leader { node: holder.node, since: holder.since.div_euclid(1000), me }))
    }

    /// Makes the leader step down, on whichever node it is; `None` if there was no leader.
    pub async fn resign_leader(&self, name: Option<&str>) -> Result<Option<FormerLeader>> {
        let ended = self.peer.resign_leader(name).await?;
        Ok(ended.map(|holder| FormerLeader { node: holder.node, since: holder.since.div_euclid(1000) }))
    }
}
