//! What every door that edits records shares: the defaults of zones that are made here, records read from
//! their texts, and the check of edits against what a principal may.

mod aliases;
mod find;
mod note;
mod permit;
mod settings;
mod soa;
mod text;
mod value;

pub use aliases::aliases;
pub use find::zone_of;
pub use note::note;
pub use permit::{permit, permit_hiding};
pub use settings::Settings;
pub use soa::{SoaError, new_zone};
pub use text::{TextError, rdata, rdata_key, rrset};
pub use value::{data_of_value, value_of};
