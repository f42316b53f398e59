//! The API of acme-dns: whoever registers gets a name, and may set the TXT records of that name alone.
//!
//! Accounts are attributes of the zone, each `acme-dns.SUBDOMAIN`; a revision of the zone makes one durable
//! before the answer. Clients take answers apart with sed: each is one line of JSON without blanks.

mod account;
mod register;
mod settings;
mod update;

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use dadns_zone::ZoneName;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use serde_json::json;

use super::auth::{Gate, network_of};
use super::body;
use crate::logging::error;
use crate::store::{NotEdited, StoreError};
pub(super) use register::register;
pub use settings::AcmeDns;
pub(super) use update::update;

/// The largest body that is taken, in octets.
pub(super) const MAX_BODY: usize = 16 * 1_024;

/// How long a body may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What both calls work with.
pub(super) struct Face {
    settings: AcmeDns,
    registrations: DefaultKeyedRateLimiter<IpAddr>,
}

impl Face {
    pub fn new(settings: &AcmeDns) -> Self {
        let most = NonZeroU32::new(settings.registrations_per_minute).unwrap_or(NonZeroU32::MIN);
        Self {
            settings: settings.clone(),
            registrations: RateLimiter::keyed(Quota::per_minute(most)),
        }
    }

    fn zone(&self) -> Result<ZoneName, Fault> {
        self.settings.zone.clone().ok_or(Fault::Failed)
    }

    /// Takes one registration of an address, if it has one left.
    fn take(&self, address: IpAddr) -> Result<(), Fault> {
        self.registrations.retain_recent();
        let taken = self.registrations.check_key(&network_of(address));
        taken.map_err(|_| Fault::TooMany)
    }
}

/// Why a call is refused, in the words of acme-dns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Json,
    Cidr,
    Subdomain,
    Txt,
    Forbidden,
    TooLarge,
    TooMany,
    /// The log says why.
    Failed,
}

impl Fault {
    fn parts(self) -> (u16, &'static str) {
        match self {
            Self::Json => (400, "malformed_json_payload"),
            Self::Cidr => (400, "invalid_allowfrom_cidr"),
            Self::Subdomain => (400, "bad_subdomain"),
            Self::Txt => (400, "bad_txt"),
            Self::Forbidden => (401, "forbidden"),
            Self::TooLarge => (413, "body_too_large"),
            Self::TooMany => (429, "too_many_requests"),
            Self::Failed => (500, "db_error"),
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.parts().1)
    }
}

impl actix_web::ResponseError for Fault {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.parts().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        if *self == Self::TooLarge {
            response.force_close();
        }
        response.json(json!({"error": self.parts().1}))
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        error!("acme-dns: an account cannot be read or written: {error}");
        Self::Failed
    }
}

/// Why the zone took no change.
fn not_edited(zone: &ZoneName, why: NotEdited<Fault>) -> Fault {
    let why = match why {
        NotEdited::Refused(fault) => return fault,
        NotEdited::NotPresent => "it is not present".to_owned(),
        NotEdited::Signed => "it is signed before it comes here".to_owned(),
        NotEdited::Invalid(errors) => {
            let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
            errors.join("; ")
        }
        NotEdited::TooMany(why) => why.to_string(),
    };
    error!(zone = %zone, "acme-dns: zone {zone} (acme_dns.zone) takes no change: {why}");
    Fault::Failed
}

/// Where a request comes from.
fn client(request: &HttpRequest, gate: &Gate) -> Result<IpAddr, Fault> {
    gate.client(request).ok_or(Fault::Forbidden)
}

async fn read(request: &HttpRequest, payload: web::Payload) -> Result<web::Bytes, Fault> {
    let read = body::read(request, payload, TIMEOUT).await;
    read.map_err(|unread| match unread.status {
        413 => Fault::TooLarge,
        _ => Fault::Json,
    })
}
