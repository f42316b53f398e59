//! What an operator asks for by HTTP beside status: history, held pushes, waiting, operations.
//!
//! What changes anything takes a JSON body, declared as such: a page of somebody else in the operator's
//! browser cannot send that without being asked first.

mod held;
mod history;
mod masters;
mod operations;
pub mod shape;
mod wait;

use actix_web::{HttpMessage, HttpRequest, web};
use dadns_zone::{Diff, Zone, ZoneName};

use super::auth::Caller;
use super::problem::{Problem, json, reading, unknown, unreadable};
use crate::logging::info;
use crate::store::{Author, Stored};
use shape::Made;

/// How many lines of what each held push would change are shown in the list of all.
const MOST_LINES: usize = 50;

/// Adds what stands here to the service.
pub fn routes(service: &mut web::ServiceConfig) {
    service
        .app_data(web::JsonConfig::default().error_handler(|error, _| unreadable(&error)))
        .app_data(web::QueryConfig::default().error_handler(|error, _| unreadable(&error)))
        .route("/api/v1/held", web::get().to(held::list))
        .route("/api/v1/masters", web::get().to(masters::list))
        .route(
            "/api/v1/masters/{host:[^/]+}/forget",
            web::post().to(masters::forget),
        )
        .route("/api/v1/verify", web::post().to(operations::verify))
        .route("/api/v1/import", web::post().to(operations::import))
        .route("/api/v1/reconcile", web::post().to(operations::reconcile))
        .service(
            web::scope("/api/v1/zones/{zone:[^/]+}")
                .route("/history", web::get().to(history::history))
                .route("/diff", web::get().to(history::diff))
                .route("/rollback", web::post().to(history::rollback))
                .route("/approve", web::post().to(held::approve))
                .route("/reject", web::post().to(held::reject))
                .route("/remove", web::post().to(masters::remove))
                .route("/wait", web::get().to(wait::wait))
                .route("", web::get().to(super::status::zone)),
        );
}

/// The operator who asks.
fn operator(request: &HttpRequest) -> Result<Author, Problem> {
    match request.extensions().get::<Caller>().cloned() {
        Some(Caller {
            credential,
            peer,
            operator: true,
        }) => Ok(Author {
            peer: Some(peer),
            ..Author::gateway(format!("operator {credential}"))
        }),
        _ => Err(Problem::NotAnOperator),
    }
}

/// Says in the log that `by` had records stored, and shows how the zone stands.
fn made(name: &ZoneName, what: &str, by: &str, stored: &Stored) -> Made {
    match stored.changed {
        true => info!("zone {name}: {what} by {by}"),
        false => info!("zone {name}: {what} by {by}; it was like this already"),
    }
    Made {
        zone: name.to_string(),
        revision: stored.revision,
        serial: stored.serial,
        changed: stored.changed,
    }
}

/// As [`lines`], but no more than an answer about many zones can hold.
fn some_lines(old: Option<&Zone>, new: Option<&Zone>) -> Vec<String> {
    let mut lines = lines(old, new);
    let more = lines.len().saturating_sub(MOST_LINES);
    if more > 0 {
        lines.truncate(MOST_LINES);
        lines.push(format!("and {more} more: dadns diff ZONE --held"));
    }
    lines
}

/// What changes from one state of a zone to another, each of which may be that it is not there.
fn lines(old: Option<&Zone>, new: Option<&Zone>) -> Vec<String> {
    let all = |zone: &Zone, sign: char| -> Vec<String> {
        let lines = zone.to_string();
        lines.lines().map(|line| format!("{sign} {line}")).collect()
    };
    match (old, new) {
        (Some(old), Some(new)) => Diff::between(old, new)
            .to_string()
            .lines()
            .map(str::to_owned)
            .collect(),
        (Some(old), None) => all(old, '-'),
        (None, Some(new)) => all(new, '+'),
        (None, None) => Vec::new(),
    }
}
