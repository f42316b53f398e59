//! Bytes that an engine hands out, without a copy of its own.

use std::fmt;
use std::ops::Deref;
#[cfg(test)]
use std::sync::Arc;

/// A key or a value as an engine has it. A clone shares the bytes.
///
/// Each engine's own bytes stand here as they are: whoever looks through a history reads twenty values
/// for each push, and a common type of shared bytes would cost an allocation for each of them.
#[derive(Clone)]
pub struct Value(Bytes);

#[derive(Clone)]
enum Bytes {
    Sled(::sled::IVec),
    #[cfg(test)]
    Memory(Arc<[u8]>),
}

impl Deref for Value {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Bytes::Sled(bytes) => bytes,
            #[cfg(test)]
            Bytes::Memory(bytes) => bytes,
        }
    }
}

impl AsRef<[u8]> for Value {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Value {}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.escape_ascii())
    }
}

impl From<::sled::IVec> for Value {
    fn from(bytes: ::sled::IVec) -> Self {
        Self(Bytes::Sled(bytes))
    }
}

#[cfg(test)]
impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self(Bytes::Memory(bytes.into()))
    }
}

impl From<Value> for Vec<u8> {
    fn from(value: Value) -> Self {
        value.to_vec()
    }
}
