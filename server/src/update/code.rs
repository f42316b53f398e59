//! What an update is answered with.

use domain::base::iana::{OptRcode, Rcode};

/// What an update is answered with (RFC 2136 §2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// It was made, or there was nothing to change.
    NoError,
    /// It is malformed.
    FormErr,
    /// It could not be made, and may be tried again.
    ServFail,
    /// A name that has to exist does not.
    NxDomain,
    /// It may not be made.
    Refused,
    /// A name exists that must not.
    YxDomain,
    /// An RRset exists that must not.
    YxRrset,
    /// An RRset that has to exist does not, or is another one.
    NxRrset,
    /// This server is no primary for the zone.
    NotAuth,
    /// A name is outside the zone.
    NotZone,
}

impl Code {
    /// As IANA calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoError => "NOERROR",
            Self::FormErr => "FORMERR",
            Self::ServFail => "SERVFAIL",
            Self::NxDomain => "NXDOMAIN",
            Self::Refused => "REFUSED",
            Self::YxDomain => "YXDOMAIN",
            Self::YxRrset => "YXRRSET",
            Self::NxRrset => "NXRRSET",
            Self::NotAuth => "NOTAUTH",
            Self::NotZone => "NOTZONE",
        }
    }
}

impl From<Code> for OptRcode {
    fn from(code: Code) -> Self {
        Self::from_rcode(match code {
            Code::NoError => Rcode::NOERROR,
            Code::FormErr => Rcode::FORMERR,
            Code::ServFail => Rcode::SERVFAIL,
            Code::NxDomain => Rcode::NXDOMAIN,
            Code::Refused => Rcode::REFUSED,
            Code::YxDomain => Rcode::YXDOMAIN,
            Code::YxRrset => Rcode::YXRRSET,
            Code::NxRrset => Rcode::NXRRSET,
            Code::NotAuth => Rcode::NOTAUTH,
            Code::NotZone => Rcode::NOTZONE,
        })
    }
}
