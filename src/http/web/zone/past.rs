//! The revisions of a zone as a line of time.

use maud::{Markup, html};

use crate::http::status::shape::ZoneStatus;
use crate::http::v1::shape::Revision;
use crate::http::web::text::{ago, of_zone, shown};

/// How many revisions the page of a zone shows.
pub(super) const NEWEST: usize = 5;

/// The newest revisions, on the page of a zone.
pub(super) fn newest(zone: &ZoneStatus, newest: &[Revision], decides: bool) -> Markup {
    html! {
        h2 { "History" }
        (line(&zone.zone, zone.revision, newest.iter().take(NEWEST), decides, false))
        p { a href=(of_zone(&zone.zone, "/history")) {
            @if newest.len() > NEWEST { "All revisions, and what differs between them" } @else { "Compare revisions" }
        } }
    }
}

/// Revisions, newest first; where they are `chosen`, with what chooses the two sides of a comparison.
pub(super) fn line<'a>(
    zone: &str,
    head: u64,
    revisions: impl Iterator<Item = &'a Revision>,
    decides: bool,
    chosen: bool,
) -> Markup {
    html! {
        ol.time {
            @for (at, one) in revisions.enumerate() {
                li.now[one.revision == head] {
                    @if chosen {
                        span.sides {
                            label { input type="radio" name="from" value=(one.revision) checked[at == 1]; "from" span.unseen { " revision " (one.revision) } }
                            label { input type="radio" name="to" value=(one.revision) checked[at == 0]; "to" span.unseen { " revision " (one.revision) } }
                        }
                    }
                    div {
                        p {
                            strong { "Revision " (one.revision) } ", " (one.how) " by " (shown(&one.by)) ", " (ago(one.at))
                            @if one.revision == head { " " span.tag { "served now" } }
                        }
                        p.soft {
                            "serial " (one.serial) ", " (one.records) " records"
                            @if let Some(layer) = &one.layer { ", layer " (layer) }
                            @if let Some(user) = &one.user { ", of " (shown(user)) @if let Some(master) = &one.master { " on " (shown(master)) } }
                        }
                        p.actions {
                            a href=(of_zone(zone, &format!("/diff?to={}", one.revision))) { "What it changed" span.unseen { " in revision " (one.revision) } }
                            @if one.revision != head {
                                a href=(of_zone(zone, &format!("/diff?from={}", one.revision))) { "Until now" span.unseen { " since revision " (one.revision) } }
                                @if decides && one.how != "removed" {
                                    a href=(of_zone(zone, &format!("/rollback?revision={}", one.revision))) { "Roll back to " (one.revision) "…" }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
