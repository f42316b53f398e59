//! A `named` that keeps zones of ours in its own database.

use std::fs;

use super::daemon::Named;
use super::*;
use crate::bind::Provision;
use crate::bind::addzone::{Kept, kept};
use crate::bind::channel::{Patience, Rndc};

const ALLOWED: &str = "allow-new-zones yes;";

/// A `named` that allows new zones, not started yet, with the include file there.
pub(super) fn prepared() -> Option<Named> {
    prepared_with(&format!("view v {{ {ALLOWED} {INCLUDE} }};"))
}

fn prepared_with(extra: &str) -> Option<Named> {
    let mut named = Named::prepare(extra)?;
    named.provision = Provision::Addzone;
    named.open().unwrap();
    Some(named)
}

async fn started() -> Option<(Named, Bind)> {
    let mut named = prepared()?;
    named.run().await;
    let bind = named.open().unwrap();
    bind.probe().await.unwrap();
    Some((named, bind))
}

fn operator(named: &Named) -> Rndc {
    Rndc::new(named.control_settings(), Patience::default())
}

async fn kept_as(bind: &Bind, name: &ZoneName) -> Kept {
    kept(bind, bind.rndc.as_ref().unwrap(), name).await.unwrap()
}

fn stanzas(named: &Named) -> usize {
    let text = fs::read_to_string(named.path("zones.conf")).unwrap();
    text.matches("zone \"").count()
}

/// The database of added zones.
fn database(named: &Named) -> std::path::PathBuf {
    named.path("v.nzd")
}

#[tokio::test]
async fn zones_are_added_changed_and_removed_without_a_stanza_and_outlive_a_crash() {
    let Some((mut named, bind)) = started().await else {
        return;
    };
    let (kept_zone, gone) = (zone("a.example", 1, ""), zone("b.example", 1, ""));
    applied(put(&bind, &kept_zone).await);
    applied(put(&bind, &gone).await);
    served(&bind, kept_zone.name(), Served::Serial(1)).await;
    assert_eq!(kept_as(&bind, kept_zone.name()).await, Kept::Saved);
    assert_eq!(stanzas(&named), 0);
    assert!(
        bind.notes()
            .await
            .iter()
            .any(|note| note.contains("named keeps 2 zone(s) of dadns in its own database")),
        "{:?}",
        bind.notes().await
    );
    let changed = zone("a.example", 2, "www A 192.0.2.1\n");
    applied(put(&bind, &changed).await);
    served(&bind, changed.name(), Served::Serial(2)).await;
    applied(remove(&bind, gone.name()).await);
    named.kill();
    named.run().await;
    served(&bind, changed.name(), Served::Serial(2)).await;
    served(&bind, gone.name(), Served::Absent).await;
    assert_eq!(bind.read_one(gone.name()).await.unwrap(), None);
    assert_eq!(bind.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_file_of_a_removed_zone_goes_when_named_has_certainly_forgotten_it() {
    let Some((named, bind)) = started().await else {
        return;
    };
    let zone = zone("a.example", 1, "");
    applied(put(&bind, &zone).await);
    applied(remove(&bind, zone.name()).await);
    let (file, note) = ("zones/a.example.db", "zones/a.example.db.del");
    assert!(named.path(file).exists() && named.path(note).exists());
    // Another process goes on where this one has ended.
    let other = named.open().unwrap();
    for _ in 0..500 {
        other.probe().await.unwrap();
        if !named.path(note).exists() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!named.path(file).exists() && !named.path(note).exists());
}

#[tokio::test]
async fn a_removed_zone_that_a_crash_brings_back_is_removed_again() {
    let Some((named, bind)) = started().await else {
        return;
    };
    let zone = zone("a.example", 1, "");
    applied(put(&bind, &zone).await);
    applied(remove(&bind, zone.name()).await);
    // As a crash within the moment after the removal would leave it.
    let record = format!(
        "addzone a.example IN v {{ type primary; file \"{}\"; }};",
        named.path("zones/a.example.db").display()
    );
    operator(&named).call(&record).await.unwrap().unwrap();
    served(&bind, zone.name(), Served::Serial(1)).await;
    let other = named.open().unwrap();
    other.probe().await.unwrap();
    served(&bind, zone.name(), Served::Absent).await;
}

#[tokio::test]
async fn a_lost_database_is_filled_again() {
    let Some((mut named, bind)) = started().await else {
        return;
    };
    let zones: Vec<_> = (0..50)
        .map(|n| zone(&format!("z{n}.example"), 1, ""))
        .collect();
    let batch: Vec<_> = zones.iter().map(ZoneChange::Put).collect();
    bind.apply(&batch).await.into_iter().for_each(applied);
    named.kill();
    fs::remove_file(database(&named)).unwrap();
    named.run().await;
    served(&bind, zones[0].name(), Served::Absent).await;
    // One that is put comes back by itself, the others when named is looked at.
    applied(put(&bind, &zones[7]).await);
    served(&bind, zones[7].name(), Served::Serial(1)).await;
    bind.probe().await.unwrap();
    for zone in &zones {
        served(&bind, zone.name(), Served::Serial(1)).await;
        assert_eq!(kept_as(&bind, zone.name()).await, Kept::Saved);
    }
}

#[tokio::test]
async fn a_zone_that_others_took_out_of_the_database_comes_back() {
    let Some((named, bind)) = started().await else {
        return;
    };
    let zone = zone("a.example", 1, "");
    applied(put(&bind, &zone).await);
    operator(&named)
        .call("delzone a.example")
        .await
        .unwrap()
        .unwrap();
    served(&bind, zone.name(), Served::Absent).await;
    applied(put(&bind, &zone).await);
    served(&bind, zone.name(), Served::Serial(1)).await;
}

#[tokio::test]
async fn a_zone_that_named_serves_and_did_not_save_is_found_and_saved() {
    // Room for some zones only.
    let Some(mut named) = prepared_with(&format!(
        "view v {{ {ALLOWED} lmdb-mapsize 1M; {INCLUDE} }};"
    )) else {
        return;
    };
    named.run().await;
    let bind = named.open().unwrap();
    bind.probe().await.unwrap();
    let filler = "x".repeat(16_000);
    let mut full = None;
    for number in 0..200 {
        let command = format!(
            "addzone filler{number}.example IN v {{ type secondary; primaries {{ 192.0.2.1; }}; file \"{filler}\"; }};"
        );
        if let Err(said) = operator(&named).call(&command).await.unwrap() {
            full = Some(said);
            break;
        }
    }
    assert!(full.is_some(), "the database does not fill up");
    let mut refused = None;
    for number in 0..500 {
        let zone = zone(&format!("z{number}.example"), 1, "");
        let result = put(&bind, &zone).await;
        if result.written().is_none() {
            refused = Some((zone, failed(result)));
            break;
        }
    }
    let (zone, said) = refused.unwrap();
    for part in ["cannot save it", "lmdb-mapsize"] {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(kept_as(&bind, zone.name()).await, Kept::Nowhere);

    // As it is where nobody takes it back.
    let record = format!(
        "addzone {} IN v {{ {}}};",
        zone.name(),
        bind.disk.body(zone.name())
    );
    operator(&named).call(&record).await.unwrap().unwrap_err();
    assert_eq!(kept_as(&bind, zone.name()).await, Kept::Unsaved);
    let found = every_rrset(&bind, &zone).await;
    assert!(
        matches!(&found, Served::Broken(said) if said.contains("has not saved it")),
        "{found:?}"
    );
    let conf = fs::read_to_string(named.path("named.conf")).unwrap();
    fs::write(named.path("named.conf"), conf.replace("1M", "32M")).unwrap();
    operator(&named).call("reconfig").await.unwrap().unwrap();
    applied(rewrite(&bind, &zone).await);
    assert_eq!(kept_as(&bind, zone.name()).await, Kept::Saved);
}

#[tokio::test]
async fn a_zone_of_the_same_name_in_named_conf_is_left_unchanged_and_told() {
    let by_hand = "zone \"a.example\" { type primary; file \"hand.db\"; };";
    let Some(mut named) = prepared_with(&format!("view v {{ {ALLOWED} {INCLUDE} {by_hand} }};"))
    else {
        return;
    };
    let hand = zone("a.example", 9, "");
    fs::write(named.path("hand.db"), hand.to_string()).unwrap();
    named.run().await;
    let bind = named.open().unwrap();
    let said = failed(put(&bind, &zone("a.example", 1, "")).await);
    assert!(said.contains("that dadns did not put there"), "{said}");
    // Not when it is put again either, and its neighbours are not harmed.
    let again = zone("a.example", 2, "");
    let other = zone("b.example", 1, "");
    let results = bind
        .apply(&[ZoneChange::Rewrite(&again), ZoneChange::Put(&other)])
        .await;
    assert!(matches!(&results[0], ZoneResult::Failed(_)), "{results:?}");
    applied(results[1].clone());
    let _ = remove(&bind, hand.name()).await;
    served(&bind, hand.name(), Served::Serial(9)).await;
    operator(&named).call("reconfig").await.unwrap().unwrap();
    named.kill();
    named.run().await;
    served(&bind, hand.name(), Served::Serial(9)).await;
    served(&bind, other.name(), Served::Serial(1)).await;
}

#[tokio::test]
async fn unmanaged_zones_of_the_include_file_are_taken_over_into_the_database() {
    let Some(mut named) = prepared() else { return };
    let planted = zone("a.example", 5, "www A 192.0.2.1\n");
    fs::write(named.path("other.zone"), planted.to_string()).unwrap();
    let stanza = format!(
        "zone \"A.Example\" IN {{ type master; file \"{}\"; }};\n",
        named.path("other.zone").display()
    );
    fs::write(named.path("zones.conf"), stanza).unwrap();
    named.run().await;
    let bind = named.open().unwrap();
    served(&bind, planted.name(), Served::Serial(5)).await;
    crate::conformance::unmanaged(&bind, &planted, &zone("a.example", 6, "")).await;
}

#[tokio::test]
async fn a_freeze_of_all_zones_and_a_reconfig_do_no_harm() {
    let Some((named, bind)) = started().await else {
        return;
    };
    let first = zone("a.example", 1, "");
    applied(put(&bind, &first).await);
    for command in ["freeze", "thaw", "reconfig", "reload"] {
        let _ = operator(&named).call(command).await.unwrap();
    }
    let _ = operator(&named).call("freeze").await.unwrap();
    let second = zone("a.example", 2, "");
    applied(put(&bind, &second).await);
    applied(put(&bind, &zone("b.example", 1, "")).await);
    served(&bind, second.name(), Served::Serial(2)).await;
    served(&bind, &name("b.example"), Served::Serial(1)).await;
}

#[tokio::test]
async fn a_named_that_allows_no_new_zones_is_told_with_the_option_and_auto_uses_stanzas() {
    let Some(mut named) = prepared_with(INCLUDE) else {
        return;
    };
    named.run().await;
    let said = named.open().unwrap().probe().await.unwrap_err().to_string();
    for part in [
        "does not allow it",
        "allow-new-zones yes",
        "dns.backends.bind.provision",
    ] {
        assert!(said.contains(part), "{said}");
    }
    named.provision = Provision::Auto;
    let bind = named.open().unwrap();
    bind.probe().await.unwrap();
    let zone = zone("a.example", 1, "");
    applied(put(&bind, &zone).await);
    served(&bind, zone.name(), Served::Serial(1)).await;
    assert_eq!(stanzas(&named), 1);
}

#[tokio::test]
async fn auto_does_not_fall_back_to_stanzas_once_named_has_zones_in_its_database() {
    let Some(mut named) = prepared() else { return };
    named.provision = Provision::Auto;
    named.run().await;
    let bind = named.open().unwrap();
    let zone = zone("a.example", 1, "");
    applied(put(&bind, &zone).await);
    assert_eq!(stanzas(&named), 0);
    let conf = fs::read_to_string(named.path("named.conf")).unwrap();
    fs::write(named.path("named.conf"), conf.replace(ALLOWED, "")).unwrap();
    operator(&named).call("reconfig").await.unwrap().unwrap();
    let said = unavailable(put(&bind, &zone).await);
    assert!(said.contains("allow-new-zones yes"), "{said}");
    assert_eq!(stanzas(&named), 0);
    fs::write(named.path("named.conf"), conf).unwrap();
    operator(&named).call("reconfig").await.unwrap().unwrap();
    bind.probe().await.unwrap();
    served(&bind, zone.name(), Served::Serial(1)).await;
}

#[tokio::test]
async fn several_views_are_refused_with_what_to_do() {
    let views = "view a { match-clients { 127.0.0.0/8; }; allow-new-zones yes; include \"zones.conf\"; };\n\
         view b { allow-new-zones yes; include \"zones.conf\"; };";
    let Some(mut named) = prepared_with(views) else {
        return;
    };
    named.run().await;
    let bind = named.open().unwrap();
    let said = bind.probe().await.unwrap_err().to_string();
    assert!(
        said.contains("one view only") && said.contains("dns.backends.bind.views"),
        "{said}"
    );
    // One of them is enough where it is named.
    let settings = crate::bind::Settings {
        views: vec!["b".parse().unwrap()],
        ..named.settings()
    };
    let bind = Bind::open("bind".parse().unwrap(), settings).unwrap();
    let zone = zone("a.example", 1, "");
    applied(put(&bind, &zone).await);
    assert_eq!(kept_as(&bind, zone.name()).await, Kept::Saved);
}

#[tokio::test]
async fn a_limit_that_was_raised_reaches_zones_that_were_added_before() {
    let Some((named, bind)) = started().await else {
        return;
    };
    let few = zone("a.example", 1, "");
    applied(put(&bind, &few).await);
    let many: String = (0..150).map(|n| format!("many A 192.0.2.{n}\n")).collect();
    let many = zone("a.example", 2, &many);
    let settings = crate::bind::Settings {
        limits: crate::bind::RecordLimits {
            per_type: 200,
            types_per_name: 100,
        },
        ..named.settings()
    };
    let raised = Bind::open("bind".parse().unwrap(), settings).unwrap();
    // What named loads in the background it refuses later, and the lane puts the zone again.
    for _ in 0..200 {
        let _ = rewrite(&raised, &many).await;
        if serial(&raised, &many).await.unwrap() == Served::Serial(2) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it is not loaded: {}", named.log());
}
