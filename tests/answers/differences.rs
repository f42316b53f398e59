//! In what servers may differ, each with its reason. What is not here is a mistake of one of them.

use super::denial;
use super::levels::{self, Level};

/// A difference that the standards leave open, or the known way of one server.
pub struct Difference {
    pub name: &'static str,
    pub why: &'static str,
    /// Makes two answers alike in what this explains, and in nothing else.
    pub level: Level,
}

/// In this order: what comes earlier is out of the way of what comes later.
pub const TABLE: &[Difference] = &[
    Difference {
        name: "ANY goes on behind a DNAME",
        why: "RFC 6672 section 3.2 goes on at the new name; BIND takes the CNAME that it made for \
              what was asked, as RFC 1034 section 4.3.2 step 3a has it for one in the zone.",
        level: levels::any_behind_dname,
    },
    Difference {
        name: "part of ANY",
        why: "RFC 8482 section 4.1: a server may answer ANY with some of the sets at the name.",
        level: levels::part_of_any,
    },
    Difference {
        name: "ANY without DNSSEC types",
        why: "RFC 8482 section 4.1 wants at least one set; BIND shows none of these types in a zone \
              that is not signed, and so nothing where there are no others.",
        level: levels::any_of_dnssec,
    },
    Difference {
        name: "one signature of many",
        why: "RFC 8482 section 7 lets a server answer RRSIG as it answers ANY, with some of them; Knot \
              gives one.",
        level: levels::one_signature,
    },
    Difference {
        name: "long chain of aliases",
        why: "RFC 1034 section 3.6.2 wants chains followed and no bound on them; Knot follows five.",
        level: levels::long_chain,
    },
    Difference {
        name: "name that gets too long",
        why: "RFC 6672 section 2.2 has YXDOMAIN and nothing else where a DNAME makes a name too long; \
              Knot 3.2 adds the SOA of a denial, and has NXDOMAIN for some names.",
        level: levels::too_long,
    },
    Difference {
        name: "endless alias",
        why: "RFC 1034 section 3.6.2 calls a loop an error and leaves open how it is told and how \
              much of it is shown: BIND says SERVFAIL, NSD says NOERROR.",
        level: levels::endless,
    },
    Difference {
        name: "referral behind an alias",
        why: "RFC 1034 section 4.3.2 step 3b refers to a zone below; Knot does so behind an alias even \
              where it has that zone, BIND and ours stop there.",
        level: levels::referral_into_served,
    },
    Difference {
        name: "alias into another zone",
        why: "RFC 1034 section 4.3.2 step 3a goes on in whatever zone is served, as NSD does; BIND, Knot \
              and ours (`follow: own_zone`) stop, since that zone may be another customer's and a \
              resolver asks again for a name of another zone (RFC 5452 section 6).",
        level: levels::other_zone,
    },
    Difference {
        name: "DS at an apex behind an alias",
        why: "RFC 4035 section 3.1.4.1 sends a question for DS to the parent; BIND forgets that once \
              it follows an alias in the child.",
        level: levels::ds_behind_alias,
    },
    Difference {
        name: "TTL 0 where there is no SOA",
        why: "BIND gives the SOA of a negative answer the TTL 0 where SOA was asked \
              (zero-no-soa-ttl); RFC 2308 section 3 knows no such exception.",
        level: levels::zero_ttl,
    },
    Difference {
        name: "names of a zone around or within",
        why: "A name that only another zone of the server has is none of this one (RFC 1034 section 4.3.2 \
              step 2); NSD 4.6 keeps one tree for all zones and takes it for an empty non-terminal.",
        level: levels::names_of_others,
    },
    Difference {
        name: "NSEC at a cut",
        why: "RFC 4035 section 3.1.4.1 answers beside a cut for DS; of NSEC, which is the parent's \
              there too, it says nothing: BIND answers, NSD refers.",
        level: denial::nsec_at_cut,
    },
    Difference {
        name: "proof of an empty wildcard",
        why: "RFC 4035 section 3.1.3.4 proves that the wildcard has no such type; where it is an \
              empty non-terminal BIND and Knot leave out the NSEC that leads below it.",
        level: denial::empty_wildcard,
    },
    Difference {
        name: "denial behind a DNAME",
        why: "RFC 4035 section 3.1.3 denies the name that the DNAME leads to; NSD 4.6 takes the NSEC \
              for another.",
        level: denial::denial_behind_dname,
    },
    Difference {
        name: "denial where the wildcard itself is asked for",
        why: "RFC 5155 section 7.2.3 wants the NSEC3 of the name alone; NSD 4.6 adds its closest \
              encloser's as if the name were matched.",
        level: denial::wildcard_itself,
    },
    Difference {
        name: "wildcard without closest encloser",
        why: "RFC 5155 section 7.2.5 wants the NSEC3 of the closest encloser beside that of the \
              wildcard, which implies it; NSD 4.6 leaves it out.",
        level: denial::wildcard_without_encloser,
    },
    Difference {
        name: "NSEC3 of an empty wildcard",
        why: "RFC 5155 section 7.2.5 proves the closest encloser, and that the next closer name is \
              missing; where the wildcard is an empty non-terminal Knot 3.2 leaves both out.",
        level: denial::hash_of_empty_wildcard,
    },
    Difference {
        name: "empty non-terminal without NSEC3",
        why: "RFC 5155 section 7.2.1 proves the closest encloser that has an NSEC3; under opt-out \
              (section 7.1) an empty non-terminal may have none: NSD 4.6 proves too little, and Knot \
              3.2 nothing, without AA.",
        level: denial::unhashed,
    },
    Difference {
        name: "NSEC3 asked for",
        why: "RFC 5155 section 7.2.8 takes the hashed name for one that does not exist; NSD 4.6 does \
              for all types but NSEC3.",
        level: denial::hash_asked_for,
    },
    Difference {
        name: "apex NS beside an answer",
        why: "RFC 1034 section 4.3.2 puts nothing into the authority section of an answer, RFC 2181 \
              section 5.4.1 knows data there: the set may be there and may be left out.",
        level: levels::apex_ns,
    },
    Difference {
        name: "glue by a wildcard",
        why: "RFC 1034 section 4.3.2 looks for wildcards in step 3c, which a cut (step 3b) comes \
              before: what is below it is glue by its own name only; NSD 4.6 and Knot make \
              glue of a wildcard there.",
        level: levels::wildcard_glue,
    },
    Difference {
        name: "additional data of another name",
        why: "RFC 1034 section 4.3.2 step 3c gives what a wildcard makes the name that was looked \
              for; NSD 4.6 gives additional data another where an asterisk is inside that name.",
        level: levels::wrong_owner,
    },
    Difference {
        name: "part of the glue",
        why: "RFC 9471 section 3.1 sets TC where glue does not fit; BIND 9.18 and NSD 4.6 are older \
              and send what fits.",
        level: levels::part_of_glue,
    },
    Difference {
        name: "NSEC3 among additional data",
        why: "RFC 1034 section 4.3.2 step 6 adds what is useful; Knot 3.2 adds the NSEC3 of a name in \
              place of its addresses, where SVCB leads to its own owner.",
        level: levels::hash_beside,
    },
    Difference {
        name: "additional data",
        why: "RFC 1034 section 4.3.2 step 6 adds what is useful; RFC 9471 section 3.1 demands only \
              the glue below the cut of a referral.",
        level: levels::additional,
    },
];
