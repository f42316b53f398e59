//! The configuration that holds: each key with its value and where that came from. Secrets are masked before
//! they come here.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use crate::http::v1::process::Configuration;
use crate::http::v1::shape::ConfigurationKey;
use crate::http::web::frame::View;
use crate::http::web::text::{shown, table};

/// `GET /web/configuration`.
pub(in crate::http) async fn show(
    view: View,
    configuration: web::Data<Configuration>,
) -> HttpResponse {
    let all = &configuration.0;
    let (set, defaults): (Vec<_>, Vec<_>) = all.iter().partition(|key| !key.default);
    let body = html! {
        h1 { "Configuration" }
        p.soft { "As dadns read it when it started: a change of the file or of a variable holds from the next start on. Secrets are masked. Search this page with the browser." }
        h2 { "Set here" }
        @if set.is_empty() { p { "Nothing: every key has its default." } }
        @else { (keys("Keys that are set", "Keys that the file or a variable sets", &set)) }
        h2 { "Defaults" }
        (keys("Keys with their defaults", "Keys that nobody has set", &defaults))
    };
    view.page("Configuration", &body)
}

fn keys(about: &str, caption: &str, all: &[&ConfigurationKey]) -> Markup {
    let rows = html! {
        @for key in all {
            tr {
                th scope="row" { code { (shown(&key.key)) } }
                td { code { (shown(&key.value)) } }
                td.soft { (shown(&key.origin)) }
            }
        }
    };
    html! { div.keys { (table(about, caption, &["Key", "Value", "From"], &rows)) } }
}
