//! The suite on a real etcd of one member, which each test has for itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dadns::ledger::{Etcd, EtcdSettings, Ledger, Stamp};

use crate::needs;
use crate::suite::Engine;
use crate::support::etcd::Etcd as Members;

struct OnEtcd(Members);

#[async_trait::async_trait]
impl Engine for OnEtcd {
    async fn node(&self) -> Arc<dyn Ledger> {
        let settings = EtcdSettings::new(self.0.endpoints());
        Arc::new(Etcd::open(&settings).await.unwrap())
    }
    async fn forget_before(&self, stamp: Stamp) {
        self.0.ctl(&["compact", &stamp.to_string()]);
    }
    async fn pass(&self, seconds: u64) {
        // The clock of etcd is real. It looks for leases that are over every half second.
        let until = Instant::now() + Duration::from_secs(seconds) + Duration::from_millis(700);
        tokio::time::sleep_until(until.into()).await;
    }
    async fn remove_by_hand(&self, name: &str) {
        self.0.ctl(&["del", &format!("dadns/d/{name}")]);
    }
}

macro_rules! suite {
    ($($room:ident: $($test:ident),+;)+) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                needs!("go");
                crate::suite::$room::$test(&OnEtcd(Members::start(1))).await;
            }
        )+)+
    };
}
crate::all_of_the_suite!(suite);
