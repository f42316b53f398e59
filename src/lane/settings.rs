//! What an operator can say about delivery.

use std::time::Duration;

use dadns_keys::{keys, millis, whole};

keys! {
    /// How zones go to the backends. Each backend has a lane of its own.
    pub struct Settings("lanes") {
        /// Most zones that go to one backend in one batch. The larger it is, the fewer times a BIND has to
        /// read its configuration; other backends take a thousand at most.
        pub batch_max: usize = whole(1, 100_000), "10000";
        /// How long dadns waits for a backend to serve a zone after it was written, in milliseconds. After
        /// that the zone counts as failed there, and is retried.
        pub verify_timeout "verify_timeout_ms": Duration = millis(100, 600_000), "10000";
        /// How long a stop waits for batches in progress, in milliseconds. What is left goes out at the next
        /// start. Less than the 10 seconds after which `docker stop` kills.
        pub stop_timeout "stop_timeout_ms": Duration = millis(0, 600_000), "8000";
    }
}
