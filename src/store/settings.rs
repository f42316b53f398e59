//! What an operator can say about the store.

use std::path::PathBuf;

use dadns_keys::{keys, one, text, whole};

keys! {
    /// Where the store is.
    pub struct Location("") {
        /// Directory of everything that must survive a restart: zones, owners, pending work.
        pub queue_location: PathBuf = one(text()), "./data/queues";
    }
}

keys! {
    /// The store of that state.
    pub struct Settings("store") {
        /// Memory for recently used state, in MiB.
        pub cache_mib: u64 = whole(8, 65_536), "16";
    }
}
