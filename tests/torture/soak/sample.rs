//! What a process takes, again and again, and whether that is flat.

use std::path::Path;

/// What is sampled: its name, its unit, and how much it may grow from the second third to the last: in percent, or by
/// so much, whichever is more.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    pub name: &'static str,
    pub unit: &'static str,
    pub percent: f64,
    pub slack: f64,
}

pub const MEMORY: Measure = Measure {
    name: "memory",
    unit: "MB",
    percent: 8.0,
    slack: 6.0,
};

pub const DESCRIPTORS: Measure = Measure {
    name: "descriptors",
    unit: "",
    percent: 10.0,
    slack: 8.0,
};

pub const STORE: Measure = Measure {
    name: "store",
    unit: "MB",
    percent: 15.0,
    slack: 6.0,
};

/// One measure over time, or over whatever.
#[derive(Debug)]
pub struct Series {
    pub measure: Measure,
    pub points: Vec<(f64, f64)>,
}

impl Series {
    pub fn of(measure: Measure) -> Self {
        Self {
            measure,
            points: Vec::new(),
        }
    }

    pub fn add(&mut self, at: f64, value: f64) {
        self.points.push((at, value));
    }

    /// The mean of each third.
    fn thirds(&self) -> [f64; 3] {
        let third = (self.points.len() / 3).max(1);
        [0, 1, 2].map(|part| {
            let points = self.points.iter().skip(part * third).take(third);
            let values: Vec<_> = points.map(|point| point.1).collect();
            values.iter().sum::<f64>() / values.len().max(1) as f64
        })
    }

    /// Why it is not flat.
    pub fn growth(&self) -> Option<String> {
        let [_, second, last] = self.thirds();
        let Measure {
            name,
            unit,
            percent,
            slack,
        } = self.measure;
        let most = second + slack.max(second * percent / 100.0);
        (last > most)
            .then(|| format!("{name} grew from {second:.1} to {last:.1} {unit}, {most:.1} at most"))
    }

    /// A row of the table that [`HEAD`] is the head of.
    pub fn row(&self) -> String {
        let [first, second, last] = self.thirds();
        let highest = self.points.iter().map(|point| point.1).fold(0.0, f64::max);
        let name = format!("{} {}", self.measure.name, self.measure.unit);
        let is_flat = if self.growth().is_some() { "no" } else { "yes" };
        format!("{name:16} {first:10.1} {second:10.1} {last:10.1} {highest:10.1}   {is_flat}")
    }
}

pub const HEAD: &str = "                      first     second last third    highest   flat";

/// The resident memory of a process, in MB.
pub fn memory(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: f64 = line
        .unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap();
    kib * 1_024.0 / 1e6
}

/// How many file descriptors a process has open.
pub fn descriptors(process: u32) -> f64 {
    let open = std::fs::read_dir(format!("/proc/{process}/fd")).unwrap();
    open.count() as f64
}

/// What a directory takes on disk, in MB.
pub fn on_disk(directory: &Path) -> f64 {
    use std::os::unix::fs::MetadataExt;
    let mut octets = 0;
    let mut left = vec![directory.to_owned()];
    while let Some(path) = left.pop() {
        // It may be gone by now.
        let Ok(metadata) = std::fs::symlink_metadata(&path) else {
            continue;
        };
        octets += metadata.blocks() * 512;
        if let Ok(entries) = std::fs::read_dir(&path) {
            left.extend(entries.filter_map(Result::ok).map(|entry| entry.path()));
        }
    }
    octets as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: impl Fn(f64) -> f64) -> Series {
        let mut series = Series::of(MEMORY);
        for at in 0..90 {
            series.add(f64::from(at), value(f64::from(at)));
        }
        series
    }

    #[test]
    fn what_grows_to_the_end_is_found_and_what_grows_at_first_is_not() {
        assert!(of(|at| 100.0 + at).growth().is_some());
        assert_eq!(of(|_| 100.0).growth(), None);
        assert_eq!(of(|at| 100.0 + at.min(20.0) * 9.0).growth(), None);
        assert_eq!(of(|at| 100.0 + at % 10.0).growth(), None);
    }

    #[test]
    fn a_store_that_keeps_all_that_was_written_is_found() {
        let mut series = Series::of(STORE);
        (1..=60).for_each(|at| series.add(f64::from(at), 1.5 * f64::from(at)));
        assert!(series.growth().is_some(), "{}", series.row());
    }
}
