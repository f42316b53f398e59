//! Numbers that may be written as words in RDATA.

/// Words with the numbers they stand for, in any case.
pub(crate) type Mnemonics = [(&'static str, u16)];

/// DNSSEC algorithms (RFC 4034 appendix A.1 and successors).
pub(crate) static ALGORITHM: [(&str, u16); 18] = [
    ("RSAMD5", 1),
    ("DH", 2),
    ("DSA", 3),
    ("RSASHA1", 5),
    ("NSEC3DSA", 6),
    ("NSEC3RSASHA1", 7),
    ("RSASHA256", 8),
    ("RSASHA512", 10),
    ("ECCGOST", 12),
    ("ECDSAP256SHA256", 13),
    ("ECDSA256", 13),
    ("ECDSAP384SHA384", 14),
    ("ECDSA384", 14),
    ("ED25519", 15),
    ("ED448", 16),
    ("INDIRECT", 252),
    ("PRIVATEDNS", 253),
    ("PRIVATEOID", 254),
];

/// Digest types of DS records (RFC 4034 appendix A.2 and successors).
pub(crate) static DIGEST_TYPE: [(&str, u16); 7] = [
    ("SHA-1", 1),
    ("SHA1", 1),
    ("SHA-256", 2),
    ("SHA256", 2),
    ("GOST", 3),
    ("SHA-384", 4),
    ("SHA384", 4),
];

/// Certificate types (RFC 4398 §2.1).
pub(crate) static CERT_TYPE: [(&str, u16); 10] = [
    ("PKIX", 1),
    ("SPKI", 2),
    ("PGP", 3),
    ("IPKIX", 4),
    ("ISPKI", 5),
    ("IPGP", 6),
    ("ACPKIX", 7),
    ("IACPKIX", 8),
    ("URI", 253),
    ("OID", 254),
];

/// NSEC3 hash algorithms (RFC 5155 §11).
pub(crate) static NSEC3_HASH: [(&str, u16); 1] = [("SHA-1", 1)];

/// Notification schemes (RFC 9859 §6.2).
pub(crate) static DSYNC_SCHEME: [(&str, u16); 1] = [("NOTIFY", 1)];

/// The number that `word` stands for.
pub(crate) fn number(mnemonics: &Mnemonics, word: &[u8]) -> Option<u16> {
    mnemonics
        .iter()
        .find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes()))
        .map(|&(_, number)| number)
}
