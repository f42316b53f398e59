//! What is done for a command, and what is answered.

use std::collections::HashSet;
use std::net::IpAddr;

use dadns_zone::{NameText, Rrset, RrsetKey, TypeName, Zone, ZoneName};
use ipnet::IpNet;
use jiff::Timestamp;
use parking_lot::Mutex;

use super::command::{Asked, Command, Write, read};
use crate::access::{Denied, Principal, Right, token_hash};
use crate::blocking::blocking;
use crate::logging::{error, warning};
use crate::records;
use crate::registry;
use crate::store::{Author, Edits, Mode, NotEdited, RecordEdit, Standing, Store, StoreError};

/// What clients without a token are called.
const NAME: &str = "the line protocol";

/// Most records of one list.
const MOST: usize = 10_000;

/// Most addresses of which the log says that they sent a wrong token.
const TOLD: usize = 1_000;

/// What clients are told that need a token and cannot have one, or sent none.
pub(super) const NO_TOKEN: &str =
    "clients of this address need a token: send AUTH:<token> on a line before the command";

/// How far the clients of an address may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// It is in `registry.allow`.
    Allowed,
    /// There are tokens that may be used from there.
    WithToken,
    /// There is none.
    Nobody,
}

/// Does what commands say.
#[derive(Debug)]
pub struct Door {
    store: Store,
    allow: Vec<IpNet>,
    zones: Vec<String>,
    /// Whether `ADD` replaces the records of its name and type.
    replaces: bool,
    /// The TTL of records without one.
    ttl: u32,
    told: Mutex<HashSet<IpAddr>>,
}

/// Why a command is not done.
#[derive(Debug, thiserror::Error)]
enum NotDone {
    #[error("{0}")]
    Refused(String),
    #[error("Internal server error: {0}")]
    Store(#[from] StoreError),
}

impl From<Denied> for NotDone {
    fn from(denied: Denied) -> Self {
        Self::Refused(denied.to_string())
    }
}

fn refused<T>(why: impl Into<String>) -> Result<T, NotDone> {
    Err(NotDone::Refused(why.into()))
}

impl Door {
    /// A door as `settings` and `records` say.
    pub fn new(store: Store, settings: &registry::Settings, records: &records::Settings) -> Self {
        Self {
            store,
            allow: settings.allow.clone(),
            zones: settings.line_zones.clone(),
            replaces: settings.line_add_replaces,
            ttl: records.ttl,
            told: Mutex::default(),
        }
    }

    /// How far the clients of an address may come, before they say anything.
    pub(super) fn reach(&self, address: IpAddr) -> Reach {
        if self.is_allowed(address) {
            return Reach::Allowed;
        }
        let now = Timestamp::now();
        let mut tokens = self.store.tokens().into_iter();
        match tokens.any(|(token, _)| token.scope().admits(address, now).is_ok()) {
            true => Reach::WithToken,
            false => Reach::Nobody,
        }
    }

    fn is_allowed(&self, address: IpAddr) -> bool {
        self.allow.iter().any(|network| network.contains(&address))
    }

    /// The answer to a line that is no `AUTH`, sent from `address` with this token.
    pub(super) async fn answer(&self, address: IpAddr, token: Option<&str>, line: &str) -> String {
        let command = match read(line) {
            Ok(command) => command,
            Err(malformed) => return not_done(malformed),
        };
        let done = match self.principal(address, token) {
            Ok(principal) => self.obey(principal, command).await,
            Err(why) => Err(NotDone::Refused(why)),
        };
        done.unwrap_or_else(|why| {
            if let NotDone::Store(cause) = &why {
                error!("a command of the line protocol from {address} failed: {cause}");
            }
            not_done(why)
        })
    }

    async fn obey(&self, principal: Principal, command: Command<'_>) -> Result<String, NotDone> {
        match command {
            Command::Write(write) => self.write(principal, write).await,
            Command::Delete(asked) => self.delete(principal, asked).await,
            Command::Query(asked) => self.query(principal, asked).await,
            Command::List(name) => self.list(principal, name).await,
            Command::Auth(_) => refused("AUTH has to be on a line of its own, before a command"),
        }
    }

    /// Who sends a command.
    fn principal(&self, address: IpAddr, token: Option<&str>) -> Result<Principal, String> {
        let Some(token) = token else {
            if !address.is_loopback() || !self.is_allowed(address) {
                return Err(NO_TOKEN.to_owned());
            }
            if self.zones.is_empty() {
                return Err("clients without a token may edit the zones of registry.line_zones, which is empty; send AUTH:<token> on a line before the command".to_owned());
            }
            let allowed = Principal::allowed(NAME, address, &self.zones);
            return allowed.map_err(|errors| format!("registry.line_zones: {errors}"));
        };
        let found = self.store.token_by_hash(&token_hash(token));
        let Some(found) = found else {
            let mut told = self.told.lock();
            if told.len() < TOLD && told.insert(address) {
                warning!("a wrong token came from {address} by the line protocol");
            }
            return Err("wrong token: it was never created here, or it is revoked".to_owned());
        };
        let name = &found.record().name;
        let admitted = found.scope().admits(address, Timestamp::now());
        admitted.map_err(|why| format!("token {name} cannot be used: {why}"))?;
        self.store.token_used(name, address);
        Ok(found.principal(address))
    }

    /// The zone that a name is in, of those that the client sees, and the name as the reader of records takes it.
    async fn find(&self, principal: &Principal, name: &str) -> Result<Option<ZoneName>, NotDone> {
        principal.has(Right::Read)?;
        let (store, principal, name) = (self.store.clone(), principal.clone(), name.to_owned());
        let found = blocking(move || records::zone_of(&store, &principal, &name));
        Ok(found.await?)
    }

    /// The RRset that a client names, and the zone that it is in.
    async fn target(
        &self,
        principal: &Principal,
        asked: Asked<'_>,
    ) -> Result<Option<(ZoneName, RrsetKey)>, NotDone> {
        let owner = full(asked.name)?;
        let Some(zone) = self.find(principal, asked.name).await? else {
            return Ok(None);
        };
        match records::rdata_key(&zone, &owner, asked.rtype) {
            Ok(key) => Ok(Some((zone, key))),
            Err(error) => refused(error.to_string()),
        }
    }

    async fn write(&self, principal: Principal, write: Write<'_>) -> Result<String, NotDone> {
        let Asked { name, rtype } = write.of;
        let Some((zone, key)) = self.target(&principal, write.of).await? else {
            return no_zone(name);
        };
        let text = records::data_of_value(key.rtype(), write.value);
        let (key, rdata) = match records::rdata(&zone, &full(name)?, rtype, &text) {
            Ok(record) => record,
            Err(error) => return refused(error.to_string()),
        };
        let (given, default) = (write.ttl, self.ttl);
        let replaces = write.update || self.replaces;
        let plan = move |standing: &Standing<'_>| {
            let has = standing.zone.get(key.owner(), key.rtype()).map(Rrset::ttl);
            let ttl = given.or(has).unwrap_or(default);
            if !replaces {
                let ttl = given.or(has.is_none().then_some(default));
                return Ok(vec![RecordEdit::Add { key, ttl, rdata }]);
            }
            let set = Rrset::new(key.owner(), key.rtype(), ttl, vec![rdata]);
            let set = set.map_err(|error| NotDone::Refused(error.to_string()))?;
            Ok(vec![RecordEdit::Replace(set)])
        };
        self.edit(principal, zone, plan).await?;
        let done = match write.update {
            true => "updated",
            false => "added",
        };
        let value = write.value;
        Ok(format!(
            "Record {done}: {rtype} record for {name} -> {value}"
        ))
    }

    async fn delete(&self, principal: Principal, asked: Asked<'_>) -> Result<String, NotDone> {
        let Asked { name, rtype } = asked;
        let Some((zone, key)) = self.target(&principal, asked).await? else {
            return no_zone(name);
        };
        let plan = move |standing: &Standing<'_>| {
            let has = standing.zone.get(key.owner(), key.rtype());
            Ok(has.map(|_| RecordEdit::Delete(key)).into_iter().collect())
        };
        self.edit(principal, zone, plan).await?;
        Ok(format!("Record deleted: {rtype} record for {name}"))
    }

    /// Makes the steps that `plan` returns, as far as the principal may.
    async fn edit(
        &self,
        principal: Principal,
        name: ZoneName,
        plan: impl FnOnce(&Standing<'_>) -> Result<Vec<RecordEdit>, NotDone> + Clone + Send + 'static,
    ) -> Result<(), NotDone> {
        principal.may(Right::Edit, &name)?;
        let by = principal.clone();
        let author = Author::new(principal.clone());
        let edited = self
            .store
            .edit(author, name.clone(), Mode::Make, move |standing| {
                let steps = plan(standing)?;
                let zone = standing.zone;
                records::permit(&by, zone.name(), &steps).map_err(all)?;
                let aliases = records::aliases(zone, &steps);
                match aliases.is_empty() {
                    true => Ok(Edits::of(steps)),
                    false => refused(aliases.join("; ")),
                }
            });
        let edited = edited.await?.map_err(|why| match why {
            NotEdited::NotPresent => NotDone::Refused(format!("zone {name} is not present")),
            NotEdited::Signed => NotDone::Refused(format!(
                "zone {name} is signed: any edit would break its signatures"
            )),
            NotEdited::Invalid(errors) => {
                let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
                NotDone::Refused(errors.join("; "))
            }
            NotEdited::TooMany(why) => NotDone::Refused(why.to_string()),
            NotEdited::Refused(why) => why,
        })?;
        if edited.stored.changed {
            records::note(&name, &principal, &edited.stored);
        }
        Ok(())
    }

    async fn query(&self, principal: Principal, asked: Asked<'_>) -> Result<String, NotDone> {
        let nothing = || Ok("Record not found.".to_owned());
        let Some((zone, key)) = self.target(&principal, asked).await? else {
            return nothing();
        };
        let (store, of) = (self.store.clone(), key.clone());
        let part = blocking(move || store.served_at(&zone, of.owner())).await?;
        let Some(set) = part.as_ref().and_then(|part| part.get(key.rtype())) else {
            return nothing();
        };
        let values = set.rdata().iter();
        let values: Vec<_> = values
            .map(|rdata| records::value_of(set.rtype(), rdata))
            .collect();
        let (Asked { name, rtype }, values) = (asked, values.join(", "));
        Ok(format!(
            "DNS Response: {rtype} record for {name} -> {values}"
        ))
    }

    async fn list(&self, principal: Principal, name: &str) -> Result<String, NotDone> {
        let owner = full(name)?;
        let Some(zone) = self.find(&principal, name).await? else {
            return Ok("Record not found.".to_owned());
        };
        let top = match records::rdata_key(&zone, &owner, "SOA") {
            Ok(key) => key,
            Err(error) => return refused(error.to_string()),
        };
        let store = self.store.clone();
        let served = blocking(move || store.served(&zone)).await?;
        let lines = served.map(|served| lines(&served.zone, &top));
        let lines = lines.filter(|lines| !lines.is_empty());
        Ok(lines.map_or("Record not found.".to_owned(), |lines| lines.join("\n")))
    }
}

/// The records at a name and below it, a line for each.
fn lines(zone: &Zone, top: &RrsetKey) -> Vec<String> {
    let below = |set: &&Rrset| RrsetKey::from(*set).owner().ends_with(top.owner());
    let sets = zone.rrsets().iter().filter(below);
    let mut all = sets.flat_map(|set| {
        let (owner, rtype, ttl) = (NameText(set.owner()), TypeName(set.rtype()), set.ttl());
        let line = move |rdata| {
            let data = dadns_zone::presentation(set.rtype(), rdata);
            format!("{owner} {ttl} IN {rtype} {data}")
        };
        set.rdata().iter().map(line)
    });
    let mut lines: Vec<_> = all.by_ref().take(MOST).collect();
    match all.count() {
        0 => {}
        more => lines.push(format!("; and {more} more")),
    }
    lines
}

/// A name in full, as the reader of records takes it, which would take any octet.
fn full(name: &str) -> Result<String, NotDone> {
    match name.bytes().all(|octet| octet.is_ascii_graphic()) {
        true => Ok(format!("{}.", name.trim_end_matches('.'))),
        false => refused("the name has characters other than printable ASCII without blanks"),
    }
}

fn no_zone<T>(name: &str) -> Result<T, NotDone> {
    let name = name.escape_default();
    refused(format!(
        "{name} is in no zone that is present and that this client may edit"
    ))
}

fn all(denied: Vec<Denied>) -> NotDone {
    let all: Vec<_> = denied.iter().map(ToString::to_string).collect();
    NotDone::Refused(all.join("; "))
}

/// An answer that says why something was not done.
pub(super) fn not_done(why: impl std::fmt::Display) -> String {
    format!("[ERROR] {why}")
}
