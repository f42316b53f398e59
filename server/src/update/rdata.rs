//! Data of records whose names may be compressed.

use std::ops::Range;

use dadns_dns::Name;
use dadns_zone::Rtype;

/// The data at `range` of `message` with its names written out, for the types in which they may end in
/// pointers, or did so once (RFC 3597 §4); that of other types as it is. `None`: a name is none.
pub(super) fn written_out(rtype: Rtype, message: &[u8], range: Range<usize>) -> Option<Vec<u8>> {
    let data = message.get(range.clone())?;
    let (before, names) = match rtype {
        Rtype::NS | Rtype::CNAME | Rtype::PTR | Rtype::DNAME => (0, 1),
        Rtype::SOA | Rtype::MINFO | Rtype::RP => (0, 2),
        Rtype::MX | Rtype::AFSDB | Rtype::RT | Rtype::KX => (2, 1),
        Rtype::PX => (2, 2),
        Rtype::SRV => (6, 1),
        Rtype::NAPTR => (before_replacement(data)?, 1),
        _ => return Some(data.to_vec()),
    };
    let mut out = data.get(..before)?.to_vec();
    // What stands before the range may be pointed to, and nothing behind it belongs to the names.
    let message = message.get(..range.end)?;
    let mut at = range.start + before;
    for _ in 0..names {
        let (name, behind) = Name::unpack(message, at)?;
        out.extend_from_slice(name.as_wire());
        at = behind;
    }
    out.extend_from_slice(message.get(at..)?);
    Some(out)
}

/// Octets of a NAPTR record before its last field, a name (RFC 3403 §4.1).
fn before_replacement(data: &[u8]) -> Option<usize> {
    let mut at = 4;
    for _ in 0..3 {
        at += 1 + usize::from(*data.get(at)?);
    }
    Some(at)
}
