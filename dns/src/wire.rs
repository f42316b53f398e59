//! Names where they stand among other octets.

/// Octets of the uncompressed name at the start of `octets`, the root label included; `None` where it
/// does not end, or ends in a pointer.
#[inline]
pub fn name_len(octets: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match *octets.get(at)? {
            0 => return Some(at + 1),
            len @ 1..=63 => at += usize::from(len) + 1,
            _ => return None,
        }
    }
}

/// Octets of the name at the start of `octets`, which may end in a pointer (RFC 1035 §4.1.4).
#[inline]
pub fn skip_name(octets: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match *octets.get(at)? {
            0 => return Some(at + 1),
            len @ 1..=63 => at += usize::from(len) + 1,
            0xc0.. => return octets.get(at + 1).map(|_| at + 2),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_at_the_root_or_in_a_pointer_and_nowhere_else() {
        for (octets, uncompressed, compressed) in [
            (&b"\x01a\0rest"[..], Some(3), Some(3)),
            (b"\0", Some(1), Some(1)),
            (b"\x01a\xc0\x0crest", None, Some(4)),
            (b"\x01a\xc0", None, None),
            (b"\x01a", None, None),
            (b"\x40a\0", None, None),
            (b"", None, None),
        ] {
            assert_eq!(name_len(octets), uncompressed, "{octets:?}");
            assert_eq!(skip_name(octets), compressed, "{octets:?}");
        }
    }
}
