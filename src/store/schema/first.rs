//! From the first layout of the store to the present one: receipts know when and what was verified, and
//! each zone has a history, which begins with what it is now and has its records.

use std::collections::VecDeque;

use dadns_zone::ZoneName;
use serde::{Deserialize, Serialize};

use crate::engine::{Batch, KeyRange};
use crate::store::db::{Db, decode, reading};
use crate::store::desired::VersionKind;
use crate::store::history::Version;
use crate::store::receipt::{Event, Receipt};
use crate::store::{StoreError, keys};

/// A receipt as the first layout had it.
#[derive(Serialize, Deserialize)]
struct FirstReceipt {
    revision: Option<u64>,
    serial: Option<u32>,
    notes: Vec<String>,
    history: VecDeque<Event>,
}

impl From<FirstReceipt> for Receipt {
    fn from(first: FirstReceipt) -> Self {
        let verified = |event: &&Event| event.result.is_verified();
        let verified = first.history.iter().rev().find(verified);
        let verified = verified.map(|event| event.at);
        Self {
            revision: first.revision,
            serial: first.serial,
            digest: None,
            verified,
            notes: first.notes,
            history: first.history,
        }
    }
}

/// What has to be written to a store of the first layout, and how many octets that is: all at once, or it
/// would be read as neither.
pub(super) fn migrated(db: &Db) -> Result<(Batch, u64), StoreError> {
    let mut batch = Batch::default();
    let mut bytes = 0;
    for entry in db.engine().scan(KeyRange::prefix(keys::RECEIPTS)) {
        let (key, value) = entry.map_err(|error| reading("an entry", &error))?;
        let first: FirstReceipt = decode("a receipt of an earlier version", &value)?;
        batch.insert(key, db.encode(&Receipt::from(first))?);
    }
    for found in db.heads_after(None) {
        let (zone, head) = found?;
        let version = Version {
            at: head.changed,
            by: head.changed_by,
            owner: head.owner,
            kind: match head.present {
                true => VersionKind::Pushed,
                false => VersionKind::Removed,
            },
            serial: head.serial,
            records: head.records,
            zone: layer(db, &zone, head.present)?,
            layered: None,
        };
        if head.present {
            let revision = head.revision.to_be_bytes();
            batch.insert(keys::layer(&zone, keys::PUSH), revision);
        }
        let version = version.encode()?;
        bytes += version.len() as u64;
        batch.insert(keys::version(&zone, head.revision), version);
    }
    Ok((batch, bytes))
}

fn layer(db: &Db, zone: &ZoneName, present: bool) -> Result<Option<Vec<u8>>, StoreError> {
    match present {
        true => {
            let packed = db.get(keys::layer(zone, keys::PUSH))?;
            Ok(packed.map(|packed| packed.to_vec()))
        }
        false => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use dadns_backends::ZoneResult;
    use dadns_zone::{Limits, read};
    use jiff::Timestamp;

    use super::*;
    use crate::engine::{Engine, Memory};
    use crate::store::{Head, Options, Store};

    #[test]
    fn a_store_of_the_first_layout_is_taken_over_with_its_receipts_and_gets_a_history() {
        let engine = Memory::default();
        let name = ZoneName::parse("a.example").unwrap();
        let text = b"$TTL 300\n@ SOA ns1 host 7 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.1\n";
        let zone = read(&name, text, &Limits::default()).unwrap().zone;
        let at = Timestamp::from_second(1_700_000_000).unwrap();
        let head = Head {
            revision: 3,
            present: true,
            owner: None,
            serial: 9,
            content: *zone.content_digest().as_bytes(),
            records: 3,
            changed: at,
            changed_by: "somebody".into(),
            warnings: Vec::new(),
        };
        let event = |result| Event {
            at,
            revision: 3,
            removed: false,
            result,
        };
        let receipt = FirstReceipt {
            revision: Some(3),
            serial: Some(9),
            notes: vec!["a note".into()],
            history: [
                event(ZoneResult::Verified {
                    changed: true,
                    repaired: None,
                }),
                event(ZoneResult::Failed("no".into())),
            ]
            .into(),
        };
        let mut entries = Batch::default();
        entries.insert(keys::SCHEMA, 1_u32.to_be_bytes());
        entries.insert(keys::head(&name), postcard::to_stdvec(&head).unwrap());
        entries.insert(keys::layer(&name, keys::PUSH), zone.pack());
        let key = keys::receipt(&name, &"bind".parse().unwrap());
        entries.insert(key, postcard::to_stdvec(&receipt).unwrap());
        engine.apply(entries).unwrap();
        let options = Options::default();
        let engine = Arc::new(engine);
        let (store, committer) = Store::open(engine, &BTreeMap::new(), &options).unwrap();
        let receipts = store.receipts(&name).unwrap();
        let receipt = &receipts[&"bind".parse().unwrap()];
        assert_eq!((receipt.serial, receipt.verified), (Some(9), Some(at)));
        assert_eq!(receipt.history.len(), 2);
        let history = store.history(&name).unwrap();
        let [(3, version)] = history.as_slice() else {
            panic!("{history:?}");
        };
        assert_eq!(version.push(&name).unwrap(), Some(zone.clone()));
        let content = store.content(&name, 3).unwrap().unwrap();
        assert_eq!(content, Some(zone.with_serial(9)));
        let desired = store.desired(&name).unwrap();
        assert_eq!(desired.zone, Some(zone.with_serial(9)));
        committer.stop(store);
    }
}
