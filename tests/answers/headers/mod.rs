//! Whether the headers and OPT records of answers are what BIND, NSD and Knot send, whatever is asked,
//! however much fits, and over both transports.
//!
//! Where all three agree, so must we. Where they differ, `rules` says whom we follow and why.

mod compare;
mod cut;
mod header;
mod requests;
mod rules;

use crate::signing::{Denial, sign};
use crate::zones::{self, Source};
use crate::{generate, needs};
use compare::Comparison;

#[test]
fn answers_of_any_size_have_the_headers_of_bind_nsd_and_knot() {
    needs!("named", "nsd", "knotd", "dig");
    let mut sources = zones::sources();
    sources.extend(generate::sources(6));
    Comparison::of(&sources).questions(&sources).finish();
}

#[test]
fn signed_answers_of_any_size_have_the_headers_of_bind_nsd_and_knot() {
    needs!(
        "named",
        "nsd",
        "knotd",
        "dig",
        "dnssec-signzone",
        "dnssec-keygen"
    );
    let sign = |(index, source): (usize, &Source)| match index % 2 {
        0 => sign(source, Denial::Nsec),
        _ => sign(source, Denial::Nsec3),
    };
    let sources: Vec<_> = zones::sources().iter().enumerate().map(sign).collect();
    Comparison::of(&sources).questions(&sources).finish();
}

#[test]
fn odd_requests_have_answers_with_the_headers_of_bind_nsd_and_knot() {
    needs!("named", "nsd", "knotd", "dig");
    let mut comparison = Comparison::of(&zones::sources());
    for request in requests::odd() {
        comparison.odd(&request);
    }
    comparison.finish();
}
