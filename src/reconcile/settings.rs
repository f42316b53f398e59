//! When desired state is compared with the masters, and what may follow from that.

use std::time::Duration;

use dadns_keys::{boolean, keys, minutes, whole};

keys! {
    /// Ask the DirectAdmin masters from time to time which zones they have, and reconcile: fetch zones
    /// that are missing here, learn who owns them, and remove those that their master no longer has.
    pub struct Settings("reconciliation") {
        /// Whether dadns asks the masters for their lists.
        pub enabled: bool = boolean(), "false";
        /// Only report what would be done.
        pub dry_run: bool = boolean(), "false";
        /// Minutes from the end of one pass to the next.
        pub interval "interval_minutes": Duration = minutes(1, 43_200), "60";
        /// Minutes from the start to the first pass.
        pub initial_delay "initial_delay_minutes": Duration = minutes(0, 43_200), "5";
        /// A zone is removed when its master has not listed it twice in a row; while the list of any master
        /// is unknown, no zone is. If more than this share of a master's zones (in percent) is gone, and at
        /// least the number below, nothing is removed until an operator confirms it
        /// (`dadns reconcile --confirm`).
        pub orphan_threshold_percent: u32 = whole(0, 100), "10";
        /// The number of zones from which on that share matters.
        pub orphan_threshold_zones: usize = whole(1, 1_000_000), "5";
    }
}
