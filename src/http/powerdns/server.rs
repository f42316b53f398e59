//! What does not belong to a zone: versions, the one server, its settings and figures.

use actix_web::{HttpRequest, HttpResponse, web};
use dadns_zone::ZoneName;
use serde_json::{Value, json};

use super::zones::seen;
use super::{Fault, blocking, body};
use crate::access::Principal;
use crate::http::Identity;
use crate::store::Store;

/// The version that clients find, and conclude from: the newest of 4, the first with EXTEND and PRUNE.
pub const VERSION: &str = "4.9.12";

/// The description of this face, for clients that make their calls from it.
const DOCS: &str = include_str!("swagger.json");

/// `GET /api`.
pub async fn api() -> HttpResponse {
    HttpResponse::Ok().json(json!([{"url": "/api/v1", "version": 1}]))
}

/// `GET /api/docs`: Swagger 2.0.
pub async fn docs() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(DOCS)
}

/// `GET /api/v1`.
pub async fn v1() -> HttpResponse {
    HttpResponse::Ok().json(json!({"server_url": "/api/v1/servers{/server}"}))
}

fn shown() -> Value {
    json!({
        "config_url": "/api/v1/servers/localhost/config{/config_setting}",
        "daemon_type": "authoritative",
        "id": "localhost",
        "type": "Server",
        "url": "/api/v1/servers/localhost",
        "version": VERSION,
        "zones_url": "/api/v1/servers/localhost/zones{/zone}",
    })
}

/// `GET /servers`.
pub async fn servers() -> HttpResponse {
    HttpResponse::Ok().json(json!([shown()]))
}

/// `GET /servers/localhost`.
pub async fn server() -> HttpResponse {
    HttpResponse::Ok().json(shown())
}

/// An empty list: settings, TSIG keys.
pub async fn nothing() -> HttpResponse {
    HttpResponse::Ok().json(json!([]))
}

/// What is refused of TSIG keys.
pub async fn no_tsig_keys() -> Result<HttpResponse, Fault> {
    Err(Fault::unprocessable(
        "TSIG keys are settings of this server (dns.backends), not made over its API",
    ))
}

/// `GET /statistics`.
pub async fn statistics(
    principal: Principal,
    store: web::Data<Store>,
    identity: web::Data<Identity>,
) -> Result<HttpResponse, Fault> {
    let uptime = identity.started.elapsed().as_secs();
    let zones = blocking(move || {
        let mut zones = 0_u64;
        for found in store.heads() {
            let (name, head) = found?;
            zones += u64::from(head.present && principal.sees(&name));
        }
        Ok(zones)
    });
    let item = |name, value: u64| json!({"name": name, "type": "StatisticItem", "value": value.to_string()});
    let items = [item("uptime", uptime), item("zone-count", zones.await?)];
    Ok(HttpResponse::Ok().json(items))
}

/// `PUT /cache/flush`: answers come from no cache.
pub async fn flush(request: HttpRequest) -> Result<HttpResponse, Fault> {
    let query = body::query(&request);
    let domain = body::value(&query, "domain").unwrap_or_default();
    if !domain.ends_with('.') || (domain != "." && ZoneName::parse(domain).is_err()) {
        return Err(Fault::unprocessable(format!(
            "DNS Name '{domain}' is not canonical: ?domain= takes a name with its final dot"
        )));
    }
    Ok(HttpResponse::Ok().json(json!({"count": 0, "result": "Flushed cache."})))
}

/// `GET /zones/ID/cryptokeys`: keys are with whoever signs.
pub async fn cryptokeys(
    principal: Principal,
    store: web::Data<Store>,
    zone: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    seen(&store, &principal, &zone).await?;
    Ok(nothing().await)
}

/// What is refused of keys of zones.
pub async fn no_cryptokeys() -> Result<HttpResponse, Fault> {
    Err(Fault::unprocessable(
        "this server signs no zones, so that it has no keys of them; sign the zone and push it",
    ))
}
