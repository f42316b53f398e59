//! The revisions of a zone as a line of time.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::http::status::shape::ZoneStatus;
use crate::http::v1::shape::Revision;
use crate::http::web::text::{of_zone, shown};

/// How many revisions the page of a zone shows.
pub(super) const NEWEST: usize = 5;

/// A moment as its distance, with the moment itself for those who point at it.
pub(super) fn ago(at: Timestamp, now: Timestamp) -> Markup {
    let seconds = now.as_second().saturating_sub(at.as_second()).max(0);
    let (count, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let end = if count == 1 { "" } else { "s" };
    let moment = at.strftime("%F %T UTC").to_string();
    html! { time datetime=(at.strftime("%FT%TZ")) title=(moment) { (count) " " (unit) (end) " ago" } }
}

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
    let now = Timestamp::now();
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
                            strong { "Revision " (one.revision) } ", " (one.how) " by " (shown(&one.by)) ", " (ago(one.at, now))
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
