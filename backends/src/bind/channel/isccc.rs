//! Messages of `named`'s control channel: tables of names and values, signed as a whole.
//!
//! On the wire a message is a length (4 octets, big-endian), the version 1 (4 octets), and a table:
//! entry after entry of name length (1 octet), name, value type (1 octet), value length (4 octets),
//! value. A value is octets (type 1), a table (2) or a list of values (3). The first entry of the
//! outer table is `_auth`, and its code covers every octet after it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::key::Key;

/// Octets before the first entry, after the length.
const VERSION: [u8; 4] = 1_u32.to_be_bytes();
/// `named` sends codes of every SHA as base64, filled with zeros to this length.
const SHA_CODE_LEN: usize = 88;
/// Base64 of an MD5 code, without its filling.
const MD5_CODE_LEN: usize = 22;
/// How deep tables and lists may nest: a reply has two levels.
const MAX_DEPTH: usize = 4;

const OCTETS: u8 = 1;
const TABLE: u8 = 2;
const LIST: u8 = 3;

/// One value in a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Octets, in practice text: numbers are sent in decimal.
    Octets(Vec<u8>),
    /// A table inside the table.
    Table(Table),
    /// A list. `named` sends none today; it is checked and skipped.
    List,
}

/// Names and values in the order of the message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table(Vec<(String, Value)>);

/// Why octets are not a message from a holder of the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("its message ends too early")]
    Short,
    #[error("it speaks another version of the protocol")]
    Version,
    #[error("its message is malformed")]
    Malformed,
    #[error("its message is not signed with the key")]
    Unsigned,
}

impl Table {
    /// The table with one more entry.
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.0.push((name.to_owned(), value));
        self
    }

    /// The table with one more entry of text.
    pub fn with_text(self, name: &str, text: impl ToString) -> Self {
        self.with(name, Value::Octets(text.to_string().into_bytes()))
    }

    pub fn table(&self, name: &str) -> Option<&Table> {
        match self.get(name) {
            Some(Value::Table(table)) => Some(table),
            _ => None,
        }
    }

    /// An entry as text. `named` ends some texts with a zero octet, as C does.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.get(name) {
            Some(Value::Octets(octets)) => Some(
                String::from_utf8_lossy(octets)
                    .trim_end_matches('\0')
                    .to_owned(),
            ),
            _ => None,
        }
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    fn write(&self, out: &mut Vec<u8>) {
        for (name, value) in &self.0 {
            // Names are constants of ours, far below 256 octets.
            out.push(name.len() as u8);
            out.extend_from_slice(name.as_bytes());
            match value {
                Value::Octets(octets) => {
                    write_value(out, OCTETS, |out| out.extend_from_slice(octets))
                }
                Value::Table(table) => write_value(out, TABLE, |out| table.write(out)),
                Value::List => write_value(out, LIST, |_| ()),
            }
        }
    }
}

fn write_value(out: &mut Vec<u8>, kind: u8, body: impl FnOnce(&mut Vec<u8>)) {
    out.push(kind);
    let len_at = out.len();
    out.extend_from_slice(&[0; 4]);
    body(out);
    // A request is some hundred octets.
    let len = (out.len() - len_at - 4) as u32;
    out[len_at..len_at + 4].copy_from_slice(&len.to_be_bytes());
}

/// `message` signed with `key`, with the length in front.
pub fn encode(message: &Table, key: &Key) -> Vec<u8> {
    let mut body = Vec::new();
    message.write(&mut body);
    let mut code = STANDARD.encode(key.sign(&body)).into_bytes();
    let auth = match key.code() {
        Some(algorithm) => {
            code.resize(SHA_CODE_LEN, 0);
            code.insert(0, algorithm);
            Table::default().with("hsha", Value::Octets(code))
        }
        None => {
            code.truncate(MD5_CODE_LEN);
            Table::default().with("hmd5", Value::Octets(code))
        }
    };
    let mut head = VERSION.to_vec();
    Table::default()
        .with("_auth", Value::Table(auth))
        .write(&mut head);
    let len = (head.len() + body.len()) as u32;
    [&len.to_be_bytes(), head.as_slice(), &body].concat()
}

/// The message in `octets`, which follow the length, if a holder of `key` signed it.
///
/// # Errors
/// When it is malformed, or signed by nobody or with another key.
pub fn decode(octets: &[u8], key: &Key) -> Result<Table, Fault> {
    let mut reader = Reader { rest: octets };
    if reader.take(VERSION.len())? != VERSION {
        return Err(Fault::Version);
    }
    let (name, auth) = reader.entry(0)?;
    let (true, Value::Table(auth)) = (name == "_auth", auth) else {
        return Err(Fault::Unsigned);
    };
    let signed = reader.rest;
    if !is_signed(&auth, signed, key) {
        return Err(Fault::Unsigned);
    }
    reader.table(0)
}

fn is_signed(auth: &Table, signed: &[u8], key: &Key) -> bool {
    let code = match (key.code(), auth.get("hsha"), auth.get("hmd5")) {
        (Some(algorithm), Some(Value::Octets(field)), _) => match field.split_first() {
            Some((first, code)) if *first == algorithm => code,
            _ => return false,
        },
        (None, _, Some(Value::Octets(field))) => field,
        _ => return false,
    };
    let len = code
        .iter()
        .rposition(|octet| *octet != 0)
        .map_or(0, |last| last + 1);
    let mut text = code[..len].to_vec();
    if key.code().is_none() {
        text.extend_from_slice(b"==");
    }
    STANDARD
        .decode(text)
        .is_ok_and(|code| key.verify(signed, &code))
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], Fault> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(Fault::Short)?;
        self.rest = rest;
        Ok(taken)
    }

    fn octet(&mut self) -> Result<u8, Fault> {
        self.take(1).map(|octets| octets[0])
    }

    fn entry(&mut self, depth: usize) -> Result<(String, Value), Fault> {
        let len = self.octet()?;
        let name = std::str::from_utf8(self.take(len.into())?).map_err(|_| Fault::Malformed)?;
        Ok((name.to_owned(), self.value(depth)?))
    }

    fn table(&mut self, depth: usize) -> Result<Table, Fault> {
        let mut table = Table::default();
        while !self.rest.is_empty() {
            table.0.push(self.entry(depth)?);
        }
        Ok(table)
    }

    fn value(&mut self, depth: usize) -> Result<Value, Fault> {
        if depth == MAX_DEPTH {
            return Err(Fault::Malformed);
        }
        let kind = self.octet()?;
        let len = self
            .take(4)?
            .iter()
            .fold(0, |len: usize, octet| len << 8 | usize::from(*octet));
        let mut inner = Reader {
            rest: self.take(len)?,
        };
        match kind {
            OCTETS => Ok(Value::Octets(inner.rest.to_vec())),
            TABLE => Ok(Value::Table(inner.table(depth + 1)?)),
            LIST => {
                while !inner.rest.is_empty() {
                    inner.value(depth + 1)?;
                }
                Ok(Value::List)
            }
            _ => Err(Fault::Malformed),
        }
    }
}

#[cfg(test)]
mod tests;
