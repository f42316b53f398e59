//! What can be told of a question and its answers with the names of the zones that are served.

use domain::base::iana::Rtype;

use super::message::{Answer, DnsName, Question, Record};

/// One answer, and who gave it.
#[derive(Debug, Clone)]
pub struct Reply {
    pub server: &'static str,
    pub answer: Answer,
    /// Octets of the message.
    pub size: usize,
}

/// A question, and the apex of every zone that the servers hold.
pub struct Case<'a> {
    pub question: &'a Question,
    pub zones: &'a [DnsName],
}

impl Case<'_> {
    /// The zone that a question for this name is about.
    fn zone_of(&self, name: &DnsName) -> Option<&DnsName> {
        let above = |zone: &&DnsName| {
            name.ends_with(*zone) && !(self.question.rtype == Rtype::DS && name == *zone)
        };
        let deepest = self
            .zones
            .iter()
            .filter(above)
            .max_by_key(|zone| zone.label_count());
        deepest.or_else(|| self.zones.iter().find(|zone| *zone == name))
    }

    pub fn is_apex(&self, name: &DnsName) -> bool {
        self.zones.contains(name)
    }

    /// Whether the name's zone is around another one or within one.
    pub fn nested(&self, name: &DnsName) -> bool {
        let around = |zone: &&DnsName| name.ends_with(*zone);
        let zone = self
            .zones
            .iter()
            .filter(around)
            .max_by_key(|zone| zone.label_count());
        zone.is_some_and(|zone| {
            let related = |other: &DnsName| other.ends_with(zone) || zone.ends_with(other);
            self.zones
                .iter()
                .any(|other| other != zone && related(other))
        })
    }
}

/// The names that an answer leads over, by CNAME records.
pub struct Chain {
    /// From the name that was asked for to the one whose records are the answer.
    pub names: Vec<DnsName>,
    /// It comes back to a name, or grows by a DNAME that leads below itself.
    pub endless: bool,
    /// The first name in another zone.
    pub leaves_at: Option<usize>,
}

impl Chain {
    pub fn of(case: &Case<'_>, answer: &Answer) -> Self {
        let records = &answer.answer;
        let mut names = vec![case.question.name.clone()];
        let mut endless = records.iter().any(|record| {
            let target = (record.rtype == Rtype::DNAME)
                .then(|| record.name_at(0))
                .flatten();
            target.is_some_and(|target| target.ends_with(&record.owner))
        });
        let follow = ![Rtype::CNAME, Rtype::ANY].contains(&case.question.rtype);
        while let Some(last) = names.last()
            && follow
        {
            let alias = |record: &&Record| record.rtype == Rtype::CNAME && record.owner == *last;
            let Some(next) = records
                .iter()
                .find(alias)
                .and_then(|alias| alias.name_at(0))
            else {
                break;
            };
            if names.contains(&next) {
                endless = true;
                break;
            }
            names.push(next);
        }
        let first = case.zone_of(&names[0]);
        let leaves_at = names.iter().position(|name| case.zone_of(name) != first);
        Self {
            names,
            endless,
            leaves_at,
        }
    }

    /// The part of an answer section before the chain leaves the zone.
    pub fn within(&self, records: &[Record]) -> Vec<Record> {
        let passed = &self.names[..self.leaves_at.unwrap_or(self.names.len())];
        let kept = |record: &&Record| {
            let rtype = record.covers().unwrap_or(record.rtype);
            match rtype {
                Rtype::CNAME => passed.contains(&record.owner),
                Rtype::DNAME => passed.iter().any(|name| name.ends_with(&record.owner)),
                _ => false,
            }
        };
        records.iter().filter(kept).cloned().collect()
    }
}

/// Where a referral leads to.
pub fn cut(case: &Case<'_>, answer: &Answer) -> Option<DnsName> {
    let ns = |record: &&Record| record.rtype == Rtype::NS && !case.is_apex(&record.owner);
    answer.authority.iter().find(ns).map(|ns| ns.owner.clone())
}

/// Takes out of both what both have.
pub fn common(left: &mut Vec<Record>, right: &mut Vec<Record>) -> Vec<Record> {
    let mut both = Vec::new();
    left.retain(|record| {
        let found = right.iter().position(|other| other == record);
        both.extend(found.map(|index| right.remove(index)));
        found.is_none()
    });
    both
}
