//! One backend: how it is, what it lacks, how long it takes.

use std::time::Duration;

use maud::{Markup, html};

use super::truth::lasted;
use crate::http::status::shape::BackendStatus;
use crate::http::web::text::{ago, number, of_zone, shown, state};
use crate::samples::Sample;

/// Rates are told of at least so long: a glance more often would show noise.
const AT_LEAST: Duration = Duration::from_secs(10);

pub(super) fn card(backend: &BackendStatus, samples: &[Sample]) -> Markup {
    let fact = |name: &str, value: Markup| html! { div { dt { (name) } dd { (value) } } };
    html! {
        li id={ "backend-" (backend.id) } {
            h3 { (backend.id) " " (state(&backend.state)) }
            p.soft { (shown(&backend.description)) }
            @for note in &backend.notes { p.soft { (shown(note)) } }
            dl {
                (fact("Pending", html! { (number(backend.pending as u64)) }))
                @if let Some(seconds) = backend.oldest_pending_s { (fact("Oldest", html! { (lasted(seconds)) })) }
                @if backend.drifted > 0 { (fact("Drifted", html! { (number(backend.drifted as u64)) })) }
                (fact("Last verified", html! {
                    @match backend.last_verified { Some(at) => (ago(at)), None => "not since the start" }
                }))
                @if let Some(took) = &backend.verified_after {
                    (fact("Verified after", html! {
                        (span(took.median_s)) span.soft { " median, " (span(took.longest_s)) " at most" }
                    }))
                }
                @if let Some(rate) = queries(backend, samples) { (fact("DNS answers", html! { (rate) " per second" })) }
            }
            @if !backend.queue.is_empty() {
                ul.queue {
                    @for zone in &backend.queue {
                        li {
                            a href=(of_zone(&zone.zone, "")) { (shown(&zone.zone)) }
                            @if let Some(cause) = &zone.cause { ": " (shown(cause)) }
                            @if zone.attempts > 0 { ", next try " (ago(zone.next_try)) }
                        }
                    }
                    @if backend.pending > backend.queue.len() {
                        li.soft { "and " (number((backend.pending - backend.queue.len()) as u64)) " more" }
                    }
                }
            }
        }
    }
}

/// How many answers a built-in server gives each second of late; `None`: it is none.
fn queries(backend: &BackendStatus, samples: &[Sample]) -> Option<String> {
    let of = |sample: &Sample| {
        let found = sample
            .backends
            .iter()
            .find(|(id, _)| id.as_str() == backend.id);
        found.and_then(|(_, sample)| sample.answers)
    };
    let now = samples.last()?;
    let answers = of(now)?;
    let before = samples
        .iter()
        .rev()
        .find(|sample| now.taken - sample.taken >= AT_LEAST);
    Some(
        match before.and_then(|before| Some((before, of(before)?))) {
            Some((before, earlier)) => {
                let seconds = (now.taken - before.taken).as_secs_f64();
                rate(answers.saturating_sub(earlier) as f64 / seconds)
            }
            None => "0".to_owned(),
        },
    )
}

/// A number of something in a second.
pub(super) fn rate(value: f64) -> String {
    match value {
        ..0.05 => "0".to_owned(),
        ..10.0 => format!("{value:.1}"),
        _ => number(value.round() as u64),
    }
}

/// How long, for somebody who compares.
fn span(seconds: f64) -> String {
    match seconds {
        ..0.001 => "under 1 ms".to_owned(),
        ..1.0 => format!("{:.0} ms", seconds * 1_000.0),
        ..120.0 => format!("{seconds:.1} s"),
        _ => lasted(seconds as i64),
    }
}
