//! A form that is checked while somebody types it. Writes nothing.

use actix_web::{HttpResponse, web};
use dadns_zone::ZoneName;
use serde::Serialize;

use super::typed::{Data, Typed};
use crate::http::web::form::Sent;
use crate::http::web::text::visible;

/// What a script shows of a form.
#[derive(Debug, Serialize)]
struct Checked {
    faults: Vec<Said>,
    /// What each value is read as, and what is worth saying of it.
    values: Vec<Said>,
}

#[derive(Debug, Serialize)]
struct Said {
    field: String,
    message: String,
}

/// `POST /web/zones/NAME/check`: what the review would say of a form by itself.
pub(in crate::http) async fn check(sent: Sent, name: web::Path<String>) -> HttpResponse {
    let zone = match ZoneName::parse(&name) {
        Ok(zone) => zone,
        Err(error) => return sent.view.problem(&error.into()),
    };
    let typed = Typed::of(&sent.fields);
    let faults = typed.faults(&zone).into_iter();
    let faults = faults.map(|fault| Said {
        field: fault.field,
        message: visible(&fault.message),
    });
    HttpResponse::Ok().json(Checked {
        faults: faults.collect(),
        values: read(&typed, &zone),
    })
}

fn read(typed: &Typed, zone: &ZoneName) -> Vec<Said> {
    if matches!(typed.data, Data::Lines(_)) {
        return Vec::new();
    }
    let notes = typed.notes(zone);
    let records = typed.records().into_iter();
    let read = records.filter_map(|(at, data)| {
        let read = typed.read(zone, &data).ok()?;
        let notes = notes.iter().filter(|(of, _)| *of == at);
        let notes: String = notes.map(|(_, note)| format!(" – note: {note}")).collect();
        Some(Said {
            field: format!("v{at}"),
            message: format!("Published as {}{}", visible(&read), visible(&notes)),
        })
    });
    read.collect()
}
