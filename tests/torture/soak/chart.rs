//! Draws what was sampled.

use std::path::PathBuf;

use plotters::prelude::*;

use super::sample::Series;

/// One panel for each series, below each other, in a file below `target/torture`. Says where it is.
pub fn draw(name: &str, along: &str, all: &[Series]) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/torture");
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join(format!("{name}.svg"));
    let height = 230 * u32::try_from(all.len()).unwrap();
    {
        let root = SVGBackend::new(&path, (900, height)).into_drawing_area();
        root.fill(&WHITE).unwrap();
        for (area, series) in root.split_evenly((all.len(), 1)).iter().zip(all) {
            panel(area, along, series);
        }
        root.present().unwrap();
    }
    path
}

fn panel(area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>, along: &str, series: &Series) {
    let points = &series.points;
    let most = |values: &mut dyn Iterator<Item = f64>| values.fold(1.0, f64::max);
    let right = most(&mut points.iter().map(|point| point.0));
    let top = most(&mut points.iter().map(|point| point.1)) * 1.1;
    let caption = format!("{} {}", series.measure.name, series.measure.unit);
    let mut chart = ChartBuilder::on(area)
        .caption(caption, ("sans-serif", 16))
        .margin(8)
        .x_label_area_size(32)
        .y_label_area_size(60)
        .build_cartesian_2d(0.0..right, 0.0..top)
        .unwrap();
    chart
        .configure_mesh()
        .x_desc(along)
        .light_line_style(WHITE)
        .draw()
        .unwrap();
    chart
        .draw_series(LineSeries::new(points.iter().copied(), &BLUE))
        .unwrap();
}
