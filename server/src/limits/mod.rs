//! What one client can have of the server, and what the server can have of a zone.

pub(crate) mod connections;
pub(crate) mod rate;
pub(crate) mod unsupported;
