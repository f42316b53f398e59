//! The account that a master is asked with.

use dadns::masters::MasterError;
use dadns_keys::Secret;

use super::support::master::{Fault, Master};
use super::{SEVEN, client, client_of, faulty, names, settings, zones};

/// The message, if the master refused the account.
fn refused(error: MasterError) -> String {
    assert!(matches!(error, MasterError::Refused { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("check its username and password"), "{text}");
    text
}

#[test]
fn a_wrong_password_is_told_and_not_shown() {
    let master = Master::start();
    let mut wrong = settings(&master, "");
    wrong.servers[0].password = Secret::new("nearly-geheim");
    let text = refused(zones(&client_of(&wrong)).unwrap_err());
    assert!(
        text.starts_with("master 127.0.0.1 refuses to list its zones: it answers 401;"),
        "{text}"
    );
    assert!(!text.contains("nearly"), "{text}");

    master.fault(Fault::Session);
    let text = refused(zones(&client_of(&wrong)).unwrap_err());
    assert!(text.contains("a login gave no session"), "{text}");
    assert!(!text.contains("nearly"), "{text}");
}

#[test]
fn a_page_instead_of_data_is_a_refusal() {
    let text = refused(zones(&client(&faulty(Fault::LoginPage))).unwrap_err());
    assert!(text.contains("a login page instead of data"), "{text}");
}

#[test]
fn a_master_that_wants_a_session_gets_one_and_it_is_used_again() {
    let master = faulty(Fault::Session);
    let client = client(&master);
    assert_eq!(names(&zones(&client).unwrap()), SEVEN);
    assert_eq!(names(&zones(&client).unwrap()), SEVEN);
    let logins = || {
        let requests = master.requests();
        requests
            .iter()
            .filter(|line| *line == "POST /CMD_LOGIN")
            .count()
    };
    assert_eq!(logins(), 1);
    assert_eq!(master.requests().len(), 2 + 6);
    master.expire();
    assert_eq!(names(&zones(&client).unwrap()), SEVEN);
    assert_eq!(logins(), 2);
}

#[test]
fn the_account_goes_nowhere_else() {
    let other = Master::start();
    let to = format!("http://{}/CMD_LOGIN", other.address);
    let master = faulty(Fault::Elsewhere(to.clone()));
    let text = refused(zones(&client(&master)).unwrap_err());
    assert!(text.contains(&to), "{text}");
    assert_eq!(other.requests(), Vec::<String>::new());
    assert_eq!(master.requests().len(), 2, "{:?}", master.requests());
}
