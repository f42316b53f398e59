//! What an operator can say about the check.

use dadns_keys::{boolean, keys, whole};

keys! {
    /// The check compares every zone on every backend with desired state, again and again, and repairs
    /// drift. `dadns verify` does so at once.
    pub struct Settings("check") {
        /// Whether the check runs.
        pub enabled: bool = boolean(), "true";
        /// Zones checked per second on each backend. 10: ten thousand zones take a quarter of an hour.
        pub zones_per_second: u32 = whole(1, 100_000), "10";
        /// With few zones: how many seconds after the start of one pass the next may start.
        pub every_seconds: u32 = whole(1, 86_400), "60";
    }
}
