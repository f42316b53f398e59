//! What others did to `named` and to its files is repaired.

use std::fs;

use super::daemon::Named;
use super::*;
use crate::bind::channel::{Patience, Rndc};

/// A `named` that lets zones be removed over its control channel, and a backend on it.
async fn started() -> Option<(Named, Bind, Rndc)> {
    let view = format!("view v {{ allow-new-zones yes; {INCLUDE} }};");
    let mut named = Named::prepare(&view)?;
    let bind = named.open().unwrap();
    named.run().await;
    let operator = Rndc::new(named.control_settings(), Patience::default());
    Some((named, bind, operator))
}

#[tokio::test]
async fn a_zone_that_named_has_lost_comes_back_though_its_file_is_unchanged() {
    let Some((mut named, bind, operator)) = started().await else {
        return;
    };
    let zone = zone("a.example", 1, "");
    applied(put(&bind, &zone).await);
    served(&bind, zone.name(), Served::Serial(1)).await;
    operator.call("delzone a.example.").await.unwrap().unwrap();
    served(&bind, zone.name(), Served::Absent).await;
    applied(put(&bind, &zone).await);
    served(&bind, zone.name(), Served::Serial(1)).await;

    let include = fs::read(named.path("zones.conf")).unwrap();
    named.kill();
    fs::write(named.path("zones.conf"), "// an old backup\n").unwrap();
    named.run().await;
    served(&bind, zone.name(), Served::Absent).await;
    applied(put(&bind, &zone).await);
    served(&bind, zone.name(), Served::Serial(1)).await;

    named.kill();
    fs::write(named.path("zones.conf"), "// an old backup\n").unwrap();
    named.run().await;
    fs::write(named.path("zones.conf"), include).unwrap();
    applied(put(&bind, &zone).await);
    served(&bind, zone.name(), Served::Serial(1)).await;
}

#[tokio::test]
async fn what_named_has_loaded_of_a_file_that_was_then_put_back_is_found_and_loaded_anew() {
    let Some((named, bind, operator)) = started().await else {
        return;
    };
    let zone = zone("a.example", 1, "www A 192.0.2.1\n");
    applied(put(&bind, &zone).await);
    answered_wrong(&bind, &zone, 0).await;
    let path = named.path("zones/a.example.db");
    let good = fs::read_to_string(&path).unwrap();
    let written = fs::metadata(&path).unwrap().modified().unwrap();
    fs::write(&path, good.replace("192.0.2.1", "192.0.2.9")).unwrap();
    operator.call("reload a.example.").await.unwrap().unwrap();
    let wrong = answered_wrong(&bind, &zone, 1).await;
    assert_eq!(
        wrong,
        ["www.a.example. A: without 192.0.2.1, with 192.0.2.9"]
    );
    // The file is right again, and older than what named has loaded.
    fs::write(&path, &good).unwrap();
    let file = fs::File::options().append(true).open(&path).unwrap();
    file.set_modified(written).unwrap();
    drop(file);
    assert_eq!(
        bind.read_one(zone.name()).await.unwrap().as_ref(),
        Some(&zone)
    );

    // Nothing on disk tells so.
    let other = named.open().unwrap();
    other.probe().await.unwrap();
    unchanged(put(&other, &zone).await);
    answered_wrong(&bind, &zone, 1).await;
    applied(rewrite(&bind, &zone).await);
    answered_wrong(&bind, &zone, 0).await;
    // Only once: what it is still loading `named` takes for changed, and then no more.
    for _ in 0..500 {
        if put(&bind, &zone).await.written() == Some(false) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it is written again and again");
}

#[tokio::test]
async fn an_include_file_that_was_lost_is_put_back_and_read_by_named() {
    let Some((named, bind, operator)) = started().await else {
        return;
    };
    let zone = zone("a.example", 1, "");
    applied(put(&bind, &zone).await);
    fs::write(named.path("zones.conf"), "").unwrap();
    operator.call("reconfig").await.unwrap().unwrap();
    served(&bind, zone.name(), Served::Absent).await;
    assert!(bind.probe().await.unwrap_err().is_unreachable());
    for _ in 0..500 {
        if bind.probe().await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bind.probe().await.unwrap();
    served(&bind, zone.name(), Served::Serial(1)).await;
}
