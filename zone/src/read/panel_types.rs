//! Names that panels and other DNS programs give to records which DNS has no type for.

const ADDRESSES: &str = "is a type of some panels, not of DNS; use A and AAAA records";
const REDIRECT: &str = "is a type of some panels, not of DNS: a redirect is made by a web server; use A and AAAA records that point to one";
const TXT: &str = "is not a type of DNS; use TXT";

const TYPES: [(&str, &str); 36] = [
    ("ALIAS", ADDRESSES),
    ("ANAME", ADDRESSES),
    ("APEXALIAS", ADDRESSES),
    ("CNAMEFLAT", ADDRESSES),
    ("FLATTEN", ADDRESSES),
    ("FLAT", ADDRESSES),
    ("ALIASNAME", ADDRESSES),
    ("POOL", ADDRESSES),
    ("DYNA", ADDRESSES),
    ("DYNAMIC", ADDRESSES),
    ("DYN", ADDRESSES),
    ("LUA", ADDRESSES),
    ("HOST", ADDRESSES),
    ("CLOAK", REDIRECT),
    ("WEB", REDIRECT),
    ("WEBHOP", REDIRECT),
    ("WR", REDIRECT),
    ("FWD", REDIRECT),
    ("HTTP", REDIRECT),
    ("HTTPRED", REDIRECT),
    ("DKIM", TXT),
    ("DMARC", TXT),
    ("DOMAINKEY", TXT),
    ("SENDERID", TXT),
    ("TEXT", TXT),
    ("TLSRPT", TXT),
    ("BIMI", TXT),
    ("MTASTS", TXT),
    ("IPV4", "is not a type of DNS; use A"),
    ("A4", "is not a type of DNS; use A"),
    ("IPV6", "is not a type of DNS; use AAAA"),
    ("AAA", "is not a type of DNS; use AAAA"),
    ("MAIL", "is not a type of DNS; use MX"),
    (
        "MXE",
        "is a type of some panels, not of DNS; use MX with the name of a host that has A or AAAA records",
    ),
    ("POINTER", "is not a type of DNS; use PTR"),
    ("SERVICE", "is not a type of DNS; use SRV"),
];

/// What to use instead of a type that is none.
pub(super) fn advice(word: &str) -> Option<&'static str> {
    let bare: String = word
        .chars()
        .filter(|letter| !matches!(letter, '-' | '_'))
        .collect::<String>()
        .to_ascii_uppercase();
    if let Some((_, advice)) = TYPES.iter().find(|(name, _)| *name == bare) {
        return Some(advice);
    }
    let redirects = ["URL", "REDIR", "FRAME", "FORWARD", "WEBRED", "WEBF"];
    redirects
        .iter()
        .any(|start| bare.starts_with(start))
        .then_some(REDIRECT)
}
