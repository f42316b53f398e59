//! What stands in the key of a document: a byte that says the format, the id of the write (16), blake3 of the
//! value (32), and then the value itself, or where its pieces are: their id (16), how many (4) and how many bytes
//! together (8), both big-endian.

use bytes::{BufMut, Bytes};

use crate::ledger::WriteId;

/// Most bytes of a value that stands in the key of its document.
pub(super) const INLINE: usize = 512 << 10;

/// Bytes of a piece.
pub(super) const PIECE: usize = 512 << 10;

/// Most pieces of one document: etcd takes 128 comparisons in one transaction.
pub(super) const MAX_PIECES: usize = 96;

const WITH_VALUE: u8 = 1;
const WITH_PIECES: u8 = 2;
const HEAD: usize = 1 + 16 + 32;

/// Where a value is that is too large for one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pieces {
    pub id: [u8; 16],
    pub count: usize,
    pub length: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Value(Bytes),
    Pieces(Pieces),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Envelope {
    pub id: WriteId,
    pub digest: [u8; 32],
    pub content: Content,
}

impl Envelope {
    pub fn encode(&self) -> Bytes {
        let inline = match &self.content {
            Content::Value(value) => value.len(),
            Content::Pieces(_) => 28,
        };
        let mut bytes = Vec::with_capacity(HEAD + inline);
        bytes.push(match &self.content {
            Content::Value(_) => WITH_VALUE,
            Content::Pieces(_) => WITH_PIECES,
        });
        bytes.extend(self.id);
        bytes.extend(self.digest);
        match &self.content {
            Content::Value(value) => bytes.extend(value),
            Content::Pieces(pieces) => {
                bytes.extend(pieces.id);
                bytes.put_u32(u32::try_from(pieces.count).unwrap_or(u32::MAX));
                bytes.put_u64(pieces.length as u64);
            }
        }
        bytes.into()
    }

    /// Reads one; the error says for an operator what is wrong with it.
    pub fn decode(bytes: &Bytes) -> Result<Self, String> {
        let broken = || "it was not written by dadns, or is damaged".to_owned();
        let format = *bytes.first().ok_or_else(broken)?;
        if format != WITH_VALUE && format != WITH_PIECES {
            return Err(format!(
                "its format {format} is unknown: a newer dadns wrote it, or it is damaged"
            ));
        }
        let id = array(bytes, 1).ok_or_else(broken)?;
        let digest = array(bytes, 17).ok_or_else(broken)?;
        let content = match format {
            WITH_VALUE => Content::Value(bytes.slice(HEAD..)),
            _ => {
                let pieces = Pieces {
                    id: array(bytes, HEAD).ok_or_else(broken)?,
                    count: u32::from_be_bytes(array(bytes, HEAD + 16).ok_or_else(broken)?) as usize,
                    length: usize::try_from(u64::from_be_bytes(
                        array(bytes, HEAD + 20).ok_or_else(broken)?,
                    ))
                    .map_err(|_| broken())?,
                };
                if pieces.count > MAX_PIECES || pieces.length.div_ceil(PIECE) != pieces.count {
                    return Err(broken());
                }
                Content::Pieces(pieces)
            }
        };
        Ok(Self {
            id,
            digest,
            content,
        })
    }

    /// Whether this is the value that was written.
    pub fn fits(&self, value: &[u8]) -> bool {
        digest(value) == self.digest
    }
}

pub(super) fn digest(value: &[u8]) -> [u8; 32] {
    *blake3::hash(value).as_bytes()
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample(content: Content) -> Envelope {
        let digest = digest(b"abc");
        Envelope {
            id: [7; 16],
            digest,
            content,
        }
    }

    #[test]
    fn what_was_written_is_read() {
        let pieces = Pieces {
            id: [9; 16],
            count: 3,
            length: 2 * PIECE + 1,
        };
        for content in [
            Content::Value(Bytes::from_static(b"abc")),
            Content::Value(Bytes::new()),
            Content::Pieces(pieces),
        ] {
            let envelope = sample(content);
            assert_eq!(Envelope::decode(&envelope.encode()), Ok(envelope));
        }
    }

    #[test]
    fn more_pieces_than_anybody_writes_are_not_asked_for() {
        for (count, length) in [
            (1, PIECE + 1),
            (MAX_PIECES + 1, (MAX_PIECES + 1) * PIECE),
            (0, 1),
        ] {
            let pieces = Pieces {
                id: [9; 16],
                count,
                length,
            };
            let bytes = sample(Content::Pieces(pieces)).encode();
            assert!(Envelope::decode(&bytes).is_err(), "{count} {length}");
        }
    }

    #[test]
    fn another_value_does_not_fit() {
        let envelope = sample(Content::Value(Bytes::from_static(b"abx")));
        assert!(envelope.fits(b"abc") && !envelope.fits(b"abx"));
    }

    proptest! {
        #[test]
        fn no_bytes_are_trouble(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            let mut bytes = bytes;
            for format in 0..4 {
                if let Some(first) = bytes.first_mut() {
                    *first = format;
                }
                let bytes = Bytes::from(bytes.clone());
                if let Ok(envelope) = Envelope::decode(&bytes) {
                    prop_assert_eq!(envelope.encode(), bytes);
                }
            }
        }
    }
}
