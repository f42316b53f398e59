//! The life of a zone on a host, and what `named` leaves beside its file on the way.

use std::fs;

use super::daemon::Named;
use super::*;
use crate::bind::disk::Options;

/// What operators set for all zones, and `named` then keeps journals.
const JOURNALS: &str = "ixfr-from-differences yes;";

/// A `named` with `options` for the zones of the include file, and a backend on it.
async fn started(options: &str) -> Option<(Named, Bind)> {
    let mut named = Named::prepare(&format!("view v {{ {options} {INCLUDE} }};"))?;
    let bind = named.open().unwrap();
    named.run().await;
    bind.probe().await.unwrap();
    Some((named, bind))
}

fn files(named: &Named) -> Vec<String> {
    let entries = fs::read_dir(named.path("zones")).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_zone_that_is_removed_and_comes_back_is_served_though_named_is_told_to_keep_journals() {
    let Some((named, bind)) = started(JOURNALS).await else {
        return;
    };
    for serial in 1..4 {
        applied(put(&bind, &zone("a.example", serial, "")).await);
        served(&bind, &name("a.example"), Served::Serial(serial)).await;
    }
    assert_eq!(files(&named), ["a.example.db"]);
    applied(remove(&bind, &name("a.example")).await);
    assert_eq!(files(&named), [""; 0]);
    applied(put(&bind, &zone("a.example", 4, "www A 192.0.2.4\n")).await);
    served(&bind, &name("a.example"), Served::Serial(4)).await;
}

#[tokio::test]
async fn journals_from_before_the_stanza_forbade_them_are_cleared_at_the_first_probe() {
    let Some((mut named, bind)) = started(JOURNALS).await else {
        return;
    };
    // named says when it was configured last, to the second: what is set below would be set anew once that is seen.
    bind.probe().await.unwrap();
    // As an earlier version left it: stanzas in the first form, and journals.
    bind.disk.set_options(Options::first());
    bind.probe().await.unwrap();
    for serial in 1..4 {
        applied(put(&bind, &zone("a.example", serial, "")).await);
        served(&bind, &name("a.example"), Served::Serial(serial)).await;
    }
    wait_for(|| files(&named) == ["a.example.db", "a.example.db.jnl"]).await;
    let newer = zone("a.example", 5, "").to_string();
    named.kill();
    fs::write(named.path("zones/a.example.db"), newer).unwrap();
    named.run().await;

    let upgraded = named.open().unwrap();
    let broken = Served::Broken("SERVFAIL".to_owned());
    served(&upgraded, &name("a.example"), broken).await;
    upgraded.probe().await.unwrap();
    assert_eq!(files(&named), ["a.example.db"]);
    let stanzas = fs::read_to_string(named.path("zones.conf")).unwrap();
    assert!(stanzas.contains("ixfr-from-differences no;"), "{stanzas}");
    applied(put(&upgraded, &zone("a.example", 5, "")).await);
    served(&upgraded, &name("a.example"), Served::Serial(5)).await;
}

#[tokio::test]
async fn a_zone_that_named_refuses_for_what_stands_beside_its_file_is_found_and_healed() {
    let Some((mut named, bind)) = started("").await else {
        return;
    };
    let zone = zone("a.example", 1, "www A 192.0.2.1\n");
    applied(put(&bind, &zone).await);
    for beside in ["jnl", "jbk"] {
        named.kill();
        let path = named.path(&format!("zones/a.example.db.{beside}"));
        fs::write(&path, "what is left of a journal").unwrap();
        named.run().await;
        served(&bind, zone.name(), Served::Broken("SERVFAIL".to_owned())).await;
        let found = bind.read_one(zone.name()).await.unwrap_err();
        assert!(!found.is_unreachable(), "{found}");
        assert!(
            found
                .to_string()
                .contains(&format!("a.example.db.{beside} stands beside it")),
            "{found}"
        );
        applied(put(&bind, &zone).await);
        served(&bind, zone.name(), Served::Serial(1)).await;
        assert_eq!(
            bind.read_one(zone.name()).await.unwrap().as_ref(),
            Some(&zone)
        );
    }
}

#[tokio::test]
async fn a_removal_takes_along_what_stands_beside_a_file_that_is_gone_already() {
    let Some((named, bind)) = started("").await else {
        return;
    };
    applied(put(&bind, &zone("a.example", 1, "")).await);
    applied(put(&bind, &zone("b.a.example", 1, "")).await);
    fs::remove_file(named.path("zones/a.example.db")).unwrap();
    for beside in ["jnl", "signed", "signed.jnl", "jbk"] {
        fs::write(named.path(&format!("zones/a.example.db.{beside}")), "x").unwrap();
    }
    applied(remove(&bind, &name("a.example")).await);
    assert_eq!(files(&named), ["b.a.example.db"]);
    unchanged(remove(&bind, &name("a.example")).await);
}

#[tokio::test]
async fn the_journal_of_a_file_that_others_put_there_stays_with_it() {
    let Some((named, bind)) = started("").await else {
        return;
    };
    applied(put(&bind, &zone("a.example", 1, "")).await);
    fs::write(
        named.path("zones/a.example.db"),
        "; written by somebody else\n",
    )
    .unwrap();
    fs::write(named.path("zones/a.example.db.jnl"), "theirs").unwrap();
    applied(remove(&bind, &name("a.example")).await);
    assert_eq!(files(&named), ["a.example.db", "a.example.db.jnl"]);
}

#[tokio::test]
async fn a_zone_that_named_changed_and_signed_itself_is_taken_over_in_its_own_file() {
    // The gateway that was there before kept its zones in the same directory, and named signed them.
    let Some(mut named) = Named::prepare(&format!("view v {{ {INCLUDE} }};")) else {
        return;
    };
    fs::create_dir(named.path("zones")).unwrap();
    let path = named.path("zones/a.example.db");
    fs::write(&path, zone("a.example", 7, "old A 192.0.2.7\n").to_string()).unwrap();
    let theirs = format!(
        "zone \"a.example\" {{ type primary; file \"{}\"; dnssec-policy default; inline-signing yes; }};\n",
        path.display()
    );
    fs::write(named.path("zones.conf"), theirs).unwrap();
    let bind = named.open().unwrap();
    named.run().await;
    wait_for(|| files(&named).contains(&"a.example.db.signed".to_owned())).await;
    bind.probe().await.unwrap();
    let ours = zone("a.example", 8, "www A 192.0.2.8\n");
    // What named still writes while it lets the zone go is cleared with the next try.
    for _ in 0..200 {
        let _ = put(&bind, &ours).await;
        if bind
            .read_one(ours.name())
            .await
            .is_ok_and(|read| read.as_ref() == Some(&ours))
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    served(&bind, ours.name(), Served::Serial(8)).await;
    assert_eq!(files(&named), ["a.example.db"]);
    named.kill();
    named.run().await;
    served(&bind, ours.name(), Served::Serial(8)).await;
}

#[tokio::test]
async fn zones_with_the_longest_names_live_like_all_others() {
    let Some((named, bind)) = started("").await else {
        return;
    };
    // 253 octets, and as many slashes as fit, each three octets in the name of a file.
    let label = "x".repeat(61);
    let longest = format!("{label}.{label}.{label}.{label}.a.b.c");
    assert_eq!(longest.len(), 253);
    let slashes = "/".repeat(63);
    let slashes = format!("{slashes}.{slashes}.in-addr.arpa");
    let sibling = longest.replacen("x.a.b.c", "y.a.b.c", 1);
    // From here on the journal that named looks for has no name.
    let edge: Vec<_> = (3..=6).map(|less| longest[less..].to_owned()).collect();
    let mut names = vec![
        longest.as_str(),
        &sibling,
        &slashes,
        "-redirect",
        "0/25.2.0.192.in-addr.arpa",
    ];
    names.extend(edge.iter().map(String::as_str));
    for serial in [1, 2] {
        for text in &names {
            let zone = zone(text, serial, "");
            assert!(bind.unsupported(&zone).is_empty());
            applied(put(&bind, &zone).await);
            served(&bind, zone.name(), Served::Serial(serial)).await;
            assert_eq!(bind.read_one(zone.name()).await.unwrap(), Some(zone));
        }
    }
    assert_eq!(bind.list().await.unwrap().len(), names.len());
    assert_eq!(files(&named).len(), names.len());
    for text in names {
        applied(remove(&bind, &name(text)).await);
    }
    assert_eq!(files(&named), [""; 0]);
}
