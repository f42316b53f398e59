//! sled under the store: opening with a schema, typed reads, atomic writes, and an fsync that is one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};

use dadns_backends::BackendId;
use dadns_zone::ZoneName;
use parking_lot::Mutex;
use serde::Serialize;

use super::blobs::Blobs;
use super::entries::{decode, reading, scan, typed};
use super::guard::Held;
use super::history::Version;
use super::migrate;
use super::model::Head;
use super::pending::PendingEntry;
use super::receipt::Receipt;
use super::refused::Refused;
use super::serial::Highest;
use super::{Desired, Options, StoreError, keys};
use crate::logging::info;

/// The layout of keys and values that this program writes. A change of either raises it.
const SCHEMA: u32 = 2;

/// How many bytes sled may write for one: it rewrites a value's neighbours with it.
const WRITE_AMPLIFICATION: u64 = 8;

/// An open sled database.
pub(super) struct Disk {
    db: sled::Db,
    path: PathBuf,
    log: File,
    blobs: Mutex<Blobs>,
    min_free_bytes: u64,
}

impl Disk {
    /// Opens or creates the database and checks its schema version.
    pub fn open(path: &Path, options: &Options) -> Result<Self, StoreError> {
        let failed = |cause: String| StoreError::Open {
            path: path.into(),
            cause,
        };
        fs::create_dir_all(path).map_err(|error| failed(error.to_string()))?;
        let config = sled::Config::new()
            .path(path)
            .cache_capacity(options.cache_bytes);
        // sled asserts on some kinds of damage while it recovers: an operator needs a sentence, not
        // a backtrace.
        let db = std::panic::catch_unwind(AssertUnwindSafe(|| config.open()))
            .map_err(|_| StoreError::Damaged {
                path: path.into(),
                cause: "recovery stopped with an internal check".into(),
            })?
            .map_err(|error| opening(path, &error))?;
        let log = File::open(path.join("db")).map_err(|error| failed(error.to_string()))?;
        let disk = Self {
            db,
            path: path.into(),
            log,
            blobs: Mutex::new(Blobs::of(path)),
            min_free_bytes: options.min_free_bytes,
        };
        disk.check_schema()?;
        Ok(disk)
    }

    fn check_schema(&self) -> Result<(), StoreError> {
        let damaged = |cause: &str| StoreError::Damaged {
            path: self.path.clone(),
            cause: cause.into(),
        };
        let Some(found) = self.get(keys::SCHEMA)? else {
            if !self.db.is_empty() {
                return Err(damaged("it has entries but no schema version"));
            }
            let mut batch = sled::Batch::default();
            batch.insert(keys::SCHEMA, &SCHEMA.to_be_bytes());
            self.write(batch)?;
            return self.sync();
        };
        let found = <[u8; 4]>::try_from(found.as_ref())
            .map(u32::from_be_bytes)
            .map_err(|_| damaged("its schema version is not a number"))?;
        if found > SCHEMA {
            return Err(StoreError::Newer {
                path: self.path.clone(),
                found,
                known: SCHEMA,
            });
        }
        if found < SCHEMA {
            let (mut batch, bytes) = migrate::from_first(self)?;
            self.check_room(bytes)?;
            batch.insert(keys::SCHEMA, &SCHEMA.to_be_bytes());
            self.write(batch)?;
            self.sync()?;
            info!(
                "the store in {:?} is taken over from schema {found} to {SCHEMA}: earlier versions refuse it \
                 from now on",
                self.path
            );
        }
        Ok(())
    }

    /// Applies a batch, atomically but not yet durably.
    pub fn write(&self, batch: sled::Batch) -> Result<(), StoreError> {
        self.db
            .apply_batch(batch)
            .map_err(|error| StoreError::Write {
                cause: error.to_string(),
            })
    }

    /// Makes all that was written durable, through the disk's cache.
    pub fn sync(&self) -> Result<(), StoreError> {
        let path = self.path.display();
        let failed = |cause: String| StoreError::Write {
            cause: format!("{path}: {cause}"),
        };
        self.db.flush().map_err(|error| failed(error.to_string()))?;
        self.blobs
            .lock()
            .sync()
            .and_then(|()| self.log.sync_data())
            .map_err(|error| failed(error.to_string()))
    }

    /// Refuses when the disk would be nearly full after `bytes` more.
    pub fn check_room(&self, bytes: u64) -> Result<(), StoreError> {
        let stat = rustix::fs::statvfs(&self.path).map_err(|error| StoreError::Write {
            cause: format!("the free space cannot be found out: {error}"),
        })?;
        let free = stat.f_bavail.saturating_mul(stat.f_frsize);
        let needed = self
            .min_free_bytes
            .saturating_add(bytes.saturating_mul(WRITE_AMPLIFICATION));
        if free < needed {
            return Err(StoreError::NoRoom {
                free_mib: free >> 20,
                min_mib: needed >> 20,
            });
        }
        Ok(())
    }

    pub fn size(&self) -> Result<u64, StoreError> {
        self.db
            .size_on_disk()
            .map_err(|error| reading("its own size", &error))
    }

    pub fn head(&self, zone: &ZoneName) -> Result<Option<Head>, StoreError> {
        self.get(keys::head(zone))?
            .map(|value| decode(&format!("the head of zone {zone}"), &value))
            .transpose()
    }

    pub fn heads_after(
        &self,
        after: Option<&str>,
    ) -> impl Iterator<Item = Result<(ZoneName, Head), StoreError>> + use<> {
        // NUL is less than anything a longer name goes on with.
        let start = after.map(|after| [keys::HEADS, after.as_bytes(), &[0]].concat());
        let start = start.unwrap_or_else(|| keys::HEADS.to_vec());
        let entries = self.db.range(start..);
        let of_heads = |entry: &sled::Result<(sled::IVec, _)>| !matches!(entry, Ok((key, _)) if !key.starts_with(keys::HEADS));
        typed(
            entries.take_while(of_heads),
            keys::HEADS.to_vec(),
            "the head of zone",
        )
    }

    pub fn desired(&self, name: &ZoneName) -> Result<Desired, StoreError> {
        // The head is read again when the layer does not fit it: a commit came between the two.
        loop {
            let Some(head) = self.head(name)? else {
                return Ok(Desired {
                    revision: 0,
                    zone: None,
                });
            };
            if !head.held {
                return Ok(Desired {
                    revision: head.revision,
                    zone: None,
                });
            }
            let version = match self.layer(name)? {
                Some(revision) => self.version(name, revision)?,
                None => None,
            };
            if self.head(name)?.as_ref() != Some(&head) {
                continue;
            }
            let what = || format!("zone {name}");
            let missing = || reading(what(), &"its records are missing");
            let version = version.ok_or_else(missing)?;
            let zone = version.content(name)?.ok_or_else(missing)?;
            return Ok(Desired {
                revision: head.revision,
                zone: Some(zone),
            });
        }
    }

    /// The revision that holds what the masters pushed of a zone.
    fn layer(&self, name: &ZoneName) -> Result<Option<u64>, StoreError> {
        let Some(value) = self.get(keys::layer(name, keys::PUSH))? else {
            return Ok(None);
        };
        let octets = <[u8; 8]>::try_from(value.as_ref())
            .map_err(|error| reading(format!("the records of zone {name}"), &error))?;
        Ok(Some(u64::from_be_bytes(octets)))
    }

    /// What stands under a key, as it is.
    pub fn raw_value(&self, key: &[u8]) -> Result<Option<sled::IVec>, StoreError> {
        self.get(key)
    }

    /// The push of a zone that the guard holds.
    pub fn held(&self, name: &ZoneName) -> Result<Option<Held>, StoreError> {
        self.get(keys::held(name))?
            .map(|value| decode(&format!("the held push of zone {name}"), &value))
            .transpose()
    }

    /// The zones of which the guard holds a push.
    pub fn held_zones(&self) -> Result<BTreeSet<ZoneName>, StoreError> {
        let held = scan::<ZoneName, Held>(&self.db, keys::HELD.to_vec(), "the held push of zone");
        held.map(|found| Ok(found?.0)).collect()
    }

    /// The last push of each zone that was refused.
    pub fn refused(&self) -> impl Iterator<Item = Result<(ZoneName, Refused), StoreError>> + use<> {
        scan(&self.db, keys::REFUSED.to_vec(), "the refused push of zone")
    }

    /// The zones that are served with a serial that is not ahead of one they had.
    pub fn highest_serials(
        &self,
    ) -> impl Iterator<Item = Result<(ZoneName, Highest), StoreError>> + use<> {
        scan(
            &self.db,
            keys::HIGHEST.to_vec(),
            "the highest serial of zone",
        )
    }

    /// One revision of a zone.
    pub fn version(&self, name: &ZoneName, revision: u64) -> Result<Option<Version>, StoreError> {
        self.get(keys::version(name, revision))?
            .map(|value| decode(&format!("revision {revision} of zone {name}"), &value))
            .transpose()
    }

    /// The revisions of a zone before `end`, oldest first.
    pub fn versions(
        &self,
        name: &ZoneName,
        end: u64,
    ) -> impl Iterator<Item = Result<(u64, Version), StoreError>> + use<> {
        let range = self
            .db
            .range(keys::version(name, 0)..keys::version(name, end));
        let what = format!("the history of zone {name}");
        range.map(move |entry| {
            let (key, value) = entry.map_err(|error| reading(what.as_str(), &error))?;
            let revision = keys::revision(&key)
                .ok_or_else(|| reading(what.as_str(), &"a key has no revision"))?;
            Ok((revision, decode(&what, &value)?))
        })
    }

    /// The keys of the revisions of a zone before `end`.
    pub fn version_keys(
        &self,
        name: &ZoneName,
        end: u64,
    ) -> impl Iterator<Item = Result<sled::IVec, StoreError>> + use<> {
        let range = self
            .db
            .range(keys::version(name, 0)..keys::version(name, end));
        range
            .keys()
            .map(|key| key.map_err(|error| reading("the history of a zone", &error)))
    }

    /// The entries whose keys begin with `prefix`, as they are.
    pub fn raw(
        &self,
        prefix: &[u8],
    ) -> impl Iterator<Item = Result<(sled::IVec, sled::IVec), StoreError>> + use<> {
        self.db
            .scan_prefix(prefix)
            .map(|entry| entry.map_err(|error| reading("an entry", &error)))
    }

    pub fn receipt(
        &self,
        zone: &ZoneName,
        backend: &BackendId,
    ) -> Result<Option<Receipt>, StoreError> {
        self.get(keys::receipt(zone, backend))?
            .map(|value| decode(&format!("the receipt of zone {zone} on {backend}"), &value))
            .transpose()
    }

    pub fn receipts(&self, zone: &ZoneName) -> Result<BTreeMap<BackendId, Receipt>, StoreError> {
        scan(&self.db, keys::receipts_of(zone), "the receipt on backend").collect()
    }

    pub fn pending(
        &self,
        backend: &BackendId,
    ) -> impl Iterator<Item = Result<(ZoneName, PendingEntry), StoreError>> + use<> {
        scan(
            &self.db,
            keys::pending_of(backend),
            "what is pending for zone",
        )
    }

    /// The backends that were enabled when the store was last open, each with its place.
    pub fn backends(&self) -> Result<BTreeMap<BackendId, String>, StoreError> {
        scan(&self.db, keys::BACKENDS.to_vec(), "the place of backend").collect()
    }

    fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<sled::IVec>, StoreError> {
        self.db
            .get(key)
            .map_err(|error| reading("an entry", &error))
    }

    /// The bytes of a value.
    pub fn encode(&self, value: &impl Serialize) -> Result<Vec<u8>, StoreError> {
        postcard::to_stdvec(value).map_err(|error| StoreError::Write {
            cause: error.to_string(),
        })
    }
}

fn opening(path: &Path, error: &sled::Error) -> StoreError {
    let cause = error.to_string();
    match error {
        sled::Error::Io(_) if cause.contains("lock") => StoreError::InUse { path: path.into() },
        sled::Error::Io(error) if error.kind() == std::io::ErrorKind::StorageFull => {
            StoreError::Full { path: path.into() }
        }
        sled::Error::Corruption { .. } | sled::Error::Unsupported(_) => StoreError::Damaged {
            path: path.into(),
            cause,
        },
        _ => StoreError::Open {
            path: path.into(),
            cause,
        },
    }
}
