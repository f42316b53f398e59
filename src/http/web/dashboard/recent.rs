//! The last changes, with what became of each.

use dadns_zone::ZoneName;
use maud::{Markup, html};

use crate::http::status::{Identity, NOT_PLACED};
use crate::http::web::text::{self, ago, of_zone, shown, state};
use crate::store::{Recent, Store};

/// A change, and how the zone stands on each backend now.
pub(super) struct Change {
    recent: Recent,
    states: Vec<(String, &'static str)>,
}

pub(super) fn changes(
    store: &Store,
    identity: &Identity,
    sees: impl Fn(&ZoneName) -> bool,
) -> Vec<Change> {
    let recent = store
        .recent()
        .into_iter()
        .filter(|change| sees(&change.zone));
    let of = |recent: Recent| {
        let row = store.row(&recent.zone);
        let present = row.is_some_and(|row| row.present);
        let states = identity.backends.keys().map(|id| {
            let state = match (store.pending_attempts(id, &recent.zone), present) {
                (Some(0), _) => "pending",
                (Some(_), _) => "failed",
                (None, true) if !store.is_placed(id, &recent.zone) => NOT_PLACED,
                (None, true) => "served",
                (None, false) => "removed",
            };
            (id.to_string(), state)
        });
        Change {
            states: states.collect(),
            recent,
        }
    };
    recent.map(of).collect()
}

pub(super) fn table(changes: &[Change]) -> Markup {
    let rows = html! {
        @for Change { recent, states } in changes {
            @let zone = recent.zone.as_str();
            tr id={ "change-" (zone) "-" (recent.revision) "-" (recent.at.as_millisecond()) } {
                th scope="row" { a href=(of_zone(zone, "")) { (shown(zone)) } }
                td {
                    @match (recent.present, recent.revision) {
                        (false, revision) => { "removed, revision " (revision) },
                        (true, 1) => "new",
                        (true, revision) => { "changed, revision " (revision) },
                    }
                }
                td { (shown(&recent.by)) }
                td { (ago(recent.at)) }
                td { @for (id, word) in states { span.on { (id) " " (state(word)) } " " } }
            }
        }
    };
    let columns = ["Zone", "What", "By", "Accepted", "Now on each backend"];
    text::table("Recent changes", "Newest first", &columns, &rows)
}
