//! Label values that are a choice out of few.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

use super::Labels;

/// A label whose values are a choice out of few.
pub(super) trait Choice: Copy + 'static {
    const KEY: &'static str;
    /// In the order of their declaration.
    const ALL: &'static [Self];

    fn text(self) -> &'static str;
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
    Held = "held", "it is kept aside until somebody approves it";
    Failed = "failed", "the store could not make it durable";
}

choice! {
    /// What the removal of a zone was answered with.
    Removal as "result", REMOVALS = "Removals asked for by masters, zone by zone, by what they were answered with":
    Removed = "removed", "the zone is wanted nowhere from now on";
    NotHeld = "not_held", "there was no such zone";
    NotOwner = "not_owner", "the zone belongs to another master and is kept";
    Refused = "refused", "the request or the name was not acceptable";
    Failed = "failed", "the store could not make it durable";
}

choice! {
    /// How one try to bring one zone to a backend ended.
    Applied as "outcome", APPLIED = "Tries to bring a zone to a backend, or to remove it there, by how they ended":
    Applied = "applied", "it was changed there and is proven";
    Unchanged = "unchanged", "it was there already and is proven";
    Refused = "refused", "the backend cannot hold it, tried again later";
    Failed = "failed", "it went wrong or could not be proven in time, tried again later";
    Unproven = "unproven", "it is there and not served yet, looked at again in a moment";
}

choice! {
    /// How a comparison with a master ended.
    Pass as "result", PASSES = "Comparisons with a master by how they ended":
    Ok = "ok", "its list came whole";
    Unknown = "unknown", "it could not be asked or its list was not whole, nothing was removed";
    Stopped = "stopped", "so many zones would have gone that somebody has to say so first";
}

/// The counter of `choice`, made if it is not there.
pub(super) fn counts_of<C: Choice>(family: &Family<Labels<1>, Counter>, choice: C) -> Counter {
    family.get_or_create_owned(&[(C::KEY, choice.text().to_owned())])
}
