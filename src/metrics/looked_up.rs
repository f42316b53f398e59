//! Gauges of a room whose values that room looks up when somebody asks.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::Labels;
use super::scrape::gauges;

/// What finds the values, each with its labels.
type Look = dyn Fn() -> Vec<(Labels, u64)> + Send + Sync;

/// One family of gauges.
pub(super) struct LookedUp {
    name: &'static str,
    help: &'static str,
    look: Box<Look>,
}

impl LookedUp {
    pub fn new(
        name: &'static str,
        help: &'static str,
        look: impl Fn() -> Vec<(Labels, u64)> + Send + Sync + 'static,
    ) -> Self {
        let look = Box::new(look);
        Self { name, help, look }
    }
}

impl fmt::Debug for LookedUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LookedUp")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Collector for LookedUp {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        gauges(&mut encoder, self.name, self.help, &(self.look)())
    }
}
