//! `GET /metrics`: what monitors ask.

use actix_web::{HttpResponse, web};

use crate::logging::error;
use crate::metrics::{CONTENT_TYPE, Metrics};

/// Everything that is counted, in Prometheus' text format.
pub async fn metrics(metrics: web::Data<Metrics>) -> HttpResponse {
    // It reads the store.
    match web::block(move || metrics.text()).await {
        Ok(Ok(text)) => HttpResponse::Ok().content_type(CONTENT_TYPE).body(text),
        _ => {
            error!("the metrics could not be written; this monitor gets none; please report it");
            HttpResponse::InternalServerError().finish()
        }
    }
}
