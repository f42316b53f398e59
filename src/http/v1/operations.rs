//! Operations, each answered by lines of JSON while it runs (`application/x-ndjson`).

use actix_web::{HttpResponse, web};
use dadns_zone::ZoneName;
use futures_util::stream;
use tokio::sync::mpsc;

use super::shape::{ImportRequest, ReconcileRequest, VerifyRequest, VerifyZoneRequest};
use super::{Code, Problem};
use crate::access::Principal;
use crate::logging::info;
use crate::operations::{Operations, Task};
use crate::report::shape::Line;

/// `POST /api/v1/verify`.
pub async fn verify(
    principal: Principal,
    operations: web::Data<Operations>,
    asked: web::Json<VerifyRequest>,
) -> Result<HttpResponse, Problem> {
    let VerifyRequest { zones, dry_run } = asked.into_inner();
    let parse = |names: Vec<String>| names.iter().map(|name| ZoneName::parse(name)).collect();
    let zones: Option<Result<Vec<_>, _>> = zones.map(parse);
    run(
        &principal,
        &operations,
        Task::Verify {
            zones: zones.transpose()?,
            repair: !dry_run,
        },
    )
    .await
}

/// `POST /api/v1/zones/NAME/verify`: for those who may operate some zones only.
pub async fn verify_zone(
    principal: Principal,
    operations: web::Data<Operations>,
    name: web::Path<String>,
    asked: web::Json<VerifyZoneRequest>,
) -> Result<HttpResponse, Problem> {
    let VerifyZoneRequest { dry_run } = asked.into_inner();
    let zones = Some(vec![ZoneName::parse(&name)?]);
    let task = Task::Verify {
        zones,
        repair: !dry_run,
    };
    run(&principal, &operations, task).await
}

/// `POST /api/v1/import`.
pub async fn import(
    principal: Principal,
    operations: web::Data<Operations>,
    asked: web::Json<ImportRequest>,
) -> Result<HttpResponse, Problem> {
    let ImportRequest { backend, dry_run } = asked.into_inner();
    let id = backend.parse().map_err(|_| {
        Problem::new(
            Code::UnknownBackend,
            format!("there is no backend {backend:?}"),
        )
    })?;
    run(
        &principal,
        &operations,
        Task::Import {
            backend: id,
            dry_run,
        },
    )
    .await
}

/// `POST /api/v1/reconcile`.
pub async fn reconcile(
    principal: Principal,
    operations: web::Data<Operations>,
    asked: web::Json<ReconcileRequest>,
) -> Result<HttpResponse, Problem> {
    let ReconcileRequest { dry_run, confirm } = asked.into_inner();
    run(
        &principal,
        &operations,
        Task::Reconcile { dry_run, confirm },
    )
    .await
}

/// Begins an operation; its lines as they come.
pub(in crate::http) async fn begin(
    principal: &Principal,
    operations: &Operations,
    task: Task,
) -> Result<mpsc::Receiver<Line>, Problem> {
    info!(%principal, "{task} requested by {principal}");
    operations.begin(task).await.ok_or_else(Problem::stopping)
}

/// Begins an operation, and answers with its lines as they come.
pub(super) async fn run(
    principal: &Principal,
    operations: &Operations,
    task: Task,
) -> Result<HttpResponse, Problem> {
    let lines = begin(principal, operations, task).await?;
    let lines = stream::unfold(lines, |mut lines| async move {
        let mut line = serde_json::to_vec(&lines.recv().await?).unwrap_or_default();
        line.push(b'\n');
        Some((
            Ok::<_, std::convert::Infallible>(web::Bytes::from(line)),
            lines,
        ))
    });
    Ok(HttpResponse::Ok()
        .content_type("application/x-ndjson")
        .streaming(lines))
}
