//! A `named` with views.

use std::fs;

use super::daemon::Named;
use super::*;
use crate::bind::channel::{Patience, Rndc};
use crate::bind::{Settings, View};

const LAN_AND_WAN: &str = "view \"lan 1/2\" { match-clients { 127.0.0.0/8; }; include \"zones.conf\"; };\n\
     view Wan { match-clients { any; }; include \"zones.conf\"; };\n";

async fn started(views: &str) -> Option<(Named, Bind)> {
    let mut named = Named::prepare(views)?;
    let bind = named.open().unwrap();
    named.run().await;
    bind.probe().await.unwrap();
    Some((named, bind))
}

fn operator(named: &Named) -> Rndc {
    Rndc::new(named.control_settings(), Patience::default())
}

async fn loaded_in(named: &Named, name: &str, view: &str) -> Option<String> {
    let command = format!("zonestatus {name}. IN \"{view}\"");
    let said = operator(named).call(&command).await.unwrap().ok()?;
    let serial = said.lines().find_map(|line| line.strip_prefix("serial: "));
    serial.map(str::to_owned)
}

#[tokio::test]
async fn every_view_that_includes_the_stanzas_gets_new_changed_and_removed_zones() {
    let Some((named, bind)) = started(LAN_AND_WAN).await else {
        return;
    };
    assert!(
        bind.notes()
            .await
            .iter()
            .any(|note| note.contains("lan 1/2, Wan")),
        "{:?}",
        bind.notes().await
    );
    for serial in 1..4 {
        applied(put(&bind, &zone("a.example", serial, "")).await);
        served(&bind, &name("a.example"), Served::Serial(serial)).await;
        for view in ["lan 1/2", "Wan"] {
            assert_eq!(
                loaded_in(&named, "a.example", view).await,
                Some(serial.to_string())
            );
        }
    }
    // What it is still loading `named` takes for changed, and then no more.
    let again = zone("a.example", 3, "");
    let mut result = put(&bind, &again).await;
    for _ in 0..100 {
        if result.written() == Some(false) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        result = put(&bind, &again).await;
    }
    unchanged(result);
    applied(remove(&bind, &name("a.example")).await);
    served(&bind, &name("a.example"), Served::Absent).await;
    assert_eq!(loaded_in(&named, "a.example", "Wan").await, None);
}

#[tokio::test]
async fn a_view_that_lags_behind_the_others_is_told_by_its_name_and_caught_up() {
    let Some((named, bind)) = started(LAN_AND_WAN).await else {
        return;
    };
    let first = zone("a.example", 1, "");
    applied(put(&bind, &first).await);
    let ahead = zone("a.example", 2, "").to_string();
    let path = named.path("zones/a.example.db");
    let ours = fs::read_to_string(&path).unwrap();
    fs::write(&path, ahead).unwrap();
    let reload = operator(&named).call("reload a.example. IN Wan").await;
    reload.unwrap().unwrap();
    while loaded_in(&named, "a.example", "Wan").await.as_deref() != Some("2") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    fs::write(&path, ours).unwrap();
    let told = "view lan 1/2 answers with serial 1, view Wan answers with serial 2";
    served(&bind, first.name(), Served::Divided(told.to_owned())).await;
    applied(put(&bind, &zone("a.example", 3, "")).await);
    served(&bind, first.name(), Served::Serial(3)).await;
}

#[tokio::test]
async fn views_that_cannot_be_found_are_asked_for_and_taken_from_the_settings() {
    let Some(mut named) = Named::prepare(&format!("include \"many\";\n{LAN_AND_WAN}")) else {
        return;
    };
    // More than is read of a configuration.
    fs::write(named.path("more"), "").unwrap();
    fs::write(named.path("many"), "include \"more\";\n".repeat(300)).unwrap();
    let blind = named.open().unwrap();
    named.run().await;
    blind.probe().await.unwrap();
    let note = blind.notes().await.pop().unwrap();
    assert!(
        note.contains("more than 256 files") && note.contains("dns.backends.bind.views"),
        "{note}"
    );
    let _ = put(&blind, &zone("a.example", 1, "")).await;
    let said = failed(put(&blind, &zone("a.example", 2, "")).await);
    for part in [
        "is in several views",
        "named.conf cannot be read for them",
        "dns.backends.bind.views",
    ] {
        assert!(said.contains(part), "{said}");
    }
    let views = ["lan 1/2", "Wan"].map(|view| view.parse::<View>().unwrap());
    let settings = Settings {
        views: views.to_vec(),
        ..named.settings()
    };
    let told = Bind::open("bind".parse().unwrap(), settings).unwrap();
    applied(put(&told, &zone("a.example", 2, "")).await);
    served(&told, &name("a.example"), Served::Serial(2)).await;
    assert_eq!(
        loaded_in(&named, "a.example", "Wan").await,
        Some("2".to_owned())
    );
}

#[tokio::test]
async fn an_unmanaged_zone_of_the_same_name_in_another_view_is_not_touched() {
    let Some(mut named) = Named::prepare(
        "view ours { match-clients { 127.0.0.0/8; }; include \"zones.conf\"; };\n\
         view theirs { zone \"a.example\" { type primary; file \"theirs.db\"; }; };",
    ) else {
        return;
    };
    fs::write(
        named.path("theirs.db"),
        zone("a.example", 9, "").to_string(),
    )
    .unwrap();
    let bind = named.open().unwrap();
    named.run().await;
    bind.probe().await.unwrap();
    for serial in [1, 2] {
        applied(put(&bind, &zone("a.example", serial, "")).await);
        served(&bind, &name("a.example"), Served::Serial(serial)).await;
    }
    assert_eq!(
        loaded_in(&named, "a.example", "theirs").await,
        Some("9".to_owned())
    );
}

#[tokio::test]
async fn a_view_that_hides_the_zones_from_the_gateway_is_named_as_the_reason() {
    let Some((_named, bind)) = started(
        "view mine { match-clients { 127.0.0.0/8; }; };\n\
         view all { match-clients { any; }; include \"zones.conf\"; };",
    )
    .await
    else {
        return;
    };
    let zone = zone("a.example", 1, "");
    applied(put(&bind, &zone).await);
    assert_eq!(serial(&bind, &zone).await.unwrap(), Served::Absent);
    let said = Diagnose::diagnose(&bind, &zone, &Served::Absent)
        .await
        .unwrap();
    for part in [
        "named has loaded serial 1, so another view or server answers at 127.0.0.1:",
        "set dns_address to",
    ] {
        assert!(said.contains(part), "{said}");
    }
}

#[tokio::test]
async fn views_without_the_stanzas_are_told_at_start() {
    let Some((_named, bind)) = started("view mine { }; view other { };").await else {
        return;
    };
    let note = bind.notes().await.pop().unwrap();
    assert!(
        note.contains("none of the 2 views") && note.contains("includes the stanzas"),
        "{note}"
    );
}

#[tokio::test]
async fn a_view_that_was_renamed_is_found_again() {
    let Some((named, bind)) = started(LAN_AND_WAN).await else {
        return;
    };
    applied(put(&bind, &zone("a.example", 1, "")).await);
    let text = fs::read_to_string(named.path("named.conf")).unwrap();
    fs::write(named.path("named.conf"), text.replace("Wan", "Out")).unwrap();
    // Not read by named yet.
    applied(put(&bind, &zone("a.example", 2, "")).await);
    applied(put(&bind, &zone("b.example", 1, "")).await);
    for (name, serial) in [("a.example", "2"), ("b.example", "1")] {
        assert_eq!(
            loaded_in(&named, name, "Out").await.as_deref(),
            Some(serial)
        );
    }
}

#[tokio::test]
async fn a_view_that_named_does_not_have_is_told_with_the_key() {
    let Some((named, _)) = started(LAN_AND_WAN).await else {
        return;
    };
    let settings = Settings {
        views: vec!["nosuch".parse().unwrap()],
        ..named.settings()
    };
    let bind = Bind::open("bind".parse().unwrap(), settings).unwrap();
    let said = failed(put(&bind, &zone("a.example", 1, "")).await);
    for part in ["no matching view 'nosuch'", "dns.backends.bind.views"] {
        assert!(said.contains(part), "{said}");
    }
}

#[tokio::test]
async fn what_others_serve_under_the_name_of_a_removed_zone_is_not_ours() {
    let Some((_named, bind)) =
        started("view mine { match-clients { any; }; recursion yes; include \"zones.conf\"; };")
            .await
    else {
        return;
    };
    // One of the empty zones that named makes up by itself (RFC 6303).
    let zone = zone("2.0.192.in-addr.arpa", 5, "");
    applied(put(&bind, &zone).await);
    served(&bind, zone.name(), Served::Serial(5)).await;
    let removed = Expected::Removed(zone.name());
    let found = bind.served_one(removed, Depth::Serial).await.unwrap();
    assert_eq!(found, Served::Serial(5));
    applied(remove(&bind, zone.name()).await);
    served(&bind, zone.name(), Served::Serial(0)).await;
    let found = bind.served_one(removed, Depth::Serial).await.unwrap();
    assert_eq!(found, Served::Absent);
}

#[tokio::test]
async fn a_removed_zone_that_an_in_view_of_the_operator_needs_fails_alone_and_says_so() {
    let views = "view lan { match-clients { 127.0.0.0/8; }; include \"zones.conf\"; };\n\
         view wan { match-clients { any; }; include \"wan.conf\"; };";
    let Some(mut named) = Named::prepare(views) else {
        return;
    };
    fs::write(named.path("wan.conf"), "").unwrap();
    let bind = named.open().unwrap();
    named.run().await;
    let zones = ["needed", "gone", "stays"].map(|label| zone(&format!("{label}.example"), 1, ""));
    for zone in &zones {
        applied(put(&bind, zone).await);
    }
    let [needed, gone, stays] = &zones;
    let in_view = "zone \"needed.example\" { in-view lan; };";
    fs::write(named.path("wan.conf"), in_view).unwrap();
    operator(&named).call("reconfig").await.unwrap().unwrap();

    let new = zone("new.example", 1, "");
    let results = bind
        .apply(&[
            ZoneChange::Put(&new),
            ZoneChange::Remove(needed.name()),
            ZoneChange::Remove(gone.name()),
        ])
        .await;
    let [added, refused, removed] = <[ZoneResult; 3]>::try_from(results).unwrap();
    applied(added);
    applied(removed);
    let said = failed(refused);
    assert!(
        said.contains("removing the stanza") && said.contains("in-view"),
        "{said}"
    );
    for zone in [needed, stays, &new] {
        served(&bind, zone.name(), Served::Serial(1)).await;
    }
    served(&bind, gone.name(), Served::Absent).await;
    fs::write(named.path("wan.conf"), "").unwrap();
    applied(remove(&bind, needed.name()).await);
    served(&bind, needed.name(), Served::Absent).await;
}
