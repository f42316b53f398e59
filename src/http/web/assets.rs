//! What pages load besides themselves: all of it is part of the program.

use actix_web::{HttpResponse, web};

use crate::http::problem::{Code, Problem};

/// Name, type and content of each.
const ASSETS: &[(&str, &str, &str)] = &[
    (
        "style.css",
        "text/css; charset=utf-8",
        include_str!("assets/style.css"),
    ),
    (
        "live.js",
        "text/javascript; charset=utf-8",
        include_str!("assets/live.js"),
    ),
    (
        "form.js",
        "text/javascript; charset=utf-8",
        include_str!("assets/form.js"),
    ),
    ("icon.svg", "image/svg+xml", include_str!("assets/icon.svg")),
];

/// `GET /web/assets/NAME`.
pub(in crate::http) async fn asset(name: web::Path<String>) -> Result<HttpResponse, Problem> {
    let asset = ASSETS.iter().find(|(known, ..)| *known == *name);
    let (_, kind, content) =
        asset.ok_or_else(|| Problem::new(Code::NotFound, "no page asks for this file"))?;
    Ok(HttpResponse::Ok().content_type(*kind).body(*content))
}
