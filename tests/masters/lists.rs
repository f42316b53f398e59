//! Which zones a master has.

use std::net::TcpListener;

use dadns::masters::{MasterError, ZoneList};

use super::support::master::{Fault, Master};
use super::{IMPATIENT, SEVEN, client, faulty, fill, names, settings, zones};

#[test]
fn all_pages_are_read_with_the_users_of_zones() {
    let master = Master::start();
    fill(&master);
    master.put("h.x", None, "");
    let list = zones(&client(&master)).unwrap();
    assert_eq!(names(&list)[..7], SEVEN);
    let users: Vec<_> = list.zones.values().map(Option::as_deref).collect();
    assert_eq!(users[6..], [Some("bob"), None]);
    let page = |page| format!("GET /CMD_DNS_ADMIN?json=yes&page={page}&ipp=3");
    assert_eq!(master.requests(), [1, 2, 3].map(page));
}

#[test]
fn a_master_without_zones_says_so_and_is_believed() {
    assert_eq!(zones(&client(&Master::start())), Ok(ZoneList::default()));
    assert_eq!(
        zones(&client(&faulty(Fault::NoZones))),
        Ok(ZoneList::default())
    );
}

#[test]
fn half_a_list_that_is_whole_in_itself_is_a_list() {
    let list = zones(&client(&faulty(Fault::HalfOfZones))).unwrap();
    assert_eq!(names(&list), ["a.x", "c.x", "e.x", "g.x"]);
}

#[test]
fn an_old_master_sends_a_form() {
    let list = zones(&client(&faulty(Fault::Form { length: true }))).unwrap();
    assert_eq!(names(&list), SEVEN);
}

#[test]
fn a_table_shows_its_end_by_itself() {
    let list = zones(&client(&faulty(Fault::WithoutLength))).unwrap();
    assert_eq!(names(&list), SEVEN);
}

#[test]
fn a_list_that_is_not_whole_is_unknown_and_the_next_one_that_is_counts() {
    for (fault, told) in [
        (Fault::CutShort, "it is cut off"),
        (Fault::CutShortWithoutLength, "its JSON is broken"),
        (Fault::Form { length: false }, "does not say how long it is"),
        (Fault::Garbage, "its JSON is broken"),
        (Fault::MissingPage, "page 2 of 3 has 0 entries"),
        (Fault::SamePage, "lists \"a.x\" twice"),
        (Fault::MorePages, "it had 3 pages and on page 2 has 4"),
        (Fault::Status(404), "it answers 404"),
    ] {
        let master = faulty(fault.clone());
        let client = client(&master);
        let error = zones(&client).expect_err(told);
        let kind = matches!(error, MasterError::NotUnderstood { .. });
        let text = error.to_string();
        assert!(kind && text.contains(told), "{fault:?}: {text}");
        let start = "master 127.0.0.1 was asked to list its zones, and its answer cannot be used: ";
        assert!(text.starts_with(start), "{text}");
        assert!(text.ends_with("the next pass asks again"));
        master.fault(None);
        assert_eq!(names(&zones(&client).unwrap()), SEVEN);
    }
}

#[test]
fn a_master_that_does_not_answer_is_unreachable() {
    let unreachable = |error: MasterError, told: &str| {
        let kind = matches!(error, MasterError::Unreachable { .. });
        assert!(kind && error.to_string().contains(told), "{error:?}");
    };
    unreachable(
        zones(&client(&faulty(Fault::Status(503)))).unwrap_err(),
        "it answers 503",
    );
    let master = faulty(Fault::Slow);
    let slow = client(&master).with_timeout(IMPATIENT);
    unreachable(zones(&slow).unwrap_err(), "timeout");

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let mut gone = settings(&Master::start(), "");
    gone.servers[0].port = port;
    unreachable(zones(&super::client_of(&gone)).unwrap_err(), "refused");
}
