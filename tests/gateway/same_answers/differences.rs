//! In what CoreDNS differs from the others, each with its reason. The lookup is CoreDNS's own, of its
//! package `plugin/file` 1.15.0: where that is wrong it says so here.

use super::answers::differences::Difference;
use super::levels;

/// In this order: what comes earlier is out of the way of what comes later.
pub const TABLE: &[Difference] = &[
    Difference {
        name: "ANY refused",
        why: "RFC 8482 section 4.1 wants an answer; the plugin refuses ANY, as it does transfers: \
              resolvers ask for types.",
        level: levels::any_refused,
    },
    Difference {
        name: "DNAME to a name that is too long",
        why: "RFC 6672 section 2.2 wants YXDOMAIN; CoreDNS takes what it made for a name that does \
              not exist.",
        level: levels::too_long,
    },
    Difference {
        name: "loop without its alias",
        why: "RFC 1034 section 3.6.2 calls a loop an error and leaves open how it is told: CoreDNS says \
              SERVFAIL and shows nothing of it.",
        level: levels::bare_loop,
    },
    Difference {
        name: "RRSIG and NSEC asked for",
        why: "RFC 4034 section 3 and 4: these stand beside a CNAME and are no reason to follow it; \
              CoreDNS does, and keeps the signatures of SOA and NS elsewhere.",
        level: levels::signatures_asked_for,
    },
    Difference {
        name: "NSEC3PARAM that is not loaded",
        why: "The lookup cannot hold it, and a receipt says so; without it a name may have nothing.",
        level: levels::no_nsec3param,
    },
    Difference {
        name: "denial without NSEC3",
        why: "The lookup cannot hold NSEC3, and a receipt says so.",
        level: levels::no_nsec3,
    },
    Difference {
        name: "DNSSEC types of a zone that is not signed",
        why: "RFC 4035 section 3.1 speaks of signed zones; CoreDNS adds DS and NSEC whenever DO is \
              set.",
        level: levels::unsigned,
    },
    Difference {
        name: "proof left out",
        why: "RFC 4035 section 3.1.3 and 3.1.4.1 want the NSEC before a name, and that of a cut \
              without DS; CoreDNS gives none at a cut, nor where glue stands before the name.",
        level: levels::proof_left_out,
    },
    Difference {
        name: "no SOA behind an alias",
        why: "RFC 2308 section 2.2 wants the SOA where the end of an alias has no such type; CoreDNS \
              sends the NS set as with an answer.",
        level: levels::no_soa_behind_alias,
    },
    Difference {
        name: "end of an alias in another zone",
        why: "RFC 1034 section 4.3.2 step 3a goes on in whatever zone is served, from its apex on; \
              CoreDNS puts the first zone's SOA beside it, and goes by cuts of the first zone.",
        level: levels::end_in_other_zone,
    },
];

/// The error of a message that holds the name that CoreDNS made with a DNAME, where that is longer than
/// a name may be (RFC 1035 section 2.3.4): nobody can read it.
pub const UNREADABLE: &str = "CoreDNS: long domain name";
