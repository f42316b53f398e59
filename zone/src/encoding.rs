//! Hexadecimal, Base 64 and Base 32 (RFC 4648), read straight into the RDATA being built.
//!
//! `domain` has decoders, but each owns the buffer it fills; a key would be copied once more.

use std::fmt;

use crate::rule::Rule;
use crate::tokens::{Broken, Token};
use crate::words::Words;

/// A power-of-two alphabet.
pub(crate) struct Encoding {
    symbols: &'static [u8],
    bits: u32,
    /// Symbols in a group that is filled up with `=`, 0 where there is no padding.
    group: usize,
    ignore_case: bool,
    rule: Rule,
}

pub(crate) static HEX: Encoding = Encoding {
    symbols: b"0123456789ABCDEF",
    bits: 4,
    group: 0,
    ignore_case: true,
    rule: "is not hexadecimal (two digits an octet)",
};

pub(crate) static BASE64: Encoding = Encoding {
    symbols: b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    bits: 6,
    group: 4,
    ignore_case: false,
    rule: "is not Base 64",
};

pub(crate) static BASE32HEX: Encoding = Encoding {
    symbols: b"0123456789ABCDEFGHIJKLMNOPQRSTUV",
    bits: 5,
    group: 0,
    ignore_case: true,
    rule: "is not Base 32 (extended hex alphabet, no padding)",
};

/// Symbols on their way into octets.
#[derive(Default)]
struct Pending {
    value: u32,
    bits: u32,
    symbols: usize,
    padding: usize,
}

impl Encoding {
    /// Reads one word.
    pub(crate) fn read_word(&self, word: &Token<'_>, out: &mut Vec<u8>) -> Result<(), Broken> {
        let mut pending = Pending::default();
        self.push(word, &mut pending, out)?;
        self.finish(&pending).map_err(|rule| word.broken(rule))
    }

    /// Reads all words to the end of the record as one text. Returns whether there was any.
    pub(crate) fn read_rest(
        &self,
        words: &mut Words<'_, '_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, Broken> {
        let mut pending = Pending::default();
        let mut last = None;
        while let Some(word) = words.optional()? {
            self.push(&word, &mut pending, out)?;
            last = Some(word);
        }
        match last {
            Some(word) => self
                .finish(&pending)
                .map(|()| true)
                .map_err(|rule| word.broken(rule)),
            None => Ok(false),
        }
    }

    /// Reads text that is not a token of its own (a service parameter).
    pub(crate) fn read_text(&self, text: &[u8], out: &mut Vec<u8>) -> Result<(), Rule> {
        let mut pending = Pending::default();
        self.push_text(text, &mut pending, out)?;
        self.finish(&pending)
    }

    fn push(
        &self,
        word: &Token<'_>,
        pending: &mut Pending,
        out: &mut Vec<u8>,
    ) -> Result<(), Broken> {
        let text = word.plain().ok_or_else(|| word.broken(self.rule))?;
        self.push_text(text, pending, out)
            .map_err(|rule| word.broken(rule))
    }

    fn push_text(&self, text: &[u8], pending: &mut Pending, out: &mut Vec<u8>) -> Result<(), Rule> {
        for &byte in text {
            if self.group > 0 && byte == b'=' {
                pending.padding += 1;
                continue;
            }
            let value = self
                .value(byte)
                .filter(|_| pending.padding == 0)
                .ok_or(self.rule)?;
            pending.value = pending.value << self.bits | value;
            pending.bits += self.bits;
            pending.symbols += 1;
            if pending.bits >= 8 {
                pending.bits -= 8;
                out.push((pending.value >> pending.bits) as u8);
                pending.value &= (1 << pending.bits) - 1;
            }
        }
        Ok(())
    }

    /// What is left over must be zero bits of an octet that is complete, and the padding exact.
    fn finish(&self, pending: &Pending) -> Result<(), Rule> {
        let padded = match self.group {
            0 => true,
            group => {
                (pending.symbols + pending.padding).is_multiple_of(group)
                    && pending.padding < group - 1
            }
        };
        if padded && pending.value == 0 && pending.bits < self.bits {
            Ok(())
        } else {
            Err(self.rule)
        }
    }

    fn value(&self, byte: u8) -> Option<u32> {
        let byte = if self.ignore_case {
            byte.to_ascii_uppercase()
        } else {
            byte
        };
        match (self.bits, byte) {
            (_, b'0'..=b'9') if self.bits < 6 => Some(u32::from(byte - b'0')),
            (4, b'A'..=b'F') | (5, b'A'..=b'V') => Some(u32::from(byte - b'A') + 10),
            (6, b'A'..=b'Z') => Some(u32::from(byte - b'A')),
            (6, b'a'..=b'z') => Some(u32::from(byte - b'a') + 26),
            (6, b'0'..=b'9') => Some(u32::from(byte - b'0') + 52),
            (6, b'+') => Some(62),
            (6, b'/') => Some(63),
            _ => None,
        }
    }

    fn write(&self, octets: &[u8], f: &mut impl fmt::Write) -> fmt::Result {
        let mask = (1 << self.bits) - 1;
        let symbol = |value: u32| char::from(self.symbols[(value & mask) as usize]);
        let (mut value, mut bits, mut written) = (0_u32, 0, 0_usize);
        for &octet in octets {
            value = value << 8 | u32::from(octet);
            bits += 8;
            while bits >= self.bits {
                bits -= self.bits;
                f.write_char(symbol(value >> bits))?;
                written += 1;
            }
            value &= (1 << bits) - 1;
        }
        if bits > 0 {
            f.write_char(symbol(value << (self.bits - bits)))?;
            written += 1;
        }
        while self.group > 0 && !written.is_multiple_of(self.group) {
            f.write_char('=')?;
            written += 1;
        }
        Ok(())
    }
}

pub(crate) fn write_hex(octets: &[u8], f: &mut impl fmt::Write) -> fmt::Result {
    HEX.write(octets, f)
}

pub(crate) fn write_base64(octets: &[u8], f: &mut impl fmt::Write) -> fmt::Result {
    BASE64.write(octets, f)
}

pub(crate) fn write_base32hex(octets: &[u8], f: &mut impl fmt::Write) -> fmt::Result {
    BASE32HEX.write(octets, f)
}
