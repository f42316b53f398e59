//! Directories that are watched.

use actix_web::{HttpResponse, web};

use super::json;
use crate::sources::Board;

/// `GET /api/v1/sources`.
pub async fn list(sources: web::Data<Board>) -> HttpResponse {
    json(sources.shown())
}
