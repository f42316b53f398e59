//! One sentence about all: whether what should be served is served.

use maud::{Markup, html};

use super::Whole;
use crate::http::status::shape::BackendStatus;
use crate::http::web::text::{ago, count, encoded, number, shown, time};

/// After so many seconds a zone that is pending is told as something that is wrong.
const LATE: i64 = 60;

/// Something that is wrong with a backend.
struct Wrong {
    /// What it is, however many zones it concerns: who listens hears of another one only.
    meaning: String,
    sentence: Markup,
}

/// The sentence.
pub(super) fn show(whole: &Whole) -> Markup {
    let wrong: Vec<Wrong> = whole.backends.iter().filter_map(wrong).collect();
    let mut meaning: Vec<&str> = wrong.iter().map(|wrong| &*wrong.meaning).collect();
    meaning.extend(whole.failure.is_some().then_some("store"));
    let meaning = match meaning.is_empty() {
        true if whole.attention > 0 => "in sync, with zones to look at".to_owned(),
        true => "in sync".to_owned(),
        false => meaning.join(", "),
    };
    let bad = !wrong.is_empty() || whole.failure.is_some() || whole.backends.is_empty();
    html! {
        div.truth.bad[bad] id="truth" data-live data-meaning=(meaning) {
            @if let Some(failure) = &whole.failure {
                p { "No change can be taken: " (shown(failure)) ". Masters get an error, and what was accepted is still served." }
            }
            @for wrong in &wrong { p { (wrong.sentence) } }
            @if whole.backends.is_empty() {
                p { "No backend is enabled: zones are stored, but served by nobody. Enable one under " code { "dns.backends" } " of the configuration." }
            } @else if wrong.is_empty() {
                (fine(whole))
            }
        }
    }
}

fn fine(whole: &Whole) -> Markup {
    let most = whole.backends.iter().map(|backend| backend.pending).max();
    let backends = count(whole.backends.len(), "backend");
    html! {
        p {
            @match (whole.zones, most.unwrap_or_default()) {
                (0, 0) => "No zone is here yet.",
                (1, 0) => { "The only zone is verified on " (backends) "." },
                (zones, 0) => { "All " (number(zones as u64)) " zones are verified on " (backends) "." },
                (zones, pending) => {
                    (count(zones, "zone")) "; " (number(pending as u64))
                    @if pending == 1 { " is" } @else { " are" } " being delivered to " (backends) " right now."
                },
            }
            @if whole.attention > 0 {
                " " a href="/web/zones?attention=1" { (count(whole.attention, "zone")) " to look at" } "."
            }
        }
    }
}

/// What is wrong with a backend, the worst first.
fn wrong(backend: &BackendStatus) -> Option<Wrong> {
    let id = &backend.id;
    let pending = count(backend.pending, "zone");
    let zones = |query: &str| format!("/web/zones?backend={}{query}", encoded(id));
    let (word, sentence) = if let Some(unavailable) = &backend.unavailable {
        let sentence = html! {
            strong { (id) " is unavailable" } " since " (time(unavailable.since)) ": " (shown(&unavailable.cause)) "; "
            a href=(zones("")) { (pending) " pending" }
            @if let Some(at) = unavailable.next_try { ", next try " (ago(at)) }
            "."
        };
        ("unavailable", sentence)
    } else if backend.state == "failing" {
        let sentence = html! {
            strong { "Zones fail on " (id) } ": " a href=(zones("&attention=1")) { (pending) " pending" }
            " there. Each is tried again by itself."
        };
        ("failing", sentence)
    } else if backend.oldest_pending_s.is_some_and(|oldest| oldest > LATE) {
        let oldest = backend.oldest_pending_s.unwrap_or_default();
        let sentence = html! {
            strong { (id) " is behind" } ": " a href=(zones("")) { (pending) " pending" } ", the oldest for " (lasted(oldest)) "."
        };
        ("behind", sentence)
    } else if backend.drifted > 0 {
        let sentence = html! {
            strong { (count(backend.drifted, "zone")) " drifted on " (id) } ": somebody else changed what is there. "
            a href="/web/zones?attention=1" { "Which" }
        };
        ("drifted", sentence)
    } else {
        return None;
    };
    Some(Wrong {
        meaning: format!("{id} {word}"),
        sentence,
    })
}

/// How long, in the largest unit that fits.
pub(super) fn lasted(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::status::shape::UnavailableStatus;

    fn backend(id: &str) -> BackendStatus {
        BackendStatus {
            id: id.into(),
            description: String::new(),
            notes: Vec::new(),
            state: "ok".into(),
            unavailable: None,
            pending: 0,
            oldest_pending_s: None,
            last_verified: None,
            drifted: 0,
            verified_after: None,
            queue: Vec::new(),
            child: None,
        }
    }

    fn whole(zones: usize, backends: Vec<BackendStatus>) -> Whole {
        Whole {
            zones,
            masters: 1,
            backends,
            attention: 0,
            failure: None,
            samples: Vec::new(),
        }
    }

    fn said(whole: &Whole) -> String {
        show(whole).into_string()
    }

    #[test]
    fn all_zones_are_verified_where_nothing_is_pending_and_nothing_drifted() {
        let page = said(&whole(41_200, vec![backend("builtin"), backend("bind")]));
        assert!(
            page.contains("All 41,200 zones are verified on 2 backends."),
            "{page}"
        );
        assert!(
            page.contains("data-meaning=\"in sync\"") && !page.contains("bad"),
            "{page}"
        );
        let nothing = said(&whole(0, Vec::new()));
        assert!(nothing.contains("No backend is enabled"), "{nothing}");
    }

    #[test]
    fn what_is_on_its_way_changes_no_meaning() {
        let pending = BackendStatus {
            pending: 3,
            oldest_pending_s: Some(1),
            ..backend("builtin")
        };
        let page = said(&whole(412, vec![pending]));
        assert!(page.contains("412 zones; 3 are being delivered"), "{page}");
        assert!(page.contains("data-meaning=\"in sync\""), "{page}");
    }

    #[test]
    fn a_backend_that_is_unavailable_is_told_with_since_when_why_and_when_it_is_tried_again() {
        let at = |text: &str| text.parse().unwrap();
        let gone = BackendStatus {
            state: "unavailable".into(),
            unavailable: Some(UnavailableStatus {
                since: at("2026-11-29T14:03:00Z"),
                cause: "connection refused <b>".into(),
                next_try: Some(at("2026-11-29T14:04:08Z")),
            }),
            pending: 12,
            ..backend("bind")
        };
        let failing = BackendStatus {
            state: "failing".into(),
            pending: 1,
            ..backend("db")
        };
        let page = said(&whole(412, vec![gone, failing]));
        for part in [
            "bind is unavailable",
            "14:03:00 UTC",
            "connection refused &lt;b&gt;",
            "12 zones pending",
            "next try ",
            "2026-11-29T14:04:08Z",
            "Zones fail on db",
            "data-meaning=\"bind unavailable, db failing\"",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
    }
}
