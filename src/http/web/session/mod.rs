//! Who looks at pages: the login, the sessions, and the door that every request of a page comes through.

mod door;
mod kept;
mod login;
mod second;
mod sessions;

pub(in crate::http::web) use door::Begin;
pub(in crate::http) use door::{Pages, enter, home, is_of_ours, nothing_here, permit, see_other};
pub(in crate::http) use kept::Kept;
pub(in crate::http) use login::{ask, log_in, log_out};
pub(in crate::http) use sessions::Ends;
