//! What PowerDNS keeps of a zone beside its records, and clients expect to come back as it was set.

use serde::{Deserialize, Serialize};

use crate::http::powerdns::body::{self, Object};
use crate::store::Attributes;

/// The attribute that has them.
pub const ATTRIBUTE: &str = "powerdns.zone";

/// How `soa_edit_api` can be.
const SOA_EDITS: [&str; 7] = [
    "DEFAULT",
    "INCREASE",
    "EPOCH",
    "SOA-EDIT",
    "SOA-EDIT-INCREASE",
    "NONE",
    "",
];

/// The most octets of a text.
const LONGEST: usize = 255;

/// The settings of a zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ZoneSettings {
    pub kind: String,
    pub account: String,
    pub masters: Vec<String>,
    pub soa_edit: String,
    pub soa_edit_api: String,
    pub api_rectify: bool,
}

impl Default for ZoneSettings {
    fn default() -> Self {
        Self {
            // It saves most clients the call of notify.
            kind: "Native".into(),
            account: String::new(),
            masters: Vec::new(),
            soa_edit: String::new(),
            soa_edit_api: "DEFAULT".into(),
            api_rectify: false,
        }
    }
}

impl ZoneSettings {
    /// Those of a zone. What cannot be read is as if it was not set.
    pub fn of(attributes: &Attributes) -> Self {
        let text = attributes.get(ATTRIBUTE);
        let read = text.and_then(|text| serde_json::from_str(text).ok());
        read.unwrap_or_default()
    }

    /// As an attribute keeps them.
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Takes what a request says.
    ///
    /// # Errors
    /// All that it asks for and cannot have.
    pub fn take(&mut self, object: &Object) -> Result<(), Vec<String>> {
        let mut errors = Vec::new();
        let mut take = |taken: Result<(), String>| errors.extend(taken.err());
        take(text(object, "kind").and_then(|given| {
            given.map_or(Ok(()), |given| {
                self.kind = kind(&given)?.to_owned();
                Ok(())
            })
        }));
        for (key, field) in [
            ("account", &mut self.account),
            ("soa_edit", &mut self.soa_edit),
        ] {
            take(text(object, key).map(|given| {
                if let Some(given) = given {
                    *field = given;
                }
            }));
        }
        take(text(object, "soa_edit_api").and_then(|given| {
            let Some(given) = given.map(|given| given.to_ascii_uppercase()) else {
                return Ok(());
            };
            match SOA_EDITS.contains(&given.as_str()) {
                true => self.soa_edit_api = given,
                false => return Err(format!("soa_edit_api '{given}' is not known")),
            }
            Ok(())
        }));
        take(body::texts(object, "masters").and_then(|given| {
            let Some(given) = given else { return Ok(()) };
            match given.iter().find(|address| !is_address(address)) {
                Some(wrong) => return Err(format!("masters: '{wrong}' is not an IP address")),
                None => self.masters = given,
            }
            Ok(())
        }));
        take(body::flag(object, "api_rectify").map(|given| {
            self.api_rectify = given.unwrap_or(self.api_rectify);
        }));
        for refused in [
            body::flag(object, "dnssec").map(|dnssec| {
                (dnssec == Some(true))
                    .then_some("dnssec: this server signs no zones; push signed ones")
            }),
            body::text(object, "nsec3param").map(|text| {
                let given = text.is_some_and(|text| !text.is_empty());
                given.then_some("nsec3param: this server signs no zones; push signed ones")
            }),
            body::text(object, "catalog").map(|text| {
                let given = text.is_some_and(|text| !text.is_empty());
                given.then_some("catalog: catalog zones are a setting of each backend here")
            }),
            keys(object, "master_tsig_key_ids"),
            keys(object, "slave_tsig_key_ids"),
        ] {
            take(refused.and_then(|why| why.map_or(Ok(()), |why| Err(why.to_owned()))));
        }
        match errors.is_empty() {
            true => Ok(()),
            false => Err(errors),
        }
    }
}

fn keys(object: &Object, key: &str) -> Result<Option<&'static str>, String> {
    let list = body::list(object, key)?;
    let given = list.is_some_and(|list| !list.is_empty());
    Ok(given.then_some("TSIG keys of zones are settings of each backend here"))
}

fn text(object: &Object, key: &str) -> Result<Option<String>, String> {
    match body::text(object, key)? {
        Some(text) if text.len() > LONGEST || text.chars().any(char::is_control) => Err(format!(
            "Key '{key}' is longer than {LONGEST} octets, or has control characters"
        )),
        text => Ok(text.map(str::to_owned)),
    }
}

/// A kind as answers have it.
fn kind(given: &str) -> Result<&'static str, String> {
    match given.to_ascii_lowercase().as_str() {
        "native" => Ok("Native"),
        "master" | "primary" => Ok("Master"),
        "slave" | "secondary" | "consumer" => Err(format!(
            "kind '{given}': this server gets no zones from primaries; a zone is Native or Master"
        )),
        "producer" => Err(format!(
            "kind '{given}': catalog zones are a setting of each backend here; a zone is Native or Master"
        )),
        _ => Err(format!("kind '{given}' is not Native or Master")),
    }
}

/// An IP address, with a port or without.
fn is_address(text: &str) -> bool {
    text.parse::<std::net::IpAddr>().is_ok() || text.parse::<std::net::SocketAddr>().is_ok()
}
