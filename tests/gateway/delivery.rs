//! From `error=0` to served by a real `named`, whatever happens in between.

use std::time::Instant;

use crate::needs;
use crate::support::dns::{NameServer, normal};
use crate::support::gateway::Gateway;
use crate::support::named::{Named, compiled};
use crate::support::{eventually, sample, samples, zone_text};

#[test]
fn every_sample_is_served_record_for_record_as_bind_reads_it() {
    needs!("named", "dig", "named-compilezone");
    let named = Named::start();
    let gateway = Gateway::start(&[named.backend("bind")]);
    for zone in samples("") {
        let text = sample(&format!("{zone}.zone"));
        assert_eq!(gateway.push(&zone, &text), "error=0", "{zone}");
        gateway.until(&zone, "served");
        if zone == "types.example" {
            // dig does not print a transfer with an NSEC3 record at a name that is no hash.
            continue;
        }
        assert_eq!(named.records(&zone), compiled(&zone, &text), "{zone}");
    }
}

#[test]
fn warned_samples_are_served_with_what_the_warning_says() {
    needs!("named", "dig", "named-compilezone");
    let named = Named::start();
    let gateway = Gateway::start(&[named.backend("bind")]);
    for zone in samples("warned") {
        let text = sample(&format!("warned/{zone}.zone"));
        assert_eq!(gateway.push(&zone, &text), "error=0", "{zone}");
        gateway.until(&zone, "served");
    }
    let outside = sample("warned/outside.example.zone");
    assert_eq!(
        named.records("outside.example"),
        compiled("outside.example", &outside)
    );
    let long = named.dig(&["+short", "k.longtxt.example", "TXT"]);
    let strings: Vec<_> = long.trim().trim_matches('"').split("\" \"").collect();
    assert_eq!(
        strings.iter().map(|s| s.len()).collect::<Vec<_>>(),
        [255, 45]
    );
    assert_eq!(strings.concat(), "0123456789".repeat(30));
}

#[test]
fn a_refused_push_leaves_the_old_zone_served() {
    needs!("named", "dig");
    let named = Named::start();
    let gateway = Gateway::start(&[named.backend("bind")]);
    for zone in samples("refused") {
        assert_eq!(
            gateway.push(&zone, &zone_text(&zone, 7, "192.0.2.7")),
            "error=0"
        );
        gateway.until(&zone, "served");
        let answer = gateway.push(&zone, &sample(&format!("refused/{zone}.zone")));
        assert!(answer.starts_with("error=1&"), "{zone}: {answer}");
        assert_eq!(named.serial(&zone), Some(7), "{zone}");
        assert_eq!(
            named.dig(&["+short", &format!("www.{zone}"), "A"]).trim(),
            "192.0.2.7"
        );
    }
}

#[test]
fn a_change_and_a_removal_reach_named() {
    needs!("named", "dig");
    let named = Named::start();
    let mut gateway = Gateway::start(&[named.backend("bind")]);
    let zone = "a.example";
    gateway.push(zone, &zone_text(zone, 1, "192.0.2.1"));
    gateway.until(zone, "served");
    gateway.push(zone, &zone_text(zone, 2, "192.0.2.2"));
    gateway.until(zone, "served");
    assert_eq!(
        named.dig(&["+short", "www.a.example", "A"]).trim(),
        "192.0.2.2"
    );
    assert_eq!(gateway.delete_from("da1.example.net", zone), "error=0");
    let receipt = gateway.until(zone, "removed");
    assert!(named.dig(&[zone, "SOA"]).contains("status: REFUSED"));
    let results: Vec<_> = receipt["backends"][0]["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["result"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(results, ["applied", "applied", "removed"]);
    gateway.logs("📥 Batch started — 1 zone(s) queued for processing");
    gateway.logs("Processing a.example across 1 backends concurrently: bind");
    gateway.logs("Parallel processing of a.example across 1 backends completed in ");
    gateway.logs("📦 Batch complete — 1/1 zone(s) processed successfully in ");
}

#[test]
fn two_quick_pushes_end_with_the_newer() {
    needs!("named", "dig");
    let named = Named::start();
    let gateway = Gateway::start(&[named.backend("bind")]);
    for round in 0..20_u32 {
        let zone = format!("quick{round}.example");
        assert_eq!(
            gateway.push(&zone, &zone_text(&zone, 1, "192.0.2.1")),
            "error=0"
        );
        assert_eq!(
            gateway.push(&zone, &zone_text(&zone, 1, "192.0.2.2")),
            "error=0"
        );
        let served = gateway.until(&zone, "served");
        assert_eq!(served["serial"], 2);
        assert_eq!(named.serial(&zone), Some(2));
        let address = named.dig(&["+short", &format!("www.{zone}"), "A"]);
        assert_eq!(address.trim(), "192.0.2.2", "{zone}");
    }
}

#[test]
fn killed_between_error_0_and_delivery_it_delivers_after_the_restart() {
    needs!("named", "dig");
    let mut named = Named::start();
    let mut gateway = Gateway::start(&[named.backend("bind")]);
    named.kill();
    let zones: Vec<_> = (0..50).map(|n| format!("z{n}.example")).collect();
    for zone in &zones {
        assert_eq!(
            gateway.push(zone, &zone_text(zone, 3, "192.0.2.3")),
            "error=0"
        );
    }
    gateway.kill();
    named.run();
    gateway.run();
    for zone in &zones {
        gateway.until(zone, "served");
        assert_eq!(named.serial(zone), Some(3), "{zone}");
    }
}

#[test]
fn killed_again_and_again_under_load_it_loses_nothing_that_was_acknowledged() {
    needs!("named", "dig");
    let named = Named::start();
    let mut gateway = Gateway::start(&[named.backend("bind")]);
    let mut acknowledged = Vec::new();
    for round in 0..8_u32 {
        let address = gateway.address;
        let pusher = std::thread::spawn(move || push_until_cut_off(address, round));
        eventually("some pushes are acknowledged", || {
            (gateway.json("/status")["zones"].as_u64()? > u64::from(round) * 5).then_some(())
        });
        gateway.kill();
        acknowledged.extend(pusher.join().unwrap());
        gateway.run();
    }
    assert!(!acknowledged.is_empty());
    for (zone, serial) in acknowledged {
        let receipt = gateway.until(&zone, "served");
        assert!(
            receipt["serial"].as_u64().unwrap() >= u64::from(serial),
            "{zone}"
        );
        assert!(named.serial(&zone).unwrap() >= serial, "{zone}");
    }
}

/// Pushes until the gateway is gone; returns what was answered with `error=0`.
fn push_until_cut_off(address: std::net::SocketAddr, round: u32) -> Vec<(String, u32)> {
    use std::io::{Read, Write};

    use crate::support::gateway::{PASSWORD, USER};
    use crate::support::http::{basic, master_request};

    let mut acknowledged = Vec::new();
    for n in 0_u32.. {
        let (zone, serial) = (format!("r{round}n{n}.example"), n + 1);
        let target = format!("/CMD_API_DNS_ADMIN?action=rawsave&domain={zone}");
        let text = zone_text(&zone, serial, "192.0.2.1");
        let request = master_request("POST", &target, &basic(USER, PASSWORD), text.as_bytes());
        let mut answer = String::new();
        let sent = std::net::TcpStream::connect(address).and_then(|mut stream| {
            stream.write_all(&request)?;
            stream.read_to_string(&mut answer)
        });
        if sent.is_err() || !answer.ends_with("error=0") {
            break;
        }
        acknowledged.push((zone, serial));
    }
    acknowledged
}

#[test]
fn a_stopped_named_catches_up_when_it_returns_without_a_push() {
    needs!("named", "dig");
    let mut named = Named::start();
    let mut gateway = Gateway::start(&[named.backend("bind")]);
    gateway.push("kept.example", &zone_text("kept.example", 1, "192.0.2.1"));
    gateway.push("gone.example", &zone_text("gone.example", 1, "192.0.2.1"));
    gateway.until("kept.example", "served");
    gateway.until("gone.example", "served");
    named.kill();
    gateway.push("kept.example", &zone_text("kept.example", 2, "192.0.2.2"));
    gateway.push("new.example", &zone_text("new.example", 5, "192.0.2.5"));
    gateway.delete_from("da1.example.net", "gone.example");
    gateway.logs("bind: unavailable:");
    assert_eq!(
        gateway.json("/status")["backends"][0]["state"],
        "unavailable"
    );
    assert_eq!(gateway.json("/status")["state"], "degraded");
    named.run();
    gateway.logs("bind: available again after");
    gateway.until("kept.example", "served");
    gateway.until("new.example", "served");
    gateway.until("gone.example", "removed");
    assert_eq!(named.serial("kept.example"), Some(2));
    assert_eq!(named.serial("new.example"), Some(5));
    assert!(
        named
            .dig(&["gone.example", "SOA"])
            .contains("status: REFUSED")
    );
    eventually("all is served again", || {
        (gateway.json("/status")["state"] == "ok").then_some(())
    });
}

#[test]
fn a_restart_keeps_pending_work_and_what_is_stopped_cleanly_says_so() {
    needs!("named", "dig");
    let mut named = Named::start();
    let mut gateway = Gateway::start(&[named.backend("bind")]);
    named.kill();
    gateway.push("a.example", &zone_text("a.example", 4, "192.0.2.4"));
    gateway.logs("bind: unavailable:");
    let (status, log) = gateway.terminate();
    assert!(status.success());
    assert!(log.contains("SIGTERM: stopping"), "{log}");
    assert!(log.contains("stopped; what is pending is on disk"), "{log}");
    gateway.run();
    assert_eq!(gateway.json("/api/v1/zones/a.example")["state"], "pending");
    named.run();
    gateway.until("a.example", "served");
    assert_eq!(named.serial("a.example"), Some(4));
}

#[test]
fn a_named_that_never_answers_does_not_hold_up_the_other() {
    needs!("named", "dig");
    let (stuck, well) = (Named::start(), Named::start());
    let mut gateway = Gateway::start(&[stuck.backend("bind_stuck"), well.backend("bind_well")]);
    stuck.signal("-STOP");
    let start = Instant::now();
    gateway.push("a.example", &zone_text("a.example", 6, "192.0.2.6"));
    eventually("the healthy one serves", || {
        (well.serial("a.example") == Some(6)).then_some(())
    });
    let took = start.elapsed();
    let receipt = gateway.json("/api/v1/zones/a.example");
    assert_eq!(receipt["state"], "pending", "{receipt}");
    stuck.signal("-CONT");
    gateway.until("a.example", "served");
    assert_eq!(stuck.serial("a.example"), Some(6));
    gateway.logs("Batch complete");
    // Not a figure to hold anybody to: less than the shortest timeout of the stuck one.
    assert!(took.as_secs() < 5, "{took:?}");
}

#[test]
fn a_zone_file_changed_behind_our_back_is_put_right_by_the_next_push_of_the_same_text() {
    needs!("named", "dig");
    let named = Named::start();
    let gateway = Gateway::start(&[named.backend("bind")]);
    let zone = "a.example";
    let text = zone_text(zone, 1, "192.0.2.1");
    gateway.push(zone, &text);
    gateway.until(zone, "served");
    let file = named.zones_dir().join("a.example.db");
    let damaged = std::fs::read_to_string(&file)
        .unwrap()
        .replace("192.0.2.1", "203.0.113.66");
    std::fs::write(&file, damaged).unwrap();
    assert_eq!(gateway.push(zone, &text), "error=0");
    gateway.until(zone, "served");
    assert!(
        !std::fs::read_to_string(&file)
            .unwrap()
            .contains("203.0.113.66")
    );
}

#[test]
fn without_a_control_channel_files_are_written_and_the_log_says_that_nothing_is_reloaded() {
    let named = Named::prepare();
    let backend = named
        .backend("bind")
        .replace(&named.control.to_string(), "none");
    let mut gateway = Gateway::start(&[backend]);
    gateway.logs("NOTHING IS RELOADED");
    gateway.push("a.example", &zone_text("a.example", 1, "192.0.2.1"));
    gateway.until("a.example", "served");
    let written = std::fs::read_to_string(named.zones_dir().join("a.example.db")).unwrap();
    assert!(written.contains("192.0.2.1"), "{written}");
    let include = std::fs::read_to_string(named.include()).unwrap();
    assert!(include.contains("zone \"a.example\""), "{include}");
}

#[test]
fn a_wrong_key_is_an_unavailable_backend_not_a_zone_that_failed() {
    needs!("named", "dig");
    let named = Named::start();
    let key = std::fs::read_to_string(named.path("rndc.key")).unwrap();
    let wrong = key.replace("c2VjcmV0", "d3JvbmcK");
    std::fs::write(named.path("rndc.key"), wrong).unwrap();
    let mut gateway = Gateway::start(&[named.backend("bind")]);
    gateway.push("a.example", &zone_text("a.example", 1, "192.0.2.1"));
    let line = gateway.logs("bind: unavailable:");
    assert!(!line.contains("d3JvbmcK"), "{line}");
    // Put right, it goes on by itself: the key is read again on every connect.
    std::fs::write(named.path("rndc.key"), key).unwrap();
    gateway.until("a.example", "served");
    assert_eq!(named.serial("a.example"), Some(1));
}

#[test]
fn queue_status_tells_what_waits_for_whom_and_why() {
    needs!("named", "dig");
    let mut named = Named::start();
    let mut gateway = Gateway::start(&[named.backend("bind")]);
    named.kill();
    gateway.push("a.example", &zone_text("a.example", 1, "192.0.2.1"));
    gateway.logs("bind: unavailable:");
    let status = gateway.json("/queue_status");
    assert_eq!(status[0]["id"], "bind");
    assert_eq!(status[0]["pending"], 1);
    assert_eq!(status[0]["queue"][0]["zone"], "a.example");
    let cause = status[0]["unavailable"]["cause"].as_str().unwrap();
    assert!(cause.contains(&named.control.to_string()), "{cause}");
}

#[test]
fn records_are_compared_in_one_form() {
    let one = "A.example.\t300\tIN\tA\t192.0.2.1\n\n; comment\n";
    assert_eq!(normal(one), ["a.example. 300 IN A 192.0.2.1"]);
}
