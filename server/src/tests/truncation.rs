//! Answers that do not fit: what is cut off, and that the header stays.

use super::answers::{server, server_with};
use super::wire::*;
use super::*;
use crate::answer::respond::truncate;

/// A zone whose answers do not all fit in a datagram.
fn large() -> Server {
    let mut records = "alias CNAME many\n*.wild CNAME many\nmoved DNAME target\n\
                       x.target CNAME many\nshort A 192.0.2.1\n"
        .to_owned();
    for n in 0..90 {
        records += &format!("many A 192.0.2.{n}\n");
        records += &format!("cut NS ns{n}.cut\nns{n}.cut A 192.0.2.{n}\n");
        records += &format!("mx MX {n} mail{n}\nmail{n} AAAA 2001:db8::{n}\n");
    }
    for n in 0..9 {
        let name = format!("a-name-that-takes-room-{n}");
        records += &format!("glue NS {name}.glue\n{name}.glue A 192.0.2.{n}\n");
        records += &format!("sibling NS {name}.beside\n{name}.beside A 192.0.2.{n}\n");
    }
    server(&[("a.example", &records)])
}

#[test]
fn an_answer_that_is_cut_keeps_the_header_of_the_whole_one_at_any_size() {
    let server = large();
    let names = [
        ("many", 0),
        ("alias", 1),
        ("any.wild", 1),
        ("x.moved", 3),
        ("mx", 0),
    ];
    for (name, kept) in names {
        let name = format!("{name}.a.example");
        let qtype = if name.starts_with("mx") { 15 } else { A };
        for size in [
            None,
            Some(0),
            Some(1),
            Some(511),
            Some(512),
            Some(513),
            Some(1232),
        ] {
            // The 90 mail exchangers fit in no datagram, and neither do the addresses.
            let edns = size.map(|size| opt(size, 0, true, &[]));
            let request = request([0, 0], &name, qtype, edns.as_deref().unwrap_or_default());
            let answer = sent(&server, &request, Transport::Udp);
            let most = usize::from(size.unwrap_or(0)).clamp(512, 1232);
            assert!(answer.len() <= most, "{name} {size:?}: {}", answer.len());
            let opt = size.map(|_| ours(true));
            let wanted = told([AA_TC, 0], [1, kept, 0, 0], opt.as_deref());
            assert_eq!(read(&answer, size.is_some()), wanted, "{name} {size:?}");
        }
        let whole = sent(&server, &request([0, 0], &name, qtype, &[]), Transport::Tcp);
        assert_eq!(whole[2], AA, "{name}");
    }
}

#[test]
fn a_referral_is_cut_where_its_own_glue_does_not_fit_and_never_for_that_of_others() {
    let server = large();
    let flags = |name: &str| {
        let request = request([0, 0], &format!("www.{name}.a.example"), A, &[]);
        sent(&server, &request, Transport::Udp)[2]
    };
    assert_eq!(flags("cut"), TC, "the servers do not fit");
    assert_eq!(flags("glue"), TC, "RFC 9471 section 3.1");
    assert_eq!(flags("sibling"), 0x80, "RFC 9471 section 3.2");
}

#[test]
fn additional_records_are_left_out_without_a_mark() {
    let mut records = String::new();
    for n in 0..30 {
        records += &format!("@ MX {n} mail{n}\nmail{n} AAAA 2001:db8::{n}\n");
    }
    let server = server(&[("a.example", &records)]);
    let answer = sent(
        &server,
        &request([0, 0], "a.example", 15, &opt(1232, 0, false, &[])),
        Transport::Udp,
    );
    let Told { flags, counts, .. } = read(&answer, true);
    assert_eq!((flags, counts[1]), ([AA, 0], 30));
    assert!((1..30).contains(&counts[3]), "{counts:?}");
}

#[test]
fn a_denial_that_is_cut_says_that_the_name_is_missing() {
    let signed = include_str!("../../../zone/tests/samples/signed.example.zone");
    let settings = Settings {
        listen: Vec::new(),
        ..settings()
    };
    let server = server_with(settings, &[]);
    let name: ZoneName = "signed.example".parse().unwrap();
    let limits = dadns_zone::Limits::default();
    let zone = dadns_zone::read(&name, signed.as_bytes(), &limits)
        .unwrap()
        .zone;
    server.load(&zone).unwrap();
    let small = opt(512, 0, true, &[]);
    let request = request([0, 0], "nothing.at.all.signed.example", A, &small);
    let told = asked(&server, &request, true);
    assert_eq!((told.flags, told.opt), ([AA_TC, 3], Some(ours(true))));
}

#[test]
fn a_name_that_gets_too_long_is_told_so_where_its_dname_does_not_fit() {
    let target = ["x".repeat(60).as_str(); 4].join(".");
    let server = server(&[("a.example", &format!("d DNAME {target}.\n"))]);
    let name = format!(
        "{}.{}.d.a.example",
        "y".repeat(40),
        ["y".repeat(63).as_str(); 3].join(".")
    );
    let answer = asked(&server, &request([0, 0], &name, A, &[]), false);
    // YXDOMAIN (RFC 6672 section 2.2).
    assert_eq!(answer, told([AA_TC, 6], [1, 0, 0, 0], None));
}

#[test]
fn an_answer_that_is_over_the_rate_limit_keeps_its_header_and_loses_its_records() {
    let server = server(&[("a.example", "www A 192.0.2.1\ncut NS ns.elsewhere.test.\n")]);
    let edns = opt(1232, 0, true, NSID);
    for (name, flags) in [
        ("www.a.example", [AA_TC, 0]),
        ("no.a.example", [AA_TC, 3]),
        ("www.cut.a.example", [TC, 0]),
        ("elsewhere.test", [TC, 5]),
    ] {
        for edns in [&edns[..], &[]] {
            let request = request([1, 0], name, A, edns);
            let mut answer = sent(&server, &request, Transport::Udp);
            truncate(&request, &mut answer);
            let opt = (!edns.is_empty()).then(|| ours(true));
            let flags = [flags[0] | 1, flags[1]];
            let wanted = told(flags, [1, 0, 0, 0], opt.as_deref());
            assert_eq!(read(&answer, opt.is_some()), wanted, "{name}");
        }
    }
    let malformed = &request([0, 0], "a.example", A, &[])[..20];
    let mut answer = sent(&server, malformed, Transport::Udp);
    truncate(malformed, &mut answer);
    assert!(answer.is_empty(), "what has no question is not answered");
}

#[test]
fn over_tcp_the_size_that_is_announced_does_not_matter() {
    let server = large();
    for size in [0, 512, 65_535] {
        let edns = opt(size, 0, false, &[]);
        let request = request([0, 0], "many.a.example", A, &edns);
        let Told { flags, counts, .. } = read(&sent(&server, &request, Transport::Tcp), true);
        assert_eq!((flags, counts[1]), ([AA, 0], 90), "{size}");
    }
}

#[test]
fn what_fits_in_no_message_is_cut_over_tcp_too() {
    // The set alone would fit, but not with the alias that leads to it.
    let strings = |count| format!("\"{}\" ", "x".repeat(250)).repeat(count);
    let records = format!("big TXT {}\nbig TXT {}\n", strings(250), strings(10));
    let rest = format!("big TXT \"{}\"\nalias CNAME big\n", "y".repeat(200));
    let server = server(&[("a.example", &(records + &rest))]);
    let request = request([0, 0], "alias.a.example", TXT, &[]);
    let answer = sent(&server, &request, Transport::Tcp);
    assert_eq!(read(&answer, false), told([AA_TC, 0], [1, 1, 0, 0], None));
}
