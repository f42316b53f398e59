//! Messages in wire form (RFC 1035 §4.1): what every reader and writer of them needs to know.

mod names;
mod writer;

pub use writer::{Full, Section, Writer};

/// Octets of the header.
pub const HEADER: usize = 12;
/// The class IN.
pub const IN: u16 = 1;
/// Octets that any datagram may have, with EDNS or without (RFC 1035 §2.3.4).
pub const MIN_UDP: usize = 512;

/// Flags of a header (RFC 1035 §4.1.1).
pub mod flag {
    /// A response.
    pub const QR: u16 = 1 << 15;
    /// An authoritative answer.
    pub const AA: u16 = 1 << 10;
    /// Truncated.
    pub const TC: u16 = 1 << 9;
    /// Recursion desired.
    pub const RD: u16 = 1 << 8;
}

/// The first four octets of a message.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    /// The ID.
    pub id: [u8; 2],
    /// The flags, with the opcode and the response code among them.
    pub flags: u16,
}

impl Head {
    /// That of the message in `octets`; `None` where a whole header does not fit.
    #[inline]
    pub fn read(octets: &[u8]) -> Option<Self> {
        let &[id0, id1, flags0, flags1, ..] = octets.first_chunk::<HEADER>()?;
        Some(Self {
            id: [id0, id1],
            flags: u16::from_be_bytes([flags0, flags1]),
        })
    }

    /// Whether all of these bits are set among the flags.
    #[inline]
    pub fn has(self, bits: u16) -> bool {
        self.flags & bits == bits
    }
}
