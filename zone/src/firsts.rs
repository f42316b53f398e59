//! The first things that were found, and how many more there were.

/// Keeps the first `most` of what it is given, and counts the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Firsts<T> {
    kept: Vec<T>,
    more: usize,
    most: usize,
}

impl<T> Firsts<T> {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            kept: Vec::new(),
            more: 0,
            most,
        }
    }

    /// Adds what `make` gives, which is only asked where there is room.
    pub(crate) fn push(&mut self, make: impl FnOnce() -> T) {
        if self.kept.len() < self.most {
            self.kept.push(make());
        } else {
            self.more += 1;
        }
    }

    /// Counts others that were found elsewhere.
    pub(crate) fn add_unseen(&mut self, more: usize) {
        self.more += more;
    }

    /// Those that were kept, and the number of others.
    pub(crate) fn into_parts(self) -> (Vec<T>, usize) {
        (self.kept, self.more)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// How many there were.
    pub(crate) fn count(&self) -> usize {
        self.kept.len() + self.more
    }
}
