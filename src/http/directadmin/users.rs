//! The users that own zones here.

use std::collections::BTreeSet;

use actix_web::web;

use super::refusal::Refusal;
use super::{Answer, Call};
use crate::http::reply;
use crate::store::{Owner, Store, StoreError};

impl Call<'_> {
    /// `CMD_API_USER_EXISTS`.
    pub(super) async fn user_exists(&self) -> Answer {
        let Some(user) = self.params.get("user") else {
            return Err(Refusal::new("No user", "CMD_API_USER_EXISTS needs a user"));
        };
        let exists = self.users().await?.contains(user);
        Ok(reply::ok(&[("exists", if exists { "1" } else { "0" })]))
    }

    /// `CMD_API_SHOW_ALL_USERS`.
    pub(super) async fn all_users(&self) -> Answer {
        let users = self.users().await?;
        let encode = |user: &String| {
            let user: String = form_urlencoded::byte_serialize(user.as_bytes()).collect();
            format!("list[]={user}")
        };
        Ok(users.iter().map(encode).collect::<Vec<_>>().join("&"))
    }

    /// Looks at every zone, so not on the thread that pushes are served on.
    async fn users(&self) -> Result<BTreeSet<String>, StoreError> {
        let store = self.store.clone();
        web::block(move || users_of(&store))
            .await
            .map_err(|_| StoreError::Stopped)?
    }
}

fn users_of(store: &Store) -> Result<BTreeSet<String>, StoreError> {
    let mut users = BTreeSet::new();
    for found in store.heads() {
        let (_, head) = found?;
        if let (
            true,
            Some(Owner {
                user: Some(user), ..
            }),
        ) = (head.present, head.owner)
        {
            users.insert(user);
        }
    }
    Ok(users)
}
