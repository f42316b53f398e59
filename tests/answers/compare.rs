//! Compares what servers answer, and tells where they differ.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::case::{Case, Reply, common};
use super::client::Client;
use super::differences::Difference;
use super::message::{DnsName, Question};
use super::questions::questions;
use super::servers::Server;
use super::zones::Source;

/// So many differences of a zone are shown.
const SHOWN: usize = 5;

/// What came of comparing many zones.
pub struct Tally {
    zones: Vec<DnsName>,
    table: Vec<&'static Difference>,
    asked: usize,
    /// What the error contains of a message that is known not to be readable.
    pub unreadable: Option<&'static str>,
    /// By name of the difference.
    tabled: BTreeMap<&'static str, usize>,
    /// A report of each zone with differences that are not in the table.
    pub failures: String,
}

impl Tally {
    /// Of these zones, with what the servers may differ in.
    pub fn new(sources: &[Source], table: impl IntoIterator<Item = &'static Difference>) -> Self {
        let name = |source: &Source| source.name.parse().unwrap();
        Self {
            zones: sources.iter().map(name).collect(),
            table: table.into_iter().collect(),
            asked: 0,
            unreadable: None,
            tabled: BTreeMap::new(),
            failures: String::new(),
        }
    }

    /// Asks all servers everything about a zone.
    pub fn zone(&mut self, source: &Source, servers: &[Server]) {
        let apex = source.name.parse().unwrap();
        let mut clients: Vec<_> = servers
            .iter()
            .map(|server| (server.name, Client::new(server.dns)))
            .collect();
        let records = clients[0].1.transfer(&apex);
        let mut untabled = Vec::new();
        for question in questions(&apex, &records) {
            self.asked += 1;
            // All are asked before any is heard, so that they work at the same time.
            for (_, client) in &mut clients {
                client.send(&question);
            }
            let replies: Result<Vec<_>, _> = clients
                .iter_mut()
                .map(|(server, client)| {
                    let answer = client.answer(&question);
                    let answer = answer.map_err(|error| format!("{question}: {server}: {error}"));
                    answer.map(|(answer, size)| Reply {
                        server,
                        answer,
                        size,
                    })
                })
                .collect();
            match replies {
                Ok(replies) => untabled.extend(self.replies(&question, &replies)),
                Err(error) => match self.unreadable {
                    Some(known) if error.contains(known) => {
                        *self.tabled.entry(known).or_default() += 1;
                    }
                    _ => untabled.push(error),
                },
            }
        }
        if !untabled.is_empty() {
            let (name, count) = (&source.name, untabled.len());
            let _ = writeln!(self.failures, "=== {name}: {count} differences");
            for report in untabled.iter().take(SHOWN) {
                let _ = writeln!(self.failures, "{report}");
            }
        }
    }

    /// Every two replies agree, or the table says why not.
    fn replies(&mut self, question: &Question, replies: &[Reply]) -> Option<String> {
        let case = Case {
            question,
            zones: &self.zones,
        };
        for (index, one) in replies.iter().enumerate() {
            for other in &replies[index + 1..] {
                let (mut left, mut right) = (one.clone(), other.clone());
                for difference in &self.table {
                    if left.answer == right.answer {
                        break;
                    }
                    let before = (left.answer.clone(), right.answer.clone());
                    (difference.level)(&case, &mut left, &mut right);
                    if before != (left.answer.clone(), right.answer.clone()) {
                        *self.tabled.entry(difference.name).or_default() += 1;
                    }
                }
                if left.answer != right.answer {
                    return Some(side_by_side(question, one, other));
                }
            }
        }
        None
    }

    /// The names of those of `table` that were not seen.
    pub fn unseen(&self, table: &[Difference]) -> Vec<&'static str> {
        let names = table.iter().map(|difference| difference.name);
        names
            .chain(self.unreadable)
            .filter(|name| !self.tabled.contains_key(name))
            .collect()
    }

    /// Fails with what is not in the table; tells how often the rest was seen.
    pub fn finish(self) {
        let mut summary = format!("{} questions", self.asked);
        for difference in &self.table {
            if let Some(count) = self.tabled.get(difference.name) {
                let Difference { name, why, .. } = *difference;
                let _ = write!(summary, "\n{count:6} × {name}: {why}");
            }
        }
        println!("{summary}");
        assert!(self.failures.is_empty(), "{summary}\n{}", self.failures);
    }
}

/// What both have in common once, the rest with who has it.
fn side_by_side(question: &Question, left: &Reply, right: &Reply) -> String {
    let mut report = format!("? {question}\n");
    for reply in [left, right] {
        let _ = writeln!(report, "  {:5} {}", reply.server, reply.answer);
    }
    let sections = left
        .answer
        .sections()
        .into_iter()
        .zip(right.answer.sections());
    for ((section, ours), (_, theirs)) in sections {
        if ours.is_empty() && theirs.is_empty() {
            continue;
        }
        let _ = writeln!(report, "  {section}:");
        let (mut ours, mut theirs) = (ours.clone(), theirs.clone());
        for record in common(&mut ours, &mut theirs) {
            let _ = writeln!(report, "    both  {record}");
        }
        for (server, records) in [(left.server, ours), (right.server, theirs)] {
            for record in records {
                let _ = writeln!(report, "    {server:5} {record}");
            }
        }
    }
    report
}
