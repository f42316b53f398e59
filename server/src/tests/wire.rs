//! Requests and answers octet by octet, for tests of what no decoder shows.

use super::*;

pub(super) const A: u8 = 1;
pub(super) const TXT: u8 = 16;
pub(super) const SOA: u8 = 6;
pub(super) const NSID: &[u8] = &[0, 3, 0, 0];

/// An OPT record of this size, version and with these flags and options.
pub(super) fn opt(size: u16, version: u8, dnssec: bool, options: &[u8]) -> Vec<u8> {
    let mut opt = vec![0, 0, 41];
    opt.extend(size.to_be_bytes());
    opt.extend([0, version, if dnssec { 0x80 } else { 0 }, 0]);
    opt.extend((options.len() as u16).to_be_bytes());
    opt.extend(options);
    opt
}

pub(super) fn question(name: &str, qtype: u8) -> Vec<u8> {
    let mut question = Vec::new();
    for label in name.split('.').filter(|label| !label.is_empty()) {
        question.push(label.len() as u8);
        question.extend(label.as_bytes());
    }
    question.extend([0, 0, qtype, 0, 1]);
    question
}

/// A request with these two octets of flags.
pub(super) fn request(flags: [u8; 2], name: &str, qtype: u8, opt: &[u8]) -> Vec<u8> {
    let mut request = vec![7, 7, flags[0], flags[1], 0, 1, 0, 0, 0, 0, 0, 0];
    request[11] = u8::from(!opt.is_empty());
    request.extend(question(name, qtype));
    request.extend(opt);
    request
}

/// Flags, counts, and the OPT record: the last eleven octets.
#[derive(Debug, PartialEq)]
pub(super) struct Told {
    pub flags: [u8; 2],
    pub counts: [u8; 4],
    pub opt: Option<Vec<u8>>,
}

/// An answer with these flags and counts, the OPT record not counted, and perhaps that record.
pub(super) fn told(flags: [u8; 2], counts: [u8; 4], opt: Option<&[u8]>) -> Told {
    Told {
        flags,
        counts,
        opt: opt.map(<[u8]>::to_vec),
    }
}

pub(super) fn read(answer: &[u8], has_opt: bool) -> Told {
    assert_eq!(answer[..2], [7, 7]);
    let mut counts = [5, 7, 9, 11].map(|at| answer[at]);
    counts[3] -= u8::from(has_opt);
    Told {
        flags: [answer[2], answer[3]],
        counts,
        opt: has_opt.then(|| answer[answer.len() - 11..].to_vec()),
    }
}

#[track_caller]
pub(super) fn sent(server: &Server, request: &[u8], transport: Transport) -> Vec<u8> {
    let mut answers = server.respond(request, CLIENT, transport);
    assert_eq!(answers.len(), 1);
    answers.remove(0)
}

#[track_caller]
pub(super) fn asked(server: &Server, request: &[u8], has_opt: bool) -> Told {
    read(&sent(server, request, Transport::Udp), has_opt)
}

/// What is sent as an OPT record.
pub(super) fn ours(dnssec: bool) -> Vec<u8> {
    opt(1232, 0, dnssec, &[])
}

/// QR and AA, QR and AA and TC, QR and TC.
pub(super) const AA: u8 = 0x84;
pub(super) const AA_TC: u8 = 0x86;
pub(super) const TC: u8 = 0x82;
