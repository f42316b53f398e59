//! The whole backend against a real `named`.

mod addzone;
mod channel;
mod contract;
mod daemon;
mod defaults;
mod disk;
mod failing;
mod known;
mod life;
mod moves;
mod repair;
mod serving;
mod sharing;
mod speed;
mod speed_of_ways;
mod unmanaged;
mod views;

use std::time::Duration;

use dadns_zone::{Zone, ZoneName};

use super::Bind;
use crate::{
    Backend, BackendError, BackendExt, Depth, Diagnose, Expected, Served, ZoneChange, ZoneResult,
};

pub(super) use crate::conformance::zone;
pub(super) use crate::testing::{
    answered_wrong, applied, every_rrset, put, read_unmanaged, remove, rewrite, unavailable,
    unchanged,
};

/// Declares the include file of [`daemon::Named::settings`], given as its directory.
const INCLUDE: &str = "include \"zones.conf\";";

fn name(text: &str) -> ZoneName {
    text.parse().unwrap()
}

/// Waits until something has happened on disk.
async fn wait_for(happened: impl Fn() -> bool) {
    for _ in 0..500 {
        if happened() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it does not happen");
}

/// What is served of `zone`.
async fn serial(bind: &Bind, zone: &Zone) -> Result<Served, BackendError> {
    bind.served_one(Expected::Present(zone), Depth::Serial)
        .await
}

/// Waits until `name` is served as `wanted`.
async fn served(bind: &Bind, name: &ZoneName, wanted: Served) {
    let mut last = None;
    for _ in 0..500 {
        // Its serial does not matter: the SOA alone is asked for.
        let now = serial(bind, &zone(name.as_str(), 0, "")).await.unwrap();
        if now == wanted {
            return;
        }
        last = Some(now);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{name}: {wanted:?} was expected, {last:?} is served");
}

/// The failure of one zone, as text.
#[track_caller]
fn failed(result: ZoneResult) -> String {
    match result {
        ZoneResult::Failed(cause) => cause,
        other => panic!("a failed zone was expected: {other:?}"),
    }
}
