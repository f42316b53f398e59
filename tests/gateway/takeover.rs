//! A host that comes from another gateway: an include file full of zones that dadns never saw.

use crate::needs;
use crate::support::dns::NameServer;
use crate::support::gateway::Gateway;
use crate::support::named::Named;
use crate::support::zone_text;

/// A `named` that already serves `zones` from an include file that somebody else wrote.
fn named_with(zones: &[&str]) -> (Named, String) {
    let mut named = Named::prepare();
    std::fs::create_dir(named.path("old")).unwrap();
    let mut include = String::from("// written by the old gateway\n");
    for zone in zones {
        let file = named.path("old").join(format!("{zone}.db"));
        std::fs::write(&file, zone_text(zone, 1, "192.0.2.1")).unwrap();
        include.push_str(&format!(
            "zone \"{zone}\" IN {{\n\ttype master; # as it was\n\tfile \"{}\";\n}};\n",
            file.display()
        ));
    }
    std::fs::write(named.include(), &include).unwrap();
    named.run();
    (named, include)
}

#[test]
fn unmanaged_zones_stay_as_they_are_and_are_counted_once() {
    needs!("named", "dig");
    let (named, include) = named_with(&["one.example", "two.example"]);
    let mut gateway = Gateway::start(&[named.backend("bind")]);
    let line = gateway.logs("unmanaged zone stanza(s)");
    assert!(line.contains("bind: 2 unmanaged zone stanza(s)"), "{line}");
    gateway.push("new.example", &zone_text("new.example", 1, "192.0.2.9"));
    gateway.until("new.example", "served");
    let written = std::fs::read_to_string(named.include()).unwrap();
    assert!(written.contains(&include), "kept byte for byte:\n{written}");
    assert_eq!(named.serial("one.example"), Some(1));
    assert_eq!(named.serial("two.example"), Some(1));
    assert_eq!(named.serial("new.example"), Some(1));
}

#[test]
fn a_push_takes_an_unmanaged_zone_over_and_leaves_the_others() {
    needs!("named", "dig");
    let (named, _) = named_with(&["one.example", "two.example"]);
    let gateway = Gateway::start(&[named.backend("bind")]);
    gateway.push("one.example", &zone_text("one.example", 9, "192.0.2.9"));
    gateway.until("one.example", "served");
    assert_eq!(named.serial("one.example"), Some(9));
    assert_eq!(named.serial("two.example"), Some(1));
    let old = std::fs::read_to_string(named.path("old").join("one.example.db")).unwrap();
    assert_eq!(old, zone_text("one.example", 1, "192.0.2.1"));
    let written = std::fs::read_to_string(named.include()).unwrap();
    assert_eq!(written.matches("one.example\"").count(), 1, "{written}");
}

#[test]
fn a_removal_never_touches_an_unmanaged_zone() {
    needs!("named", "dig");
    let (named, include) = named_with(&["one.example"]);
    let gateway = Gateway::start(&[named.backend("bind")]);
    assert_eq!(
        gateway.delete_from("da1.example.net", "one.example"),
        "error=0"
    );
    assert_eq!(named.serial("one.example"), Some(1));
    assert_eq!(std::fs::read_to_string(named.include()).unwrap(), include);
}
