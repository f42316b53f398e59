//! What a name server says of a zone as a whole.

use std::fmt;

/// What a name server answers for the SOA of an apex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Served {
    /// It does not serve the zone.
    Absent,
    /// It serves the zone with this SOA serial.
    Serial(u32),
    /// It knows the zone but cannot serve it: the response code, such as `SERVFAIL`.
    Broken(String),
}

impl fmt::Display for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("does not serve the zone"),
            Self::Serial(serial) => write!(f, "answers with serial {serial}"),
            Self::Broken(code) => write!(f, "answers {code}"),
        }
    }
}
