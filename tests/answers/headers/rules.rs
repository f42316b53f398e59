//! Whom we follow where BIND, NSD and Knot differ in a header, each with its reason.

use super::header::{Field, Header};
use super::requests::Request;

/// The places of the servers among the answers.
pub const BIND: usize = 0;
pub const NSD: usize = 1;
pub const KNOT: usize = 2;
pub const OURS: usize = 3;

/// What four servers sent for one request.
pub struct Case<'a> {
    pub request: &'a Request,
    pub headers: Vec<Header>,
    /// The same over TCP, of answers in datagrams to what all answer.
    pub whole: Option<Vec<Header>>,
}

impl Case<'_> {
    fn code(&self, server: usize) -> Option<u32> {
        self.headers[server].get(Field::Code)
    }

    /// The code of the whole answer.
    fn whole_code(&self, server: usize) -> Option<u32> {
        self.whole.as_ref().unwrap_or(&self.headers)[server].get(Field::Code)
    }

    fn is(&self, kind: &str) -> bool {
        self.request.text.contains(kind)
    }

    /// Whether this server says that the request is malformed, and another does not.
    fn alone_in_formerr(&self, server: usize) -> bool {
        self.code(server) == Some(1) && self.code(BIND) != Some(1)
    }
}

/// In what servers differ, and what is right for us.
pub struct Rule {
    pub name: &'static str,
    pub why: &'static str,
    pub fields: &'static [Field],
    pub when: fn(&Case<'_>) -> bool,
    pub right: Right,
}

/// What is right for us.
#[derive(Debug, Clone, Copy)]
pub enum Right {
    Like(usize),
    Is(u32),
    /// None at all.
    Missing,
    /// Another test says what.
    JudgedElsewhere,
}

use Field::{Aa, Ad, Answered, Cd, Code, Do, Opt, Options, Question, Rd, Tc};
use Right::{Is, JudgedElsewhere, Like, Missing};

/// The first that fits is the one.
pub const RULES: &[Rule] = &[
    Rule {
        name: "options",
        why: "RFC 6891 section 6.1.2 leaves it to each server which options it knows: NSD and Knot \
              send extended errors (RFC 8914), Knot NSID and expire, BIND cookies, client subnets and \
              keepalive. Ours knows none.",
        fields: &[Options],
        when: |_| true,
        right: Missing,
    },
    Rule {
        name: "silence of Knot",
        why: "RFC 1035 section 4.1.1 has FORMERR for what cannot be read; Knot sends nothing where it \
              does not find one question.",
        fields: &[Answered],
        when: |case| case.code(KNOT).is_none(),
        right: Like(BIND),
    },
    Rule {
        name: "silence of NSD",
        why: "NSD sends at most 100 errors a second, all clients together; ours are limited by \
              network, as all answers are.",
        fields: &[Answered],
        when: |case| case.code(NSD).is_none(),
        right: Like(BIND),
    },
    Rule {
        name: "who has more to say is cut earlier",
        why: "NS sets of the zone, proofs and names that are not compressed make an answer longer; and \
              RFC 9471 section 3.1 has TC where glue is missing, which BIND 9.18 and NSD 4.6 are older \
              than. What is missing in ours is in `cut`.",
        fields: &[Tc],
        when: |case| {
            let is_cut = |header: &Header| header.get(Tc) == Some(1);
            let whole = case.whole.iter().flatten();
            let mut each = case.headers.iter().zip(whole);
            case.whole.is_some()
                && !case.is(" with ")
                && each.all(|(header, whole)| !is_cut(header) || whole.size > case.request.room)
        },
        right: JudgedElsewhere,
    },
    Rule {
        name: "checking disabled",
        why: "RFC 4035 section 3.1.6: an authoritative server should clear CD; BIND copies it, and NSD \
              does in errors.",
        fields: &[Cd],
        when: |case| case.is(" with CD") || case.is(" with all flags"),
        right: Is(0),
    },
    Rule {
        name: "authentic data",
        why: "RFC 4035 section 3.1.6: AD is for resolvers; BIND copies it into answers that are cut.",
        fields: &[Ad],
        when: |_| true,
        right: Is(0),
    },
    Rule {
        name: "a version before anything else",
        why: "RFC 6891 section 6.1.3 answers BADVERS to what it may not understand, and section 6.1.1 \
              has an OPT record in it with its DO bit: NSD looks at the opcode first, and leaves DO out.",
        fields: &[Code, Opt, Do],
        when: |case| case.is(" version ") && case.code(BIND) == Some(16),
        right: Like(BIND),
    },
    Rule {
        name: "NOTIFY to a primary",
        why: "RFC 1996 is for secondaries of a zone, which ours never is: NOTAUTH, as Knot says always \
              and BIND of zones that it has not. BIND takes it, NSD refuses it.",
        fields: &[Code, Aa, Opt, Question],
        when: |case| case.is("opcode 4 ") && case.code(KNOT).is_some(),
        right: Like(KNOT),
    },
    Rule {
        name: "UPDATE",
        why: "RFC 2136 section 3 has NOTIMP of servers that do not know it, of which NSD is one; BIND \
              and Knot know it and refuse.",
        fields: &[Code],
        when: |case| case.is("opcode 5 "),
        right: Is(4),
    },
    Rule {
        name: "EDNS whatever the opcode",
        why: "RFC 6891 section 6.1.1 answers OPT with OPT; NSD does not where it knows not the opcode.",
        fields: &[Opt],
        when: |case| case.is("opcode ") && case.is(" EDNS"),
        right: Is(1),
    },
    Rule {
        name: "RD of other opcodes",
        why: "RFC 1035 section 4.1.1 copies RD; BIND does in answers to queries only.",
        fields: &[Rd],
        when: |case| case.is("opcode "),
        right: Like(KNOT),
    },
    Rule {
        name: "question of other opcodes",
        why: "What stands there is no question that is known: Knot sends it back, BIND does of those \
              that it knows (UPDATE), NSD never.",
        fields: &[Question],
        when: |case| case.is("opcode "),
        right: Is(0),
    },
    Rule {
        name: "a request without a question",
        why: "RFC 9619: a query has one. NSD says NOERROR where there is EDNS.",
        fields: &[Code],
        when: |case| case.is("no question"),
        right: Is(1),
    },
    Rule {
        name: "what NSD takes for malformed",
        why: "NSD looks at octets that do not matter, such as the code of a request or records behind \
              its question, and answers FORMERR with a bare header.",
        fields: &[Code, Aa, Tc, Opt, Question],
        when: |case| case.alone_in_formerr(NSD),
        right: Like(BIND),
    },
    Rule {
        name: "what Knot takes for malformed",
        why: "RFC 6891 section 6.2.3 takes sizes below 512 for 512, and octets behind a message do not \
              change it; Knot 3.2 says FORMERR to a size of 1 and to octets behind.",
        fields: &[Code, Aa, Tc, Opt],
        when: |case| case.alone_in_formerr(KNOT),
        right: Like(BIND),
    },
    Rule {
        name: "an OPT record of a name",
        why: "RFC 6891 section 6.1.2: the owner must be the root; Knot does not look.",
        fields: &[Code, Aa, Opt],
        when: |case| case.is("an OPT record of a name"),
        right: Like(BIND),
    },
    Rule {
        name: "malformed requests in NSD",
        why: "RFC 1035 section 4.1.1 repeats the question; NSD sends a bare header with any FORMERR.",
        fields: &[Question, Opt],
        when: |case| case.code(NSD) == Some(1) && case.code(BIND) == Some(1),
        right: Like(BIND),
    },
    Rule {
        name: "type 0",
        why: "RFC 6895 section 3.1: it is reserved, and no server has any; Knot calls it NOTIMP.",
        fields: &[Code, Aa],
        when: |case| case.is("TYPE0"),
        right: Like(BIND),
    },
    Rule {
        name: "type 128",
        why: "NXNAME (RFC 9824 section 3.4) is known to BIND, which says FORMERR; the others are older.",
        fields: &[Code, Aa],
        when: |case| case.is("type NXNAME"),
        right: Like(NSD),
    },
    Rule {
        name: "types that are no data",
        why: "RFC 6895 section 3.1: OPT, TSIG and TKEY stand in messages and not in zones, MAILA and \
              MAILB are obsolete; BIND says FORMERR and NOTIMP, the others answer as if zones had none.",
        fields: &[Code, Aa],
        when: |case| {
            ["OPT", "TSIG", "TKEY", "MAILA", "MAILB"]
                .iter()
                .any(|rtype| case.is(&format!("type {rtype}")))
        },
        right: Like(BIND),
    },
    Rule {
        name: "a zone transfer in a datagram",
        why: "RFC 5936 section 4.2 defines none: BIND says FORMERR, and first whether it has the zone; \
              NSD and Knot say NOTIMP.",
        fields: &[Code],
        when: |case| case.is("type AXFR"),
        right: Like(BIND),
    },
    Rule {
        name: "classes",
        why: "No zone is of another class than IN: REFUSED, as NSD and Knot say. BIND says FORMERR and \
              NOTIMP; of class ANY NSD and Knot answer as of IN, which RFC 1035 section 3.2.5 would \
              have without AA.",
        fields: &[Code],
        when: |case| case.is(" class "),
        right: Is(5),
    },
    Rule {
        name: "AA of classes",
        why: "As before: REFUSED is nobody's authority.",
        fields: &[Aa],
        when: |case| case.is(" class "),
        right: Is(0),
    },
    Rule {
        name: "question of classes",
        why: "RFC 1035 section 4.1.1 repeats the question; NSD leaves it out where it knows not the class.",
        fields: &[Question],
        when: |case| case.is(" class "),
        right: Is(1),
    },
    Rule {
        name: "endless alias",
        why: "RFC 1034 section 3.6.2 calls a loop an error and leaves open how it is told: BIND says \
              SERVFAIL, the others NOERROR.",
        fields: &[Code],
        when: |case| case.code(BIND) == Some(2),
        right: Like(NSD),
    },
    Rule {
        name: "ANY goes on behind a DNAME",
        why: "RFC 6672 section 3.2 goes on at the new name; BIND takes the CNAME that it made for what \
              was asked.",
        fields: &[Code],
        when: |case| {
            case.is(" ANY,") && case.code(BIND) == Some(0) && case.whole_code(KNOT) == Some(3)
        },
        right: Like(NSD),
    },
    Rule {
        name: "code of a chain that is cut",
        why: "TC says that records are missing, and the code is that of the whole answer (RFC 6604 \
              section 2.1: of the end of the chain); Knot stops at the alias that does not fit.",
        fields: &[Code],
        when: |case| {
            let cut = case.headers[KNOT].get(Tc) == Some(1);
            cut && case.code(BIND) == Some(3) && case.code(NSD) == Some(3)
        },
        right: Like(BIND),
    },
    Rule {
        name: "name that gets too long",
        why: "RFC 6672 section 2.2 has YXDOMAIN where a DNAME makes a name too long; Knot 3.2 has \
              NXDOMAIN for some names.",
        fields: &[Code],
        when: |case| case.whole_code(KNOT) == Some(3) && case.code(BIND) == Some(6),
        right: Like(BIND),
    },
    Rule {
        name: "alias into another zone",
        why: "BIND and Knot stop at the end of the zone of the question, and so does ours unless \
              `follow` is `all`: the other zone may be another customer's. NSD goes on.",
        fields: &[Code],
        when: |case| case.code(NSD) == Some(3) && case.code(BIND) == Some(0),
        right: Like(BIND),
    },
    Rule {
        name: "names of a zone around or within",
        why: "A name that only another zone of the server has is none of this one (RFC 1034 section 4.3.2 step \
              2); NSD 4.6 keeps one tree for all zones and takes it for an empty non-terminal.",
        fields: &[Code],
        when: |case| case.code(NSD) == Some(0) && case.code(BIND) == Some(3),
        right: Like(BIND),
    },
    Rule {
        name: "NSEC at a cut",
        why: "RFC 4035 section 3.1.4.1 answers beside a cut for DS; of NSEC, which is the parent's \
              there too, it says nothing: BIND answers, the others refer.",
        fields: &[Aa],
        when: |case| case.is(" NSEC,"),
        right: Like(NSD),
    },
];
