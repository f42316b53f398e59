//! How this node stands to the others, and what an operator decides there.

use actix_web::{HttpResponse, web};

use super::{Code, Problem, json};
use crate::access::Principal;
use crate::cluster::{Cluster, Joined, MembershipError, Recovery};
use crate::http::v1::shape::{JoinRequest, Membership, RecoverRequest, Side};
use crate::logging::info;

/// The cluster, if `cluster.engine` names an engine.
#[derive(Debug, Clone, Default)]
pub(in crate::http) struct Several(pub Option<Cluster>);

impl Several {
    fn cluster(&self) -> Result<&Cluster, Problem> {
        let cluster = self.0.as_ref();
        cluster.ok_or_else(|| Problem::from(MembershipError::Off))
    }
}

/// `GET /api/v1/cluster`.
pub async fn status(several: web::Data<Several>) -> Result<HttpResponse, Problem> {
    Ok(json(several.cluster()?.status().await))
}

/// `POST /api/v1/cluster/init`.
pub async fn init(
    principal: Principal,
    several: web::Data<Several>,
    _body: web::Json<serde_json::Value>,
) -> Result<HttpResponse, Problem> {
    let joined = several.cluster()?.init().await?;
    info!(principal = %principal, "cluster {} made by {principal}", joined.cluster);
    Ok(json(Membership::from(joined)))
}

/// `POST /api/v1/cluster/join`.
pub async fn join(
    principal: Principal,
    several: web::Data<Several>,
    asked: web::Json<JoinRequest>,
) -> Result<HttpResponse, Problem> {
    let JoinRequest {
        take_theirs,
        share_ours,
    } = asked.into_inner();
    let how = Recovery {
        take_theirs,
        share_ours,
    };
    let joined = several.cluster()?.join(how).await?;
    info!(principal = %principal, "cluster {} joined by {principal}", joined.cluster);
    Ok(json(Membership::from(joined)))
}

/// `POST /api/v1/cluster/leave`.
pub async fn leave(
    principal: Principal,
    several: web::Data<Several>,
    _body: web::Json<serde_json::Value>,
) -> Result<HttpResponse, Problem> {
    let cluster = several.cluster()?.leave().await?;
    info!(principal = %principal, "cluster {cluster} left by {principal}");
    Ok(json(Membership {
        cluster,
        taken: 0,
        to_be_shared: 0,
    }))
}

/// `POST /api/v1/cluster/recover`.
pub async fn recover(
    principal: Principal,
    several: web::Data<Several>,
    asked: web::Json<RecoverRequest>,
) -> Result<HttpResponse, Problem> {
    let cluster = several.cluster()?;
    let joined = match asked.from {
        Side::Here => cluster.recover_from_here().await?,
        Side::Engine => cluster.recover_from_engine(principal.clone()).await?,
    };
    info!(principal = %principal, "cluster {} recovered by {principal}", joined.cluster);
    Ok(json(Membership::from(joined)))
}

impl From<Joined> for Membership {
    fn from(joined: Joined) -> Self {
        Self {
            cluster: joined.cluster,
            taken: joined.taken,
            to_be_shared: joined.shared,
        }
    }
}

impl From<MembershipError> for Problem {
    fn from(error: MembershipError) -> Self {
        let code = match &error {
            MembershipError::Engine(_) => Code::NoQuorum,
            MembershipError::Store(error) => return error.clone().into(),
            MembershipError::Off
            | MembershipError::Founded(_)
            | MembershipError::NotFounded
            | MembershipError::Member(_)
            | MembershipError::NotMember
            | MembershipError::Differ(_)
            | MembershipError::NothingToRecover => Code::ClusterRefused,
        };
        Self::new(code, error.to_string())
    }
}
