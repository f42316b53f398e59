//! What the fake master answers.

use std::collections::BTreeMap;

use super::request::Request;
use super::{ADMIN, ADMIN_PASSWORD, Fault, State};
use crate::support::http::basic;

const PAGE: &str = "<!DOCTYPE html>\n<html><body>Please log in</body></html>";

/// Status line and further header lines, and the body.
pub fn answer(state: &mut State, request: &Request) -> (String, String) {
    let fault = state.fault.clone();
    let ok = |body: String| ("200 OK".to_owned(), body);
    match &fault {
        Some(Fault::Status(status)) => return (format!("{status} Fault"), PAGE.into()),
        Some(Fault::LoginPage) => return ok(PAGE.into()),
        Some(Fault::Elsewhere(to)) => return (format!("302 Found\r\nLocation: {to}"), PAGE.into()),
        _ => {}
    }
    if request.method == "POST" && request.path == "/CMD_LOGIN" {
        return log_in(state, &request.body);
    }
    if fault == Some(Fault::Session) {
        match request.header("cookie") {
            None => return ("302 Found\r\nLocation: /CMD_LOGIN".into(), String::new()),
            Some(session) if !state.sessions.contains(session) => return ok(PAGE.into()),
            Some(_) => {}
        }
    }
    let authorization = request.header("authorization");
    if authorization != Some(basic(ADMIN, ADMIN_PASSWORD).as_str()) {
        return ("401 Unauthorized".into(), PAGE.into());
    }
    match request.path.as_str() {
        "/CMD_DNS_ADMIN" => ok(list(state, request)),
        "/CMD_API_DNS_ADMIN" | "/CMD_API_DNS_CONTROL" => ok(text(state, request)),
        _ => ("404 Not Found".into(), PAGE.into()),
    }
}

fn log_in(state: &mut State, body: &[u8]) -> (String, String) {
    let form: BTreeMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
    if form["username"] != ADMIN || form["password"] != ADMIN_PASSWORD {
        return ("200 OK".into(), PAGE.into());
    }
    state.logins += 1;
    let session = format!("session=s{}", state.logins);
    state.sessions.insert(session.clone());
    let head = format!(
        "302 Found\r\nLocation: {}\r\nSet-Cookie: gone=; path=/\r\n\
         Set-Cookie: {session}; path=/; HttpOnly",
        form["referer"]
    );
    (head, String::new())
}

fn list(state: &State, request: &Request) -> String {
    let fault = state.fault.as_ref();
    let mut zones: Vec<(&String, &Option<String>)> = state
        .zones
        .iter()
        .map(|(name, (user, _))| (name, user))
        .collect();
    match fault {
        Some(Fault::NoZones) => zones.clear(),
        Some(Fault::HalfOfZones) => {
            zones = zones.into_iter().step_by(2).collect();
        }
        Some(Fault::Form { .. }) => {
            let names = zones.iter().map(|(name, _)| format!("list[]={name}"));
            return names.collect::<Vec<_>>().join("&");
        }
        _ => {}
    }
    let (number, ipp) = (request.number("page"), request.number("ipp"));
    let shown = if fault == Some(&Fault::SamePage) {
        1
    } else {
        number
    };
    let mut pages: Vec<_> = zones.chunks(ipp).collect();
    if pages.is_empty() {
        pages.push(&[]);
    }
    let mut page = serde_json::Map::new();
    let missing = fault == Some(&Fault::MissingPage) && number > 1;
    let entries = pages.get(shown - 1).filter(|_| !missing);
    for (at, (name, user)) in entries.copied().into_iter().flatten().enumerate() {
        let entry = serde_json::json!({"domain": name, "user": user, "active": "yes"});
        page.insert(at.to_string(), entry);
    }
    let more = usize::from(fault == Some(&Fault::MorePages) && number > 1);
    let info = serde_json::json!({"total_pages": (pages.len() + more).to_string()});
    page.insert("info".into(), info);
    let text = serde_json::Value::from(page).to_string();
    match fault {
        Some(Fault::Garbage) => text.replace(':', ";"),
        _ => text,
    }
}

fn text(state: &State, request: &Request) -> String {
    let of_admins = request.path == "/CMD_API_DNS_ADMIN";
    let refused = match state.fault {
        Some(Fault::TextRefused { both }) => both || of_admins,
        _ => false,
    };
    match state.zones.get(&request.query["domain"]) {
        Some((_, text)) if !refused => text.clone(),
        _ => format!("error=1&text=Cannot+view+zone&details=not+for+{ADMIN}:{ADMIN_PASSWORD}"),
    }
}
