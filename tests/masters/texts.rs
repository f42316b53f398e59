//! The text of a zone.

use dadns::masters::MasterError;

use super::support::master::{ADMIN_PASSWORD, Fault, Master};
use super::support::zone_text;
use super::{MAX_ZONE, client, text};

#[test]
fn a_text_comes_byte_for_byte() {
    let master = Master::start();
    let zone = "0/25.2.0.192.in-addr.arpa";
    let whole = format!("{}; é\r\n", zone_text(zone, 2026112401, "192.0.2.1"));
    master.put(zone, None, &whole);
    assert_eq!(text(&client(&master), zone), Ok(whole.into_bytes()));
    assert_eq!(
        master.requests(),
        ["GET /CMD_API_DNS_ADMIN?domain=0%2F25.2.0.192.in-addr.arpa"]
    );
}

#[test]
fn what_admins_cannot_read_is_asked_for_as_users_do() {
    let master = Master::start();
    let whole = zone_text("a.x", 1, "192.0.2.1");
    master.put("a.x", None, &whole);
    master.fault(Fault::TextRefused { both: false });
    assert_eq!(text(&client(&master), "a.x"), Ok(whole.into_bytes()));
    assert_eq!(master.requests()[1], "GET /CMD_API_DNS_CONTROL?domain=a.x");
}

#[test]
fn what_is_no_text_of_a_zone_is_an_error() {
    let whole = zone_text("a.x", 1, "192.0.2.1");
    let long = format!("{whole}{}", ";\n".repeat(MAX_ZONE));
    for (fault, has, told) in [
        (
            Some(Fault::TextRefused { both: true }),
            whole.as_str(),
            "Cannot view zone",
        ),
        (None, "", "it has no SOA record"),
        (None, "list[]=a", "it has no SOA record"),
        (None, long.as_str(), "it has more than 4096 bytes"),
        (Some(Fault::CutShort), &whole, "it is cut off"),
        (Some(Fault::WithoutLength), &whole, "does not say how long"),
        (
            Some(Fault::CutShortWithoutLength),
            &whole,
            "does not say how long",
        ),
    ] {
        let master = Master::start();
        master.put("a.x", None, has);
        master.fault(fault);
        let error = text(&client(&master), "a.x").expect_err(told);
        let kind = matches!(error, MasterError::NotUnderstood { .. });
        let shown = error.to_string();
        assert!(kind && shown.contains(told), "{shown}");
        assert!(shown.contains("give the text of zone a.x"), "{shown}");
        assert!(!shown.contains(ADMIN_PASSWORD), "{shown}");
    }
    let master = Master::start();
    master.fault(Fault::LoginPage);
    let refused = text(&client(&master), "a.x");
    assert!(
        matches!(refused, Err(MasterError::Refused { .. })),
        "{refused:?}"
    );
}
