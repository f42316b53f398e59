//! Label values that are a choice out of few.

use std::marker::PhantomData;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

use super::Labels;

/// A label whose values are a choice out of few.
pub(super) trait Choice: Copy + 'static {
    const KEY: &'static str;
    /// In the order of their declaration.
    const ALL: &'static [Self];

    fn text(self) -> &'static str;

    /// Its place in [`ALL`](Self::ALL).
    fn index(self) -> usize;
}

macro_rules! choice {
    (
        $(#[$doc:meta])*
        $name:ident as $key:literal, $help:ident = $about:literal:
        $($variant:ident = $text:literal, $what:literal;)+
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $(#[doc = $what] $variant,)+
        }

        impl Choice for $name {
            const KEY: &'static str = $key;
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            fn text(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            fn index(self) -> usize {
                self as usize
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.text())
            }
        }

        /// What the family says of itself and of each value.
        pub(super) const $help: &str = concat!($about, $("; ", $text, ": ", $what),+);
    };
}

choice! {
    /// What a push was answered with.
    Push as "result", PUSHES = "Pushes of masters by what they were answered with":
    Stored = "stored", "the zone changed and is on disk";
    Unchanged = "unchanged", "the zone came again as it was";
    Refused = "refused", "it was not acceptable and nothing was changed";
    Held = "held", "the guard holds it until somebody approves it";
    Failed = "failed", "the store could not make it durable";
}

choice! {
    /// What the removal of a zone was answered with.
    Removal as "result", REMOVALS = "Removals asked for by masters, zone by zone, by what they were answered with":
    Removed = "removed", "the zone is wanted nowhere from now on";
    NotPresent = "not_held", "there was no such zone";
    NotOwner = "not_owner", "the zone belongs to another master and is kept";
    Refused = "refused", "the request or the name was not acceptable";
    Failed = "failed", "the store could not make it durable";
}

choice! {
    /// How one try to bring one zone to a backend ended.
    Applied as "outcome", APPLIED = "Tries to bring a zone to a backend, or to remove it there, by how they ended":
    Applied = "applied", "it was changed there and is verified";
    Unchanged = "unchanged", "it was there already and is verified";
    Refused = "refused", "the backend cannot hold it, tried again later";
    Failed = "failed", "it went wrong or could not be verified in time, tried again later";
    Unverified = "unverified", "it is there and not served yet, looked at again in a moment";
}

choice! {
    /// How a zone on a backend was not as it should be.
    Drift as "kind", DRIFT = "Zones that a backend held, served or answered otherwise than they should be, by what was wrong":
    Records = "records", "the place holds other records";
    Missing = "missing", "the place does not hold it";
    Lingering = "lingering", "the place still holds it, or again, although it was removed";
    Unreadable = "unreadable", "what the place holds cannot be read";
    NotServed = "not_served", "the place holds it and does not serve it";
    Serial = "serial", "it is served with another serial";
    Answers = "answers", "some of its record sets are answered otherwise";
}

choice! {
    /// How a comparison with a master ended.
    Pass as "result", PASSES = "Comparisons with a master by how they ended":
    Ok = "ok", "its list came whole";
    Unknown = "unknown", "it could not be asked or its list was not whole, nothing was removed";
    Stopped = "stopped", "so many zones would have gone that somebody has to say so first";
}

/// One counter for each of a choice: held, so that counting looks nothing up, and shown from 0 on, so that
/// the first of a kind is an increase.
#[derive(Debug, Clone)]
pub(super) struct Counters<C> {
    /// In the order of [`Choice::ALL`].
    counters: Vec<Counter>,
    choice: PhantomData<C>,
}

impl<C: Choice> Counters<C> {
    /// Those of a family that has the choice for its only label.
    pub fn all(family: &Family<Labels<1>, Counter>) -> Self {
        Self::made(|choice| family.get_or_create_owned(&[choice]))
    }

    /// Those of a family that have also this label.
    pub fn of(family: &Family<Labels<2>, Counter>, key: &'static str, value: &str) -> Self {
        Self::made(|choice| family.get_or_create_owned(&[(key, value.to_owned()), choice]))
    }

    fn made(counter: impl Fn((&'static str, String)) -> Counter) -> Self {
        let label = |choice: &C| (C::KEY, choice.text().to_owned());
        Self {
            counters: C::ALL.iter().map(label).map(counter).collect(),
            choice: PhantomData,
        }
    }

    /// One more of `choice`.
    pub fn count(&self, choice: C) {
        if let Some(counter) = self.counters.get(choice.index()) {
            counter.inc();
        }
    }
}
