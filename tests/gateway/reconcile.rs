//! Reconciliation with masters: what they list is followed, and nothing is removed on doubt.

use crate::support::gateway::Gateway;
use crate::support::master::{ADMIN_PASSWORD, Fault, Master};
use crate::support::{eventually, zone_text};

/// The host name by which pushes and the configuration know the first master.
const HOST: &str = "127.0.0.1";

/// A gateway that asks these masters when it is told to.
fn gateway(masters: &[&Master], keys: &str) -> Gateway {
    let servers: Vec<_> = masters.iter().map(|master| master.settings()).collect();
    let section = format!(
        "reconciliation: {{{keys}ipp: 7, directadmin_servers: [{}]}}\n",
        servers.join(", ")
    );
    Gateway::start_with(&section, &[])
}

fn put(master: &Master, zone: &str) {
    master.put(zone, Some("alice"), &zone_text(zone, 1, "192.0.2.1"));
}

/// Zones `z0.example` to `z19.example`, pushed by the master that has them.
fn twenty(gateway: &Gateway, master: &Master) -> Vec<String> {
    let zones: Vec<_> = (0..20).map(|n| format!("z{n}.example")).collect();
    for zone in &zones {
        put(master, zone);
        let text = zone_text(zone, 1, "192.0.2.1");
        assert_eq!(gateway.push_from(HOST, zone, &text), "error=0");
    }
    zones
}

fn reconcile(gateway: &Gateway, flags: &[&str]) -> (Option<i32>, String) {
    let (status, shown, error) = gateway.command(&[&["reconcile"], flags].concat());
    (status.code(), shown + &error)
}

fn present(gateway: &Gateway) -> usize {
    let zones = gateway.json("/api/v1/zones");
    zones["zones"].as_array().unwrap().len()
}

fn owner(gateway: &Gateway, zone: &str) -> (String, String) {
    let found = gateway.json(&format!("/api/v1/zones/{zone}"));
    let text = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
    (text("master"), text("user"))
}

#[test]
fn what_is_missing_is_fetched_and_what_has_no_owner_gets_one() {
    let master = Master::start();
    let gateway = gateway(&[&master], "");
    for zone in ["a.example", "b.example"] {
        put(&master, zone);
    }
    // Pushed by somebody who does not say who it is.
    let target = "/CMD_API_DNS_ADMIN?action=rawsave&domain=a.example";
    let text = zone_text("a.example", 9, "192.0.2.9");
    gateway.ask("POST", target, text.as_bytes());
    assert_eq!(owner(&gateway, "a.example"), (String::new(), String::new()));

    let (code, shown) = reconcile(&gateway, &["--dry-run"]);
    assert_eq!(code, Some(1), "{shown}");
    assert!(
        shown.contains("a.example  127.0.0.1  owner: it belongs to alice"),
        "{shown}"
    );
    assert!(shown.contains("b.example  127.0.0.1  fetched"), "{shown}");
    assert!(shown.contains("dry run: nothing was done"), "{shown}");
    assert_eq!(present(&gateway), 1);

    let (code, shown) = reconcile(&gateway, &[]);
    assert_eq!(code, Some(1), "{shown}");
    for zone in ["a.example", "b.example"] {
        assert_eq!(owner(&gateway, zone), (HOST.into(), "alice".into()));
    }
    let a = gateway.json("/api/v1/zones/a.example");
    assert_eq!(
        (&a["serial"], &a["revision"]),
        (&9.into(), &1.into()),
        "what was pushed stays"
    );
    assert_eq!(
        gateway.json("/api/v1/zones/b.example")["changed_by"],
        "reconciliation"
    );
    let (code, shown) = reconcile(&gateway, &[]);
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("1 master asked: nothing differs"), "{shown}");
    assert!(!gateway.log().contains(ADMIN_PASSWORD));
}

#[test]
fn an_orphan_is_removed_when_it_was_absent_twice_in_a_row_and_others_never_are() {
    let master = Master::start();
    let gateway = gateway(&[&master], "");
    let zones = twenty(&gateway, &master);
    let target = "/CMD_API_DNS_ADMIN?action=rawsave&domain=nobodys.example";
    let text = zone_text("nobodys.example", 1, "192.0.2.9");
    gateway.ask("POST", target, text.as_bytes());
    let other = zone_text("other.example", 1, "192.0.2.1");
    gateway.push_from("da9.example.net", "other.example", &other);

    master.take(&zones[0]);
    master.take(&zones[1]);
    let (_, shown) = reconcile(&gateway, &[]);
    assert!(shown.contains("2 absent"), "{shown}");
    assert_eq!(present(&gateway), 22);
    // One of them is back; the other one is still gone.
    put(&master, &zones[1]);
    let (_, shown) = reconcile(&gateway, &[]);
    assert!(shown.contains("z0.example  127.0.0.1  removed"), "{shown}");
    assert_eq!(present(&gateway), 21);
    assert_eq!(gateway.json("/api/v1/zones/z0.example")["present"], false);
    for zone in ["nobodys.example", "other.example", "z1.example"] {
        assert_eq!(
            gateway.json(&format!("/api/v1/zones/{zone}"))["present"],
            true
        );
    }
    let metrics = gateway.get("/metrics");
    assert!(
        metrics.contains("dadns_reconcile_deleted_total 1"),
        "{metrics}"
    );
}

#[test]
fn a_master_that_suddenly_lists_nothing_or_half_has_nothing_removed_until_an_operator_confirms() {
    for fault in [Fault::NoZones, Fault::HalfOfZones] {
        let master = Master::start();
        let mut gateway = gateway(&[&master], "");
        twenty(&gateway, &master);
        master.fault(fault.clone());
        for _ in 0..3 {
            let (code, shown) = reconcile(&gateway, &[]);
            assert_eq!(code, Some(1));
            assert!(shown.contains("stopped"), "{shown}");
        }
        assert_eq!(present(&gateway), 20, "{fault:?}");
        let told = gateway.logs("RECONCILIATION STOPPED");
        let count = if fault == Fault::NoZones { 20 } else { 10 };
        assert!(told.contains("| ERROR "), "{told}");
        assert!(
            told.contains(&format!("does not list {count} of the 20 zones")),
            "{told}"
        );
        assert!(told.contains("dadns reconcile --confirm"), "{told}");

        let (_, shown) = reconcile(&gateway, &["--confirm"]);
        assert!(shown.contains(&format!("{count} removed")), "{shown}");
        assert_eq!(present(&gateway), 20 - count);
    }
}

#[test]
fn a_list_that_is_not_whole_or_not_understood_removes_nothing_and_the_log_says_why_in_one_line() {
    let master = Master::start();
    let gateway = gateway(&[&master], "");
    let zones = twenty(&gateway, &master);
    // Were the list believed, these two would go.
    master.take(&zones[0]);
    master.take(&zones[1]);
    for fault in [
        Fault::Garbage,
        Fault::MissingPage,
        Fault::SamePage,
        Fault::MorePages,
        Fault::LoginPage,
        Fault::CutShort,
        Fault::CutShortWithoutLength,
        Fault::Status(500),
        Fault::Status(401),
        Fault::Elsewhere("http://127.0.0.1:1/".into()),
    ] {
        master.fault(fault.clone());
        let lines = || {
            let log = gateway.log();
            log.lines()
                .filter(|line| line.contains("no zone of any master is removed in this pass"))
                .count()
        };
        let before = lines();
        for _ in 0..2 {
            let (code, shown) = reconcile(&gateway, &[]);
            assert_eq!(code, Some(1), "{fault:?}");
            assert!(shown.contains("1 unknown"), "{fault:?}: {shown}");
        }
        // What was logged arrives a moment later than the answer.
        eventually("both passes are in the log", || {
            (lines() - before >= 2).then_some(())
        });
        assert_eq!(lines() - before, 2, "one line for each pass: {fault:?}");
        assert_eq!(present(&gateway), 20, "{fault:?}");
    }
    let log = gateway.log();
    assert!(!log.contains(ADMIN_PASSWORD), "{log}");
}

#[test]
fn a_zone_that_moved_to_another_master_follows_it() {
    let (old, new) = (Master::start(), Master::start_on("127.0.0.2"));
    let gateway = gateway(&[&old, &new], "");
    twenty(&gateway, &old);
    old.take("z0.example");
    new.put(
        "z0.example",
        Some("bob"),
        &zone_text("z0.example", 1, "192.0.2.1"),
    );
    let (_, shown) = reconcile(&gateway, &[]);
    assert!(shown.contains("z0.example  127.0.0.2  moved"), "{shown}");
    assert_eq!(
        owner(&gateway, "z0.example"),
        ("127.0.0.2".into(), "bob".into())
    );
    for _ in 0..2 {
        let (code, shown) = reconcile(&gateway, &[]);
        assert_eq!(code, Some(0), "{shown}");
    }
    assert_eq!(present(&gateway), 20);
}

#[test]
fn a_master_behind_tls_with_a_private_ca_and_the_new_login_is_asked_in_the_course_of_time() {
    let master = Master::start_tls();
    master.fault(Fault::Session);
    put(&master, "a.example");
    let keys = format!(
        "enabled: true, initial_delay_minutes: 0, ca_file: \"{}\", ",
        master.ca_file.as_ref().unwrap().display()
    );
    let mut gateway = gateway(&[&master], &keys);
    gateway.logs("reconciliation: zone a.example fetched");
    assert_eq!(present(&gateway), 1);
    let log = gateway.log();
    assert!(!log.contains(ADMIN_PASSWORD), "{log}");
}

#[test]
fn a_fetched_zone_with_expired_signatures_is_held_like_a_push() {
    let master = Master::start();
    let signature = "www RRSIG A 13 3 300 20200201000000 20200101000000 1 a.example. AAAA\n";
    let signed = zone_text("a.example", 3, "192.0.2.3") + signature;
    master.put("a.example", Some("alice"), &signed);
    let gateway = gateway(&[&master], "");
    let (_, shown) = reconcile(&gateway, &[]);
    assert!(shown.contains("a.example  127.0.0.1  held"), "{shown}");
    let (_, shown, _) = gateway.command(&["held"]);
    assert!(shown.contains("1 of 1 signatures have expired"), "{shown}");
}

#[test]
fn without_masters_there_is_nothing_to_reconcile_with_and_that_is_said() {
    let gateway = Gateway::start(&[]);
    let (code, shown) = reconcile(&gateway, &[]);
    assert_eq!(code, Some(1));
    assert!(
        shown.contains("reconciliation.directadmin_servers is empty"),
        "{shown}"
    );
}
