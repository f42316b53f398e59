//! The newest lines of the log. Much of what stands in them was written by others.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use crate::http::problem::Problem;
use crate::http::status::Identity;
use crate::http::v1::process::lines;
use crate::http::v1::shape::{LogQuery, LoggedLine};
use crate::http::web::frame::View;
use crate::http::web::text::{of_zone, shown, table, time, visible};

const LEVELS: [&str; 7] = [
    "TRACE", "DEBUG", "INFO", "SUCCESS", "WARNING", "ERROR", "CRITICAL",
];

/// `GET /web/log`.
pub(in crate::http) async fn show(
    view: View,
    identity: web::Data<Identity>,
    query: web::Query<LogQuery>,
) -> HttpResponse {
    let found = lines(&query);
    let status = found.as_ref().err().map_or(StatusCode::OK, Problem::status);
    let filtered = !(query.level.is_empty() && query.zone.is_empty() && query.backend.is_empty());
    let body = html! {
        h1 { "Log" }
        (filters(&query, &identity))
        @match &found {
            Err(problem) => { p.alert role="alert" { (visible(problem.detail())) } }
            Ok(lines) if lines.is_empty() && filtered => { p { "No line that is kept is like this. " a href="/web/log" { "Show all" } } }
            Ok(lines) if lines.is_empty() => { p { "No line was written yet." } }
            Ok(lines) => { (table("Log", "Newest first; what is older is in the log file or at the service manager", &COLUMNS, &rows(lines))) }
        }
    };
    view.page_with(status, "Log", &body)
}

const COLUMNS: [&str; 4] = ["Time", "Level", "Message", "About"];

fn filters(query: &LogQuery, identity: &Identity) -> Markup {
    let level = query.level.to_ascii_uppercase();
    html! {
        form.row role="search" aria-label="Lines of the log" method="get" action="/web/log" {
            label { "At least"
                select name="level" {
                    option value="" { "any level" }
                    @for one in LEVELS { option value=(one) selected[one == level] { (one) } }
                }
            }
            label { "Zone" input name="zone" value=(query.zone) autocomplete="off" spellcheck="false"; }
            label { "Backend"
                select name="backend" {
                    option value="" { "any" }
                    @for id in identity.backends.keys() { option value=(id) selected[id.as_str() == query.backend] { (id) } }
                }
            }
            button type="submit" { "Show" }
        }
    }
}

fn rows(lines: &[LoggedLine]) -> Markup {
    html! {
        @for line in lines {
            tr {
                td { (time(line.at)) }
                td { span class=(class(&line.level)) { (line.level) } }
                td.message { (shown(&line.message)) }
                td {
                    @for (name, value) in &line.fields {
                        div { span.soft { (name) " " }
                            @if name == "zone" { a href=(of_zone(value, "")) { (shown(value)) } } @else { (shown(value)) }
                        }
                    }
                    div.soft { (shown(&line.module)) }
                }
            }
        }
    }
}

fn class(level: &str) -> &'static str {
    match level {
        "WARNING" | "ERROR" | "CRITICAL" => "state bad",
        "SUCCESS" => "state",
        _ => "soft",
    }
}
