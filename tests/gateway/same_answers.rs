//! One gateway, three kinds of backends, and every question with the same answer from all of them:
//! a real `named`, the gateway's own server, and CoreDNS over a database.

// It is made for one more server, NSD, and for signed zones.
#[allow(dead_code)]
#[path = "../answers"]
mod answers {
    pub mod case;
    pub mod client;
    pub mod compare;
    pub mod denial;
    pub mod differences;
    pub mod levels;
    pub mod message;
    pub mod questions;
    pub mod rdata;
    pub mod servers;
    pub mod zones;
}
mod differences;
mod extend;
mod levels;

use answers::compare::Tally;
use answers::servers::Server;
use answers::zones::Source;

use crate::needs;
use crate::support::builtin::Builtin;
use crate::support::coredns::Coredns;
use crate::support::gateway::Gateway;
use crate::support::mariadb::Mariadb;
use crate::support::named::Named;
use crate::support::{sample, samples};

/// All samples that are taken, and one for the types that they lack.
fn sample_zones() -> Vec<Source> {
    let read = |directory: &'static str| {
        samples(directory).into_iter().map(move |name| Source {
            text: sample(&format!("{directory}{name}.zone")),
            name,
        })
    };
    let rare = Source {
        name: "rare.example".into(),
        text: RARE.into(),
    };
    read("").chain(read("warned/")).chain([rare]).collect()
}

/// Types that no sample has.
const RARE: &str = "$TTL 300\n\
@ SOA a b 1 2 3 4 5\n@ NS a\na A 192.0.2.1\n\
mb MB a\nmg MG a\nmr MR a\nminfo MINFO a b\nptr NSAP-PTR a\npx PX 1 a b\n\
gpos GPOS -32.6882 116.8652 10.0\neid EID ab\nnimloc NIMLOC ab\ndhcid DHCID AAAA\n\
smimea SMIMEA 3 1 1 ab\nninfo NINFO x y\nrkey RKEY 0 3 8 AAAA\ntalink TALINK a b\n\
cds CDS 1 8 1 0123456789012345678901234567890123456789\ncdnskey CDNSKEY 256 3 8 AAAA\n\
openpgp OPENPGPKEY AAAA\nhhit HHIT AAAA\nbrid BRID AAAA\nspf SPF x\nl64 L64 1 1:2:3:4\n\
lp LP 1 a\navc AVC x\nresinfo RESINFO x\nwallet WALLET x y\nta TA 1 8 1 \
0123456789012345678901234567890123456789\n";

/// Pushes all zones, then waits until each is served everywhere.
fn push(gateway: &Gateway, sources: &[Source]) {
    for source in sources {
        let answer = gateway.push(&source.name, &source.text);
        assert_eq!(answer, "error=0", "{}", source.name);
    }
    for source in sources {
        gateway.until(&source.name, "served");
    }
}

#[test]
fn named_the_builtin_server_and_coredns_give_the_same_answers() {
    needs!(
        "named",
        "mariadbd",
        "mariadb-install-db",
        "mariadb",
        "go",
        "dig"
    );
    let (named, builtin, database) = (Named::start(), Builtin::new(), Mariadb::start());
    let coredns = Coredns::start(&database);
    let keys = "      plugin: dadns\n".to_owned() + &coredns.dns_address();
    let gateway = Gateway::start(&[
        named.backend("bind"),
        builtin.backend(""),
        database.backend("coredns", &keys),
    ]);
    let mut sources = sample_zones();
    sources.extend(answers::zones::sources());
    push(&gateway, &sources);

    let servers = [
        Server::new("BIND", named.dns, named),
        Server::new("dadns", builtin.dns, gateway),
        Server::new(levels::COREDNS, coredns.dns, coredns),
    ];
    let table = differences::TABLE.iter().chain(answers::differences::TABLE);
    let mut tally = Tally::new(&sources, table);
    tally.unreadable = Some(differences::UNREADABLE);
    for source in &sources {
        tally.zone(source, &servers);
    }
    let unseen = tally.unseen(differences::TABLE);
    tally.finish();
    assert!(unseen.is_empty(), "in the table but not seen: {unseen:?}");
}
