//! Forms that were sent: only with the token of their session.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::error::InternalError;
use actix_web::{FromRequest, HttpRequest, web};

use super::frame::{View, refused};
use super::session::{Kept, is_of_ours};
use crate::http::problem::{Code, Problem};

/// The largest form.
pub(in crate::http) const MOST: usize = 1 << 20;

/// What is said of a form that another session was shown.
const NOT_YOURS: &str = "This form was not of your session, so nothing was done with it: you logged in again since its page was \
                         opened. Look at what it says, and send it if you want it done.";

/// The fields of a form.
pub(in crate::http) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The fields of a body.
    pub(in crate::http) fn read(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// A field; empty, if it is not there.
    pub fn get(&self, name: &str) -> &str {
        let mut fields = self.0.iter();
        fields
            .find(|(field, _)| field == name)
            .map_or("", |(_, value)| value)
    }

    /// All of them, in the order of the form.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        let fields = self.0.iter();
        fields.map(|(name, value)| (&**name, &**value))
    }
}

/// A form of a page of ours: of this session, and not one that another site had its reader send.
pub(in crate::http) struct Sent {
    pub view: View,
    pub fields: Fields,
}

impl FromRequest for Sent {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let body = web::Bytes::from_request(&request, payload);
        Box::pin(async move {
            let view = View::extract(&request).await?;
            let body = body.await?;
            let fields = Fields::read(&body);
            let given = blake3::hash(fields.get("csrf").as_bytes());
            if given != blake3::hash(view.csrf.as_bytes()) {
                let detail = "this form was not of your session: open its page again, and send it from there";
                let problem = Problem::new(Code::NotAllowed, detail);
                // Of a session of theirs that is over, most likely.
                let kept = is_of_ours(&request).then(|| Kept::of(request.path(), &body));
                let page = match kept.flatten() {
                    Some(kept) => kept.page(&view, problem.status(), NOT_YOURS),
                    None => refused(&problem, Some(&view)),
                };
                return Err(InternalError::from_response(problem, page).into());
            }
            Ok(Self { view, fields })
        })
    }
}
