//! Users, passwords and certificates.

use bytes::Bytes;
use dadns::ledger::{Etcd, EtcdSettings, Ledger, LedgerError, Refused, Stamp};
use dadns_keys::Secret;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;

use crate::needs;
use crate::suite::put;
use crate::support::etcd::Etcd as Members;

fn with_user(members: &Members, user: &str, password: &str) -> EtcdSettings {
    EtcdSettings {
        username: Some(user.into()),
        password: Some(Secret::new(password)),
        ..EtcdSettings::new(members.endpoints())
    }
}

async fn refused(settings: &EtcdSettings) -> String {
    let opened = async { Etcd::open(settings).await?.cluster().await };
    let error: LedgerError = opened.await.unwrap_err();
    let text = error.to_string();
    assert!(!text.contains("a-secret"), "{text}");
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_writes_below_its_prefix_only_and_its_token_is_renewed() {
    needs!("go");
    // Tokens are over after 2 s.
    let members = Members::start_with(1, "http", &["--auth-token-ttl", "2"]);
    let good = with_user(&members, "dadns", "a-secret");
    let before = Etcd::open(&good).await.unwrap();
    assert!(
        before
            .found(Bytes::from_static(b"the cluster"))
            .await
            .unwrap()
    );
    for arguments in [
        &["user", "add", "root:a-secret-of-root"][..],
        &["user", "grant-role", "root", "root"],
        &["role", "add", "dadns"],
        &[
            "role",
            "grant-permission",
            "dadns",
            "readwrite",
            "dadns/",
            "--prefix=true",
        ],
        &["user", "add", "dadns:a-secret"],
        &["user", "grant-role", "dadns", "dadns"],
        &["auth", "enable"],
    ] {
        members.ctl(arguments);
    }
    // It was opened when etcd asked nobody.
    let first = put(&before, "z/a", Stamp(0), "1").await.unwrap();
    let node = Etcd::open(&good).await.unwrap();
    let second = put(&node, "z/a", first, "2").await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    let third = put(&node, "z/a", second, "3").await.unwrap();
    assert!(third > second);
    assert!(!format!("{node:?}").contains("a-secret"));
    assert!(
        node.members().await[0].error.is_none(),
        "{:?}",
        node.members().await
    );

    let text = refused(&with_user(&members, "dadns", "a-secret-that-is-wrong")).await;
    assert!(
        text.contains("correct cluster.username or cluster.password"),
        "{text}"
    );
    let text = refused(&EtcdSettings::new(members.endpoints())).await;
    assert!(
        text.contains("set cluster.username and cluster.password"),
        "{text}"
    );
    let elsewhere = EtcdSettings {
        prefix: "elsewhere".into(),
        ..good
    };
    let text = refused(&elsewhere).await;
    assert!(text.contains("cluster.prefix"), "{text}");
    let node = Etcd::open(&elsewhere).await;
    if let Ok(node) = node {
        let answer = put(&node, "z/a", Stamp(0), "1").await;
        assert!(matches!(answer, Err(Refused::Rejected(_))), "{answer:?}");
    }
}

/// Files of a CA, of a certificate for 127.0.0.1, and of one for a client.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap();
        let files = Self(directory);
        files.write("ca.pem", &ca.pem());
        for (name, of) in [("server", "127.0.0.1"), ("client", "client")] {
            let key = KeyPair::generate().unwrap();
            let parameters = CertificateParams::new(vec![of.to_owned()]).unwrap();
            let certificate = parameters.signed_by(&key, &ca).unwrap();
            files.write(&format!("{name}.pem"), &certificate.pem());
            files.write(&format!("{name}.key"), &key.serialize_pem());
        }
        files
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).unwrap();
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_of_both_sides_are_asked_for() {
    needs!("go");
    let files = Files::new();
    let members = Members::start_with(
        1,
        "https",
        &[
            "--cert-file",
            &files.path("server.pem"),
            "--key-file",
            &files.path("server.key"),
            "--client-cert-auth",
            "--trusted-ca-file",
            &files.path("ca.pem"),
        ],
    );
    let file = |name| Some(files.path(name).into());
    let good = EtcdSettings {
        tls_ca_file: file("ca.pem"),
        tls_cert_file: file("client.pem"),
        tls_key_file: file("client.key"),
        ..EtcdSettings::new(members.endpoints())
    };
    let node = Etcd::open(&good).await.unwrap();
    assert!(
        node.found(Bytes::from_static(b"the cluster"))
            .await
            .unwrap()
    );
    put(&node, "z/a", Stamp(0), "1").await.unwrap();

    let without = EtcdSettings {
        tls_cert_file: None,
        tls_key_file: None,
        ..good.clone()
    };
    println!("{}", refused(&without).await);
    let stranger = Files::new();
    let wrong_ca = EtcdSettings {
        tls_ca_file: Some(stranger.path("ca.pem").into()),
        ..good.clone()
    };
    let text = refused(&wrong_ca).await;
    assert!(text.contains("certificate"), "{text}");
    for (settings, expected) in [
        (
            EtcdSettings {
                tls_ca_file: None,
                ..good.clone()
            },
            "tls_ca_file",
        ),
        (
            EtcdSettings {
                tls_key_file: None,
                ..good.clone()
            },
            "set both",
        ),
        (
            EtcdSettings {
                tls_ca_file: file("none.pem"),
                ..good.clone()
            },
            "none.pem",
        ),
        (
            EtcdSettings {
                endpoints: vec!["ftp://127.0.0.1:1".into()],
                ..good.clone()
            },
            "http",
        ),
        (
            EtcdSettings {
                endpoints: vec!["http://u:a-secret@127.0.0.1:1".into()],
                ..good.clone()
            },
            "no address",
        ),
        (
            EtcdSettings {
                endpoints: Vec::new(),
                ..good.clone()
            },
            "empty",
        ),
        (
            EtcdSettings {
                username: Some("u".into()),
                ..good.clone()
            },
            "set both",
        ),
    ] {
        let error = Etcd::open(&settings).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[tokio::test]
async fn a_node_starts_while_its_engine_does_not_answer() {
    let settings = EtcdSettings::new(vec!["http://127.0.0.1:1".into()]);
    let node = Etcd::open(&settings).await.unwrap();
    let outage = node.answers().borrow().clone().unwrap();
    assert!(outage.cause.contains("127.0.0.1:1"), "{outage:?}");
    let answer = put(&node, "z/a", Stamp(0), "1");
    let answer = tokio::time::timeout(std::time::Duration::from_secs(25), answer)
        .await
        .unwrap();
    assert!(matches!(answer, Err(Refused::Unavailable(_))), "{answer:?}");
}
