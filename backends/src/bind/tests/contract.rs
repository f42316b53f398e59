//! The contract of all backends, with a real `named` that may also end.

use std::sync::Arc;

use async_trait::async_trait;

use super::daemon::Named;
use super::*;
use crate::bind::RecordLimits;
use crate::conformance::{self, Daemon};

#[async_trait]
impl Daemon for Named {
    fn open(&self) -> Box<dyn Backend> {
        Box::new(Named::open(self).unwrap())
    }

    fn crash(&mut self) {
        self.kill();
    }

    async fn start(&mut self) {
        self.run().await;
    }
}

/// A started `named` whose include file is there.
async fn started() -> Option<Named> {
    let mut named = Named::prepare(INCLUDE)?;
    // The include file has to be there before `named` starts; opening creates it.
    Named::open(&named).unwrap();
    named.run().await;
    Some(named)
}

#[tokio::test]
async fn bind_keeps_the_contract() {
    let Some(named) = started().await else { return };
    conformance::all(&Named::open(&named).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bind_takes_several_batches_at_once() {
    let Some(named) = started().await else { return };
    conformance::shared(|| Arc::new(Named::open(&named).unwrap())).await;
}

#[tokio::test]
async fn bind_outlives_crashes_of_named() {
    let Some(mut named) = started().await else {
        return;
    };
    conformance::crashes(&mut named).await;
}

/// The same, and it is given zones by addzone.
async fn adding() -> Option<Named> {
    let mut named = super::addzone::prepared()?;
    named.run().await;
    Some(named)
}

#[tokio::test]
async fn bind_keeps_the_contract_with_zones_in_its_own_database() {
    let Some(named) = adding().await else { return };
    conformance::all(&Named::open(&named).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bind_takes_several_batches_at_once_into_its_own_database() {
    let Some(named) = adding().await else { return };
    conformance::shared(|| Arc::new(Named::open(&named).unwrap())).await;
}

#[tokio::test]
async fn bind_outlives_crashes_of_named_with_zones_in_its_own_database() {
    let Some(mut named) = adding().await else {
        return;
    };
    conformance::crashes(&mut named).await;
}

#[tokio::test]
async fn bind_without_a_control_channel_keeps_the_contract_on_disk_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let settings = crate::bind::Settings {
        zones_dir: dir.path().join("zones"),
        named_conf: dir.path().join("conf/zones.conf"),
        control: None,
        dns_address: None,
        provision: Default::default(),
        views: Vec::new(),
        limits: RecordLimits::default(),
    };
    let bind = Bind::open("bind".parse().unwrap(), settings).unwrap();
    assert!(
        bind.describe().contains("NOTHING IS RELOADED"),
        "{}",
        bind.describe()
    );
    conformance::all(&bind).await;
}
