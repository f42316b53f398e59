//! One question at every backend at once, and in what their answers differ.

use actix_web::{HttpResponse, web};
use dadns_zone::{DomainName, Excerpt, NameText, Rtype, TypeName, ZoneName};

use super::shape::{AnsweredRecord, BackendAnswer, QueryAnswer, Question};
use super::{Code, Problem, json, reading};
use crate::access::{Principal, Right, read_type};
use crate::operations::{Asked, Operations, Transport};
use crate::store::Store;

/// How many differences of a server are told.
const TOLD: usize = 5;

/// `GET /api/v1/query`.
pub async fn query(
    principal: Principal,
    store: web::Data<Store>,
    operations: web::Data<Operations>,
    asked: web::Query<Question>,
) -> Result<HttpResponse, Problem> {
    Ok(json(answer(&principal, store, &operations, &asked).await?))
}

/// What every backend answers.
pub(in crate::http) async fn answer(
    principal: &Principal,
    store: web::Data<Store>,
    operations: &Operations,
    asked: &Question,
) -> Result<QueryAnswer, Problem> {
    let (name, rtype, over) = read(asked)?;
    let zone = {
        let (principal, name) = (principal.clone(), name.clone());
        reading(store, move |store| zone_of(store, &principal, &name)).await?
    };
    let all = operations.ask(&name, rtype, over).await;
    let mut answers: Vec<_> = all.into_iter().map(told).collect();
    let most = reference(&answers);
    if let Some(most) = most {
        let most = answers.get(most).map(Key::of).unwrap_or_default();
        for one in answers.iter_mut().filter(|one| one.error.is_none()) {
            one.differs = most.differences(&Key::of(one));
        }
    }
    let agrees = |one: &BackendAnswer| one.error.is_none() && one.differs.is_empty();
    Ok(QueryAnswer {
        name: NameText(&name).to_string(),
        rtype: TypeName(rtype).to_string(),
        zone: zone.map(|zone| zone.to_string()),
        agree: answers.iter().any(agrees)
            && answers
                .iter()
                .all(|one| one.server.is_none() || agrees(one)),
        answers,
    })
}

/// What is asked for.
fn read(asked: &Question) -> Result<(DomainName, Rtype, Transport), Problem> {
    let text = asked.name.trim();
    let name: DomainName = match text.is_empty() {
        true => return Err(Problem::invalid("name: there has to be one")),
        false => text.parse().map_err(|error| {
            let name = Excerpt::new(text.as_bytes());
            Problem::invalid(format!("name: {name} is not a domain name: {error}"))
        })?,
    };
    let rtype = match asked.rtype.trim() {
        "" => Rtype::A,
        text => read_type(text).map_err(|why| Problem::invalid(format!("type: {why}")))?,
    };
    let over = match asked.transport.trim() {
        "" | "udp" => Transport::Udp,
        "tcp" => Transport::Tcp,
        _ => return Err(Problem::invalid("transport: udp or tcp")),
    };
    Ok((name, rtype, over))
}

/// The zone here that a name is in, if the principal sees it: the nearest one that is present, or else the
/// nearest one that was removed. Who sees all may ask for any name.
fn zone_of(
    store: &Store,
    principal: &Principal,
    name: &DomainName,
) -> Result<Option<ZoneName>, Problem> {
    let (mut present, mut removed) = (None, None);
    for suffix in name.iter_suffixes() {
        let Ok(zone) = ZoneName::parse(&NameText(&suffix).to_string()) else {
            continue;
        };
        match store.head(&zone)? {
            Some(head) if head.present => {
                present = Some(zone);
                break;
            }
            Some(_) => removed = removed.or(Some(zone)),
            None => {}
        }
    }
    let zone = present.or(removed);
    let seen = match &zone {
        Some(zone) => principal.sees(zone),
        None => principal.may_everywhere(Right::Read).is_ok(),
    };
    match seen {
        true => Ok(zone),
        // It says nothing of zones that are not seen.
        false => Err(Problem::new(
            Code::NotAllowed,
            format!("no zone that you may read has the name {}", NameText(name)),
        )),
    }
}

fn told(asked: Asked) -> BackendAnswer {
    let Asked {
        backend,
        server,
        answer,
    } = asked;
    let empty = BackendAnswer {
        backend: backend.to_string(),
        server: server.map(|server| server.to_string()),
        ..BackendAnswer::default()
    };
    let seen = match answer {
        Ok(seen) => seen,
        Err(error) => {
            return BackendAnswer {
                error: Some(error),
                ..empty
            };
        }
    };
    let records = seen.records.into_iter().map(|record| AnsweredRecord {
        section: if record.authority {
            "authority"
        } else {
            "answer"
        }
        .into(),
        name: record.name,
        rtype: TypeName(record.rtype).to_string(),
        ttl: record.ttl,
        data: record.data,
    });
    let mut records: Vec<_> = records.collect();
    records.sort_by(|one, other| one.data.cmp(&other.data));
    records.sort_by(|one, other| (&one.name, &one.rtype).cmp(&(&other.name, &other.rtype)));
    BackendAnswer {
        code: Some(seen.code),
        authoritative: seen.authoritative,
        truncated: seen.truncated,
        recursion: seen.recursion,
        tcp: seen.tcp,
        took_ms: (seen.took.as_secs_f64() * 100_000.0).round() / 100.0,
        records,
        more: seen.more,
        ..empty
    }
}

/// The answer that most others are like; of several, the first.
fn reference(answers: &[BackendAnswer]) -> Option<usize> {
    let given = answers.iter().enumerate();
    let given = given.filter(|(_, one)| one.error.is_none());
    let keys: Vec<_> = given.map(|(at, one)| (at, Key::of(one))).collect();
    let like = |key: &Key| keys.iter().filter(|(_, other)| other == key).count();
    let best = keys.iter().rev().max_by_key(|(_, key)| like(key));
    best.map(|(at, _)| *at)
}

/// What has to be alike.
#[derive(Debug, Default, PartialEq, Eq)]
struct Key {
    code: String,
    authoritative: bool,
    records: Vec<(String, u32)>,
    more: usize,
}

impl Key {
    fn of(answer: &BackendAnswer) -> Self {
        let records = answer.records.iter().map(|record| {
            let AnsweredRecord {
                name, rtype, data, ..
            } = record;
            (format!("{name} {rtype} {data}"), record.ttl)
        });
        Self {
            code: answer.code.clone().unwrap_or_default(),
            authoritative: answer.authoritative,
            records: records.collect(),
            more: answer.more,
        }
    }

    /// How another answer differs from this one, in words.
    fn differences(&self, other: &Self) -> Vec<String> {
        let mut told = Vec::new();
        if other.code != self.code {
            told.push(format!("answers {} instead of {}", other.code, self.code));
        }
        match (self.authoritative, other.authoritative) {
            (true, false) => told.push("does not claim authority".to_owned()),
            (false, true) => told.push("claims authority".to_owned()),
            _ => {}
        }
        let ttl = |key: &Self, wanted: &str| {
            let found = key.records.iter().find(|(record, _)| record == wanted);
            found.map(|(_, ttl)| *ttl)
        };
        for (record, here) in &self.records {
            match ttl(other, record) {
                None => told.push(format!("lacks {record}")),
                Some(there) if there != *here => {
                    told.push(format!("has TTL {there} instead of {here}: {record}"));
                }
                Some(_) => {}
            }
        }
        for (record, _) in &other.records {
            if ttl(self, record).is_none() {
                told.push(format!("also has {record}"));
            }
        }
        if told.is_empty() && other.more != self.more {
            told.push("has another number of records".to_owned());
        }
        let more = told.len().saturating_sub(TOLD);
        if more > 0 {
            told.truncate(TOLD);
            told.push(format!("and {more} more differences"));
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(backend: &str, code: &str, records: &[(&str, u32)]) -> BackendAnswer {
        let record = |(data, ttl): &(&str, u32)| AnsweredRecord {
            section: "answer".into(),
            name: "www.a.example.".into(),
            rtype: "A".into(),
            ttl: *ttl,
            data: (*data).into(),
        };
        BackendAnswer {
            backend: backend.into(),
            code: Some(code.into()),
            authoritative: true,
            records: records.iter().map(record).collect(),
            ..BackendAnswer::default()
        }
    }

    #[test]
    fn an_answer_is_compared_with_what_most_say_whatever_their_order() {
        let silent = BackendAnswer {
            error: Some("no answer".into()),
            ..BackendAnswer::default()
        };
        let other = answer("c", "NOERROR", &[("192.0.2.1", 60), ("192.0.2.9", 300)]);
        let usual = || answer("a", "NOERROR", &[("192.0.2.1", 300)]);
        let all = [silent, other, usual(), usual()];
        let most = reference(&all).unwrap();
        assert_eq!(all[most].backend, "a");
        let key = Key::of(&all[most]);
        assert_eq!(
            key.differences(&Key::of(&all[1])),
            [
                "has TTL 60 instead of 300: www.a.example. A 192.0.2.1",
                "also has www.a.example. A 192.0.2.9"
            ]
        );
        assert!(key.differences(&Key::of(&all[3])).is_empty());
        let refused = BackendAnswer {
            authoritative: false,
            ..answer("b", "REFUSED", &[])
        };
        assert_eq!(
            key.differences(&Key::of(&refused)),
            [
                "answers REFUSED instead of NOERROR",
                "does not claim authority",
                "lacks www.a.example. A 192.0.2.1"
            ]
        );
        assert_eq!(reference(&[refused, usual()]), Some(0), "of two, the first");
    }
}
