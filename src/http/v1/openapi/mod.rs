//! What the record API takes and answers, for programs and people: an OpenAPI document and a page, both made
//! from the list of routes and the shapes of the JSON, so that they cannot say anything else.

mod document;
mod page;
mod summaries;

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use serde_json::Value;

static DOCUMENT: LazyLock<Value> = LazyLock::new(document::make);
static PAGE: LazyLock<String> = LazyLock::new(|| page::make(&DOCUMENT));

/// `GET /api/openapi.json`.
pub(in crate::http) async fn document() -> HttpResponse {
    HttpResponse::Ok().json(&*DOCUMENT)
}

/// `GET /api/openapi`: the same for people, without a script and without a request to anybody else.
pub(in crate::http) async fn page() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
        ))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(PAGE.as_str())
}

#[cfg(test)]
mod tests;
