//! The vocabulary of dadns: zone names, RRsets, zones; reading, printing, comparing them.
//!
//! Everything here is pure: no files, no sockets, no clock. All input counts as hostile: it gives a
//! value or an error that names the rule it broke, never a panic, and takes memory in proportion to
//! its size and to [`Limits`].

mod apl;
mod bitmap;
mod checks;
mod diff;
mod digest;
mod encoding;
mod escape;
mod firsts;
mod gateway;
mod hip;
mod layers;
mod layout;
mod loc;
mod mnemonics;
mod name;
mod pack;
mod present;
mod print;
mod read;
mod record;
mod rule;
mod serial;
mod svcb;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod text;
mod time;
mod tokens;
mod unsupported;
mod wire;
mod words;
mod zone;

pub use domain::base::{Rtype, Serial};

pub use checks::fault::{ChildKeys, ZoneError};
pub use diff::{Change, ChangeKind, Diff};
pub use digest::{Digest, DigestError};
pub use escape::Excerpt;
pub use layers::{
    Layer, Loss, Merged, Overlay, RrsetKey, Rule, RuleError, Rules, Shadowed, merge, merge_at,
    merge_names,
};
pub use name::{NameError, ZoneName};
pub use pack::{Peeked, UnpackError};
pub use present::{NameText, Presentation, TypeName, opaque, presentation};
pub use read::{
    Limits, Note, NoteKind, Notes, PartsError, ReadError, ReadErrors, Reading, Word, owner_name,
    quoted, read, record, record_type, words,
};
pub use record::{MAX_TTL, Rdata, RdataError, Rrset, RrsetError};
pub use serial::is_ahead;
pub use unsupported::Unsupported;
pub use zone::Zone;

/// A domain name in wire form, its octets shared between clones.
pub type DomainName = domain::base::Name<bytes::Bytes>;
