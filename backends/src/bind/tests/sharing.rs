//! The include file and the zone directory are shared with operators and with other gateways.

use std::fs;

use super::daemon::Named;
use super::*;

/// What another gateway and an operator keep in the include file. Latin-1 on purpose.
fn unmanaged(named: &Named) -> Vec<u8> {
    let text = format!(
        "# operator's zones: caf\u{e9}\nzone \"Moved.Example\" IN {{ type master; file \"{zones}/moved.example.db\"; }};\n\
         /* zone \"no.example\" {{ */ zone \"stays.example\" {{\n\ttype master; // }};\n\tfile \"{zones}/stays.db\";\n}};\n\
         acl \"friends;{{\" {{ 192.0.2.1; }}; // the last line has no end",
        zones = named.path("zones").display()
    );
    text.chars().map(|c| c as u8).collect()
}

fn write_unmanaged(named: &Named) {
    fs::create_dir_all(named.path("zones")).unwrap();
    fs::write(named.path("zones.conf"), unmanaged(named)).unwrap();
    for (file, serial) in [("moved.example.db", 5), ("stays.db", 6)] {
        let text =
            format!("$TTL 60\n@ SOA a.example. b.example. {serial} 1 1 1 1\n@ NS a.example.\n");
        fs::write(named.path("zones").join(file), text).unwrap();
    }
}

async fn shared() -> Option<(Named, Bind)> {
    let mut named = Named::prepare(INCLUDE)?;
    write_unmanaged(&named);
    let bind = named.open().unwrap();
    named.run().await;
    Some((named, bind))
}

#[tokio::test]
async fn unmanaged_stanzas_stay_byte_for_byte_and_are_served() {
    let Some((named, bind)) = shared().await else {
        return;
    };
    let path = named.path("zones.conf").display().to_string();
    assert_eq!(
        bind.notes().await,
        [format!(
            "2 unmanaged zone stanza(s) in {path} are left unchanged"
        )]
    );
    assert!(bind.list().await.unwrap().is_empty());

    let ours = zone("ours.example", 1, "");
    applied(put(&bind, &ours).await);
    served(&bind, ours.name(), Served::Serial(1)).await;
    served(&bind, &"stays.example".parse().unwrap(), Served::Serial(6)).await;
    let text = fs::read(named.path("zones.conf")).unwrap();
    assert!(text.starts_with(&unmanaged(&named)));
    assert_eq!(
        bind.notes().await[0],
        format!("1 zone stanza(s) in {path} are ours")
    );

    applied(remove(&bind, ours.name()).await);
    let text = fs::read(named.path("zones.conf")).unwrap();
    assert_eq!(
        text,
        [unmanaged(&named), b"\n".to_vec()].concat(),
        "only the line end it lacked is added"
    );
}

#[tokio::test]
async fn an_unmanaged_zone_is_neither_read_nor_removed_as_ours() {
    let Some((named, bind)) = shared().await else {
        return;
    };
    for name in ["moved.example", "stays.example"].map(|name| name.parse().unwrap()) {
        assert_eq!(bind.read_one(&name).await.unwrap(), None);
        unchanged(remove(&bind, &name).await);
    }
    assert_eq!(
        fs::read(named.path("zones.conf")).unwrap(),
        unmanaged(&named)
    );
    assert!(named.path("zones/moved.example.db").exists() && named.path("zones/stays.db").exists());
    served(&bind, &"moved.example".parse().unwrap(), Served::Serial(5)).await;
}

#[tokio::test]
async fn a_put_takes_an_unmanaged_zone_over_where_its_stanza_stands() {
    let Some((named, bind)) = shared().await else {
        return;
    };
    let taken = [zone("moved.example", 7, ""), zone("stays.example", 8, "")];
    let results = bind
        .apply(&[ZoneChange::Put(&taken[0]), ZoneChange::Put(&taken[1])])
        .await;
    results.into_iter().for_each(applied);
    for zone in &taken {
        served(&bind, zone.name(), Served::Serial(zone.serial())).await;
    }
    let text = fs::read(named.path("zones.conf")).unwrap();
    let text: String = text.iter().map(|byte| char::from(*byte)).collect();
    assert!(
        !text.contains("type master") && !text.contains("Moved"),
        "{text}"
    );
    assert!(
        text.starts_with("# operator's zones: caf\u{e9}\nzone \"moved.example\" { type primary;"),
        "{text}"
    );
    assert!(
        text.contains("/* zone \"no.example\" { */ zone \"stays.example\" { type primary;"),
        "{text}"
    );
    assert!(text.contains("acl \"friends;{\""), "{text}");
    assert!(
        named.path("zones/stays.db").exists(),
        "the file of the unmanaged stanza is not ours to delete"
    );

    applied(remove(&bind, taken[1].name()).await);
    assert!(
        named.path("zones/stays.db").exists() && !named.path("zones/stays.example.db").exists()
    );
}

#[tokio::test]
async fn the_file_of_another_zones_unmanaged_stanza_is_not_overwritten() {
    let Some((named, bind)) = shared().await else {
        return;
    };
    let before = fs::read(named.path("zones/stays.db")).unwrap();
    // The file of a zone called "stays" would be stays.db.
    let said = failed(put(&bind, &zone("stays", 1, "")).await);
    assert!(
        said.contains("stays.db for zone stays: the stanza of another zone"),
        "{said}"
    );
    assert_eq!(fs::read(named.path("zones/stays.db")).unwrap(), before);
}

#[tokio::test]
async fn an_edit_by_hand_between_batches_is_kept() {
    let Some((named, bind)) = shared().await else {
        return;
    };
    let first = zone("first.example", 1, "");
    applied(put(&bind, &first).await);
    let mut text = fs::read(named.path("zones.conf")).unwrap();
    text.extend_from_slice(b"// by hand\n");
    fs::write(named.path("zones.conf"), &text).unwrap();

    applied(put(&bind, &zone("second.example", 1, "")).await);
    assert!(
        fs::read(named.path("zones.conf"))
            .unwrap()
            .starts_with(&text)
    );

    // A stanza of ours that somebody has taken out is not ours any more, until the next push.
    fs::write(named.path("zones.conf"), unmanaged(&named)).unwrap();
    assert_eq!(bind.read_one(first.name()).await.unwrap(), None);
    applied(put(&bind, &first).await);
    assert_eq!(bind.read_one(first.name()).await.unwrap(), Some(first));
}

#[tokio::test]
async fn a_file_that_does_not_balance_is_never_rewritten() {
    let Some((named, bind)) = shared().await else {
        return;
    };
    applied(put(&bind, &zone("first.example", 1, "")).await);
    let good = fs::read(named.path("zones.conf")).unwrap();
    for (bad, said) in [
        ("zone \"x\" {", "line 1: a \"{\" that is never closed"),
        ("", "it is empty, but had 1 of our zones"),
    ] {
        fs::write(named.path("zones.conf"), bad).unwrap();
        let error = unavailable(put(&bind, &zone("second.example", 1, "")).await);
        assert!(
            error.contains(said) && error.contains("zones.conf"),
            "{error}"
        );
        assert!(bind.list().await.is_err() && bind.probe().await.is_err());
        assert_eq!(fs::read_to_string(named.path("zones.conf")).unwrap(), bad);
    }
    fs::remove_file(named.path("zones.conf")).unwrap();
    unavailable(put(&bind, &zone("second.example", 1, "")).await);
    assert!(
        !named.path("zones.conf").exists(),
        "a file that vanished is not made up"
    );

    fs::write(named.path("zones.conf"), good).unwrap();
    applied(put(&bind, &zone("second.example", 1, "")).await);
    assert_eq!(bind.list().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_file_left_behind_without_a_stanza_is_removed_when_it_is_ours() {
    let Some((named, bind)) = shared().await else {
        return;
    };
    let left = zone("left.example", 1, "");
    applied(put(&bind, &left).await);
    fs::write(named.path("zones.conf"), unmanaged(&named)).unwrap();
    fs::write(
        named.path("zones/theirs.example.db"),
        "; a file of somebody else\n",
    )
    .unwrap();

    applied(remove(&bind, left.name()).await);
    unchanged(remove(&bind, &"theirs.example".parse().unwrap()).await);
    assert!(
        !named.path("zones/left.example.db").exists()
            && named.path("zones/theirs.example.db").exists()
    );
}

#[tokio::test]
async fn the_file_of_a_stanza_that_was_changed_by_hand_is_not_ours_to_delete() {
    let Some((named, bind)) = shared().await else {
        return;
    };
    let zone = zone("a.example", 1, "");
    applied(put(&bind, &zone).await);
    let text = fs::read(named.path("zones.conf")).unwrap();
    let text: Vec<_> = String::from_utf8_lossy(&text)
        .replace("allow-update", "allow-transfer { any; }; allow-update")
        .into();
    fs::write(named.path("zones.conf"), &text).unwrap();
    unchanged(remove(&bind, zone.name()).await);
    assert!(named.path("zones/a.example.db").exists());
    served(&bind, zone.name(), Served::Serial(1)).await;
}
