//! Masters over TLS.

use dadns::masters::{Master as Client, MasterError};

use super::support::master::{Fault, Master};
use super::support::zone_text;
use super::{MAX_ZONE, SEVEN, client_of, fill, names, settings, text, zones};

fn tls() -> (Master, String) {
    let master = Master::start_tls();
    fill(&master);
    let ca = format!("ca_file: {}", master.ca_file.as_ref().unwrap().display());
    (master, ca)
}

#[test]
fn a_certificate_has_to_be_of_a_known_ca_unless_the_operator_says_otherwise() {
    let (master, ca) = tls();
    let unknown = zones(&client_of(&settings(&master, ""))).unwrap_err();
    let kind = matches!(unknown, MasterError::Unreachable { .. });
    assert!(
        kind && unknown.to_string().contains("certificate"),
        "{unknown}"
    );
    assert_eq!(master.requests(), Vec::<String>::new());
    for keys in [&ca, "verify_ssl: false"] {
        let list = zones(&client_of(&settings(&master, keys))).unwrap();
        assert_eq!(names(&list), SEVEN);
    }
}

#[test]
fn a_certificate_of_another_host_is_not_taken() {
    let (master, ca) = tls();
    let mut settings = settings(&master, &ca);
    settings.servers[0].hostname = "localhost".into();
    let error = zones(&client_of(&settings)).unwrap_err().to_string();
    assert!(
        error.contains("certificate not valid for name \"localhost\""),
        "{error}"
    );
    assert_eq!(master.requests(), Vec::<String>::new());
}

#[test]
fn an_answer_that_is_cut_short_is_noticed_over_tls_too() {
    let (master, ca) = tls();
    let client = client_of(&settings(&master, &ca));
    let whole = zone_text("a.x", 1, "192.0.2.1");
    master.put("a.x", None, &whole);
    assert_eq!(text(&client, "a.x"), Ok(whole.into_bytes()));
    for (fault, told) in [
        (Fault::CutShort, "it is cut off"),
        (Fault::CutShortWithoutLength, "does not say how long it is"),
    ] {
        master.fault(fault);
        let error = text(&client, "a.x").unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
    }
}

#[test]
fn a_ca_file_that_cannot_be_used_is_told() {
    let (master, _) = tls();
    let told = |keys: &str| {
        let settings = settings(&master, keys);
        Client::new(&settings.servers[0], &settings, MAX_ZONE).map(drop)
    };
    let directory = tempfile::tempdir().unwrap();
    let empty = directory.path().join("ca.pem");
    std::fs::write(&empty, "").unwrap();
    let keys = format!("ca_file: {}", empty.display());
    let error = told(&keys).unwrap_err().to_string();
    assert!(
        error.contains("it holds no certificate") && error.contains("ca.pem"),
        "{error}"
    );
    let error = told("ca_file: /nowhere/ca.pem").unwrap_err().to_string();
    assert!(
        error.starts_with("reconciliation.ca_file \"/nowhere/ca.pem\": "),
        "{error}"
    );
    // What is not used need not be there.
    assert!(told("ca_file: /nowhere/ca.pem, verify_ssl: false").is_ok());
}
