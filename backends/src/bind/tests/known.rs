//! Which batches ask `named` for its status, and which do not.

use std::fs;
use std::sync::Arc;

use super::daemon::Named;
use super::*;
use crate::bind::channel::{Patience, Rndc};
use crate::bind::{Provision, Settings};

/// A `named` that allows new zones, and is configured so, and a backend that has put a zone.
async fn started(extra: &str) -> Option<(Named, Bind)> {
    let conf = format!("{extra}\nview v {{ allow-new-zones yes; {INCLUDE} }};");
    let mut named = Named::prepare(&conf)?;
    named.provision = Provision::Addzone;
    fs::write(named.path("more"), "").unwrap();
    named.open().unwrap();
    named.run().await;
    // Where its views cannot be read, they are set.
    let settings = Settings {
        views: vec!["v".parse().unwrap()],
        ..named.settings()
    };
    let bind = Bind::open("bind".parse().unwrap(), settings).unwrap();
    // A `named` that was started just now may not have loaded its own zones yet.
    for _ in 0..500 {
        let _ = put(&bind, &zone("a.example", 1, "")).await;
        if !asks(&bind, &[]).await {
            return Some((named, bind));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("every batch asks named for its status");
}

/// A `named` of which the configuration is more than is read, and a backend as above.
async fn started_unreadable() -> Option<(Named, Bind)> {
    started(&"include \"more\";\n".repeat(300)).await
}

/// Whether a batch of these changes asks for the status: what is known of `named` is then noted anew.
async fn asks(bind: &Bind, batch: &[ZoneChange<'_>]) -> bool {
    let before = bind.named.get();
    for result in bind.apply(batch).await {
        assert!(result.written().is_some(), "{result:?}");
    }
    !Arc::ptr_eq(&before, &bind.named.get())
}

#[tokio::test]
async fn zones_are_added_and_changed_without_asking_named_for_its_status() {
    let Some((_named, bind)) = started("").await else {
        return;
    };
    let (new, changed) = (zone("b.example", 1, ""), zone("a.example", 2, ""));
    let batch = [ZoneChange::Put(&new), ZoneChange::Put(&changed)];
    assert!(!asks(&bind, &batch).await);
    served(&bind, new.name(), Served::Serial(1)).await;
    served(&bind, changed.name(), Served::Serial(2)).await;
    assert!(!asks(&bind, &[ZoneChange::Remove(new.name())]).await);
    served(&bind, new.name(), Served::Absent).await;
    let before = bind.named.get();
    bind.probe().await.unwrap();
    assert!(!Arc::ptr_eq(&before, &bind.named.get()));
}

#[tokio::test]
async fn a_named_that_was_started_anew_is_asked_for_its_status() {
    let Some((mut named, bind)) = started("").await else {
        return;
    };
    // It tells times to the second.
    for _ in 0..50 {
        named.kill();
        named.run().await;
        if asks(&bind, &[]).await {
            return;
        }
    }
    panic!("a start is not noticed");
}

#[tokio::test]
async fn a_changed_configuration_is_asked_about_until_named_has_read_it() {
    let Some((named, bind)) = started("include \"more\";").await else {
        return;
    };
    fs::write(named.path("more"), "# changed\n").unwrap();
    for _ in 0..3 {
        assert!(asks(&bind, &[]).await);
    }
    let operator = Rndc::new(named.control_settings(), Patience::default());
    // It tells times to the second.
    for _ in 0..500 {
        operator.call("reconfig").await.unwrap().unwrap();
        if !asks(&bind, &[]).await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("every batch asks named for its status");
}

#[tokio::test]
async fn where_the_configuration_cannot_be_read_removals_ask_for_the_status() {
    let Some((_named, bind)) = started_unreadable().await else {
        return;
    };
    let zone = zone("b.example", 1, "");
    assert!(!asks(&bind, &[ZoneChange::Put(&zone)]).await);
    assert!(asks(&bind, &[ZoneChange::Remove(zone.name())]).await);
    // And for as long as the zone is not certainly gone.
    assert!(asks(&bind, &[]).await);
}

#[tokio::test]
async fn a_status_is_asked_for_again_after_some_time() {
    let Some((_named, bind)) = started("").await else {
        return;
    };
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(130)).await;
    tokio::time::resume();
    assert!(asks(&bind, &[]).await);
    assert!(!asks(&bind, &[]).await);
}
