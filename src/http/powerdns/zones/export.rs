//! `GET /zones/ID/export`: a zone as lines of text.

use std::fmt::Write;

use actix_web::http::header::ACCEPT;
use actix_web::{HttpRequest, HttpResponse, web};
use dadns_zone::{NameText, TypeName, Zone};
use serde_json::json;

use super::{seen, shown};
use crate::access::Principal;
use crate::http::powerdns::rrsets::content;
use crate::http::powerdns::{Fault, blocking};
use crate::store::Store;

pub async fn export(
    request: HttpRequest,
    principal: Principal,
    store: web::Data<Store>,
    zone: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let (_, served) = seen(&store, &principal, &zone).await?;
    let text = blocking(move || Ok(lines(&served.zone))).await?;
    let accepts = request.headers().get(ACCEPT);
    let accepts = accepts
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    Ok(match accepts.contains("application/json") {
        true => HttpResponse::Ok().json(json!({"zone": text})),
        false => HttpResponse::Ok().content_type("text/plain").body(text),
    })
}

fn lines(zone: &Zone) -> String {
    let mut out = String::new();
    for set in zone
        .rrsets()
        .iter()
        .filter(|set| shown::is_shown(set.rtype()))
    {
        let (owner, rtype) = (NameText(set.owner()), TypeName(set.rtype()));
        for rdata in set.rdata() {
            let content = content::write(set.rtype(), rdata);
            // A string takes all that is written.
            let _ = writeln!(out, "{owner}\t{}\tIN\t{rtype}\t{content}", set.ttl());
        }
    }
    out
}
