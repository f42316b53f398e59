//! Two binaries in turns, so that both meet the same machine.

use super::arguments::Run;
use super::figures::{Row, print, shown, thousands};
use super::measure::Measurement;

/// Measures both, `rounds` times each, and prints the middle of their figures beside each other.
pub fn run(runs: &[Run; 2], rounds: usize, chosen: &[&Measurement]) {
    for measurement in chosen.iter().filter(|measurement| measurement.can_run()) {
        let mut rows = [Vec::new(), Vec::new()];
        for round in 0..rounds {
            // Who begins changes: what the first leaves behind, such as a warm disk, meets both.
            for turn in [round % 2, 1 - round % 2] {
                println!("round {}, {}", round + 1, runs[turn].binary.display());
                (measurement.gateway)(&runs[turn], &mut |row| {
                    print(&row);
                    rows[turn].push(row);
                });
            }
        }
        table(&rows);
    }
}

/// Middles and their ratio.
fn table(rows: &[Vec<Row>; 2]) {
    println!(
        "\n| what | subject | zones present | figure | old | new | new / old |\n|---|---|---|---|---|---|---|"
    );
    let mut seen: Vec<(String, String, usize, String)> = Vec::new();
    for row in rows.iter().flatten() {
        for (figure, _) in &row.values {
            let key = (
                row.measurement.clone(),
                row.subject.clone(),
                row.present,
                figure.clone(),
            );
            if seen.contains(&key) {
                continue;
            }
            let [old, new] = [0, 1].map(|turn| middle(&rows[turn], &key));
            println!(
                "| {} | {} | {} | {figure} | {} | {} | {} |",
                key.0,
                key.1,
                thousands(key.2 as u64),
                shown(old),
                shown(new),
                shown(new / old)
            );
            seen.push(key);
        }
    }
}

fn middle(
    rows: &[Row],
    (measurement, subject, present, figure): &(String, String, usize, String),
) -> f64 {
    let same = rows.iter().filter(|row| {
        (&row.measurement, &row.subject, &row.present) == (measurement, subject, present)
    });
    let mut values: Vec<_> = same.filter_map(|row| row.value(figure)).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
