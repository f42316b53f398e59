//! Clients of one node: what is asked of it, and what it shows.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use serde_json::Value;

use crate::ask::{Sent, send};
use crate::dns::transfer;
use crate::history::{Answer, Standing};
use crate::model::{Op, Present};
use crate::support::gateway::{PASSWORD, USER};
use crate::support::http::{basic, master_request, try_send};
use crate::text;

/// Words of answers to changes that are certainly not made.
const UNTRIED: [&str; 3] = [
    "changes are refused until it can",
    "no_quorum",
    "changed at other nodes without a pause",
];

/// Makes a change at a node. An error: it is answered in a way that nobody expects.
pub fn change(node: Option<SocketAddr>, zone: &str, op: Op) -> Result<Answer, String> {
    let Some(node) = node else {
        return Ok(Answer::Untried);
    };
    let answer = match send(node, zone, op) {
        Sent::Not => return Ok(Answer::Untried),
        Sent::Unanswered => return Ok(Answer::Unknown),
        Sent::Answered(answer) => answer,
    };
    let unexpected = || Err(format!("{zone}: {op:?} was answered {answer:?}"));
    let is_edit = matches!(op, Op::Edit { .. } | Op::Release { .. });
    let body = answer.body.as_str();
    match answer.status {
        503 if UNTRIED.iter().any(|words| body.contains(words)) => Ok(Answer::Untried),
        503 => Ok(Answer::Unknown),
        200 if is_edit => {
            let said: Value = serde_json::from_str(body).map_err(|error| error.to_string())?;
            let serial = said["serial"]
                .as_u64()
                .and_then(|serial| serial.try_into().ok());
            Ok(Answer::Taken {
                revision: said["revision"].as_u64(),
                serial,
            })
        }
        200 if body == "error=0" => Ok(Answer::Taken {
            revision: None,
            serial: None,
        }),
        200 if body.contains("belongs") => Ok(Answer::Refused),
        409 if is_edit && body.contains("changed_meanwhile") => Ok(Answer::Untried),
        404 | 409 if is_edit => Ok(Answer::Refused),
        _ => unexpected(),
    }
}

/// What a node says of a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    pub standing: Standing,
    /// `served`, `removed`, `pending`, `failed`.
    pub state: String,
}

/// JSON of a node; `None`: it gives no answer, or no such thing.
pub fn json(node: SocketAddr, target: &str) -> Option<Value> {
    let request = master_request("GET", target, &basic(USER, PASSWORD), b"");
    let answer = try_send(node, &request)?;
    (answer.status == 200).then(|| serde_json::from_str(&answer.body).unwrap())
}

/// Revision, serial and whether it is present; `None`: no answer, or it does not know the zone.
pub fn head(node: SocketAddr, zone: &str) -> Option<(u64, u32, bool)> {
    let said = json(node, &format!("/api/v1/zones/{zone}"))?;
    Some((
        said["revision"].as_u64()?,
        said["serial"].as_u64()?.try_into().ok()?,
        said["present"].as_bool()?,
    ))
}

/// A zone as a node says it stands, with its records as its name server gives them. An error: the two do not fit
/// together, now.
pub fn view(node: SocketAddr, dns: SocketAddr, zone: &str) -> Result<View, String> {
    let target = format!("/api/v1/zones/{zone}");
    let served = transfer(dns, zone).map_err(|error| format!("{zone} by transfer: {error}"))?;
    let Some(said) = json(node, &target) else {
        return match served {
            None => Ok(View {
                standing: Standing::default(),
                state: "removed".to_owned(),
            }),
            Some(_) => Err(format!("{zone} is served and not known")),
        };
    };
    let serial = |of: &Value| of.as_u64().and_then(|serial| u32::try_from(serial).ok());
    let said_serial = serial(&said["serial"]);
    let zone = match (&served, said["present"].as_bool()) {
        (None, Some(false)) => None,
        (Some(served), Some(true)) if Some(served.serial) == said_serial => {
            let master = said["master"].as_str().unwrap_or_default();
            Some(present(zone, &served.records, master)?)
        }
        (served, _) => {
            let served = served.as_ref().map(|served| served.serial);
            return Err(format!(
                "{zone}: serial {served:?} is served, and {said} said"
            ));
        }
    };
    Ok(View {
        standing: Standing {
            revision: said["revision"].as_u64().unwrap_or_default(),
            serial: said_serial.unwrap_or_default(),
            zone,
        },
        state: said["state"].as_str().unwrap_or_default().to_owned(),
    })
}

/// Which push and which edits these records come from; an error: from no one push.
fn present(zone: &str, records: &BTreeSet<String>, master: &str) -> Result<Present, String> {
    let told = |prefix: &str| {
        let mut found = records
            .iter()
            .filter_map(|record| record.strip_prefix(prefix));
        found.next().and_then(|number| number.parse::<u64>().ok())
    };
    let edits: BTreeMap<usize, u64> = (0..text::EDITED)
        .filter_map(|name| Some((name, told(&format!("{} TXT edit-", text::edited(name)))?)))
        .collect();
    let digits = master.trim_start_matches("da").split('.').next();
    let present = Present {
        master: digits
            .and_then(|digits| digits.parse().ok())
            .unwrap_or(usize::MAX),
        push: told("n TXT ").unwrap_or_default(),
        edits,
    };
    match text::records(zone, &present) == *records {
        true => Ok(present),
        false => Err(format!(
            "{zone}: {records:?} are the records of no one push"
        )),
    }
}

/// Whether a zone stands the same at all of these.
pub fn alike(views: &[View]) -> bool {
    let done = |view: &View| matches!(view.state.as_str(), "served" | "removed");
    views
        .iter()
        .all(|view| done(view) && view.standing == views[0].standing)
}
