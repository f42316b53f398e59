//! What `named.conf` sets for all zones does not change what is served of ours; what cannot be helped is
//! told with its reason.

use std::fs;

use super::daemon::Named;
use super::*;
use crate::bind::disk::Options;
use crate::bind::{RecordLimits, Settings};

/// A `named` with these statements in its options, and a backend on it.
async fn started(options: &str, limits: RecordLimits) -> Option<(Named, Bind)> {
    let mut named = Named::prepare(&format!("view v {{ {options} {INCLUDE} }};"))?;
    let settings = Settings {
        limits,
        ..named.settings()
    };
    let bind = Bind::open("bind".parse().unwrap(), settings).unwrap();
    named.run().await;
    bind.probe().await.unwrap();
    Some((named, bind))
}

#[tokio::test]
async fn no_setting_for_all_zones_keeps_a_zone_from_being_served() {
    let records = "@ MX 10 192.0.2.1\n@ MX 10 alias\n@ MX 10 nowhere\nalias CNAME www\nwww A 192.0.2.1\n\
         www TXT x\nwww AAAA 2001:db8::1\nold 604800 TXT x\n_s._tcp SRV 0 0 5060 alias\nmy_host A 192.0.2.1\n\
         @ TXT \"v=spf1 -all\"\nmy_host TXT \"v=spf1 -all\"\na.*.b A 192.0.2.9\n";
    for options in [
        "masterfile-format raw;",
        "max-zone-ttl 86400;",
        "check-names primary fail;",
        "check-mx fail;",
        "check-mx-cname fail; check-srv-cname fail; check-integrity yes; check-sibling yes;",
        "check-dup-records fail; check-wildcard yes; check-spf warn;",
        "max-records-per-type 2;",
        "max-types-per-name 2;",
        "max-records 3;",
        "allow-update { any; };",
        "ixfr-from-differences primary;",
        "dnssec-policy default;",
        "max-journal-size 1k; zone-statistics full; notify explicit;",
    ] {
        let Some((mut named, bind)) = started(options, RecordLimits::default()).await else {
            return;
        };
        for serial in [1, 2] {
            let zone = zone("a.example", serial, records);
            applied(put(&bind, &zone).await);
            served(&bind, zone.name(), Served::Serial(serial)).await;
            let Served::RRsets(answers) = every_rrset(&bind, &zone).await else {
                panic!("it was asked");
            };
            assert_eq!(answers.fault(), None, "{options}");
        }
        named.kill();
        named.run().await;
        served(&bind, &name("a.example"), Served::Serial(2)).await;
    }
}

#[tokio::test]
async fn the_keys_of_the_backend_decide_how_many_records_named_takes() {
    let many: String = (0..150).map(|at| format!("many A 10.0.0.{at}\n")).collect();
    let types: String = (0..120)
        .map(|at| format!("types TYPE{} \\# 0\n", 65280 + at))
        .collect();
    let zone = zone("a.example", 1, &(many + &types));
    let Some((_named, bind)) = started("", RecordLimits::default()).await else {
        return;
    };
    let found: Vec<_> = bind
        .unsupported(&zone)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].contains("many.a.example. A: 150 records")
            && found[0].contains("dns.backends.bind.max_records_per_type"),
        "{found:?}"
    );
    assert!(
        found[1].contains("types.a.example.")
            && found[1].contains("dns.backends.bind.max_types_per_name"),
        "{found:?}"
    );
    for (per_type, types_per_name) in [(150, 120), (0, 0)] {
        let limits = RecordLimits {
            per_type,
            types_per_name,
        };
        let Some((_named, bind)) = started("", limits).await else {
            return;
        };
        assert!(bind.unsupported(&zone).is_empty());
        applied(put(&bind, &zone).await);
        served(&bind, zone.name(), Served::Serial(1)).await;
    }
}

#[tokio::test]
async fn a_named_that_refuses_our_options_is_left_without_them_and_that_is_told() {
    let Some((named, bind)) = started("", RecordLimits::default()).await else {
        return;
    };
    let old = zone("a.example", 1, "");
    applied(put(&bind, &old).await);
    // named says when it was configured last, to the second: what was set would be set anew once that is seen.
    bind.probe().await.unwrap();
    bind.disk.set_options(Options::unknown());
    bind.probe().await.unwrap();
    let note = bind.notes().await.pop().unwrap();
    assert!(note.contains("named refuses the options"), "{note}");
    let first = fs::read_to_string(named.path("zones.conf")).unwrap();
    applied(put(&bind, &zone("b.example", 1, "")).await);
    applied(put(&bind, &zone("a.example", 2, "")).await);
    served(&bind, &name("b.example"), Served::Serial(1)).await;
    served(&bind, old.name(), Served::Serial(2)).await;
    assert!(!first.contains("no-such-option"), "{first}");
}

#[tokio::test]
async fn why_named_does_not_load_a_zone_is_told_in_the_words_of_its_log_where_that_is_readable() {
    let log = "logging { channel c { file \"zones.log\"; severity info; print-time yes; }; \
         category default { c; }; };";
    let Some(mut named) = Named::prepare(&format!("{log}\n{INCLUDE}")) else {
        return;
    };
    let limits = RecordLimits {
        per_type: 150,
        types_per_name: 100,
    };
    let settings = Settings {
        limits,
        ..named.settings()
    };
    let bind = Bind::open("bind".parse().unwrap(), settings).unwrap();
    named.run_as_service().await;
    bind.probe().await.unwrap();
    let many: String = (0..200).map(|at| format!("many A 10.0.0.{at}\n")).collect();
    let zone = zone("a.example", 1, &many);
    let said = failed(put(&bind, &zone).await);
    for part in [
        "named says \"too many records\"",
        "named says in ",
        "zones.log: ",
        "zone a.example/IN: loading from master file ",
    ] {
        assert!(said.contains(part), "{said}");
    }
    let found = serial(&bind, &zone).await.unwrap();
    assert_eq!(found, Served::Broken("SERVFAIL".to_owned()));
    let why = Diagnose::diagnose(&bind, &zone, &found).await.unwrap();
    assert!(why.contains("too many records"), "{why}");
}

#[tokio::test]
async fn why_named_does_not_load_a_zone_is_told_in_the_words_of_named_checkzone_where_no_log_is_known()
 {
    let Some((named, bind)) = started("", RecordLimits::default()).await else {
        return;
    };
    let first = zone("a.example", 1, "");
    applied(put(&bind, &first).await);
    served(&bind, first.name(), Served::Serial(1)).await;
    // Broken before named could read it.
    let second = zone("a.example", 2, "");
    let text = format!("{second}www A 192.0.2.777\n");
    fs::write(named.path("zones/a.example.db"), text).unwrap();
    let why = Diagnose::diagnose(&bind, &second, &Served::Serial(1))
        .await
        .unwrap();
    for part in ["named-checkzone says: ", "a.example.db:", "192.0.2.777"] {
        assert!(why.contains(part), "{why}");
    }
    fs::write(named.path("zones/a.example.db"), second.to_string()).unwrap();
    let why = Diagnose::diagnose(&bind, &second, &Served::Serial(1))
        .await
        .unwrap();
    assert!(why.contains("journalctl -u named"), "{why}");
}

#[tokio::test]
async fn a_zone_that_allow_query_keeps_from_the_gateway_is_told_as_that() {
    let Some((_named, bind)) =
        started("allow-query { 192.0.2.1; };", RecordLimits::default()).await
    else {
        return;
    };
    let zone = zone("a.example", 1, "");
    applied(put(&bind, &zone).await);
    let found = serial(&bind, &zone).await.unwrap();
    let why = Diagnose::diagnose(&bind, &zone, &found).await.unwrap();
    assert!(
        why.contains("named has loaded serial 1") && why.contains("allow-query"),
        "{why}"
    );
}
