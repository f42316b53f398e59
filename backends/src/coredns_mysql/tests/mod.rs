//! The whole backend against a real `mariadbd`.

mod contract;
mod daemon;
mod failing;
mod narrow;
mod putting;
mod sharing;
mod speed;

use dadns_zone::{Zone, ZoneName};

use self::daemon::Mariadb;
use super::CorednsMysql;
use crate::conformance::zone;
use crate::{Backend, Outcome, ZoneChange};

async fn put(backend: &CorednsMysql, zone: &Zone) -> Outcome {
    backend.apply(&[ZoneChange::Put(zone)]).await.remove(0)
}

async fn remove(backend: &CorednsMysql, name: &ZoneName) -> Outcome {
    backend.apply(&[ZoneChange::Remove(name)]).await.remove(0)
}

#[track_caller]
fn applied(outcome: Outcome) {
    assert!(matches!(outcome, Outcome::Applied), "{outcome:?}");
}

#[track_caller]
fn unchanged(outcome: Outcome) {
    assert!(matches!(outcome, Outcome::Unchanged), "{outcome:?}");
}
