//! `POST /zones`: a zone is made.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use dadns_zone::{Limits, Rrset, Rtype, Zone, ZoneName, read};
use jiff::Timestamp;

use super::settings::{self, ZoneSettings};
use super::show;
use super::view::View;
use crate::access::{Principal, Right};
use crate::http::powerdns::body::{self, Object};
use crate::http::powerdns::rrsets::comments::Comments;
use crate::http::powerdns::rrsets::patch::refused;
use crate::http::powerdns::rrsets::{Reader, What};
use crate::http::powerdns::{Fault, blocking};
use crate::logging::info;
use crate::records::{Settings, new_zone};
use crate::store::{Attributes, Author, Mode, NotCreated, Store};

pub async fn create(
    request: HttpRequest,
    principal: Principal,
    store: web::Data<Store>,
    defaults: web::Data<Settings>,
    payload: web::Payload,
) -> Result<HttpResponse, Fault> {
    let bytes = body::read(&request, payload).await?;
    let object = body::object(&bytes)?;
    let name = name_of(&object).map_err(Fault::unprocessable)?;
    let view = View::of(&request, &name)?;
    let created = async {
        principal.may(Right::Create, &name)?;
        let of = name.clone();
        let known = store.clone();
        let made = blocking(move || {
            let present = known.head(&of)?.is_some_and(|head| head.present);
            match present {
                true => Err(present_already(&of)),
                false => make(&of, &object, &defaults, known.max_records()),
            }
        });
        let (zone, attributes) = made.await?;
        let author = Author::new(principal.clone());
        let created = store.create(author, zone, attributes, Mode::Make).await?;
        created.map_err(|why| match why {
            NotCreated::Present => present_already(&name),
            NotCreated::Held => Fault::new(
                StatusCode::CONFLICT,
                format!("a push of zone {name}. is held: it has to be approved or rejected first (dadns held)"),
            ),
            NotCreated::TooMany(why) => Fault::unprocessable(why.to_string()),
        })
    };
    let created: Result<_, Fault> = created.await;
    let created = created.inspect_err(|fault| refused(&name, &principal, fault))?;
    let (revision, serial) = (created.stored.revision, created.stored.serial);
    info!(
        zone = %name,
        principal = %principal,
        "zone {name}: created by {principal}: revision {revision}, serial {serial}"
    );
    let (reader, of) = (store.clone(), name.clone());
    let seen = blocking(move || {
        let seen = view.read(&reader, &of)?;
        Ok((seen.ok_or_else(|| Fault::no_zone(of.as_str()))?, view))
    });
    let (seen, view) = seen.await?;
    let version = request.version();
    show(version, &mut HttpResponse::Created(), &name, seen, &view).await
}

fn present_already(name: &ZoneName) -> Fault {
    Fault::new(
        StatusCode::CONFLICT,
        format!("Domain '{name}.' already exists"),
    )
}

fn name_of(object: &Object) -> Result<ZoneName, String> {
    let name = body::required(object, "name")?;
    if !name.ends_with('.') {
        return Err(format!(
            "DNS Name '{name}' is not canonical: it has no final dot"
        ));
    }
    ZoneName::parse(name).map_err(|error| error.to_string())
}

/// The zone that a request describes, and what is kept beside it.
fn make(
    name: &ZoneName,
    object: &Object,
    defaults: &Settings,
    max_records: usize,
) -> Result<(Zone, Attributes), Fault> {
    let mut errors = Vec::new();
    if body::text(object, "type").is_ok_and(|text| text.is_some_and(|text| text != "Zone")) {
        errors.push("Key 'type' is not \"Zone\"".to_owned());
    }
    let mut kept = ZoneSettings::default();
    errors.extend(kept.take(object).err().into_iter().flatten());
    let servers = body::texts(object, "nameservers").unwrap_or_else(|error| {
        errors.push(error);
        None
    });
    let servers = servers.unwrap_or_default();
    for server in servers.iter().filter(|server| !server.ends_with('.')) {
        errors.push(format!(
            "Nameserver '{server}' is not canonical: it has no final dot"
        ));
    }
    let mut comments = Comments::default();
    let mut sets = match body::list(object, "rrsets") {
        Ok(sets) => {
            let sets = sets.map_or(&[][..], Vec::as_slice);
            let read = Reader::new(name, Timestamp::now()).all(sets, true);
            let read = read.unwrap_or_else(|wrong| {
                errors.extend(wrong);
                Vec::new()
            });
            let mut rrsets = Vec::with_capacity(read.len());
            for set in read {
                let What::Replace(rrset) = set.what else {
                    continue;
                };
                comments.set(&set.key, set.comments.unwrap_or_default());
                rrsets.push(rrset);
            }
            rrsets
        }
        Err(error) => {
            errors.push(error);
            Vec::new()
        }
    };
    match text_of(name, object, max_records) {
        Ok(more) if !more.is_empty() && !sets.is_empty() => {
            errors.push("a zone has 'zone' or 'rrsets', not both".to_owned());
        }
        Ok(more) => sets.extend(more),
        Err(wrong) => errors.extend(wrong),
    }
    let apex = name.to_domain_name();
    let has_ns = sets
        .iter()
        .any(|set| set.rtype() == Rtype::NS && *set.owner() == apex);
    if has_ns && !servers.is_empty() {
        errors.push("Nameservers list MUST NOT be mixed with zone-level NS in rrsets".to_owned());
    }
    if !errors.is_empty() {
        return Err(Fault::all(errors));
    }
    let zone = new_zone(defaults, name, &servers, sets, Timestamp::now());
    let zone = zone.map_err(|error| match error {
        crate::records::SoaError::Zone(errors) => {
            Fault::all(errors.iter().map(ToString::to_string).collect())
        }
        error => Fault::unprocessable(format!(
            "{error}: give 'nameservers', an NS RRset, or set records.nameservers"
        )),
    })?;
    let mut attributes = Attributes::from([(settings::ATTRIBUTE.to_owned(), kept.text())]);
    comments
        .keep(&mut attributes)
        .map_err(Fault::unprocessable)?;
    Ok((zone, attributes))
}

/// The RRsets of a zone file in the request.
fn text_of(
    name: &ZoneName,
    object: &Object,
    max_records: usize,
) -> Result<Vec<Rrset>, Vec<String>> {
    let text = body::text(object, "zone").map_err(|error| vec![error])?;
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
        return Ok(Vec::new());
    };
    let limits = Limits {
        max_bytes: text.len(),
        max_records,
        ..Limits::default()
    };
    match read(name, text.as_bytes(), &limits) {
        Ok(reading) => Ok(reading.zone.rrsets().to_vec()),
        Err(errors) => Err(vec![format!("zone: {errors}")]),
    }
}
