//! Why a request of this face is refused, as PowerDNS writes it: `{"error": text}`, and beside it all
//! `errors` where there are several.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::json;

use crate::access::Denied;
use crate::http::problem::Problem;
use crate::store::StoreError;

/// A status and all that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::http) struct Fault {
    status: StatusCode,
    errors: Vec<String>,
}

impl Fault {
    pub fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self {
            status,
            errors: vec![error.into()],
        }
    }

    /// 422: the request can be read, and what it asks for cannot be done.
    pub fn unprocessable(error: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, error)
    }

    /// 422 with all errors.
    pub fn all(errors: Vec<String>) -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            errors,
        }
    }

    /// 404: there is no such zone, or the principal does not see it.
    pub fn no_zone(id: &str) -> Self {
        let error = format!("Could not find domain '{}.'", id.trim_end_matches('.'));
        Self::new(StatusCode::NOT_FOUND, error)
    }

    /// 412: the zone has another revision.
    pub fn changed(revision: u64) -> Self {
        let error =
            format!("the zone has changed: it is at revision {revision} now; read it again");
        Self::new(StatusCode::PRECONDITION_FAILED, error)
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Everything in one line.
    pub fn text(&self) -> String {
        self.errors.join("; ")
    }

    pub fn response(&self) -> HttpResponse {
        let body = match self.errors.as_slice() {
            [_] => json!({"error": self.text()}),
            errors => json!({"error": self.text(), "errors": errors}),
        };
        let mut response = HttpResponse::build(self.status);
        if matches!(self.status.as_u16(), 408 | 413) {
            // The rest of the body is not waited for.
            response.force_close();
        }
        response.json(body)
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text())
    }
}

impl std::error::Error for Fault {}

impl actix_web::ResponseError for Fault {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        self.response()
    }
}

impl From<&Problem> for Fault {
    fn from(problem: &Problem) -> Self {
        Self::new(problem.status(), problem.detail())
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self::from(&problem)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Problem::from(error).into()
    }
}

impl From<Denied> for Fault {
    fn from(denied: Denied) -> Self {
        Self::new(StatusCode::FORBIDDEN, denied.to_string())
    }
}

impl From<Vec<Denied>> for Fault {
    fn from(denied: Vec<Denied>) -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            errors: denied.iter().map(ToString::to_string).collect(),
        }
    }
}
