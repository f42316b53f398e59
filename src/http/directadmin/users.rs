//! The users that own zones here.

use std::collections::BTreeSet;

use super::refusal::Refusal;
use super::{Answer, Call};
use crate::http::reply;
use crate::store::{Owner, StoreError};

impl Call<'_> {
    /// `CMD_API_USER_EXISTS`.
    pub(super) fn user_exists(&self) -> Answer {
        let Some(user) = self.params.get("user") else {
            return Err(Refusal::new("No user", "CMD_API_USER_EXISTS needs a user"));
        };
        let exists = self.users()?.contains(user);
        Ok(reply::ok(&[("exists", if exists { "1" } else { "0" })]))
    }

    /// `CMD_API_SHOW_ALL_USERS`.
    pub(super) fn all_users(&self) -> Answer {
        let users = self.users()?;
        let encode = |user: &String| {
            let user: String = form_urlencoded::byte_serialize(user.as_bytes()).collect();
            format!("list[]={user}")
        };
        Ok(users.iter().map(encode).collect::<Vec<_>>().join("&"))
    }

    fn users(&self) -> Result<BTreeSet<String>, StoreError> {
        let mut users = BTreeSet::new();
        for found in self.store.heads() {
            let (_, head) = found?;
            if let (
                true,
                Some(Owner {
                    user: Some(user), ..
                }),
            ) = (head.held, head.owner)
            {
                users.insert(user);
            }
        }
        Ok(users)
    }
}
