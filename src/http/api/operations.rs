//! Operations, each answered by lines of JSON while it runs (`application/x-ndjson`).

use actix_web::{HttpRequest, HttpResponse, web};
use dadns_zone::ZoneName;
use futures_util::stream;

use super::shape::{ImportOrder, ReconcileOrder, VerifyOrder};
use super::{Problem, operator};
use crate::logging::info;
use crate::operations::{Operations, Task};

/// `POST /api/v1/verify`.
pub(super) async fn verify(
    request: HttpRequest,
    operations: web::Data<Operations>,
    order: web::Json<VerifyOrder>,
) -> Result<HttpResponse, Problem> {
    let VerifyOrder { zones, dry_run } = order.into_inner();
    let parse = |names: Vec<String>| names.iter().map(|name| ZoneName::parse(name)).collect();
    let zones: Option<Result<Vec<_>, _>> = zones.map(parse);
    carry_out(
        &request,
        &operations,
        Task::Verify {
            zones: zones.transpose()?,
            repair: !dry_run,
        },
    )
    .await
}

/// `POST /api/v1/import`.
pub(super) async fn import(
    request: HttpRequest,
    operations: web::Data<Operations>,
    order: web::Json<ImportOrder>,
) -> Result<HttpResponse, Problem> {
    let ImportOrder { backend, dry_run } = order.into_inner();
    let id = backend
        .parse()
        .map_err(|_| Problem::Unknown(format!("{backend:?} cannot be a backend")))?;
    carry_out(
        &request,
        &operations,
        Task::Import {
            backend: id,
            dry_run,
        },
    )
    .await
}

/// `POST /api/v1/reconcile`.
pub(super) async fn reconcile(
    request: HttpRequest,
    operations: web::Data<Operations>,
    order: web::Json<ReconcileOrder>,
) -> Result<HttpResponse, Problem> {
    let ReconcileOrder { dry_run, confirm } = order.into_inner();
    carry_out(&request, &operations, Task::Reconcile { dry_run, confirm }).await
}

pub(super) async fn carry_out(
    request: &HttpRequest,
    operations: &Operations,
    task: Task,
) -> Result<HttpResponse, Problem> {
    let by = operator(request)?.signature();
    info!("{task} ordered by {by}");
    let told = operations.order(task).await.ok_or(Problem::Stopping)?;
    let lines = stream::unfold(told, |mut told| async move {
        let mut line = serde_json::to_vec(&told.recv().await?).unwrap_or_default();
        line.push(b'\n');
        Some((
            Ok::<_, std::convert::Infallible>(web::Bytes::from(line)),
            told,
        ))
    });
    Ok(HttpResponse::Ok()
        .content_type("application/x-ndjson")
        .streaming(lines))
}
