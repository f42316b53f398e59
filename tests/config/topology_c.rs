//! Topology C: whether its nodes and the members of etcd find and trust each other.

use std::collections::BTreeSet;
use std::process::Command;

use dadns::cluster::EngineKind;

use super::containers::{TOPOLOGY_C, has_openssl, load, path, service, text};

const NODES: [&str; 3] = ["ns1", "ns2", "ns3"];
const MEMBERS: [&str; 3] = ["etcd1", "etcd2", "etcd3"];

fn compose() -> String {
    text(&format!("{TOPOLOGY_C}/compose.yml"))
}

/// The value behind a key, which the text has once.
fn value<'a>(text: &'a str, key: &str) -> &'a str {
    let start = format!("{key}: ");
    let mut found = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix(&start));
    let value = found
        .next()
        .unwrap_or_else(|| panic!("no {key} in:\n{text}"));
    assert_eq!(found.next(), None, "{key} is there twice");
    value
}

#[test]
fn each_node_has_a_name_of_its_own_and_they_stand_at_two_sites() {
    let compose = compose();
    let mut sites = BTreeSet::new();
    for name in NODES {
        let node = service(&compose, name);
        let loaded = load(TOPOLOGY_C, node);
        let cluster = &loaded.config.cluster;
        assert_eq!(cluster.engine, EngineKind::Etcd);
        assert_eq!(cluster.name(), name);
        assert_eq!(value(node, "hostname"), name);
        sites.insert(cluster.site.clone());
    }
    assert_eq!(sites.into_iter().collect::<Vec<_>>(), ["east", "west"]);
}

#[test]
fn the_nodes_ask_every_member_by_what_the_compose_file_calls_it() {
    let compose = compose();
    let loaded = load(TOPOLOGY_C, &compose);
    let clients: Vec<_> = MEMBERS
        .map(|name| {
            let member = service(&compose, name);
            assert_eq!(value(member, "ETCD_NAME"), name);
            value(member, "ETCD_ADVERTISE_CLIENT_URLS").to_owned()
        })
        .into();
    assert_eq!(loaded.config.cluster.endpoints, clients);
    let between = MEMBERS.map(|name| {
        let member = service(&compose, name);
        let peer = value(member, "ETCD_INITIAL_ADVERTISE_PEER_URLS");
        assert_eq!(peer, format!("https://{name}:2380"));
        format!("{name}={peer}")
    });
    assert_eq!(value(&compose, "ETCD_INITIAL_CLUSTER"), between.join(","));
}

#[test]
fn etcd_is_published_nowhere_and_takes_nobody_without_a_certificate() {
    let compose = compose();
    let (_, common) = compose.split_once("x-member:").unwrap();
    let (common, _) = common.split_once("services:").unwrap();
    assert!(!common.contains("ports:"), "{common}");
    for required in ["ETCD_CLIENT_CERT_AUTH", "ETCD_PEER_CLIENT_CERT_AUTH"] {
        assert_eq!(value(common, required), "\"true\"");
    }
    for name in MEMBERS {
        assert!(!service(&compose, name).contains("ports:"), "{name}");
    }
    assert!(service(&compose, "etcd").contains("internal: true"));
}

#[test]
fn the_certificates_of_a_node_are_the_secrets_that_it_is_given() {
    let compose = compose();
    let loaded = load(TOPOLOGY_C, &compose);
    let cluster = &loaded.config.cluster;
    let files = [
        &cluster.tls_ca_file,
        &cluster.tls_cert_file,
        &cluster.tls_key_file,
    ];
    for name in NODES {
        let node = service(&compose, name);
        for file in files {
            let file = file.as_ref().unwrap();
            let secret = file.strip_prefix("/run/secrets").unwrap();
            let given = format!("- {}", secret.display());
            assert!(node.lines().any(|line| line.trim() == given), "{name}");
        }
    }
}

#[test]
fn etcd_is_new_enough_that_dadns_does_not_warn_of_it() {
    let compose = compose();
    let images = compose
        .lines()
        .filter_map(|line| line.trim().strip_prefix("image: "));
    let etcd: Vec<_> = images.filter(|image| image.contains("etcd")).collect();
    let [image] = etcd[..] else {
        panic!("one image of etcd, not {etcd:?}");
    };
    let (_, version) = image.rsplit_once(":v").unwrap();
    let parts: Vec<u32> = version
        .split('.')
        .map(|part| part.parse().unwrap())
        .collect();
    assert!(parts >= vec![3, 6, 14], "{version}");
}

#[test]
fn the_certificates_are_of_one_ca_and_each_is_for_its_member_alone() {
    if !has_openssl() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("make-secrets");
    std::fs::copy(path("make-secrets"), &script).unwrap();
    let secrets = directory.path().join(TOPOLOGY_C).join("secrets");
    std::fs::create_dir(directory.path().join(TOPOLOGY_C)).unwrap();
    let made = Command::new("bash").arg(&script).arg(TOPOLOGY_C).status();
    assert!(made.unwrap().success());
    let verify = |file: &str, how: &[&str]| {
        let ca = secrets.join("ca");
        let output = Command::new("openssl")
            .args(["verify", "-CAfile"])
            .arg(ca)
            .args(how)
            .arg(secrets.join(file))
            .output();
        output.unwrap().status.success()
    };
    assert!(verify("node_cert", &["-purpose", "sslclient"]));
    assert!(!verify("node_cert", &["-purpose", "sslserver"]));
    for name in MEMBERS {
        let file = format!("{name}_cert");
        for how in [
            ["-purpose", "sslserver"],
            ["-purpose", "sslclient"],
            ["-verify_hostname", name],
        ] {
            assert!(verify(&file, &how), "{name}: {how:?}");
        }
        let other = MEMBERS.into_iter().find(|other| *other != name).unwrap();
        assert!(!verify(&file, &["-verify_hostname", other]), "{name}");
    }
}
