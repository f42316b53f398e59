//! Rules across the fields of one record, as BIND 9.18 has them. Each takes RDATA whose fields are
//! valid one by one.

use crate::rule::Rule;
use crate::wire;

const SHA1_LEN: usize = 20;
const SHA256_LEN: usize = 32;
const SHA384_LEN: usize = 48;
const SHA512_LEN: usize = 64;

/// RRSIG: as many labels as the signer has, at least (RFC 4034 §3.1.3).
pub(crate) fn rrsig(wire: &[u8]) -> Result<(), Rule> {
    let labels = usize::from(wire[3]);
    let signer = label_count(&wire[18..]);
    if labels < signer {
        Err("the signer has more labels than the signature covers")
    } else {
        Ok(())
    }
}

fn label_count(mut name: &[u8]) -> usize {
    let mut count = 0;
    while let [len @ 1..=255, rest @ ..] = name {
        count += 1;
        name = rest.get(usize::from(*len)..).unwrap_or_default();
    }
    count
}

/// NSEC: at least one type.
pub(crate) fn nsec(rdata: &[u8]) -> Result<(), Rule> {
    match wire::name_len(rdata) {
        Ok(len) if len < rdata.len() => Ok(()),
        _ => Err("the type bitmap is empty"),
    }
}

/// NSEC3: a SHA-1 hash has 20 octets, another at most 155.
pub(crate) fn nsec3(wire: &[u8]) -> Result<(), Rule> {
    let hash_len = usize::from(wire[5 + usize::from(wire[4])]);
    match (wire[0], hash_len) {
        (1, SHA1_LEN) => Ok(()),
        (1, _) => Err("the next hash is not 20 octets long, as SHA-1 is"),
        (_, ..=155) => Ok(()),
        _ => Err("the next hash is longer than 155 octets"),
    }
}

/// DS and its relatives: a digest as long as its type says.
pub(crate) fn ds(wire: &[u8]) -> Result<(), Rule> {
    match (wire[3], wire.len() - 4) {
        (1, SHA1_LEN) | (2, SHA256_LEN) | (4, SHA384_LEN) => Ok(()),
        (1 | 2 | 4, _) => Err("the digest does not have the length of its type"),
        _ => Ok(()),
    }
}

/// SSHFP: a fingerprint as long as its type says.
pub(crate) fn sshfp(wire: &[u8]) -> Result<(), Rule> {
    match (wire[1], wire.len() - 2) {
        (1, SHA1_LEN) | (2, SHA256_LEN) => Ok(()),
        (1 | 2, _) => Err("the fingerprint does not have the length of its type"),
        _ => Ok(()),
    }
}

/// ZONEMD: at least 12 octets of digest, for known hashes exactly theirs (RFC 8976 §2.2.4).
pub(crate) fn zonemd(wire: &[u8]) -> Result<(), Rule> {
    match (wire[5], wire.len() - 6) {
        (1, SHA384_LEN) | (2, SHA512_LEN) => Ok(()),
        (1 | 2, _) => Err("the digest does not have the length of its type"),
        (_, 12..) => Ok(()),
        _ => Err("the digest is shorter than 12 octets"),
    }
}

/// KEY: no key exactly if the flags say so (RFC 2535 §3.1.2).
pub(crate) fn key(wire: &[u8]) -> Result<(), Rule> {
    let without_key = wire[0] & 0xc0 == 0xc0;
    match (without_key, wire.len() > 4) {
        (true, true) => Err("the flags say that there is no key"),
        (false, false) => Err("the key is missing"),
        _ => key_owner(wire),
    }
}

/// DNSKEY and CDNSKEY: a private algorithm's key starts with a name (RFC 4034 appendix A.1.1).
pub(crate) fn key_owner(wire: &[u8]) -> Result<(), Rule> {
    const PRIVATEDNS: u8 = 253;
    match wire {
        [_, _, _, PRIVATEDNS, key @ ..] if !key.is_empty() => wire::name_len(key).map(drop),
        _ => Ok(()),
    }
}

/// RKEY: flags are zero.
pub(crate) fn rkey(wire: &[u8]) -> Result<(), Rule> {
    if wire[..2] == [0, 0] {
        key_owner(wire)
    } else {
        Err("the flags are not 0")
    }
}

/// X25: at least four digits (RFC 1183 §3.1).
pub(crate) fn x25(wire: &[u8]) -> Result<(), Rule> {
    let address = &wire[1..];
    if address.len() >= 4 && address.iter().all(u8::is_ascii_digit) {
        Ok(())
    } else {
        Err("the address is not four digits or more")
    }
}

/// NAPTR: a substitution expression that compiles (RFC 3402 §3.2).
pub(crate) fn naptr(wire: &[u8]) -> Result<(), Rule> {
    let mut strings = &wire[4..];
    for _ in 0..2 {
        strings = &strings[usize::from(strings[0]) + 1..];
    }
    let len = usize::from(strings[0]);
    super::regex::check_substitution(&strings[1..=len])
}
