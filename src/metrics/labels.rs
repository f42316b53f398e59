//! Label values that are a choice out of few.

use std::marker::PhantomData;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

use super::{Label, Labels, labelled};

/// What is counted by a label whose values are a choice out of few. Implemented by the enum of the room that
/// counts, with [`choice`].
pub(crate) trait Choice {
    /// The name of the label.
    const LABEL: &'static str;
    /// Every value with what it means.
    const WORDS: &'static [(&'static str, &'static str)];

    /// The value of this one.
    fn word(&self) -> &'static str;
}

/// Declares an enum that is a [`Choice`], each variant with its value and what that means.
macro_rules! choice {
    (
        $(#[$doc:meta])*
        $name:ident as $label:literal:
        $($variant:ident = $word:literal, $what:literal;)+
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $(#[doc = $what] $variant,)+
        }

        impl $crate::metrics::Choice for $name {
            const LABEL: &'static str = $label;
            const WORDS: &'static [(&'static str, &'static str)] = &[$(($word, $what)),+];

            fn word(&self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }
    };
}
pub(crate) use choice;

/// A family of counters by a choice, and by other labels.
#[derive(Debug, Clone)]
pub(crate) struct Choices<C> {
    family: Family<Labels, Counter>,
    choice: PhantomData<fn() -> C>,
}

impl<C: Choice> Choices<C> {
    pub(super) fn new(family: Family<Labels, Counter>) -> Self {
        Self {
            family,
            choice: PhantomData,
        }
    }

    /// The counters with these other labels.
    pub fn of(&self, labels: &[Label<'_>]) -> Counters<C> {
        let counter = |(word, _): &(&'static str, _)| {
            let mut all = labelled(labels);
            all.push((C::LABEL, (*word).to_owned()));
            (*word, self.family.get_or_create_owned(&all))
        };
        Counters {
            counters: C::WORDS.iter().map(counter).collect(),
            choice: PhantomData,
        }
    }
}

/// One counter for each of a choice: so that counting looks nothing up, and shown from 0 on, so that the
/// first of a kind is an increase.
#[derive(Debug, Clone)]
pub(crate) struct Counters<C> {
    counters: Vec<(&'static str, Counter)>,
    choice: PhantomData<fn() -> C>,
}

impl<C: Choice> Counters<C> {
    /// One more of `choice`.
    pub fn count(&self, choice: &C) {
        let word = choice.word();
        if let Some((_, counter)) = self.counters.iter().find(|(known, _)| *known == word) {
            counter.inc();
        }
    }
}
