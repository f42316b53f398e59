//! "Verify now" and "retry now": zones are compared with every backend at once, and what is pending is tried
//! without waiting any longer.

use actix_web::{HttpResponse, web};
use dadns_zone::ZoneName;
use maud::{Markup, html};

use super::Running;
use crate::http::web::form::Sent;
use crate::http::web::frame::View;
use crate::http::web::text::of_zone;
use crate::operations::{Operations, Task};

/// The form of a zone; `pending`: a backend may be behind on it.
pub(in crate::http::web) fn form(view: &View, zone: &str, pending: bool) -> Markup {
    let (word, what) = match pending {
        true => (
            "Retry now",
            "applies what is pending without waiting for the next try",
        ),
        false => (
            "Verify now",
            "compares every backend with this zone, and repairs drift",
        ),
    };
    html! {
        form.actions method="post" action=(of_zone(zone, "/verify")) {
            (view.token())
            button.plain type="submit" { (word) }
            span.soft { (what) }
        }
    }
}

/// `POST /web/zones/NAME/verify`.
pub(in crate::http) async fn zone(
    sent: Sent,
    running: web::Data<Running>,
    operations: web::Data<Operations>,
    name: web::Path<String>,
) -> HttpResponse {
    let view = sent.view;
    let began = async {
        let name = ZoneName::parse(&name)?;
        let from = (of_zone(name.as_str(), ""), name.to_string());
        let title = format!("Verifying {name}");
        let task = Task::Verify {
            zones: Some(vec![name]),
            repair: true,
        };
        running
            .begin(&view.principal, &operations, task, title, from)
            .await
    };
    began.await.unwrap_or_else(|problem| view.problem(&problem))
}

/// `POST /web/verify`: all zones.
pub(in crate::http) async fn all(
    sent: Sent,
    running: web::Data<Running>,
    operations: web::Data<Operations>,
) -> HttpResponse {
    let view = sent.view;
    let from = ("/web/drift".to_owned(), "drift".to_owned());
    let task = Task::Verify {
        zones: None,
        repair: true,
    };
    let title = "Verifying all zones".to_owned();
    let began = running.begin(&view.principal, &operations, task, title, from);
    began.await.unwrap_or_else(|problem| view.problem(&problem))
}
