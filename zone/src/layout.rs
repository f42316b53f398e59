//! One table: which fields make up the RDATA of each type.
//!
//! Reading, printing, checking and lower-casing all follow from it. `domain`'s own RDATA scanner was
//! the alternative: it has no TTL units, lacks types that BIND reads (LOC, URI, CERT, SPF, HIP, APL,
//! CSYNC, …) and its errors carry no place in the text. It serves as the independent decoder in tests.

use crate::Rtype;
use crate::checks::rdata as check;
use crate::mnemonics::{ALGORITHM, CERT_TYPE, DIGEST_TYPE, DSYNC_SCHEME, Mnemonics, NSEC3_HASH};
use crate::rule::Rule;
use Field::*;

/// A kind of field: its text and its octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    /// A name that canonical form lower-cases (RFC 4034 §6.2).
    Name,
    /// A name that keeps its case.
    NameAsIs,
    /// As `NameAsIs`, but a text may quote it (SVCB target).
    Target,
    /// A decimal number in one octet.
    U8,
    /// A decimal number in two octets.
    U16,
    /// A decimal number in four octets.
    U32,
    /// Four octets of seconds, also written with units (`1H30M`).
    Period,
    /// A point in time, as seconds or `YYYYMMDDHHmmSS` (RFC 4034 §3.2).
    Time,
    /// A number in one octet that may be written as a mnemonic.
    Mnemonic8(&'static Mnemonics),
    /// A number in two octets that may be written as a mnemonic.
    Mnemonic16(&'static Mnemonics),
    /// A record type, by name.
    Type,
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address.
    Ipv6,
    /// Six octets in hexadecimal with dashes.
    Eui48,
    /// Eight octets in hexadecimal with dashes.
    Eui64,
    /// Eight octets as four hexadecimal groups with colons (RFC 6742).
    Locator64,
    /// A character-string of up to 255 octets (RFC 1035 §3.3).
    CharString,
    /// A character-string, or nothing.
    OptionalCharString,
    /// One character-string or more, to the end.
    CharStrings,
    /// An unquoted word of letters and digits, as a character-string (CAA tag, RFC 8659 §4.1).
    Tag,
    /// Text without a length, to the end.
    Text,
    /// As `Text`, always in quotes (URI, RFC 7553 §4.4).
    QuotedText,
    /// Octets in hexadecimal, to the end.
    Hex,
    /// As `Hex`, possibly none.
    OptionalHex,
    /// Octets in Base 64, to the end.
    Base64,
    /// As `Base64`, possibly none.
    OptionalBase64,
    /// As `Base64`, `-` for none (DOA).
    DashOrBase64,
    /// `0x` and hexadecimal with dots, to the end (RFC 1706).
    Nsap,
    /// Octets with a length octet in hexadecimal, `-` for none (NSEC3 salt).
    Salt,
    /// Octets with a length octet in Base 32 with the extended hex alphabet (NSEC3).
    NextHash,
    /// A set of types (RFC 4034 §4.1.2), to the end.
    Bitmap,
    /// Service parameters (RFC 9460 §2), to the end.
    SvcParams,
    /// Address prefixes (RFC 3123), to the end.
    Apl,
    /// All of a LOC record (RFC 1876).
    Loc,
    /// A gateway whose form an earlier octet decides.
    Gateway(Gateway),
    /// All of a HIP record (RFC 8005).
    Hip,
}

/// Where a gateway's type is, and how it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gateway {
    /// IPSECKEY (RFC 4025): octet 1.
    Ipseckey,
    /// AMTRELAY (RFC 8777): the discovery bit, the type and the relay are all one field here.
    Amtrelay,
}

/// The RDATA of one type.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) rtype: Rtype,
    pub(crate) mnemonic: &'static str,
    pub(crate) fields: &'static [Field],
    /// What the fields must agree on.
    pub(crate) check: fn(&[u8]) -> Result<(), Rule>,
}

impl Layout {
    /// The layout of `rtype`, `None` if the type is unknown and its data opaque (RFC 3597).
    ///
    /// # Errors
    /// Says why no zone holds records of this type.
    pub(crate) fn of(rtype: Rtype) -> Result<Option<&'static Self>, Rule> {
        if let Some(layout) = TABLE.iter().find(|layout| layout.rtype == rtype) {
            return Ok(Some(layout));
        }
        match rtype.to_int() {
            0 | 41 | 128..=255 => Err("is a meta type, which no zone holds"),
            3 | 4 | 10 | 11 | 24 | 30 | 34 | 38 => Err("is an obsolete type, which is not served"),
            65533 => Err("is private to BIND's key files"),
            _ => Ok(None),
        }
    }

    /// The type that `word` names: a mnemonic of the table in any case, or `TYPEnnn` (RFC 3597 §5).
    pub(crate) fn rtype_named(word: &[u8]) -> Option<Rtype> {
        if let Some(layout) = TABLE
            .iter()
            .find(|layout| word.eq_ignore_ascii_case(layout.mnemonic.as_bytes()))
        {
            return Some(layout.rtype);
        }
        if let Some((_, code)) = UNSERVED
            .iter()
            .find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes()))
        {
            return Some(Rtype::from_int(*code));
        }
        let (prefix, digits) = word.split_at_checked(4)?;
        if !prefix.eq_ignore_ascii_case(b"TYPE") || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        std::str::from_utf8(digits)
            .ok()?
            .parse()
            .ok()
            .map(Rtype::from_int)
    }
}

/// Types that have a name but no place in a zone, so that the refusal can say so.
const UNSERVED: [(&str, u16); 18] = [
    ("MD", 3),
    ("MF", 4),
    ("NULL", 10),
    ("WKS", 11),
    ("SIG", 24),
    ("NXT", 30),
    ("ATMA", 34),
    ("A6", 38),
    ("OPT", 41),
    ("NXNAME", 128),
    ("TKEY", 249),
    ("TSIG", 250),
    ("IXFR", 251),
    ("AXFR", 252),
    ("MAILB", 253),
    ("MAILA", 254),
    ("ANY", 255),
    ("KEYDATA", 65533),
];

const fn row(rtype: Rtype, mnemonic: &'static str, fields: &'static [Field]) -> Layout {
    Layout {
        rtype,
        mnemonic,
        fields,
        check: |_| Ok(()),
    }
}

const fn checked(
    rtype: Rtype,
    mnemonic: &'static str,
    fields: &'static [Field],
    check: fn(&[u8]) -> Result<(), Rule>,
) -> Layout {
    Layout {
        rtype,
        mnemonic,
        fields,
        check,
    }
}

const KEY_FIELDS: &[Field] = &[U16, U8, Mnemonic8(&ALGORITHM), Base64];
const DS_FIELDS: &[Field] = &[U16, Mnemonic8(&ALGORITHM), Mnemonic8(&DIGEST_TYPE), Hex];

/// Common types first: the table is searched from the top.
#[rustfmt::skip]
static TABLE: [Layout; 74] = [
    row(Rtype::A, "A", &[Ipv4]),
    row(Rtype::NS, "NS", &[Name]),
    row(Rtype::MX, "MX", &[U16, Name]),
    row(Rtype::TXT, "TXT", &[CharStrings]),
    row(Rtype::CNAME, "CNAME", &[Name]),
    row(Rtype::AAAA, "AAAA", &[Ipv6]),
    row(Rtype::SOA, "SOA", &[Name, Name, U32, Period, Period, Period, Period]),
    row(Rtype::SRV, "SRV", &[U16, U16, U16, Name]),
    checked(Rtype::RRSIG, "RRSIG", &[Type, Mnemonic8(&ALGORITHM), U8, U32, Time, Time, U16, Name, Base64], check::rrsig),
    checked(Rtype::NSEC, "NSEC", &[NameAsIs, Bitmap], check::nsec),
    checked(Rtype::NSEC3, "NSEC3", &[Mnemonic8(&NSEC3_HASH), U8, U16, Salt, NextHash, Bitmap], check::nsec3),
    row(Rtype::CAA, "CAA", &[U8, Tag, Text]),
    row(Rtype::PTR, "PTR", &[Name]),
    row(Rtype::TLSA, "TLSA", &[U8, U8, U8, Hex]),
    checked(Rtype::DNSKEY, "DNSKEY", KEY_FIELDS, check::key_owner),
    checked(Rtype::DS, "DS", DS_FIELDS, check::ds),
    row(Rtype::HTTPS, "HTTPS", &[U16, Target, SvcParams]),
    row(Rtype::SVCB, "SVCB", &[U16, Target, SvcParams]),
    row(Rtype::SPF, "SPF", &[CharStrings]),
    row(Rtype::DNAME, "DNAME", &[Name]),
    checked(Rtype::NAPTR, "NAPTR", &[U16, U16, CharString, CharString, CharString, Name], check::naptr),
    checked(Rtype::SSHFP, "SSHFP", &[U8, U8, OptionalHex], check::sshfp),
    row(Rtype::MB, "MB", &[Name]),
    row(Rtype::MG, "MG", &[Name]),
    row(Rtype::MR, "MR", &[Name]),
    row(Rtype::HINFO, "HINFO", &[CharString, CharString]),
    row(Rtype::MINFO, "MINFO", &[Name, Name]),
    row(Rtype::RP, "RP", &[Name, Name]),
    row(Rtype::AFSDB, "AFSDB", &[U16, Name]),
    checked(Rtype::X25, "X25", &[CharString], check::x25),
    row(Rtype::ISDN, "ISDN", &[CharString, OptionalCharString]),
    row(Rtype::RT, "RT", &[U16, Name]),
    row(Rtype::NSAP, "NSAP", &[Nsap]),
    row(Rtype::NSAPPTR, "NSAP-PTR", &[NameAsIs]),
    checked(Rtype::KEY, "KEY", &[U16, U8, Mnemonic8(&ALGORITHM), OptionalBase64], check::key),
    row(Rtype::PX, "PX", &[U16, Name, Name]),
    row(Rtype::GPOS, "GPOS", &[CharString, CharString, CharString]),
    row(Rtype::LOC, "LOC", &[Loc]),
    row(Rtype::EID, "EID", &[Hex]),
    row(Rtype::NIMLOC, "NIMLOC", &[Hex]),
    row(Rtype::KX, "KX", &[U16, Name]),
    row(Rtype::CERT, "CERT", &[Mnemonic16(&CERT_TYPE), U16, Mnemonic8(&ALGORITHM), Base64]),
    row(Rtype::SINK, "SINK", &[U8, U8, U8, OptionalBase64]),
    row(Rtype::APL, "APL", &[Apl]),
    row(Rtype::IPSECKEY, "IPSECKEY", &[U8, U8, U8, Gateway(self::Gateway::Ipseckey), Base64]),
    row(Rtype::DHCID, "DHCID", &[Base64]),
    row(Rtype::NSEC3PARAM, "NSEC3PARAM", &[Mnemonic8(&NSEC3_HASH), U8, U16, Salt]),
    row(Rtype::SMIMEA, "SMIMEA", &[U8, U8, U8, Hex]),
    row(Rtype::HIP, "HIP", &[Hip]),
    row(Rtype::NINFO, "NINFO", &[CharStrings]),
    checked(Rtype::RKEY, "RKEY", KEY_FIELDS, check::rkey),
    row(Rtype::TALINK, "TALINK", &[NameAsIs, NameAsIs]),
    checked(Rtype::CDS, "CDS", DS_FIELDS, check::ds),
    checked(Rtype::CDNSKEY, "CDNSKEY", KEY_FIELDS, check::key_owner),
    row(Rtype::OPENPGPKEY, "OPENPGPKEY", &[Base64]),
    row(Rtype::CSYNC, "CSYNC", &[U32, U16, Bitmap]),
    checked(Rtype::ZONEMD, "ZONEMD", &[U32, U8, U8, Hex], check::zonemd),
    row(Rtype::DSYNC, "DSYNC", &[Type, Mnemonic8(&DSYNC_SCHEME), U16, NameAsIs]),
    row(Rtype::HHIT, "HHIT", &[Base64]),
    row(Rtype::BRID, "BRID", &[Base64]),
    row(Rtype::NID, "NID", &[U16, Locator64]),
    row(Rtype::L32, "L32", &[U16, Ipv4]),
    row(Rtype::L64, "L64", &[U16, Locator64]),
    row(Rtype::LP, "LP", &[U16, NameAsIs]),
    row(Rtype::EUI48, "EUI48", &[Eui48]),
    row(Rtype::EUI64, "EUI64", &[Eui64]),
    row(Rtype::URI, "URI", &[U16, U16, QuotedText]),
    row(Rtype::AVC, "AVC", &[CharStrings]),
    row(Rtype::DOA, "DOA", &[U32, U32, U8, CharString, DashOrBase64]),
    row(Rtype::AMTRELAY, "AMTRELAY", &[U8, Gateway(self::Gateway::Amtrelay)]),
    row(Rtype::RESINFO, "RESINFO", &[CharStrings]),
    row(Rtype::WALLET, "WALLET", &[CharStrings]),
    checked(Rtype::TA, "TA", DS_FIELDS, check::ds),
    checked(Rtype::DLV, "DLV", DS_FIELDS, check::ds),
];
