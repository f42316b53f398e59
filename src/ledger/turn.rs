//! Whose turn it is at something that one node does at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

use super::Fence;

/// Who has a claim.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Holder {
    /// Nobody that this node knows of.
    #[default]
    Nobody,
    /// This node, by that fence.
    Ours(Fence),
    /// Another node.
    Theirs(String),
}

/// Whether it is this node's turn. Cheap to clone; the default is what no other node does, so that it always is.
#[derive(Debug, Clone, Default)]
pub struct Turn(Option<Shared>);

#[derive(Debug, Clone)]
struct Shared {
    holder: watch::Receiver<Holder>,
    wanted: Arc<AtomicBool>,
}

impl Turn {
    /// The turn at something that several nodes claim, this one while `wanted`.
    pub fn of(holder: watch::Receiver<Holder>, wanted: Arc<AtomicBool>) -> Self {
        Self(Some(Shared { holder, wanted }))
    }

    /// Whether this node has anything to do there: it claims it within a second, or leaves it to others.
    pub fn want(&self, wanted: bool) {
        if let Some(shared) = &self.0 {
            shared.wanted.store(wanted, Ordering::SeqCst);
        }
    }

    /// Whether another node may do it as well.
    pub fn is_shared(&self) -> bool {
        self.0.is_some()
    }

    /// Who has it; `None`: no other node does it.
    pub fn holder(&self) -> Option<Holder> {
        self.0.as_ref().map(|shared| shared.holder.borrow().clone())
    }

    /// Whether it is this node's turn.
    pub fn is_ours(&self) -> bool {
        matches!(self.holder(), None | Some(Holder::Ours(_)))
    }

    /// Waits until it is this node's turn. `None`: no other node does it.
    pub async fn begin(&mut self) -> Option<Fence> {
        let holder = &mut self.0.as_mut()?.holder;
        loop {
            if let Holder::Ours(fence) = *holder.borrow_and_update() {
                return Some(fence);
            }
            changed(holder).await;
        }
    }

    /// Waits until the turn that began with this fence is over.
    pub async fn over(&mut self, begun: Option<Fence>) {
        match (&mut self.0, begun) {
            (Some(Shared { holder, .. }), Some(begun)) => {
                while *holder.borrow_and_update() == Holder::Ours(begun) {
                    changed(holder).await;
                }
            }
            _ => std::future::pending().await,
        }
    }
}

async fn changed(holder: &mut watch::Receiver<Holder>) {
    if holder.changed().await.is_err() {
        // Everything is about to stop.
        std::future::pending().await
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn what_no_other_node_does_is_always_this_nodes_turn() {
        let mut turn = Turn::default();
        assert!(turn.is_ours() && !turn.is_shared());
        assert_eq!(turn.begin().await, None);
        assert!(turn.over(None).now_or_never().is_none());
    }

    #[tokio::test]
    async fn a_turn_is_over_when_another_node_has_it_or_it_came_back_meanwhile() {
        let holder = watch::Sender::new(Holder::Nobody);
        let mut turn = Turn::of(holder.subscribe(), Arc::default());
        assert!(!turn.is_ours());
        assert!(turn.begin().now_or_never().is_none());
        holder.send_replace(Holder::Theirs("left".into()));
        assert!(turn.begin().now_or_never().is_none());
        holder.send_replace(Holder::Ours(Fence(3)));
        assert_eq!(turn.begin().await, Some(Fence(3)));
        assert!(turn.is_ours());
        assert!(turn.over(Some(Fence(3))).now_or_never().is_none());
        holder.send_replace(Holder::Nobody);
        holder.send_replace(Holder::Ours(Fence(5)));
        turn.over(Some(Fence(3))).await;
        assert_eq!(turn.begin().await, Some(Fence(5)));
    }
}
