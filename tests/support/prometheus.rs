//! Prometheus' text format, read by somebody who lets nothing pass.

use std::collections::{BTreeMap, BTreeSet};

/// What one scrape brought: each series with its value, each family with its type.
pub struct Scrape {
    pub text: String,
    pub series: BTreeMap<String, f64>,
    pub types: BTreeMap<String, String>,
}

impl Scrape {
    /// Reads text format 0.0.4, and fails on whatever is not allowed in it.
    pub fn read(text: &str) -> Self {
        let mut scrape = Self {
            text: text.to_owned(),
            series: BTreeMap::new(),
            types: BTreeMap::new(),
        };
        let (mut family, mut helped) = (String::new(), BTreeSet::new());
        let body = text.strip_suffix('\n').expect("the last line ends");
        for line in body.split('\n') {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, help) = help.split_once(' ').expect(line);
                assert!(!help.trim().is_empty() && helped.insert(name), "{line}");
            } else if let Some(of_type) = line.strip_prefix("# TYPE ") {
                let (name, kind) = of_type.split_once(' ').expect(line);
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                assert!(helped.contains(name), "HELP comes first: {line}");
                assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
                assert!(is_name(name) && name.starts_with("dadns_"), "{line}");
                let known = scrape.types.insert(name.into(), kind.into());
                assert!(known.is_none(), "a family comes once: {line}");
                family = name.into();
            } else {
                scrape.sample(&family, line);
            }
        }
        scrape.check_histograms();
        scrape
    }

    fn sample(&mut self, family: &str, line: &str) {
        let (series, value) = line.rsplit_once(' ').expect(line);
        let (name, labels) = match series.split_once('{') {
            Some((name, labels)) => (name, labels.strip_suffix('}').expect(line)),
            None => (series, ""),
        };
        let suffix = name.strip_prefix(family).expect(line);
        let is_histogram = self.types.get(family).expect(line) == "histogram";
        let allowed: &[&str] = match is_histogram {
            true => &["_bucket", "_sum", "_count"],
            false => &[""],
        };
        assert!(allowed.contains(&suffix), "{line}");
        check_labels(labels);
        assert_eq!(labels.contains("le=\""), suffix == "_bucket", "{line}");
        let value: f64 = value.parse().expect(line);
        assert!(value.is_finite() && value >= 0.0, "{line}");
        let known = self.series.insert(series.into(), value);
        assert!(known.is_none(), "a series comes once: {line}");
    }

    /// Buckets only grow, and the last one has all.
    fn check_histograms(&self) {
        let mut before: BTreeMap<String, f64> = BTreeMap::new();
        for line in self.text.lines().filter(|line| line.contains("_bucket{")) {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = series.split_once("_bucket{").unwrap();
            let (others, le) = labels.split_once(",le=\"").expect(line);
            let value: f64 = value.parse().unwrap();
            let of = format!("{name}_count{{{others}}}");
            let last = before.insert(of.clone(), value).unwrap_or_default();
            assert!(value >= last, "{line}");
            if le == "+Inf\"}" {
                assert_eq!(Some(&value), self.series.get(&of), "{line}");
            }
        }
        for (name, kind) in &self.types {
            let counted = before.keys().any(|of| of.starts_with(name));
            assert_eq!(kind == "histogram", counted, "{name}");
        }
    }

    #[track_caller]
    pub fn has(&self, series: &str, value: f64) {
        assert_eq!(
            self.series.get(series),
            Some(&value),
            "{series}\n{}",
            self.text
        );
    }
}

fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars().all(fits) && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// Labels are `name="value"` with commas between, and `"`, `\` and line ends in values are escaped.
fn check_labels(labels: &str) {
    let mut rest = labels;
    while !rest.is_empty() {
        let (name, value) = rest.split_once("=\"").expect(labels);
        assert!(is_name(name), "{labels}");
        let mut escaped = false;
        let end = value.find(|c| {
            assert!(!escaped || ['\\', '"', 'n'].contains(&c), "{labels}");
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        rest = &value[end.expect(labels) + 1..];
        rest = rest.strip_prefix(',').unwrap_or(rest);
    }
}
