//! Names as the server walks them: lower-case, with their labels at hand, and as keys that sort.

use dadns_zone::DomainName;

/// Most octets of a name in wire form (RFC 1035 §3.1).
pub(super) const MAX_NAME: usize = 255;
/// Most labels of a name, without the root.
const MAX_LABELS: usize = 127;

/// A lower-case name in wire form that knows where its labels start.
#[derive(Clone)]
pub(super) struct Name {
    wire: [u8; MAX_NAME],
    len: u8,
    starts: [u8; MAX_LABELS + 1],
    labels: u8,
}

impl Name {
    /// The root.
    pub fn root() -> Self {
        Self {
            wire: [0; MAX_NAME],
            len: 1,
            starts: [0; MAX_LABELS + 1],
            labels: 0,
        }
    }

    /// The uncompressed name at the start of `octets`, in any case; `None` where there is none.
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

    /// These labels, first one first, in front of `suffix`; `None` if that is too long.
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
    pub fn to_domain_name(&self) -> DomainName {
        let octets = self.as_wire().to_vec().into();
        DomainName::from_octets(octets).unwrap_or_else(|_| DomainName::root_bytes())
    }

    /// In wire form, with the root label.
    pub fn as_wire(&self) -> &[u8] {
        &self.wire[..usize::from(self.len)]
    }

    /// How many labels it has, without the root.
    pub fn labels(&self) -> usize {
        usize::from(self.labels)
    }

    /// What is left without the first `labels` labels, in wire form.
    pub fn without(&self, labels: usize) -> &[u8] {
        &self.as_wire()[usize::from(self.starts[labels.min(self.labels())])..]
    }

    /// The label at `index`, counted from the left.
    pub fn label(&self, index: usize) -> &[u8] {
        let start = usize::from(self.starts[index]) + 1;
        &self.wire[start..start + usize::from(self.wire[start - 1])]
    }

    /// The same with `new` in place of `old`, which it ends with (RFC 6672 §2.2); `None` if too long.
    pub fn redirected(&self, old: &[u8], new: &[u8]) -> Option<Self> {
        let mut wire = [0; MAX_NAME];
        let kept = self.as_wire().len() - old.len();
        wire[..kept].copy_from_slice(&self.wire[..kept]);
        wire.get_mut(kept..kept + new.len())?.copy_from_slice(new);
        Self::read(&wire)
    }
}

/// Most octets of a [`Key`]: every octet of a name may need an escape.
const MAX_KEY: usize = 2 * MAX_NAME;

/// The labels of a name below an apex as octets that sort as names do (RFC 4034 §6.1): from the right,
/// each ended by 0. In labels, 0 and 1 are written as 1 1 and 1 2, so that plain comparison of octets
/// is canonical order, and so that a key begins with another exactly if its name is below that name.
pub(super) struct Key {
    octets: [u8; MAX_KEY],
    /// Where the part of the top-most `n` labels ends.
    ends: [u16; MAX_LABELS + 1],
    labels: usize,
}

impl Key {
    /// Of the first `labels` labels of `name`: those below an apex.
    pub fn new(name: &Name, labels: usize) -> Self {
        let mut key = Self {
            octets: [0; MAX_KEY],
            ends: [0; MAX_LABELS + 1],
            labels: 0,
        };
        for index in (0..labels).rev() {
            key.push(name.label(index));
        }
        key
    }

    /// Appends a label: the key is then of that child.
    pub fn push(&mut self, label: &[u8]) {
        let mut at = usize::from(self.ends[self.labels]);
        for &octet in label {
            if octet <= ESCAPE {
                self.octets[at] = ESCAPE;
                at += 1;
                self.octets[at] = octet + 1;
            } else {
                self.octets[at] = octet;
            }
            at += 1;
        }
        // The end of the label is already 0: keys only grow.
        self.labels += 1;
        self.ends[self.labels] = at as u16 + 1;
    }

    /// All of it.
    pub fn as_octets(&self) -> &[u8] {
        self.top(self.labels)
    }

    /// The part of the top-most `labels` labels: the key of an ancestor.
    pub fn top(&self, labels: usize) -> &[u8] {
        &self.octets[..usize::from(self.ends[labels])]
    }

    /// How many labels it has.
    pub fn labels(&self) -> usize {
        self.labels
    }

    /// How many whole labels it shares with the key `other`.
    pub fn common_labels(&self, other: &[u8]) -> usize {
        let own = self.as_octets();
        let common = own.iter().zip(other).take_while(|(a, b)| a == b).count();
        (0..=self.labels)
            .rev()
            .find(|&labels| usize::from(self.ends[labels]) <= common)
            .unwrap_or(0)
    }
}

/// The octet that stands before an escaped one.
const ESCAPE: u8 = 1;

/// The name that has this key below `apex`.
pub(super) fn owner(key: &[u8], apex: &[u8]) -> Name {
    let mut labels: Vec<Vec<u8>> = Vec::new();
    let mut label = Vec::new();
    let mut octets = key.iter();
    while let Some(&octet) = octets.next() {
        match octet {
            0 => labels.push(std::mem::take(&mut label)),
            ESCAPE => label.extend(octets.next().map(|escaped| escaped - 1)),
            octet => label.push(octet),
        }
    }
    let labels = labels.iter().rev().map(Vec::as_slice);
    // The key was made of a name, so there is one.
    Name::join(labels, apex).unwrap_or_else(Name::root)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        let labels = text.split('.').filter(|label| !label.is_empty());
        Name::join(labels.map(str::as_bytes), b"\0").unwrap()
    }

    fn key(text: &str) -> Vec<u8> {
        let name = name(text);
        Key::new(&name, name.labels()).as_octets().to_vec()
    }

    #[test]
    fn keys_sort_as_rfc_4034_section_6_1_sorts_names() {
        let names = [
            "example",
            "a.example",
            "yljkjljk.a.example",
            "Z.a.example",
            "zABC.a.EXAMPLE",
            "z.example",
            "\u{1}.z.example",
            "*.z.example",
            "ab.z.example",
            "b.z.example",
        ];
        let keys: Vec<_> = names.map(key).into();
        assert!(keys.is_sorted(), "{keys:?}");
    }

    #[test]
    fn octets_that_need_an_escape_keep_their_order_and_come_back() {
        let mut last = Vec::new();
        for label in [&b"a"[..], b"a\0", b"a\0\0", b"a\x01", b"a\x02", b"a\x7f"] {
            let name = Name::join([label].into_iter(), b"\x07example\0").unwrap();
            let key = Key::new(&name, 1);
            assert!(last.as_slice() < key.as_octets(), "{label:?}");
            let back = owner(key.as_octets(), b"\x07example\0");
            assert_eq!(back.as_wire(), name.as_wire());
            last = key.as_octets().to_vec();
        }
    }

    #[test]
    fn a_key_begins_with_that_of_an_ancestor_and_of_no_other_name() {
        assert!(key("www.example").starts_with(&key("example")));
        assert!(!key("www.examples").starts_with(&key("example")));
        let own = name("a.b.example");
        let own = Key::new(&own, 3);
        assert_eq!(own.common_labels(&key("c.b.example")), 2);
        assert_eq!(own.common_labels(&key("bb.example")), 1);
        assert_eq!(own.common_labels(&key("x.a.b.example")), 3);
        assert_eq!(own.top(1), key("example"));
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
        let zeros = Name::join(
            [&[0; 63][..], &[0; 63], &[0; 63], &[0; 61]].into_iter(),
            b"\0",
        );
        assert_eq!(Key::new(&zeros.unwrap(), 4).as_octets().len(), 2 * 250 + 4);
        assert!(Name::read(b"\x03ab").is_none());
        assert!(Name::read(b"\xc0\x0c").is_none());
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
