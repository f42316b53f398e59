//! Unmanaged zones, handed over as they are served or not at all.

use std::fs;

use super::daemon::Named;
use super::disk::on_disk;
use super::*;

#[tokio::test]
async fn unmanaged_zones_are_handed_over_and_taken_over() {
    let Some(mut named) = Named::prepare(INCLUDE) else {
        return;
    };
    let planted = zone("a.example", 5, "www A 192.0.2.1\n");
    fs::write(named.path("other.zone"), planted.to_string()).unwrap();
    let stanza = format!(
        "zone \"A.Example\" IN {{ type master; file \"{}\"; }};\n",
        named.path("other.zone").display()
    );
    fs::write(named.path("zones.conf"), stanza).unwrap();
    let bind = named.open().unwrap();
    named.run().await;
    served(&bind, planted.name(), Served::Serial(5)).await;
    crate::conformance::unmanaged(&bind, &planted, &zone("a.example", 6, "")).await;
}

/// An unmanaged zone in `other.zone`, and a `named` with `options` before the include file.
async fn planted(options: &str) -> Option<(Named, Bind, Zone)> {
    let mut named = Named::prepare(&format!("view v {{ {options} {INCLUDE} }};"))?;
    let planted = zone("a.example", 5, "www A 192.0.2.1\n");
    let path = named.path("other.zone");
    fs::write(&path, planted.to_string()).unwrap();
    let stanza = format!(
        "zone a.example {{ type primary; file \"{}\"; }};\n",
        path.display()
    );
    fs::write(named.path("zones.conf"), stanza).unwrap();
    let bind = named.open().unwrap();
    named.run().await;
    Some((named, bind, planted))
}

#[tokio::test]
async fn an_unmanaged_zone_that_is_not_served_as_its_file_has_it_is_not_handed_over() {
    let Some((mut named, bind, planted)) = planted("").await else {
        return;
    };
    served(&bind, planted.name(), Served::Serial(5)).await;
    let read = read_unmanaged(&bind, planted.name()).await.unwrap();
    assert_eq!(read, planted);

    // Edited and not loaded.
    let edited = planted.to_string().replace("192.0.2.1", "192.0.2.9");
    fs::write(named.path("other.zone"), edited).unwrap();
    let error = read_unmanaged(&bind, planted.name()).await.unwrap_err();
    assert!(matches!(error, BackendError::Zone { .. }), "{error}");
    let told = error.to_string();
    for part in [
        "other.zone with what 127.0.0.1:",
        "www.a.example. A: without 192.0.2.9, with 192.0.2.1",
    ] {
        assert!(told.contains(part), "{told}");
    }

    named.kill();
    let error = read_unmanaged(&bind, planted.name()).await.unwrap_err();
    assert!(error.is_unreachable(), "{error}");
    let told = error.to_string();
    for part in [
        "other.zone with what 127.0.0.1:",
        "a.example",
        "nobody knows whether",
    ] {
        assert!(told.contains(part), "{told}");
    }
}

#[tokio::test]
async fn an_unmanaged_zone_that_named_signs_by_a_policy_for_all_is_not_handed_over() {
    // Older versions sign only what can be updated.
    let policy = "dnssec-policy default; allow-update { 127.0.0.1; };";
    let Some((named, bind, planted)) = planted(policy).await else {
        return;
    };
    let journals = ["other.zone.jnl", "other.zone.signed.jnl"].map(|file| named.path(file));
    for _ in 0..500 {
        if journals.iter().any(|journal| journal.exists()) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let error = read_unmanaged(&bind, planted.name()).await.unwrap_err();
    assert!(matches!(error, BackendError::Zone { .. }), "{error}");
    assert!(
        error.to_string().contains("stands beside it: named"),
        "{error}"
    );
}

#[tokio::test]
async fn an_unmanaged_zone_that_cannot_be_read_as_it_is_served_is_told_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let at = |file: &str| dir.path().join(file).display().to_string();
    let file = |file: &str| format!("file \"{}\";", at(file));
    let text = zone("good.example", 1, "").to_string();
    for name in ["good", "signed", "type"] {
        fs::write(at(name), &text).unwrap();
    }
    for beside in ["jnl", "signed", "signed.jnl", "jbk"] {
        fs::write(at(&format!("with.{beside}")), &text).unwrap();
        fs::write(at(&format!("with.{beside}.{beside}")), "").unwrap();
    }
    fs::write(at("bad"), format!("{text}$INCLUDE /etc/passwd\n")).unwrap();
    fs::create_dir(at("folder")).unwrap();
    let stanzas = [
        ("good", "primary", file("good"), ""),
        (
            "relative",
            "primary",
            "file \"zones/a.db\";".to_owned(),
            "absolute path",
        ),
        ("fileless", "master", String::new(), "it names no file"),
        ("absent", "master", file("absent"), "No such file"),
        ("folder", "master", file("folder"), "it is no file"),
        ("bad", "master", file("bad"), "$INCLUDE"),
        (
            "signed",
            "primary",
            file("signed") + " dnssec-policy default; inline-signing yes;",
            "dnssec-policy default",
        ),
        (
            "jnl",
            "primary",
            file("with.jnl"),
            "with.jnl.jnl stands beside it: named keeps a journal",
        ),
        (
            "sg",
            "primary",
            file("with.signed"),
            "with.signed.signed stands beside it: named signs",
        ),
        (
            "sgj",
            "primary",
            file("with.signed.jnl"),
            "with.signed.jnl.signed.jnl stands",
        ),
        (
            "jbk",
            "primary",
            file("with.jbk"),
            "with.jbk.jbk stands beside it: named signs",
        ),
        ("type", "secondary", file("type"), "its type is secondary"),
        ("forward", "forward", String::new(), "its type is forward"),
    ];
    let text: String = stanzas
        .iter()
        .map(|(name, kind, rest, _)| format!("zone {name}.example {{ type {kind}; {rest} }};\n"))
        .collect();
    fs::write(at("zones.conf"), text).unwrap();
    let bind = on_disk(dir.path());
    let primary = stanzas
        .iter()
        .filter(|stanza| ["primary", "master"].contains(&stanza.1));
    let primary = primary.map(|stanza| format!("{}.example", stanza.0).parse().unwrap());
    assert_eq!(
        bind.unmanaged().unwrap().list().await.unwrap(),
        primary.collect()
    );
    for (name, _, _, why) in &stanzas[1..] {
        let name: ZoneName = format!("{name}.example").parse().unwrap();
        let error = read_unmanaged(&bind, &name).await.unwrap_err();
        assert!(!error.is_unreachable(), "{error}");
        let told = error.to_string();
        assert!(told.contains(why) && told.contains(name.as_str()), "{told}");
    }
    let good: ZoneName = "good.example".parse().unwrap();
    assert_eq!(read_unmanaged(&bind, &good).await.unwrap().serial(), 1);
}
