//! What an operator can say about delivery.

use std::time::Duration;

use dadns_keys::{keys, millis, whole};

keys! {
    /// How zones go to the backends. Each backend has a lane of its own.
    pub struct Settings("lanes") {
        /// Most zones that go to one backend in one batch.
        pub batch_max: usize = whole(1, 100_000), "1000";
        /// How long a backend may take to answer with what it was sent, in milliseconds. After that the
        /// zone has failed on it, and is tried again.
        pub verify_timeout "verify_timeout_ms": Duration = millis(100, 600_000), "10000";
        /// How long a stop waits for batches under way, in milliseconds. What is left goes out at the next
        /// start. Less than the 10 seconds after which `docker stop` kills.
        pub stop_timeout "stop_timeout_ms": Duration = millis(0, 600_000), "8000";
    }
}
