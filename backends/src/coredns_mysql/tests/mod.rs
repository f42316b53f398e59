//! The whole backend against a real `mariadbd`.

mod contract;
mod coredns;
mod daemon;
mod failing;
mod fenced;
mod limits;
mod narrow;
mod putting;
mod repair;
mod sharing;
mod speed;

use dadns_zone::{Zone, ZoneName};

use self::daemon::Mariadb;
use super::CorednsMysql;
use crate::conformance::zone;
use crate::testing::{applied, put, read_unmanaged, remove, unavailable, unchanged};
use crate::{Backend, BackendExt, ZoneChange, ZoneResult};
