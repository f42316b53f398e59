//! What a change would do, before anybody does it.

use actix_web::HttpResponse;
use dadns_zone::ZoneName;
use maud::{Markup, html};

use super::page::way;
use super::typed::{Data, Typed, name_of, word};
use crate::http::status::Identity;
use crate::http::v1::records::lost_by_change;
use crate::http::v1::records::shape::Op;
use crate::http::web::frame::View;
use crate::http::web::text::{lines, of_zone, shown, visible};
use crate::store::Edited;

/// The fields of a form, which its reader does not see.
fn carried(typed: &Typed) -> Markup {
    html! {
        input type="hidden" name="op" value=(word(typed.op));
        input type="hidden" name="name" value=(typed.name);
        input type="hidden" name="type" value=(typed.rtype);
        input type="hidden" name="ttl" value=(typed.ttl);
        input type="hidden" name="revision" value=(typed.revision);
        @match &typed.data {
            Data::Lines(text) => { input type="hidden" name="records" value=(text); }
            Data::Fields(form, values) => {
                @for (at, value) in values.iter().enumerate() {
                    @for (field, text) in form.fields.iter().zip(value) {
                        input type="hidden" name=(name_of(at, field.id)) value=(text);
                    }
                }
            }
        }
    }
}

/// What the button of a change says, where it goes to `backends` of them.
fn publish(op: Op, backends: usize) -> String {
    let what = match op {
        Op::Replace | Op::Add => "Publish",
        Op::Remove | Op::Delete => "Remove",
        Op::Release => "Drop the edit",
    };
    match (op, backends) {
        (_, 0) => what.to_owned(),
        (Op::Replace | Op::Add, 1) => format!("{what} to 1 backend"),
        (Op::Replace | Op::Add, many) => format!("{what} to {many} backends"),
        (_, 1) => format!("{what} on 1 backend"),
        (_, many) => format!("{what} on {many} backends"),
    }
}

/// The page of a change that was made on trial.
pub(super) fn page(
    view: &View,
    zone: &ZoneName,
    typed: &Typed,
    edited: &Edited,
    identity: &Identity,
) -> HttpResponse {
    let diff = edited.diff.to_string();
    let diff: Vec<_> = diff.lines().map(str::to_owned).collect();
    let removes = matches!(typed.op, Op::Remove | Op::Delete | Op::Release);
    let notes = typed.notes(zone);
    let lost = lost_by_change(&edited.shadowed);
    let what = match typed.op {
        Op::Release => "Review what the push would show again in",
        Op::Remove | Op::Delete => "Review the removal from",
        Op::Replace | Op::Add => "Review the change of",
    };
    let title = format!("{what} {zone}");
    let button = publish(typed.op, identity.backends.len());
    let body = html! {
        (way(zone))
        h1 { (visible(&title)) }
        @if edited.stored.changed {
            p { "Nothing is published yet. This is what would be gone (−) and new (+):" }
            (lines(&diff))
            @if diff.is_empty() {
                p { "What is served stays the same; only the layer is changed." }
            }
        } @else {
            p { "This changes nothing: the zone is like this already." }
        }
        @if !notes.is_empty() {
            ul { @for (_, note) in &notes { li { (visible(note)) } } }
        }
        @if typed.op == Op::Delete {
            p { "If a master pushed this RRset, it is hidden, and stays hidden when the zone is pushed again." }
        }
        @if !lost.is_empty() {
            div.alert {
                p { "Of this zone, without effect afterwards:" }
                ul { @for lost in &lost { li { (shown(&lost.name)) " " (lost.rtype) ": " (shown(&lost.reason)) } } }
            }
        }
        form.actions method="post" action=(of_zone(zone.as_str(), "/edit")) {
            (view.token())
            (carried(typed))
            @if edited.stored.changed {
                button class=(if removes { "danger" } else { "" }) name="step" value="publish" type="submit" { (button) }
            }
            @if !removes { button.plain name="step" value="again" type="submit" { "Change it again" } }
            a href=(of_zone(zone.as_str(), "")) { "Cancel" }
        }
    };
    view.page(&title, &body)
}
