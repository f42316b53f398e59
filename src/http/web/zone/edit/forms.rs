//! The form of each type: its fields, named as in its RFC.

use super::kinds::Field;
use super::kinds::Kind::*;

/// The fields of the data of one type.
#[derive(Debug)]
pub(super) struct Form {
    pub rtype: &'static str,
    pub about: &'static str,
    pub rfc: &'static str,
    pub fields: &'static [Field],
    /// Whether an RRset of this type has one record only.
    pub is_single: bool,
}

/// The form of a type, in any case; `None`: its data is asked for as one text.
pub(super) fn of(rtype: &str) -> Option<&'static Form> {
    FORMS
        .iter()
        .find(|form| form.rtype.eq_ignore_ascii_case(rtype))
}

const fn form(
    rtype: &'static str,
    about: &'static str,
    rfc: &'static str,
    fields: &'static [Field],
) -> Form {
    Form {
        rtype,
        about,
        rfc,
        fields,
        is_single: false,
    }
}

const fn single(mut form: Form) -> Form {
    form.is_single = true;
    form
}

const NAME: &str = "A name without a final dot ends in the zone's; @ is the zone itself";

const ALGORITHMS: &[(&str, &str)] = &[
    ("5", "RSASHA1"),
    ("7", "RSASHA1-NSEC3-SHA1"),
    ("8", "RSASHA256"),
    ("10", "RSASHA512"),
    ("13", "ECDSAP256SHA256"),
    ("14", "ECDSAP384SHA384"),
    ("15", "ED25519"),
    ("16", "ED448"),
];

const SVC: &[Field] = &[
    Field::new(
        "svcpriority",
        "SvcPriority",
        U16,
        "0: an alias; from 1 on: a service, lowest first",
    )
    .begins("1"),
    Field::new(
        "targetname",
        "TargetName",
        Name,
        "Where the service is; . is the owner name itself",
    ),
    Field::new(
        "svcparams",
        "SvcParams",
        Params,
        "Such as alpn=h2,h3 port=8443 ipv4hint=192.0.2.1; none for an alias",
    )
    .may_be_empty(),
];

/// In the order in which they are offered.
#[rustfmt::skip]
pub(super) static FORMS: &[Form] = &[
    form("A", "IPv4 address", "RFC 1035 §3.4.1", &[
        Field::new("address", "ADDRESS", Ipv4, "An IPv4 address, such as 192.0.2.1"),
    ]),
    form("AAAA", "IPv6 address", "RFC 3596 §2.2", &[
        Field::new("address", "ADDRESS", Ipv6, "An IPv6 address, such as 2001:db8::1"),
    ]),
    single(form("CNAME", "alias of another name", "RFC 1035 §3.3.1", &[
        Field::new("cname", "CNAME", Name, NAME),
    ])),
    form("MX", "mail server", "RFC 1035 §3.3.9", &[
        Field::new("preference", "PREFERENCE", U16, "0 to 65535; the lowest is tried first").begins("10"),
        Field::new("exchange", "EXCHANGE", Name, NAME),
    ]),
    form("TXT", "text", "RFC 1035 §3.3.14", &[
        Field::new("txt", "TXT-DATA", Strings, "The text as it is: quotation marks and the cut at 255 octets are made for you. What begins with a \" is read as in a zone file"),
    ]),
    form("SRV", "location of a service", "RFC 2782", &[
        Field::new("priority", "Priority", U16, "The lowest is tried first").begins("0"),
        Field::new("weight", "Weight", U16, "The share among those of one priority").begins("0"),
        Field::new("port", "Port", U16, "Where the service listens"),
        Field::new("target", "Target", Name, "The host of the service; . says that there is none"),
    ]),
    form("CAA", "who may issue certificates", "RFC 8659 §4.1", &[
        Field::new("flags", "Flags", U8, "Critical: who does not know the tag must not issue").of(&[("0", "none"), ("128", "critical")]).begins("0"),
        Field::new("tag", "Tag", Tag, "What the value is about").of(&[("issue", "may issue"), ("issuewild", "may issue for wildcards"), ("issuemail", "may issue for mail"), ("issuevmc", "may issue for marks"), ("iodef", "whom to tell of violations"), ("contactemail", "address of the contact"), ("contactphone", "telephone of the contact")]).begins("issue"),
        Field::new("value", "Value", LongText, "Such as letsencrypt.org, or mailto:security@example.com for iodef; a lone ; says nobody"),
    ]),
    form("NS", "name server", "RFC 1035 §3.3.11", &[
        Field::new("nsdname", "NSDNAME", Name, NAME),
    ]),
    form("PTR", "name of an address", "RFC 1035 §3.3.12", &[
        Field::new("ptrdname", "PTRDNAME", Name, "The host, with its final dot"),
    ]),
    form("DS", "key of a signed child zone", "RFC 4034 §5.1", &[
        Field::new("keytag", "Key Tag", U16, "0 to 65535"),
        Field::new("algorithm", "Algorithm", Algorithm, "That of the key").of(ALGORITHMS).begins("13"),
        Field::new("digesttype", "Digest Type", DigestType, "How the digest was made").of(&[("1", "SHA-1"), ("2", "SHA-256"), ("4", "SHA-384")]).begins("2"),
        Field::new("digest", "Digest", Hex, "Hexadecimal"),
    ]),
    form("TLSA", "certificate of a TLS server", "RFC 6698 §2.1", &[
        Field::new("usage", "Certificate Usage", U8, "What the certificate has to be").of(&[("0", "PKIX-TA"), ("1", "PKIX-EE"), ("2", "DANE-TA"), ("3", "DANE-EE")]).begins("3"),
        Field::new("selector", "Selector", U8, "What of it is compared").of(&[("0", "the certificate"), ("1", "its public key")]).begins("1"),
        Field::new("matching", "Matching Type", U8, "How it is compared").of(&[("0", "all of it"), ("1", "SHA-256"), ("2", "SHA-512")]).begins("1"),
        Field::new("data", "Certificate Association Data", Hex, "Hexadecimal"),
    ]),
    form("SSHFP", "key of an SSH server", "RFC 4255 §3.1", &[
        Field::new("algorithm", "Algorithm", U8, "That of the key").of(&[("1", "RSA"), ("2", "DSA"), ("3", "ECDSA"), ("4", "Ed25519"), ("6", "Ed448")]).begins("4"),
        Field::new("fptype", "Fingerprint Type", U8, "How it was made").of(&[("1", "SHA-1"), ("2", "SHA-256")]).begins("2"),
        Field::new("fingerprint", "Fingerprint", Hex, "Hexadecimal, as ssh-keygen -r prints it"),
    ]),
    form("NAPTR", "rule that rewrites names", "RFC 3403 §4.1", &[
        Field::new("order", "ORDER", U16, "The lowest is looked at first").begins("100"),
        Field::new("preference", "PREFERENCE", U16, "Among those of one order").begins("10"),
        Field::new("flags", "FLAGS", Text, "Such as U or S; may be empty").may_be_empty(),
        Field::new("services", "SERVICES", Text, "Such as E2U+sip; may be empty").may_be_empty(),
        Field::new("regexp", "REGEXP", Text, "Such as !^.*$!sip:info@example.com!; may be empty").may_be_empty(),
        Field::new("replacement", "REPLACEMENT", Name, "The next name; . where REGEXP is used"),
    ]),
    form("HTTPS", "how a web server is reached", "RFC 9460 §2.1", SVC),
    form("SVCB", "how a service is reached", "RFC 9460 §2.1", SVC),
    single(form("SOA", "start of the zone", "RFC 1035 §3.3.13", &[
        Field::new("mname", "MNAME", Name, "The primary name server"),
        Field::new("rname", "RNAME", Name, "Who is responsible: a mail address with a dot for its @"),
        Field::new("serial", "SERIAL", U32, "The gateway raises it with each change").fixed(),
        Field::new("refresh", "REFRESH", Seconds, "Seconds between two looks of a secondary"),
        Field::new("retry", "RETRY", Seconds, "Seconds until it looks again when that failed"),
        Field::new("expire", "EXPIRE", Seconds, "Seconds until it stops answering"),
        Field::new("minimum", "MINIMUM", Seconds, "Seconds for which resolvers remember that something does not exist"),
    ])),
];
