//! Names below an apex as octets that sort as names do.

use dadns_dns::{MAX_LABELS, MAX_NAME, Name};

/// Most octets of a [`Key`]: every octet of a name may need an escape.
const MAX_KEY: usize = 2 * MAX_NAME;

/// The labels of a name below an apex as octets that sort as names do (RFC 4034 §6.1): from the right,
/// each ended by 0. In labels, 0 and 1 are written as 1 1 and 1 2, so that plain comparison of octets
/// is canonical order, and so that a key begins with another exactly if its name is below that name.
pub(crate) struct Key {
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
pub(crate) fn owner(key: &[u8], apex: &[u8]) -> Name {
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
    fn the_key_of_the_longest_name_of_octets_that_all_need_an_escape_has_room() {
        let zeros = Name::join(
            [&[0; 63][..], &[0; 63], &[0; 63], &[0; 61]].into_iter(),
            b"\0",
        );
        assert_eq!(Key::new(&zeros.unwrap(), 4).as_octets().len(), 2 * 250 + 4);
    }
}
