//! Whether the server of the gateway answers as BIND, NSD and Knot do: all get the same zones and the
//! same questions. Here their records are compared, in `headers` what stands around them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

// Each test target uses a part of it.
#[allow(dead_code)]
#[path = "../support/mod.rs"]
mod support;

mod case;
mod client;
mod compare;
mod daemons;
mod denial;
mod differences;
mod generate;
mod headers;
mod levels;
mod message;
mod questions;
mod rdata;
mod servers;
mod signing;
mod zones;

use rayon::prelude::*;

use compare::Tally;
use differences::Difference;
use servers::Server;
use signing::{Denial, sign};
use zones::Source;

#[test]
fn unsigned_zones_are_answered_alike() {
    needs!("named", "nsd", "knotd", "dig");
    compare(&sources());
}

#[test]
fn zones_signed_with_nsec_are_answered_alike() {
    needs!(
        "named",
        "nsd",
        "knotd",
        "dig",
        "dnssec-signzone",
        "dnssec-keygen"
    );
    compare(&signed(Denial::Nsec));
}

#[test]
fn zones_signed_with_nsec3_are_answered_alike() {
    needs!(
        "named",
        "nsd",
        "knotd",
        "dig",
        "dnssec-signzone",
        "dnssec-keygen"
    );
    compare(&signed(Denial::Nsec3));
}

#[test]
fn zones_signed_with_opt_out_are_answered_alike() {
    needs!(
        "named",
        "nsd",
        "knotd",
        "dig",
        "dnssec-signzone",
        "dnssec-keygen"
    );
    compare(&signed(Denial::OptOut));
}

#[test]
fn aliases_into_all_zones_are_followed_as_by_nsd() {
    needs!("nsd", "dig");
    let sources = sources();
    let servers = [servers::nsd(&sources), servers::following_dadns(&sources)];
    let strict = |difference: &&Difference| difference.name != "alias into another zone";
    let mut tally = Tally::new(&sources, differences::TABLE.iter().filter(strict));
    for source in &sources {
        tally.zone(source, &servers);
    }
    tally.finish();
}

#[test]
fn the_sample_zones_are_answered_alike() {
    needs!("named", "nsd", "dig");
    let samples: Vec<_> = support::samples("")
        .into_iter()
        .map(|name| Source {
            text: support::sample(&format!("{name}.zone")),
            name,
        })
        .collect();
    let bind = servers::bind(&samples);
    // NSD knows some types only by number.
    let nsd = servers::nsd(&servers::generic(&bind, &samples));
    let dadns = servers::dadns(&samples);
    compare_on(&[bind, nsd, dadns], &samples).finish();
}

#[test]
fn a_difference_that_is_not_tabled_is_a_failure() {
    needs!("named", "dig");
    let text = |ttl| format!("@ 60 IN SOA a b 1 2 3 4 5\n@ 60 NS a\na {ttl} A 192.0.2.1\n");
    let source = |ttl| Source {
        name: "odd.example".into(),
        text: text(ttl),
    };
    let (one, other) = ([source(60)], [source(61)]);
    let tally = compare_on(&[servers::bind(&one), servers::bind(&other)], &one);
    assert!(tally.failures.starts_with("=== odd.example: "));
    assert!(
        tally
            .failures
            .contains("BIND  a.odd.example. 61 A 192.0.2.1")
    );
    let unseen = tally.unseen(differences::TABLE);
    assert_eq!(unseen.len(), differences::TABLE.len(), "{unseen:?}");
}

fn compare(sources: &[Source]) {
    let servers = [
        servers::bind(sources),
        servers::nsd(sources),
        servers::knot(sources),
        servers::dadns(sources),
    ];
    let mut tally = Tally::new(sources, differences::TABLE);
    // Knot 3.2 leaves a CNAME out where a second DNAME makes the name too long.
    tally.unreadable = Some("Knot: nothing before it leads to second.dname.example.");
    for source in sources {
        tally.zone(source, &servers);
    }
    tally.finish();
}

fn compare_on(servers: &[Server], sources: &[Source]) -> Tally {
    let mut tally = Tally::new(sources, differences::TABLE);
    for source in sources {
        tally.zone(source, servers);
    }
    tally
}

fn signed(denial: Denial) -> Vec<Source> {
    let sources = sources();
    sources
        .par_iter()
        .map(|source| sign(source, denial))
        .collect()
}

/// Hard ones by hand, and as many by chance as `DADNS_TEST_ZONES` says.
fn sources() -> Vec<Source> {
    let count = std::env::var("DADNS_TEST_ZONES").map_or(10, |count| count.parse().unwrap());
    let mut sources = zones::sources();
    sources.extend(generate::sources(count));
    sources
}
