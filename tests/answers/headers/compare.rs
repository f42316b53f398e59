//! Asks four servers the same and compares what they send field by field.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use domain::base::Name;

use super::cut;
use super::header::{FIELDS, Field, Header};
use super::requests::{FORMS, Request};
use super::rules::{BIND, Case, OURS, RULES, Right, Rule};
use crate::client::Client;
use crate::message::{Answer, Question};
use crate::questions::questions;
use crate::servers::{self, Server};
use crate::zones::Source;

/// So many names and types about one zone, evenly picked.
const MOST: usize = 120;
/// So many differences are shown.
const SHOWN: usize = 12;

/// BIND, NSD, Knot and the gateway, in this order.
pub struct Comparison {
    clients: Vec<(&'static str, Client)>,
    asked: usize,
    /// How often each rule was needed.
    ruled: BTreeMap<&'static str, usize>,
    failures: Vec<String>,
    _servers: Vec<Server>,
}

impl Comparison {
    pub fn of(sources: &[Source]) -> Self {
        let bind = servers::bind(sources);
        let servers = vec![
            bind,
            servers::nsd(sources),
            servers::knot(sources),
            servers::open_dadns(sources),
        ];
        let client = |server: &Server| (server.name, Client::new(server.dns));
        Self {
            clients: servers.iter().map(client).collect(),
            asked: 0,
            ruled: BTreeMap::new(),
            failures: Vec::new(),
            _servers: servers,
        }
    }

    /// Asks about each zone, in every form.
    pub fn questions(mut self, sources: &[Source]) -> Self {
        for source in sources {
            let apex = source.name.parse().unwrap();
            let records = self.clients[0].1.transfer(&apex);
            let all: BTreeSet<_> = questions(&apex, &records)
                .into_iter()
                .map(|question| (question.name.as_slice().to_vec(), question.rtype))
                .collect();
            let step = all.len().div_ceil(MOST).max(1);
            for (name, rtype) in all.into_iter().step_by(step) {
                self.question(&Question {
                    name: Name::from_octets(name).unwrap(),
                    rtype,
                    dnssec: false,
                });
            }
        }
        self
    }

    fn question(&mut self, question: &Question) {
        for form in FORMS {
            let request = form.request(&question.name, question.rtype);
            let whole = self.over_tcp(&request);
            let first = self.over_udp(&request);
            self.compare(&request, "UDP", &first, Some(&whole));
            self.compare(&request, "TCP", &whole, None);
            // What comes of ours, record by record.
            let read = |octets: &Option<Vec<u8>>| Answer::read(octets.as_ref().unwrap(), question);
            let told = match (read(&first[OURS]), read(&whole[OURS])) {
                (Ok(first), Ok(whole)) => cut::fault(&first, &whole),
                (first, whole) => Some(format!("{first:?} {whole:?}")),
            };
            self.failures
                .extend(told.map(|told| format!("? {}\n  {told}\n", request.text)));
        }
    }

    /// Asks what may not be answered.
    pub fn odd(&mut self, request: &Request) {
        let ask = |(_, client): &(_, Client)| client.may_answer(&request.octets);
        let first: Vec<_> = self.clients.iter().map(ask).collect();
        let whole = match first.iter().all(Option::is_some) {
            true => Some(self.over_tcp(request)),
            false => None,
        };
        self.compare(request, "UDP", &first, whole.as_deref());
    }

    fn over_udp(&self, request: &Request) -> Vec<Option<Vec<u8>>> {
        let ask = |(_, client): &(_, Client)| client.over_udp(&request.octets).ok();
        self.clients.iter().map(ask).collect()
    }

    fn over_tcp(&self, request: &Request) -> Vec<Option<Vec<u8>>> {
        let ask = |(_, client): &(_, Client)| client.over_tcp(&request.octets).ok();
        self.clients.iter().map(ask).collect()
    }

    /// Compares answers over a transport; `whole` are those over TCP of answers in datagrams.
    fn compare(
        &mut self,
        request: &Request,
        over: &str,
        answers: &[Option<Vec<u8>>],
        whole: Option<&[Option<Vec<u8>>]>,
    ) {
        self.asked += 1;
        let read = |answers: &[Option<Vec<u8>>]| -> Result<Vec<_>, String> {
            let read = |answer: &Option<Vec<u8>>| Header::read(&request.octets, answer.as_deref());
            answers.iter().map(read).collect()
        };
        let (headers, whole) = match (read(answers), whole.map(read).transpose()) {
            (Ok(headers), Ok(whole)) => (headers, whole),
            (Err(error), _) | (_, Err(error)) => {
                let report = format!("? {} over {over}\n  {error}\n", request.text);
                return self.failures.push(report);
            }
        };
        let case = Case {
            request,
            headers,
            whole,
        };
        let mut wrong = Vec::new();
        for field in FIELDS {
            if !self.is_right(&case, field) {
                wrong.push(field);
            }
        }
        if over == "UDP" && case.headers[OURS].size > request.room {
            wrong.push(Field::Size);
        }
        if !wrong.is_empty() {
            let mut report = format!("? {} over {over}: {wrong:?}\n", request.text);
            for ((server, _), header) in self.clients.iter().zip(&case.headers) {
                let _ = writeln!(report, "  {server:5} {header}");
            }
            self.failures.push(report);
        }
    }

    /// Whether our value of a field is the right one.
    fn is_right(&mut self, case: &Case<'_>, field: Field) -> bool {
        let values: Vec<_> = case
            .headers
            .iter()
            .map(|header| header.all(field))
            .collect();
        // Who says nothing at all has no say in the rest, and nor has who sends no OPT record in that.
        let says = |server: &usize| match field {
            Field::Answered => true,
            Field::UdpSize | Field::Version | Field::Do | Field::OptFlags | Field::Options => {
                case.headers[*server].get(Field::Opt) == Some(1)
            }
            _ => case.headers[*server].get(Field::Answered) == Some(1),
        };
        if !says(&OURS) {
            return true;
        }
        let peers: Vec<_> = (BIND..OURS).filter(says).collect();
        if peers.windows(2).all(|two| values[two[0]] == values[two[1]]) {
            return peers
                .first()
                .is_none_or(|peer| values[*peer] == values[OURS]);
        }
        let fits = |rule: &&Rule| rule.fields.contains(&field) && (rule.when)(case);
        let Some(rule) = RULES.iter().find(fits) else {
            return false;
        };
        *self.ruled.entry(rule.name).or_default() += 1;
        match rule.right {
            Right::Like(server) => values[server] == values[OURS],
            Right::Is(value) => values[OURS] == [value],
            Right::Missing => values[OURS].is_empty(),
            Right::JudgedElsewhere => true,
        }
    }

    /// Fails with what no rule explains; tells how often each was needed.
    pub fn finish(self) {
        let mut summary = format!("{} headers", self.asked);
        for rule in RULES {
            if let Some(count) = self.ruled.get(rule.name) {
                let _ = write!(summary, "\n{count:6} × {}: {}", rule.name, rule.why);
            }
        }
        println!("{summary}");
        let (count, shown) = (self.failures.len(), self.failures.iter().take(SHOWN));
        let shown: String = shown.map(String::as_str).collect();
        assert!(count == 0, "{summary}\n{count} differences\n{shown}");
    }
}
