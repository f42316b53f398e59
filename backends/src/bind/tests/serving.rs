//! What is put is served, what is removed is not.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::daemon::Named;
use super::*;

#[tokio::test]
async fn named_can_read_what_we_write_under_any_umask() {
    let Some(named) = Named::prepare(INCLUDE) else {
        return;
    };
    let bind = Bind::open(
        "bind".parse().unwrap(),
        crate::bind::Settings {
            control: None,
            ..named.settings()
        },
    )
    .unwrap();
    applied(put(&bind, &zone("a.example", 1, "")).await);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&named.path("zones")), 0o755);
    assert_eq!(mode(&named.path("zones/a.example.db")), 0o644);
    assert_eq!(mode(&named.path("zones.conf")), 0o644);

    fs::set_permissions(named.path("zones.conf"), fs::Permissions::from_mode(0o640)).unwrap();
    applied(put(&bind, &zone("b.example", 1, "")).await);
    assert_eq!(
        mode(&named.path("zones.conf")),
        0o640,
        "an operator's own choice stays"
    );
}

#[tokio::test]
async fn a_zone_that_changes_twice_within_one_tick_of_the_clock_is_served_as_it_is_last() {
    let Some(named) = started().await else { return };
    let bind = named.open().unwrap();
    for serial in 1..40 {
        let zone = zone("busy.example", serial, "");
        applied(put(&bind, &zone).await);
    }
    let last = zone("busy.example", 40, "");
    applied(put(&bind, &last).await);
    // A load that was running when the last file came may have read the one before. What the gateway
    // does then, since it asks what is served, is to put the zone again.
    for _ in 0..500 {
        if serial(&bind, &last).await.unwrap() == Served::Serial(40) {
            return;
        }
        put(&bind, &last).await;
    }
    panic!("{:?}", serial(&bind, &last).await);
}

#[tokio::test]
async fn what_named_missed_while_the_gateway_was_down_is_loaded_though_the_file_is_equal() {
    let Some(named) = started().await else { return };
    let old = zone("a.example", 1, "");
    let bind = named.open().unwrap();
    applied(put(&bind, &old).await);
    served(&bind, old.name(), Served::Serial(1)).await;
    // The gateway writes, and dies before it tells.
    let new = zone("a.example", 2, "");
    let mute = Bind::open(
        "bind".parse().unwrap(),
        crate::bind::Settings {
            control: None,
            ..named.settings()
        },
    )
    .unwrap();
    applied(put(&mute, &new).await);
    applied(put(&mute, &zone("b.example", 1, "")).await);
    drop((bind, mute));

    let bind = named.open().unwrap();
    applied(put(&bind, &new).await);
    served(&bind, new.name(), Served::Serial(2)).await;
    served(&bind, &"b.example".parse().unwrap(), Served::Serial(1)).await;
    unchanged(put(&bind, &new).await);
}

#[tokio::test]
async fn temporary_files_of_a_crash_are_cleaned_up_and_nothing_else() {
    let Some(named) = Named::prepare(INCLUDE) else {
        return;
    };
    fs::create_dir(named.path("zones")).unwrap();
    for name in [".dadns-3.tmp", ".hidden", "unmanaged.db"] {
        fs::write(named.path("zones").join(name), "x").unwrap();
    }
    named.open().unwrap();
    assert!(!named.path("zones/.dadns-3.tmp").exists());
    assert!(named.path("zones/.hidden").exists() && named.path("zones/unmanaged.db").exists());
}

#[tokio::test]
async fn global_options_that_sign_or_open_zones_to_updates_do_not_reach_ours() {
    let extra = format!("view v {{ dnssec-policy default; allow-update {{ any; }}; {INCLUDE} }};");
    let Some(mut named) = Named::prepare(&extra) else {
        return;
    };
    let bind = named.open().unwrap();
    named.run().await;
    for serial in [1, 2] {
        let zone = zone("a.example", serial, "www A 192.0.2.1\n");
        applied(put(&bind, &zone).await);
        served(&bind, zone.name(), Served::Serial(serial)).await;
    }
}

#[tokio::test]
async fn a_delegation_without_glue_does_not_keep_the_rest_of_its_zone_out() {
    let Some(named) = started().await else { return };
    let bind = named.open().unwrap();
    let zone = zone(
        "a.example",
        1,
        "sub NS ns.sub\nalias CNAME x.example.\n@ MX 10 alias\n",
    );
    applied(put(&bind, &zone).await);
    served(&bind, zone.name(), Served::Serial(1)).await;
}

/// A started `named` whose include file is there.
async fn started() -> Option<Named> {
    let mut named = Named::prepare(INCLUDE)?;
    named.open().unwrap();
    named.run().await;
    Some(named)
}

#[tokio::test]
async fn without_a_dns_address_the_control_channel_says_what_is_loaded() {
    let Some(named) = started().await else { return };
    let settings = crate::bind::Settings {
        dns_address: None,
        ..named.settings()
    };
    let bind = Bind::open("bind".parse().unwrap(), settings).unwrap();
    let name: ZoneName = "a.example".parse().unwrap();
    served(&bind, &name, Served::Absent).await;
    applied(put(&bind, &zone("a.example", 7, "")).await);
    served(&bind, &name, Served::Serial(7)).await;
}
