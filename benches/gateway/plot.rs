//! Pictures of figures against zones present, as SVG.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use plotters::prelude::*;

use super::figures::{Row, shown, thousands};

const SIZE: (u32, u32) = (720, 360);

/// Writes one picture for each figure of which a subject has several; their files, and what they show.
pub fn write<'a>(directory: &Path, name: &str, rows: &[&'a Row]) -> Vec<(String, &'a str)> {
    let mut written = Vec::new();
    let mut kinds: Vec<&str> = Vec::new();
    for (what, _) in rows.iter().flat_map(|row| &row.values) {
        if !kinds.contains(&what.as_str()) {
            kinds.push(what);
        }
    }
    for what in kinds {
        let mut lines: BTreeMap<&str, Vec<(f64, f64)>> = BTreeMap::new();
        for row in rows {
            if let Some(value) = row
                .value(what)
                .filter(|value| value.is_finite() && *value > 0.0)
            {
                lines
                    .entry(&row.subject)
                    .or_default()
                    .push((row.present.max(1) as f64, value));
            }
        }
        if lines.values().all(|points| points.len() < 2) {
            continue;
        }
        let file = format!(
            "{name}-{}.svg",
            what.replace([' ', '/', '%'], "-").trim_matches('-')
        );
        draw(&directory.join(&file), &format!("{name}: {what}"), &lines)
            .expect("a picture can be drawn");
        written.push((file, what));
    }
    written
}

fn draw(
    path: &Path,
    title: &str,
    lines: &BTreeMap<&str, Vec<(f64, f64)>>,
) -> Result<(), Box<dyn std::error::Error>> {
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let points = || lines.values().flatten();
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(70)
        .build_cartesian_2d(
            span(points().map(|point| point.0)).log_scale(),
            span(points().map(|point| point.1)).log_scale(),
        )?;
    chart
        .configure_mesh()
        .x_desc("zones present")
        .x_label_formatter(&|present| thousands(present.round() as u64))
        .y_label_formatter(&|value| shown(*value))
        .light_line_style(BLACK.mix(0.06))
        .draw()?;
    for (index, (subject, points)) in lines.iter().enumerate() {
        let color = Palette99::pick(index).to_rgba();
        chart
            .draw_series(
                LineSeries::new(points.iter().copied(), color.stroke_width(2)).point_size(3),
            )?
            .label(*subject)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .position(SeriesLabelPosition::UpperLeft)
        .draw()?;
    area.present()?;
    Ok(())
}

/// From somewhat below the smallest to somewhat above the largest.
fn span(values: impl Iterator<Item = f64>) -> Range<f64> {
    let (low, high) = values.fold((f64::MAX, f64::MIN), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    low / 1.3..high * 2.0
}
