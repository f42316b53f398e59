//! Charts of the last hour, as pictures with what they say in words.

use std::fmt::Write as _;
use std::time::Duration;

use maud::{Markup, html};

use super::cards::rate;
use crate::http::web::text::number;
use crate::samples::{EVERY, Sample};

/// The units of a picture: two for each sample of an hour.
const WIDTH: f64 = 240.0;
const HEIGHT: f64 = 48.0;

/// Over how long a chart goes.
const HOUR: Duration = Duration::from_secs(3_600);

/// One line: how long ago, and how much.
type Points = Vec<(Duration, f64)>;

pub(super) fn all(samples: &[Sample]) -> Markup {
    let total = |of: fn(&Sample) -> u64| rates(samples, of);
    let verified = total(|sample| sample.backends.values().map(|one| one.verified).sum());
    let is_server = samples
        .last()
        .is_some_and(|sample| sample.backends.values().any(|one| one.answers.is_some()));
    html! {
        (chart("Changes", "per minute", &per_minute(total(|sample| sample.changes))))
        (chart("Verified on backends", "per minute", &per_minute(verified)))
        (chart("Pending", "zones, all backends", &pending(samples)))
        @if is_server {
            (chart("DNS answers", "per second", &total(|sample| {
                sample.backends.values().filter_map(|one| one.answers).sum()
            })))
        }
    }
}

/// How much more there was from each sample to the next, in a second.
fn rates(samples: &[Sample], of: fn(&Sample) -> u64) -> Points {
    let Some(now) = samples.last().map(|sample| sample.taken) else {
        return Points::new();
    };
    let steps = samples.windows(2).filter_map(|pair| {
        let [before, after] = pair else { return None };
        let took = after.taken - before.taken;
        // The sample of now may be no second after the one before: that would be a peak of noise.
        let enough = took >= EVERY / 3;
        let more = of(after).saturating_sub(of(before)) as f64;
        enough.then(|| (now - after.taken, more / took.as_secs_f64()))
    });
    steps.collect()
}

fn per_minute(points: Points) -> Points {
    points
        .into_iter()
        .map(|(ago, value)| (ago, value * 60.0))
        .collect()
}

fn pending(samples: &[Sample]) -> Points {
    let Some(now) = samples.last().map(|sample| sample.taken) else {
        return Points::new();
    };
    let of = |sample: &Sample| sample.backends.values().map(|one| one.pending).sum::<u64>();
    samples
        .iter()
        .map(|sample| (now - sample.taken, of(sample) as f64))
        .collect()
}

fn chart(title: &str, unit: &str, points: &Points) -> Markup {
    let highest = points.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    let last = points.last().map_or(0.0, |(_, value)| *value);
    let words = format!(
        "{title}, {unit}, in the last hour: {} now, {} at most",
        shown(last),
        shown(highest)
    );
    let (line, area) = drawn(points, highest);
    html! {
        figure {
            figcaption { (title) " " span.soft { (unit) } strong { (shown(last)) } }
            svg role="img" aria-label=(words) viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) preserveAspectRatio="none"
                width="100%" height="48" {
                path d=(area) fill="currentColor" fill-opacity="0.15" {}
                path d=(line) fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round"
                    vector-effect="non-scaling-stroke" {}
            }
            p.scale aria-hidden="true" { span { "1 h ago" } span { "highest " (shown(highest)) } span { "now" } }
        }
    }
}

fn shown(value: f64) -> String {
    match value.fract() == 0.0 {
        true => number(value as u64),
        false => rate(value),
    }
}

/// The line through points, and the area under it.
fn drawn(points: &Points, highest: f64) -> (String, String) {
    let scale = if highest > 0.0 {
        (HEIGHT - 4.0) / highest
    } else {
        0.0
    };
    let at = |(ago, value): &(Duration, f64)| {
        let x = WIDTH * (1.0 - ago.as_secs_f64() / HOUR.as_secs_f64());
        (x.max(0.0), HEIGHT - 1.0 - value * scale)
    };
    let mut line = String::new();
    for point in points {
        let (x, y) = at(point);
        let step = if line.is_empty() { 'M' } else { 'L' };
        let _ = write!(line, "{step}{x:.1} {y:.1}");
    }
    let ends = points.first().zip(points.last());
    let area = ends.map_or_else(String::new, |(first, last)| {
        format!(
            "{line}L{:.1} {HEIGHT}L{:.1} {HEIGHT}Z",
            at(last).0,
            at(first).0
        )
    });
    (line, area)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_chart_says_in_words_what_it_shows_and_has_no_styles() {
        let start = Instant::now();
        let sample = |minutes: u64, changes| Sample {
            taken: start + Duration::from_secs(60 * minutes),
            changes,
            backends: Default::default(),
        };
        let page = all(&[sample(0, 0), sample(1, 30), sample(2, 40)]).into_string();
        let words = "aria-label=\"Changes, per minute, in the last hour: 10 now, 30 at most\"";
        assert!(page.contains(words), "{page}");
        assert!(page.contains("d=\"M236.0 3.0L240.0 32.3\""), "{page}");
        assert!(
            !page.contains("style") && !page.contains("DNS answers"),
            "{page}"
        );
        assert!(!all(&[]).into_string().contains("NaN"));
    }
}
