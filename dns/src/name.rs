//! Names in wire form, lower-case, with their labels at hand.

use std::fmt;

use dadns_zone::{DomainName, NameText};

/// Most octets of a name in wire form (RFC 1035 §3.1).
pub const MAX_NAME: usize = 255;
/// Most labels of a name, without the root.
pub const MAX_LABELS: usize = 127;

/// A lower-case name in wire form that knows where its labels start.
#[derive(Clone)]
pub struct Name {
    wire: [u8; MAX_NAME],
    len: u8,
    starts: [u8; MAX_LABELS + 1],
    labels: u8,
}

impl Name {
    /// The root.
    #[inline]
    pub fn root() -> Self {
        Self {
            wire: [0; MAX_NAME],
            len: 1,
            starts: [0; MAX_LABELS + 1],
            labels: 0,
        }
    }

    /// The uncompressed name at the start of `octets`, in any case; `None` where there is none.
    #[inline]
    pub fn read(octets: &[u8]) -> Option<Self> {
        let mut name = Self::root();
        let mut at = 0;
        loop {
            let label = usize::from(*octets.get(at)?);
            name.starts[usize::from(name.labels)] = at as u8;
            if label == 0 {
                break;
            }
            let end = at + 1 + label;
            // One octet stays for the root.
            if label > 63 || end >= MAX_NAME {
                return None;
            }
            name.wire[at..end].copy_from_slice(octets.get(at..end)?);
            // A length is below any capital.
            name.wire[at..end].make_ascii_lowercase();
            name.labels += 1;
            at = end;
        }
        name.wire[at] = 0;
        name.len = at as u8 + 1;
        Some(name)
    }

    /// The name at `at` in `message`, which may go on elsewhere (RFC 1035 §4.1.4), and the octet behind it.
    /// `None` where there is none: each pointer has to lead to what stands before.
    pub fn unpack(message: &[u8], at: usize) -> Option<(Self, usize)> {
        let mut wire = [0; MAX_NAME];
        let (mut len, mut next, mut first) = (0, at, at);
        let mut behind = None;
        loop {
            match *message.get(next)? {
                0 => break,
                label @ 1..=63 => {
                    let end = next + 1 + usize::from(label);
                    let label = message.get(next..end)?;
                    wire.get_mut(len..len + label.len())?.copy_from_slice(label);
                    len += label.len();
                    next = end;
                }
                high @ 0xc0.. => {
                    let target = u16::from_be_bytes([high & 0x3f, *message.get(next + 1)?]);
                    behind.get_or_insert(next + 2);
                    next = usize::from(target);
                    if next >= first {
                        return None;
                    }
                    first = next;
                }
                _ => return None,
            }
        }
        let name = Self::read(wire.get(..=len)?)?;
        Some((name, behind.unwrap_or(next + 1)))
    }

    /// These labels, first one first, in front of `suffix`; `None` if that is too long.
    #[inline]
    pub fn join<'l>(labels: impl Iterator<Item = &'l [u8]>, suffix: &[u8]) -> Option<Self> {
        let mut wire = [0; MAX_NAME];
        let mut at = 0;
        for label in labels {
            wire.get_mut(at..=at + label.len())?[1..].copy_from_slice(label);
            wire[at] = label.len() as u8;
            at += label.len() + 1;
        }
        wire.get_mut(at..at + suffix.len())?.copy_from_slice(suffix);
        Self::read(&wire[..at + suffix.len()])
    }

    /// As the rest of the gateway has it.
    #[inline]
    pub fn to_domain_name(&self) -> DomainName {
        let octets = self.as_wire().to_vec().into();
        DomainName::from_octets(octets).unwrap_or_else(|_| DomainName::root_bytes())
    }

    /// In wire form, with the root label.
    #[inline]
    pub fn as_wire(&self) -> &[u8] {
        &self.wire[..usize::from(self.len)]
    }

    /// How many labels it has, without the root.
    #[inline]
    pub fn labels(&self) -> usize {
        usize::from(self.labels)
    }

    /// What is left without the first `labels` labels, in wire form.
    #[inline]
    pub fn without(&self, labels: usize) -> &[u8] {
        &self.as_wire()[usize::from(self.starts[labels.min(self.labels())])..]
    }

    /// The label at `index`, counted from the left.
    #[inline]
    pub fn label(&self, index: usize) -> &[u8] {
        let start = usize::from(self.starts[index]) + 1;
        &self.wire[start..start + usize::from(self.wire[start - 1])]
    }

    /// The name with its end `old` replaced by `new` (RFC 6672 §2.2); `None` if that is too long.
    #[inline]
    pub fn redirected(&self, old: &[u8], new: &[u8]) -> Option<Self> {
        let mut wire = [0; MAX_NAME];
        let kept = self.as_wire().len() - old.len();
        wire[..kept].copy_from_slice(&self.wire[..kept]);
        wire.get_mut(kept..kept + new.len())?.copy_from_slice(new);
        Self::read(&wire)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", NameText(&self.to_domain_name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        let labels = text.split('.').filter(|label| !label.is_empty());
        Name::join(labels.map(str::as_bytes), b"\0").unwrap()
    }

    #[test]
    fn the_longest_names_are_read_and_longer_ones_are_not() {
        let label = [b'X'; 63];
        let labels = [&label[..], &label, &label, &label[..61]];
        let longest = Name::join(labels.into_iter(), b"\0").unwrap();
        assert_eq!(longest.as_wire().len(), MAX_NAME);
        assert!(
            Name::join(
                [&label[..], &label, &label, &label[..62]].into_iter(),
                b"\0"
            )
            .is_none()
        );
        let many = Name::join([&b"a"[..]; 127].into_iter(), b"\0").unwrap();
        assert_eq!(many.labels(), 127);
        assert_eq!(many.without(127), b"\0");
        assert!(Name::join([&b"a"[..]; 128].into_iter(), b"\0").is_none());
        assert!(Name::read(b"\x03ab").is_none());
        assert!(Name::read(b"\xc0\x0c").is_none());
    }

    #[test]
    fn a_name_goes_on_where_it_points_and_only_to_what_stands_before() {
        let message = b"..\x03WWW\x01a\0\x01x\xc0\x06\xc0\x09\xc0\x0d\xc0\xff";
        for (at, expected) in [
            (2, Some(("www.a", 9))),
            (9, Some(("x.a", 13))),
            (13, Some(("x.a", 15))),
            (15, Some(("x.a", 17))),
            (17, None),
            (18, None),
            (40, None),
        ] {
            let found = Name::unpack(message, at);
            let found = found.map(|(name, behind)| (name.as_wire().to_vec(), behind));
            let expected = expected.map(|(text, at)| (name(text).as_wire().to_vec(), at));
            assert_eq!(found, expected, "{at}");
        }
        assert!(
            Name::unpack(b"\xc0\x00", 0).is_none(),
            "it points to itself"
        );
        assert!(Name::unpack(b"\x01a\xc0\x00", 0).is_none(), "a circle");
        let long = [&b"\x3f"[..], &[b'a'; 63]].concat().repeat(4);
        assert!(Name::unpack(&[&long[..], b"\0"].concat(), 0).is_none());
    }

    #[test]
    fn a_redirected_name_has_another_end() {
        let moved =
            name("a.b.example").redirected(name("b.example").as_wire(), name("c").as_wire());
        assert_eq!(moved.unwrap().as_wire(), name("a.c").as_wire());
        let long = ["a".repeat(63).as_str(); 3].join(".");
        let moved =
            name(&format!("{long}.x")).redirected(name("x").as_wire(), name(&long).as_wire());
        assert!(moved.is_none());
    }
}
