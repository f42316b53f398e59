//! A zone as all nodes share it: the entries of the engine that are its desired state, as they are.
//!
//! So nothing that is added to desired state can be forgotten here, as long as it stands under a key of its zone, and
//! a node writes to its engine what the one that made the change has in its own.

use dadns_zone::{Zone, ZoneName};
use serde::{Deserialize, Serialize};

use crate::engine::{Batch, KeyRange, Value};
use crate::ledger::Stamp;
use crate::store::db::{Db, decode, reading};
use crate::store::desired::Head;
use crate::store::history::Version;
use crate::store::layered::{by_layer, listed, merged, read_entry, with_serial};
use crate::store::{StoreError, keys};

/// The first octet of what is shared. A change of what comes after it raises it; whoever raises it has to write the
/// earlier format while any node that is listed (`k/NODE` has its version) reads no other.
pub(super) const FORMAT: u8 = 1;

/// Entries as the engine has them; each `None` where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ZoneState {
    /// The stamp of the state that this one was made of; 0: of none, or of one that nobody else has.
    pub parent: u64,
    /// The node that made it.
    pub node: String,
    #[serde(with = "serde_bytes")]
    pub head: Option<Vec<u8>>,
    /// The revision whose push lies at the bottom.
    pub layer: Option<u64>,
    /// What was pushed then, packed, unless `version` has it.
    #[serde(with = "serde_bytes")]
    pub push: Option<Vec<u8>>,
    /// See `plain` in the table of [`keys`].
    pub plain: Option<u64>,
    /// The entries of the layers above: the end of each key, and its value.
    pub entries: Vec<(serde_bytes::ByteBuf, serde_bytes::ByteBuf)>,
    #[serde(with = "serde_bytes")]
    pub attributes: Option<Vec<u8>>,
    /// Where it is placed.
    #[serde(with = "serde_bytes")]
    pub placement: Option<Vec<u8>>,
    #[serde(with = "serde_bytes")]
    pub held: Option<Vec<u8>>,
    #[serde(with = "serde_bytes")]
    pub highest: Option<Vec<u8>>,
    /// The version of the revision in `head`.
    #[serde(with = "serde_bytes")]
    pub version: Option<Vec<u8>>,
}

impl ZoneState {
    /// How a zone stands after `batch`.
    pub fn read(
        db: &Db,
        batch: &Batch,
        zone: &ZoneName,
        parent: Stamp,
        node: &str,
    ) -> Result<Self, StoreError> {
        let get = |key: Vec<u8>| -> Result<Option<Value>, StoreError> {
            match batch.written(&key) {
                Some(written) => Ok(written.cloned()),
                None => db.get(key),
            }
        };
        let octets = |key| Ok::<_, StoreError>(get(key)?.map(|value| value.to_vec()));
        let number = |key| -> Result<Option<u64>, StoreError> {
            let Some(value) = get(key)? else {
                return Ok(None);
            };
            let octets = <[u8; 8]>::try_from(value.as_ref());
            let octets = octets.map_err(|error| reading(format!("zone {zone}"), &error))?;
            Ok(Some(u64::from_be_bytes(octets)))
        };
        let head = octets(keys::head(zone))?;
        let revision = match &head {
            Some(head) => decode::<Head>(&format!("the head of zone {zone}"), head)?.revision,
            None => 0,
        };
        let layer = number(keys::layer(zone, keys::PUSH))?;
        let push = match layer.filter(|layer| *layer != revision) {
            Some(layer) => {
                let what = format!("revision {layer} of zone {zone}");
                let version = get(keys::version(zone, layer))?;
                let version = version.map(|version| Version::decode(&what, &version));
                match version.transpose()?.and_then(|version| version.zone) {
                    Some(packed) => Some(packed),
                    None => octets(keys::base(zone, layer))?,
                }
            }
            None => None,
        };
        Ok(Self {
            parent: parent.0,
            node: node.to_owned(),
            layer,
            push,
            plain: number(keys::layer(zone, keys::PLAIN))?,
            entries: entries(db, batch, zone)?,
            attributes: octets(keys::attributes(zone))?,
            placement: octets(keys::placement(zone))?,
            held: octets(keys::held(zone))?,
            highest: octets(keys::highest(zone))?,
            version: octets(keys::version(zone, revision))?,
            head,
        })
    }

    pub fn encode(&self) -> Result<Vec<u8>, StoreError> {
        let octets = postcard::to_extend(self, vec![FORMAT]);
        octets.map_err(|error| StoreError::Write {
            cause: error.to_string(),
        })
    }

    pub fn decode(zone: &ZoneName, octets: &[u8]) -> Result<Self, StoreError> {
        let what = || format!("zone {zone} as another node wrote it");
        match octets {
            [FORMAT, rest @ ..] => decode(&what(), rest),
            [newer, ..] if *newer > FORMAT => Err(reading(
                what(),
                &"that node has a newer dadns: install the same version here",
            )),
            _ => Err(reading(what(), &"the octets make no sense")),
        }
    }

    /// The head in it.
    pub fn head(&self, zone: &ZoneName) -> Result<Option<Head>, StoreError> {
        let what = format!("the head of zone {zone} as another node wrote it");
        let head = self.head.as_ref();
        head.map(|head| decode(&what, head)).transpose()
    }

    /// The zone as it is served, with its head; `None`: it is not present.
    pub fn served(&self, zone: &ZoneName) -> Result<Option<(Head, Zone)>, StoreError> {
        let what = || format!("zone {zone} as another node wrote it");
        let Some(head) = self.head(zone)?.filter(|head| head.present) else {
            return Ok(None);
        };
        let version = self.version.as_ref();
        let version = version
            .map(|octets| Version::decode(&what(), octets))
            .transpose()?;
        let packed = match self.layer {
            Some(layer) if layer == head.revision => version.and_then(|version| version.zone),
            Some(_) => self.push.clone(),
            None => None,
        };
        let push = packed.map(|packed| Zone::unpack(zone.clone(), &packed));
        let push = push.transpose().map_err(|error| reading(what(), &error))?;
        let entries = self.entries.iter();
        let entries = entries.map(|(key, value)| read_entry(&what(), key, value));
        let above = by_layer(entries.collect::<Result<_, _>>()?);
        let served = merged(zone, push.as_ref(), &above);
        let served = served
            .map_err(|errors| reading(what(), &listed(&errors)))?
            .zone;
        Ok(Some((head.clone(), with_serial(served, head.serial))))
    }

    /// Whether both nodes have the same, whoever made it.
    pub fn is_same(&self, other: &Self) -> bool {
        let alike = |state: &Self| Self {
            parent: 0,
            node: String::new(),
            // The same records may be kept in the version or beside it.
            push: None,
            version: None,
            ..state.clone()
        };
        alike(self) == alike(other)
    }
}

/// The entries of layers after `batch`.
fn entries(
    db: &Db,
    batch: &Batch,
    zone: &ZoneName,
) -> Result<Vec<(serde_bytes::ByteBuf, serde_bytes::ByteBuf)>, StoreError> {
    let prefix = keys::entries_of(zone);
    let mut found = std::collections::BTreeMap::new();
    for entry in db.engine().scan(KeyRange::prefix(prefix.clone())) {
        let (key, value) = entry.map_err(|error| reading(format!("zone {zone}"), &error))?;
        found.insert(key[prefix.len()..].to_vec(), value.to_vec());
    }
    for (key, value) in batch.written_below(&prefix) {
        let key = key[prefix.len()..].to_vec();
        match value {
            Some(value) => found.insert(key, value.to_vec()),
            None => found.remove(&key),
        };
    }
    let entries = found.into_iter();
    Ok(entries
        .map(|(key, value)| (key.into(), value.into()))
        .collect())
}
