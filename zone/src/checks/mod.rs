//! What records must agree on: within the RDATA of one, within one set, within the zone.

pub(crate) mod fault;
pub(crate) mod lookup;
pub(crate) mod rdata;
pub(crate) mod regex;
pub(crate) mod zone;
