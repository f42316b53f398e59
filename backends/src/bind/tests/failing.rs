//! `named` is unavailable, slow, somebody else, or says no.

use std::fs;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::daemon::Named;
use super::*;
use crate::bind::RecordLimits;
use crate::bind::channel::{Patience, Rndc};
use crate::bind::{Control, Settings};

const IMPATIENT: Patience = Patience {
    connect: Duration::from_millis(300),
    reply: Duration::from_millis(300),
};

async fn started() -> Option<(Named, Bind)> {
    let mut named = Named::prepare(INCLUDE)?;
    let bind = named.open().unwrap();
    named.run().await;
    Some((named, bind))
}

#[tokio::test]
async fn a_named_that_was_unavailable_is_caught_up_once_it_is_back() {
    let Some((mut named, bind)) = started().await else {
        return;
    };
    let (old, gone) = (zone("a.example", 1, ""), zone("gone.example", 1, ""));
    applied(put(&bind, &old).await);
    applied(put(&bind, &gone).await);
    let include = fs::read(named.path("zones.conf")).unwrap();

    named.kill();
    let changed = zone("a.example", 2, "");
    let new = zone("new.example", 1, "");
    let batch = [
        ZoneChange::Put(&changed),
        ZoneChange::Put(&new),
        ZoneChange::Remove(gone.name()),
    ];
    for result in bind.apply(&batch).await {
        let said = unavailable(result);
        assert!(
            said.contains("127.0.0.1:") && said.contains("cannot connect"),
            "{said}"
        );
    }
    assert!(bind.probe().await.is_err());
    assert_eq!(
        fs::read(named.path("zones.conf")).unwrap(),
        include,
        "no stanza without named's consent"
    );

    named.run().await;
    bind.probe().await.unwrap();
    bind.apply(&batch).await.into_iter().for_each(applied);
    served(&bind, changed.name(), Served::Serial(2)).await;
    served(&bind, new.name(), Served::Serial(1)).await;
    served(&bind, gone.name(), Served::Absent).await;
}

#[tokio::test]
async fn a_named_whose_dns_port_is_silent_is_unavailable() {
    let Some((named, bind)) = started().await else {
        return;
    };
    bind.probe().await.unwrap();
    let silent = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let settings = Settings {
        dns_address: Some(address),
        ..named.settings()
    };
    let bind = Bind::open("bind".parse().unwrap(), settings).unwrap();
    let error = bind.probe().await.unwrap_err();
    assert!(
        error.is_unreachable() && error.to_string().contains(&address.to_string()),
        "{error}"
    );
}

#[tokio::test]
async fn a_restart_between_two_batches_is_not_noticed() {
    let Some((mut named, bind)) = started().await else {
        return;
    };
    applied(put(&bind, &zone("a.example", 1, "")).await);
    named.kill();
    named.run().await;
    applied(put(&bind, &zone("a.example", 2, "")).await);
    served(&bind, &"a.example".parse().unwrap(), Served::Serial(2)).await;
}

#[tokio::test]
async fn a_named_that_was_told_to_forget_a_zone_is_reminded() {
    let Some((named, bind)) = started().await else {
        return;
    };
    let zone = zone("a.example", 1, "");
    applied(put(&bind, &zone).await);
    let include = fs::read(named.path("zones.conf")).unwrap();
    fs::write(named.path("zones.conf"), "// restored from an old backup\n").unwrap();
    let operator = Rndc::new(named.control_settings(), Patience::default());
    operator.call("reconfig").await.unwrap().unwrap();
    served(&bind, zone.name(), Served::Absent).await;
    fs::write(named.path("zones.conf"), include).unwrap();

    applied(put(&bind, &zone).await);
    served(&bind, zone.name(), Served::Serial(1)).await;
}

#[tokio::test]
async fn a_wrong_key_is_named_and_its_secret_is_not() {
    let Some((named, _)) = started().await else {
        return;
    };
    let key_file = named.path("wrong.key");
    fs::write(
        &key_file,
        "key \"other\" { algorithm hmac-sha256; secret \"d3Jvbmc=\"; };",
    )
    .unwrap();
    let control = Control {
        key_file,
        ..named.control_settings()
    };
    let bind = Bind::open(
        "bind".parse().unwrap(),
        Settings {
            control: Some(control),
            ..named.settings()
        },
    )
    .unwrap();
    let said = unavailable(put(&bind, &zone("a.example", 1, "")).await);
    assert!(
        said.contains("does not know the key \"other\" (hmac-sha256)")
            && said.contains("wrong.key"),
        "{said}"
    );
    assert!(!said.contains("d3Jvbmc") && !format!("{bind:?}").contains("d3Jvbmc"));

    // The right key in its place needs no restart.
    fs::copy(named.path("rndc.key"), named.path("wrong.key")).unwrap();
    applied(put(&bind, &zone("a.example", 1, "")).await);
}

#[tokio::test]
async fn a_zone_declared_elsewhere_keeps_no_other_zone_out() {
    let Some(mut named) =
        Named::prepare("include \"zones.conf\"; zone \"taken.example\" { type forward; };")
    else {
        return;
    };
    let bind = named.open().unwrap();
    named.run().await;
    let zones: Vec<_> = (0..9)
        .map(|number| zone(&format!("z{number}.example"), 1, ""))
        .collect();
    let taken = zone("taken.example", 1, "");
    let old = zone("old.example", 1, "");
    applied(put(&bind, &old).await);

    let mut batch: Vec<_> = zones.iter().map(ZoneChange::Put).collect();
    batch.insert(4, ZoneChange::Put(&taken));
    batch.push(ZoneChange::Remove(old.name()));
    let mut results = bind.apply(&batch).await;
    let said = failed(results.remove(4));
    assert!(
        said.contains("taken.example") && said.contains("declared elsewhere"),
        "{said}"
    );
    results.into_iter().for_each(applied);
    for zone in &zones {
        served(&bind, zone.name(), Served::Serial(1)).await;
    }
    served(&bind, old.name(), Served::Absent).await;
    assert!(!bind.list().await.unwrap().contains(taken.name()));
    named.kill();
    named.run().await; // It would not start with both stanzas.
}

#[tokio::test]
async fn a_fault_in_the_operators_configuration_keeps_new_zones_waiting_and_old_ones_updated() {
    let Some((named, bind)) = started().await else {
        return;
    };
    applied(put(&bind, &zone("old.example", 1, "")).await);
    named.configure(&format!("{INCLUDE} nonsense;"));
    let (changed, new) = (zone("old.example", 2, ""), zone("new.example", 1, ""));
    let mut results = bind
        .apply(&[ZoneChange::Put(&changed), ZoneChange::Put(&new)])
        .await;
    let said = unavailable(results.remove(1));
    assert!(said.contains("named-checkconf"), "{said}");
    applied(results.remove(0));
    served(&bind, changed.name(), Served::Serial(2)).await;

    named.configure(INCLUDE);
    applied(put(&bind, &new).await);
    served(&bind, new.name(), Served::Serial(1)).await;
}

#[tokio::test]
async fn a_named_whose_configuration_is_at_fault_is_unavailable_until_it_is_repaired() {
    let Some((named, bind)) = started().await else {
        return;
    };
    applied(put(&bind, &zone("old.example", 1, "")).await);
    named.configure(&format!("{INCLUDE} nonsense;"));
    bind.probe().await.unwrap(); // Nothing is owed: what is served can be updated.
    let include = fs::read(named.path("zones.conf")).unwrap();
    let new = zone("new.example", 1, "");
    let said = unavailable(put(&bind, &new).await);
    for _ in 0..2 {
        let error = bind.probe().await.unwrap_err();
        assert!(error.is_unreachable(), "{error}");
        assert_eq!(error.to_string(), said);
    }
    assert_eq!(fs::read(named.path("zones.conf")).unwrap(), include);

    named.configure(INCLUDE);
    bind.probe().await.unwrap();
    applied(put(&bind, &new).await);
    served(&bind, new.name(), Served::Serial(1)).await;
    // The debt is paid, so that a probe does not ask for it again.
    named.configure(&format!("{INCLUDE} nonsense;"));
    bind.probe().await.unwrap();
}

#[tokio::test]
async fn an_include_file_that_named_conf_does_not_include_is_told() {
    let Some(named) = Named::start("").await else {
        return;
    };
    let bind = named.open().unwrap();
    let said = failed(put(&bind, &zone("a.example", 1, "")).await);
    assert!(
        said.contains("no matching zone") && said.contains("does named.conf include"),
        "{said}"
    );
}

#[tokio::test]
async fn a_peer_that_accepts_and_never_answers_is_given_up_on() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let start = Instant::now();
    let said = told_by(silent.local_addr().unwrap()).await;
    assert!(said.contains("no answer within 300ms"), "{said}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_peer_that_talks_garbage_is_not_believed() {
    for (garbage, expected) in [
        (
            b"HTTP/1.1 400 Bad Request\r\n\r\n".as_slice(),
            "it is not named",
        ),
        (b"\xff\xff\xff\xff", "it is not named"),
        (b"\0\0\0\x04\0\0\0\x02", "another version"),
        (b"\0\0\0\x04\0\0\0\x01", "ends too early"),
        (
            b"\0\0\0\x0f\0\0\0\x01\x05_auth\x02\0\0\0\0",
            "not signed with the key",
        ),
        (b"", "it closed the connection"),
    ] {
        let peer = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = peer.local_addr().unwrap();
        // It is asked for its status too, to say what is wrong with it.
        let talking = tokio::spawn(async move {
            loop {
                let (mut stream, _) = peer.accept().await.unwrap();
                let mut request = [0; 64];
                stream.read_exact(&mut request).await.unwrap();
                stream.write_all(garbage).await.unwrap();
            }
        });
        let said = told_by(address).await;
        assert!(said.contains(expected), "{garbage:?}: {said}");
        talking.abort();
    }
}

#[tokio::test]
async fn paths_that_named_conf_cannot_carry_are_refused_when_opening() {
    let dir = tempfile::tempdir().unwrap();
    for odd in ["a\"b", "a\\b", "a\nb"] {
        let settings = Settings {
            provision: Default::default(),
            zones_dir: dir.path().join(odd),
            named_conf: dir.path().join("zones.conf"),
            control: None,
            dns_address: None,
            views: Vec::new(),
            limits: RecordLimits::default(),
        };
        assert!(
            Bind::open("bind".parse().unwrap(), settings)
                .unwrap_err()
                .to_string()
                .contains("cannot carry")
        );
    }
    let relative = Settings {
        zones_dir: "zones".into(),
        named_conf: dir.path().join("zones.conf"),
        control: None,
        dns_address: None,
        provision: Default::default(),
        views: Vec::new(),
        limits: RecordLimits::default(),
    };
    assert!(
        Bind::open("bind".parse().unwrap(), relative)
            .unwrap_err()
            .to_string()
            .contains("must be absolute")
    );
}

/// What a backend says whose control channel is at `address`.
async fn told_by(address: SocketAddr) -> String {
    let dir = tempfile::tempdir().unwrap();
    let key_file = dir.path().join("rndc.key");
    fs::write(
        &key_file,
        "key k { algorithm hmac-sha256; secret \"AAAA\"; };",
    )
    .unwrap();
    let settings = Settings {
        zones_dir: dir.path().join("zones"),
        named_conf: dir.path().join("zones.conf"),
        control: Some(Control {
            address: address.to_string(),
            key_file,
        }),
        dns_address: None,
        provision: Default::default(),
        views: Vec::new(),
        limits: RecordLimits::default(),
    };
    let bind = Bind::open_with("bind".parse().unwrap(), settings, IMPATIENT).unwrap();
    unavailable(put(&bind, &zone("a.example", 1, "")).await)
}

#[tokio::test]
async fn a_control_address_without_a_port_is_refused_when_opening() {
    let dir = tempfile::tempdir().unwrap();
    for address in [
        "127.0.0.1",
        "localhost:",
        ":953",
        "localhost:rndc",
        "localhost:0",
    ] {
        let settings = Settings {
            provision: Default::default(),
            zones_dir: dir.path().join("zones"),
            named_conf: dir.path().join("zones.conf"),
            control: Some(Control {
                address: address.to_owned(),
                key_file: dir.path().join("rndc.key"),
            }),
            dns_address: None,
            views: Vec::new(),
            limits: RecordLimits::default(),
        };
        let error = Bind::open("bind".parse().unwrap(), settings)
            .unwrap_err()
            .to_string();
        assert!(error.contains("host:port"), "{address}: {error}");
    }
}

#[tokio::test]
async fn why_named_refuses_its_configuration_is_told_in_the_words_of_named_checkconf() {
    let Some((named, bind)) = started().await else {
        return;
    };
    bind.probe().await.unwrap();
    let good = fs::read_to_string(named.path("named.conf")).unwrap();
    fs::write(named.path("named.conf"), good.clone() + "bogus yes;\n").unwrap();
    let said = unavailable(put(&bind, &zone("a.example", 1, "")).await);
    assert!(said.contains("named-checkconf says: "), "{said}");
    assert!(said.contains("unknown option 'bogus'"), "{said}");
    fs::write(named.path("named.conf"), good).unwrap();
    applied(put(&bind, &zone("a.example", 1, "")).await);
}
