//! The whole backend against a real `named`.

mod channel;
mod contract;
mod daemon;
mod defaults;
mod disk;
mod failing;
mod life;
mod repair;
mod serving;
mod sharing;
mod speed;
mod unmanaged;
mod views;

use std::time::Duration;

use dadns_zone::{Zone, ZoneName};

use super::Bind;
use crate::{Backend, BackendError, Served, ZoneChange, ZoneResult};

pub(super) use crate::conformance::zone;
pub(super) use crate::testing::{applied, put, remove, unavailable, unchanged};

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

/// Waits until `name` is served as `wanted`.
async fn served(bind: &Bind, name: &ZoneName, wanted: Served) {
    let mut last = None;
    for _ in 0..500 {
        let now = bind.serves(name).await.unwrap();
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
fn failed(outcome: ZoneResult) -> String {
    match outcome {
        ZoneResult::Failed(cause) => cause,
        other => panic!("a failed zone was expected: {other:?}"),
    }
}
