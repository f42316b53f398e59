//! An account: the name that it may set, and what is kept of its credentials.

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dadns_zone::ZoneName;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::Fault;
use crate::access::{Grant, Login, Principal, Right, Rights, Scope, random, token_hash};
use crate::store::Attributes;

/// What the names of these attributes begin with.
const PREFIX: &str = "acme-dns.";

/// An account as the zone keeps it: hashes of its credentials, and what it set.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Account {
    user: String,
    key: String,
    /// Where it may be used from. Empty: anywhere.
    from: Vec<IpNet>,
    /// The last values, the newest last.
    pub values: Vec<String>,
}

/// What a new account is told once.
pub(super) struct Credentials {
    pub user: String,
    pub key: String,
    pub subdomain: String,
}

impl Credentials {
    /// New ones, which nobody can guess.
    pub fn fresh() -> Result<Self, Fault> {
        let octets = || random().map_err(|_| Fault::Failed);
        let key = URL_SAFE_NO_PAD.encode(octets()?);
        Ok(Self {
            user: uuid(octets()?),
            // As long as those of acme-dns.
            key: key.chars().take(40).collect(),
            subdomain: uuid(octets()?),
        })
    }
}

/// Random octets as a UUID of version 4 (RFC 9562 §5.4).
fn uuid(octets: [u8; 32]) -> String {
    let mut octets: Vec<u8> = octets.into_iter().take(16).collect();
    if let Some(octet) = octets.get_mut(6) {
        *octet = *octet & 0x0f | 0x40;
    }
    if let Some(octet) = octets.get_mut(8) {
        *octet = *octet & 0x3f | 0x80;
    }
    let mut text = String::with_capacity(36);
    for (index, octet) in octets.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{octet:02x}"));
    }
    text
}

/// Whether a text has the form of a subdomain.
pub(super) fn is_subdomain(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, octet)| match index {
            8 | 13 | 18 | 23 => octet == b'-',
            _ => octet.is_ascii_digit() || matches!(octet, b'a'..=b'f'),
        })
}

impl Account {
    pub fn new(credentials: &Credentials, from: Vec<IpNet>) -> Self {
        Self {
            user: hash(&credentials.user),
            key: hash(&credentials.key),
            from,
            values: Vec::new(),
        }
    }

    /// The account of a subdomain.
    pub fn of(attributes: &Attributes, subdomain: &str) -> Option<Self> {
        let text = attributes.get(&format!("{PREFIX}{subdomain}"))?;
        serde_json::from_str(text).ok()
    }

    /// Writes it among `attributes`.
    pub fn keep(&self, subdomain: &str, attributes: &mut Attributes) -> Result<(), Fault> {
        let text = serde_json::to_string(self).map_err(|_| Fault::Failed)?;
        attributes.insert(format!("{PREFIX}{subdomain}"), text);
        Ok(())
    }

    /// Whether these are its credentials, sent from where it may be used. Hashes compare in constant time.
    pub fn admits(&self, user: &str, key: &str, address: IpAddr) -> bool {
        let is = |sent: &str, kept: &str| {
            blake3::Hash::from_hex(kept).is_ok_and(|kept| token_hash(sent) == kept)
        };
        let known = is(user, &self.user) & is(key, &self.key);
        let address = address.to_canonical();
        known && (self.from.is_empty() || self.from.iter().any(|net| net.contains(&address)))
    }

    /// Sets a value beside the last one.
    pub fn set(&mut self, value: &str) {
        if self.values.last().is_some_and(|last| last == value) {
            return;
        }
        self.values.retain(|other| other != value);
        self.values.push(value.to_owned());
        let more = self.values.len().saturating_sub(2);
        self.values.drain(..more);
    }
}

/// How many accounts there are.
pub(super) fn count(attributes: &Attributes) -> usize {
    let from = attributes.range(PREFIX.to_owned()..);
    from.take_while(|(name, _)| name.starts_with(PREFIX))
        .count()
}

/// What is kept of a credential.
fn hash(text: &str) -> String {
    token_hash(text).to_hex().to_string()
}

/// The principal of an account: it may edit the TXT records of its name, and nothing else.
pub(super) fn principal(
    zone: &ZoneName,
    subdomain: &str,
    address: IpAddr,
) -> Result<Principal, Fault> {
    let own = |text: &str| vec![text.to_owned()];
    let scope = Scope::read(&Grant {
        zones: own(zone.as_str()),
        names: own(subdomain),
        types: own("TXT"),
        actions: own("edit"),
        ..Grant::default()
    });
    Ok(Principal::Token(Login {
        name: format!("acme-dns {subdomain}"),
        address,
        rights: Rights::NONE.with(Right::Edit),
        scope: Some(Arc::new(scope.map_err(|_| Fault::Failed)?)),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_two_values_are_kept_in_the_order_in_which_they_came() {
        let credentials = Credentials::fresh().unwrap();
        let mut account = Account::new(&credentials, Vec::new());
        for value in ["one", "two", "three", "two", "two"] {
            account.set(value);
        }
        assert_eq!(account.values, ["three", "two"]);
    }

    #[test]
    fn an_account_admits_its_own_credentials_from_its_networks_and_keeps_none_of_them() {
        let credentials = Credentials::fresh().unwrap();
        let networks = vec!["192.0.2.0/24".parse().unwrap()];
        let account = Account::new(&credentials, networks);
        let inside: IpAddr = "192.0.2.7".parse().unwrap();
        assert!(account.admits(&credentials.user, &credentials.key, inside));
        assert!(!account.admits(&credentials.key, &credentials.user, inside));
        assert!(!account.admits(&credentials.user, "", inside));
        let outside = "198.51.100.1".parse().unwrap();
        assert!(!account.admits(&credentials.user, &credentials.key, outside));
        let mut attributes = Attributes::new();
        account
            .keep(&credentials.subdomain, &mut attributes)
            .unwrap();
        let kept = format!("{attributes:?}");
        assert!(!kept.contains(&credentials.user) && !kept.contains(&credentials.key));
        assert_eq!(count(&attributes), 1);
    }

    #[test]
    fn subdomains_are_uuids_in_lower_case() {
        let credentials = Credentials::fresh().unwrap();
        assert!(
            is_subdomain(&credentials.subdomain),
            "{}",
            credentials.subdomain
        );
        assert_eq!(credentials.key.len(), 40);
        for other in ["", "www", "0123456789abcdef0123456789abcdef0123"] {
            assert!(!is_subdomain(other), "{other}");
        }
    }
}
