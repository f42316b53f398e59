//! The header and the OPT record of answers of every kind, octet by octet.
//!
//! `tests/answers` compares them with those of BIND, NSD and Knot; here is what they agree on.

use super::answers::server;
use super::wire::*;
use super::*;

#[test]
fn of_the_flags_of_a_request_only_rd_comes_back() {
    let server = server(&[("a.example", "www A 192.0.2.1\n")]);
    // AA, TC, RA, Z, AD, CD and a code: none is a request's (RFC 1035 section 4.1.1), or it is for
    // resolvers (RFC 4035 section 3.1.6).
    for name in ["www.a.example", "no.a.example", "elsewhere.test"] {
        let plain = asked(&server, &request([0, 0], name, A, &[]), false);
        let odd = asked(&server, &request([6, 0xff], name, A, &[]), false);
        assert_eq!(odd, plain, "{name}");
        let recursive = asked(&server, &request([1, 0], name, A, &[]), false);
        assert_eq!(
            recursive.flags,
            [plain.flags[0] | 1, plain.flags[1]],
            "{name}"
        );
    }
}

#[test]
fn a_request_with_an_opt_record_is_answered_with_one_whatever_the_code() {
    let server = server(&[("a.example", "www A 192.0.2.1\n")]);
    let edns = opt(4096, 0, true, NSID);
    let www = |flags, qtype| request(flags, "www.a.example", qtype, &edns);
    let ours = ours(true);
    let with = |code: u8, questions: u8| told([0x80, code], [questions, 0, 0, 0], Some(&ours));
    let refused = request([0, 0], "elsewhere.test", A, &edns);
    assert_eq!(asked(&server, &refused, true), with(5, 1));
    // STATUS and UPDATE are not implemented, and the question is then none that is known.
    for opcode in [2, 5] {
        let told = asked(&server, &www([opcode << 3, 0], SOA), true);
        let mut wanted = with(4, 0);
        wanted.flags[0] |= opcode << 3;
        assert_eq!(told, wanted, "{opcode}");
    }
    // A request without a question is malformed.
    let mut empty = vec![7, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    empty.extend(&edns);
    assert_eq!(asked(&server, &empty, true), with(1, 0));
    let mut bare = empty[..12].to_vec();
    bare[11] = 0;
    assert_eq!(asked(&server, &bare, false), told([0x80, 1], [0; 4], None));
}

#[test]
fn a_version_that_is_not_known_is_told_whatever_is_asked() {
    let server = server(&[("a.example", "www A 192.0.2.1\n")]);
    let edns = opt(4096, 1, true, &[]);
    let mut badvers = ours(true);
    badvers[5] = 1;
    for (opcode, name, questions) in [
        (0, "www.a.example", 1),
        (0, "elsewhere.test", 1),
        (4, "a.example", 1),
        (5, "a.example", 0),
    ] {
        let told = asked(&server, &request([opcode << 3, 0], name, SOA, &edns), true);
        let wanted = self::told(
            [0x80 | opcode << 3, 0],
            [questions, 0, 0, 0],
            Some(&badvers),
        );
        assert_eq!(told, wanted, "{opcode} {name}");
    }
}

#[test]
fn options_that_do_not_end_where_their_record_ends_are_malformed_and_unknown_ones_are_not() {
    let server = server(&[("a.example", "www A 192.0.2.1\n")]);
    let code = |options: &[u8]| {
        let request = request([0, 0], "www.a.example", A, &opt(1232, 0, false, options));
        let answer = sent(&server, &request, Transport::Udp);
        (answer[3], answer[11])
    };
    // A code alone, half a length, more announced than there is, something behind the last one.
    for options in [&[0, 3][..], &[0, 3, 0], &[0, 3, 0, 7, 1], &[0, 3, 0, 0, 9]] {
        assert_eq!(code(options), (1, 0), "{options:?}");
    }
    // NSID, a cookie, one that nobody knows, two of them.
    let cookie = [0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8];
    for options in [
        NSID,
        &cookie,
        &[0xff, 0xf0, 0, 2, 1, 2],
        &[NSID, NSID].concat(),
    ] {
        assert_eq!(code(options), (0, 1), "{options:?}");
    }
}

#[test]
fn a_notify_is_not_for_us_since_no_zone_has_a_primary_elsewhere() {
    let server = server(&[("a.example", "")]);
    for name in ["a.example", "www.a.example", "elsewhere.test"] {
        let told = asked(&server, &request([0x24, 0], name, SOA, &[]), false);
        assert_eq!(told, self::told([0xa0, 9], [1, 0, 0, 0], None), "{name}");
    }
    let mut empty = vec![7, 7, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(asked(&server, &empty, false).flags, [0xa0, 1]);
    empty[5] = 2;
    assert_eq!(asked(&server, &empty, false).flags, [0xa0, 1]);
}

#[test]
fn a_transfer_of_a_zone_that_is_not_here_is_told_so_to_everybody() {
    let server = server(&[("a.example", "")]);
    for (qtype, name, code) in [
        (252, "elsewhere.test", 9),
        (252, "www.a.example", 9),
        (252, "a.example", 5),
        (251, "elsewhere.test", 9),
        (251, "a.example", 5),
    ] {
        for transport in [Transport::Udp, Transport::Tcp] {
            let answer = sent(&server, &request([0, 0], name, qtype, &[]), transport);
            assert_eq!(answer[3], code, "{qtype} {name} {transport:?}");
        }
    }
}

#[test]
fn the_question_comes_back_in_the_case_that_it_came_in() {
    let server = server(&[("a.example", "many A 192.0.2.1\n")]);
    for name in [
        "wWw.A.eXaMpLe",
        "MANY.a.example",
        "NO.a.example",
        "Elsewhere.Test",
    ] {
        let request = request([0, 0], name, A, &[]);
        let answer = sent(&server, &request, Transport::Udp);
        assert_eq!(answer[12..request.len()], request[12..], "{name}");
    }
}
