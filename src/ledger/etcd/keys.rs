//! Where everything is in etcd, below the prefix:
//!
//! | key | what |
//! |---|---|
//! | `m` | the cluster; every write compares when it was made |
//! | `d/<name>` | a document: one key, one event, however large it is |
//! | `b/<id>/<number>` | a piece of a document that is too large for one key |
//! | `b/<id>/of` | the document that these pieces are meant for |
//! | `n/<name>` | a note |

use std::fmt::Write;

/// Names of keys.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    prefix: String,
}

impl Keys {
    /// `prefix`: with or without a `/` at its end.
    pub fn new(prefix: &str) -> Self {
        let prefix = prefix.trim_matches('/');
        let prefix = match prefix {
            "" => String::new(),
            some => format!("{some}/"),
        };
        Self { prefix }
    }

    pub fn cluster(&self) -> Vec<u8> {
        format!("{}m", self.prefix).into_bytes()
    }

    pub fn document(&self, name: &str) -> Vec<u8> {
        format!("{}d/{name}", self.prefix).into_bytes()
    }

    /// The document whose key this is.
    pub fn document_of(&self, key: &[u8]) -> Option<String> {
        self.name(key, "d/")
    }

    pub fn note(&self, name: &str) -> Vec<u8> {
        format!("{}n/{name}", self.prefix).into_bytes()
    }

    /// The note whose key this is.
    pub fn note_of(&self, key: &[u8]) -> Option<String> {
        self.name(key, "n/")
    }

    /// What all pieces begin with.
    pub fn pieces(&self) -> Vec<u8> {
        format!("{}b/", self.prefix).into_bytes()
    }

    /// What the pieces of one document begin with.
    pub fn pieces_of(&self, id: &[u8; 16]) -> Vec<u8> {
        let mut key = format!("{}b/", self.prefix);
        for byte in id {
            // Writing to a string cannot fail.
            let _ = write!(key, "{byte:02x}");
        }
        key.push('/');
        key.into_bytes()
    }

    pub fn piece(&self, id: &[u8; 16], number: usize) -> Vec<u8> {
        let mut key = self.pieces_of(id);
        key.extend(format!("{number:04x}").into_bytes());
        key
    }

    pub fn pieces_are_of(&self, id: &[u8; 16]) -> Vec<u8> {
        let mut key = self.pieces_of(id);
        key.extend(b"of");
        key
    }

    /// The id of the pieces among which this key is.
    pub fn id_of(&self, key: &[u8]) -> Option<[u8; 16]> {
        let name = self.name(key, "b/")?;
        let hex = name
            .get(..32)
            .filter(|_| name.as_bytes().get(32) == Some(&b'/'))?;
        let mut id = [0; 16];
        for (at, byte) in id.iter_mut().enumerate() {
            *byte = u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        Some(id)
    }

    fn name(&self, key: &[u8], room: &str) -> Option<String> {
        let key = std::str::from_utf8(key).ok()?;
        let name = key.strip_prefix(self.prefix.as_str())?.strip_prefix(room)?;
        Some(name.to_owned())
    }
}

/// The end of the range of all keys that begin so.
pub(super) fn end(start: &[u8]) -> Vec<u8> {
    let mut end = start.to_vec();
    while let Some(last) = end.pop() {
        if last < 0xff {
            end.push(last + 1);
            return end;
        }
    }
    // etcd's sign for all that follows.
    vec![0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_again_in_their_keys() {
        for prefix in ["dadns", "dadns/", "/a/b/", ""] {
            let keys = Keys::new(prefix);
            let key = keys.document("z/example.com");
            assert_eq!(keys.document_of(&key).as_deref(), Some("z/example.com"));
            assert_eq!(keys.note_of(&key), None);
            let id = [0xab; 16];
            for key in [keys.piece(&id, 3), keys.pieces_are_of(&id)] {
                assert_eq!(keys.id_of(&key), Some(id));
                assert!(key.starts_with(&keys.pieces()));
            }
        }
        let strange = b"dadns/b/zz\xc3\xa9/0000".as_slice();
        assert_eq!(Keys::new("dadns").id_of(strange), None);
    }

    #[test]
    fn a_range_ends_behind_all_that_begins_so() {
        assert_eq!(end(b"d/"), b"d0");
        assert_eq!(end(b"a\xff\xff"), b"b");
        assert_eq!(end(b"\xff"), [0]);
    }
}
