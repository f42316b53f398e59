//! Of several nodes, which one publishes what has registered: one at a time, while it has anything to publish or to
//! withdraw.

use std::sync::atomic::Ordering;

use super::Registry;
use super::rules::Book;
use crate::ledger::Holder;
use crate::logging::warning;

/// The file in the directory of the registry that is there while this node has services in DNS.
pub(super) const PUBLISHED: &str = "published";

impl Registry {
    /// Claims the turn to publish only while there is something to publish, or to withdraw: a node that nobody registers
    /// with would otherwise take over from one that starts anew, and have all services vanish.
    pub(super) fn want_turn(&self, book: &Book) {
        // Whoever has the turn has put its own in the place of what this node published.
        if matches!(self.shared.turn.holder(), Some(Holder::Theirs(_))) {
            self.mark_published(false);
        }
        let has_published = self.shared.has_published.load(Ordering::SeqCst);
        self.shared.turn.want(book.publishes() || has_published);
    }

    /// Notes whether services are published by this node.
    pub(super) fn note_published(&self, is_some: bool) {
        self.look(|book, _| {
            self.mark_published(is_some);
            self.want_turn(book);
        });
    }

    /// Of several nodes, one that is killed has to know at its next start that there is something to withdraw.
    fn mark_published(&self, is_some: bool) {
        let before = self.shared.has_published.swap(is_some, Ordering::SeqCst);
        let Some(mark) = self.shared.mark.as_ref().filter(|_| before != is_some) else {
            return;
        };
        let marked = match is_some {
            true => std::fs::write(mark, []),
            false => std::fs::remove_file(mark),
        };
        if let Err(error) = marked {
            warning!("registry: {}: {error}", mark.display());
        }
    }

    /// Whether what registers here is published by this node, and otherwise by which; `None`: by none at the moment.
    pub fn published_by(&self) -> (bool, Option<String>) {
        match self.shared.turn.holder() {
            None | Some(Holder::Ours(_)) => (true, None),
            Some(Holder::Theirs(node)) => (false, Some(node)),
            Some(Holder::Nobody) => (false, None),
        }
    }
}
