//! CoreDNS with the plugin `mysql_extend`, which hosts run today, in a binary that the operator of
//! the tests brings along: what the gateway does not excuse in its receipt is answered as BIND does.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use domain::base::iana::Rtype;

use super::answers::client::Client;
use super::answers::message::{DnsName, Question, Record};
use super::{push, sample_zones};
use crate::needs;
use crate::support::coredns::Coredns;
use crate::support::gateway::Gateway;
use crate::support::mariadb::Mariadb;
use crate::support::named::Named;
use crate::support::test_name;

/// Names the binary. It is no part of any distribution, so without it nothing is missing.
const VARIABLE: &str = "DADNS_TEST_COREDNS_EXTEND";

#[test]
fn mysql_extend_serves_what_the_receipt_does_not_except() {
    needs!("named", "mariadbd", "mariadb-install-db", "mariadb", "dig");
    let Some(binary) = std::env::var_os(VARIABLE).map(PathBuf::from) else {
        // Not eprintln: the test harness would keep that to itself.
        writeln!(
            std::io::stderr(),
            "LEFT OUT: {}: {VARIABLE} names no CoreDNS with mysql_extend",
            test_name()
        )
        .unwrap();
        return;
    };
    let (named, database) = (Named::start(), Mariadb::start());
    let coredns = Coredns::start_extend(&binary, &database);
    let keys = "      plugin: mysql_extend\n".to_owned() + &coredns.dns_address();
    let gateway = Gateway::start(&[named.backend("bind"), database.backend("db", &keys)]);
    let sources = sample_zones();
    push(&gateway, &sources);

    let (bind, mut extend) = (Client::new(named.dns), Client::new(coredns.dns));
    let (mut same, mut excepted, mut wrong) = (0, 0, Vec::new());
    for source in &sources {
        let notes = notes(&gateway, &source.name);
        for ((owner, rtype), set) in sets(bind.transfer(&source.name.parse().unwrap())) {
            let named = format!("{} {rtype} ", owner.fmt_with_dot());
            if notes.iter().any(|note| note.starts_with(&named)) {
                excepted += 1;
                continue;
            }
            match ask(&mut extend, &owner, rtype) {
                Ok(answer) if answer == set => same += 1,
                other => wrong.push(format!("{named}: {set:?}\n  {other:?}")),
            }
        }
    }
    println!("{same} sets as BIND has them, {excepted} excepted");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(same > 50 && excepted > 5, "{same} and {excepted}");
}

type Sets = BTreeMap<(DnsName, Rtype), Vec<Record>>;

/// The RRsets of a zone, each sorted.
fn sets(records: Vec<Record>) -> Sets {
    let mut sets = Sets::new();
    for record in records {
        let set = sets
            .entry((record.owner.clone(), record.rtype))
            .or_default();
        set.push(record);
    }
    sets.values_mut().for_each(|set| set.sort());
    sets
}

/// What a server answers for one owner and type.
fn ask(client: &mut Client, owner: &DnsName, rtype: Rtype) -> Result<Vec<Record>, String> {
    let question = Question {
        name: owner.clone(),
        rtype,
        dnssec: false,
    };
    client.send(&question);
    let (answer, _) = client.answer(&question)?;
    let of_set = |record: &Record| (&record.owner, record.rtype) == (owner, rtype);
    Ok(answer.answer.into_iter().filter(of_set).collect())
}

/// What the receipt of a zone says of this backend.
fn notes(gateway: &Gateway, zone: &str) -> Vec<String> {
    let found = gateway.json(&format!("/api/v1/zones/{zone}"));
    let receipts = found["backends"].as_array().unwrap();
    let receipt = receipts.iter().find(|receipt| receipt["id"] == "db");
    let notes = receipt.unwrap()["notes"].as_array().unwrap();
    notes
        .iter()
        .map(|note| note.as_str().unwrap().replace(':', " :"))
        .collect()
}
