//! What somebody had typed when their session ended: kept in the page that says so, and sent once they have a
//! session again.
//!
//! Nothing is done with it before its writer sees it and sends it once more, from a page of ours and with the token
//! of the new session. A page of another site cannot get that far: its form is refused by its `Origin`.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use maud::{Markup, html};

use super::login::checked;
use crate::http::web::form::Fields;
use crate::http::web::frame::View;
use crate::http::web::text::visible;

/// The largest form that is kept.
const MOST: usize = 200_000;

/// Where nothing is typed that is worth keeping.
const NOT_KEPT: [&str; 2] = ["/web/login", "/web/logout"];

/// A form that was not taken.
pub(in crate::http) struct Kept {
    /// Where it was sent.
    to: String,
    /// Its fields, as they were sent.
    body: String,
}

impl Kept {
    /// A form that was sent to `path`; `None`: there is nothing to keep of it.
    pub fn of(path: &str, body: &[u8]) -> Option<Self> {
        let body = std::str::from_utf8(body).ok()?;
        let fine = checked(path) == path && path.starts_with("/web/") && !NOT_KEPT.contains(&path);
        let fine = fine && !body.is_empty() && body.len() <= MOST;
        fine.then(|| Self {
            to: path.to_owned(),
            body: body.to_owned(),
        })
    }

    /// The one that the form of a login carries.
    pub fn carried(fields: &Fields) -> Option<Self> {
        Self::of(fields.get("kept_to"), fields.get("kept").as_bytes())
    }

    /// For the form of a login.
    pub fn hidden(&self) -> Markup {
        html! {
            input type="hidden" name="kept_to" value=(self.to);
            input type="hidden" name="kept" value=(self.body);
        }
    }

    fn fields(&self) -> Vec<(String, String)> {
        let fields = Fields::read(self.body.as_bytes());
        let fields = fields.all().filter(|(name, _)| *name != "csrf");
        fields
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// The form once more, as hidden fields.
    fn again(&self, token: &Markup, button: &str) -> Markup {
        html! {
            form method="post" action=(self.to) {
                (token)
                @for (name, value) in &self.fields() { input type="hidden" name=(name) value=(value); }
                button type="submit" { (button) }
            }
        }
    }

    /// For those who logged in elsewhere meanwhile.
    pub fn when_logged_in(&self) -> Markup {
        self.again(&html! {}, "I have logged in again: go on")
    }

    /// Shows it to who has a session now, to be sent by them.
    pub fn page(&self, view: &View, status: StatusCode, first: &str) -> HttpResponse {
        let body = html! {
            h1 { "Go on with your form" }
            p.alert role="status" { (first) }
            (self.again(&view.token(), "Send the form"))
            h2 { "What it says" }
            dl.kept {
                @for (name, value) in &self.fields() {
                    dt { (visible(name)) }
                    dd { bdi { (visible(value)) } }
                }
            }
            p { a href="/web" { "Drop it, and go to the dashboard" } }
        };
        view.page_with(status, "Go on with your form", &body)
    }
}
