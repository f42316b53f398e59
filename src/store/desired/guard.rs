//! The guard: pushes that look like accidents are held until an operator has seen them.

use std::collections::BTreeSet;

use dadns_keys::{boolean, keys, whole};
use dadns_zone::{ChangeKind, Diff, Rrset, Rtype, Zone, ZoneName, is_ahead};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Author, Head, Owner};
use crate::store::StoreError;

keys! {
    /// Pushes that look like accidents are held: what was served before stays, DirectAdmin is told, and
    /// `dadns held`, `approve` and `reject` decide.
    pub struct Guard("guard", Default) {
        /// Hold a push that removes more than this share of a zone's records, in percent. 0: off.
        pub removed_percent: u32 = whole(0, 100), "0";
        /// Hold a push that keeps none of the NS records of the apex.
        pub apex_ns: bool = boolean(), "false";
        /// Hold a push that leaves the apex without MX records where it had some.
        pub apex_mx: bool = boolean(), "false";
        /// Hold a push that turns a signed zone into an unsigned one.
        pub unsigned: bool = boolean(), "false";
        /// Hold a push with signatures that have expired: validating resolvers would refuse the zone.
        pub expired_signatures: bool = boolean(), "true";
        /// Hold a push of a signed zone with other records and a serial that is not ahead of one that it
        /// had. The serial is signed, so dadns cannot raise it: secondaries keep old records and signatures
        /// until it is raised where the zone is signed. false: the push is served, the log warns, and
        /// `dadns zones ZONE` and /metrics show it. DirectAdmin signs a copy of its zone file with
        /// dnssec-signzone -N INCREMENT: a zone that it signs again without an edit has new signatures under
        /// the old serial. If such pushes are held and nobody approves them, the signatures expire on every
        /// server, and the zone fails for everybody who validates.
        pub signed_serial: bool = boolean(), "false";
    }
}

/// A push that waits for an operator. It replaces nothing until it is approved.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Held {
    /// When it came.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// The account and address that it came from.
    pub by: String,
    /// Whose the zone is if it is approved, where the push says so.
    pub owner: Option<Owner>,
    /// Why it is held, each in words for an operator.
    pub reasons: Vec<String>,
    /// What the reader let pass with a warning.
    pub warnings: Vec<String>,
    /// The zone, packed.
    zone: Vec<u8>,
}

impl Held {
    pub(in crate::store) fn new(
        author: &Author,
        zone: &Zone,
        warnings: Vec<String>,
        reasons: Vec<String>,
        now: Timestamp,
    ) -> Self {
        Self {
            at: now,
            by: author.signature(),
            owner: author.master.clone().map(|master| Owner {
                master,
                user: author.user.clone(),
            }),
            reasons,
            warnings,
            zone: zone.pack(),
        }
    }

    /// What a node had of a zone that stood as `head`, and that it had to give up.
    pub(in crate::store) fn lost(head: &Head, zone: &Zone, reason: String, now: Timestamp) -> Self {
        Self {
            at: now,
            by: head.changed_by.clone(),
            owner: head.owner.clone(),
            reasons: vec![reason],
            warnings: head.warnings.clone(),
            zone: zone.pack(),
        }
    }

    /// The zone that was pushed, with the serial that it came with.
    ///
    /// # Errors
    /// When the store is damaged.
    pub fn zone(&self, name: &ZoneName) -> Result<Zone, StoreError> {
        Zone::unpack(name.clone(), &self.zone).map_err(|error| StoreError::Read {
            what: format!("the held push of zone {name}"),
            cause: error.to_string(),
        })
    }

    /// Who pushed it, and who approved that.
    pub(in crate::store) fn author(&self, approved: &Author) -> Author {
        let (master, user) = Owner::parts(self.owner.clone());
        Author {
            principal: approved.principal.clone(),
            master,
            user,
            approves: Some(self.by.clone()),
        }
    }
}

impl Guard {
    /// Whether it has to see what the zone is now.
    pub(in crate::store) fn compares(&self) -> bool {
        self.removed_percent > 0 || self.apex_ns || self.apex_mx || self.unsigned
    }

    /// Why `pushed` should not replace `current` before an operator has seen it; empty: it may.
    pub(in crate::store) fn review(
        &self,
        current: Option<&Zone>,
        pushed: &Zone,
        now: Timestamp,
    ) -> Vec<String> {
        let mut reasons = Vec::new();
        if self.expired_signatures {
            reasons.extend(expired(pushed, now));
        }
        let Some(current) = current else {
            return reasons;
        };
        if self.unsigned && current.is_signed() && !pushed.is_signed() {
            reasons.push(
                "the zone is signed and the push is not: resolvers that find a DS record at the \
                 parent would refuse every answer"
                    .into(),
            );
        }
        if self.apex_ns && !shares_apex_ns(current, pushed) {
            reasons.push("it keeps none of the NS records of the apex".into());
        }
        if self.apex_mx
            && at_apex(current, Rtype::MX).is_some()
            && at_apex(pushed, Rtype::MX).is_none()
        {
            reasons.push("it removes the MX records of the apex".into());
        }
        if self.removed_percent > 0 {
            reasons.extend(self.removed(current, pushed));
        }
        reasons
    }

    /// Records that are replaced by others of their set are changed, not removed; what a signer makes
    /// anew with every signature is not counted.
    fn removed(&self, current: &Zone, pushed: &Zone) -> Option<String> {
        let counted = |rtype: Rtype| {
            !matches!(
                rtype,
                Rtype::SOA | Rtype::RRSIG | Rtype::NSEC | Rtype::NSEC3 | Rtype::NSEC3PARAM
            )
        };
        let all: usize = current
            .rrsets()
            .iter()
            .filter(|set| counted(set.rtype()))
            .map(|set| set.rdata().len())
            .sum();
        let diff = Diff::between(current, pushed);
        let mut sets = std::collections::BTreeMap::<_, i64>::new();
        for change in diff.changes.iter().filter(|change| counted(change.rtype)) {
            let net = sets
                .entry((change.owner.as_slice(), change.rtype))
                .or_default();
            match change.kind {
                ChangeKind::Removed { .. } => *net += 1,
                ChangeKind::Added { .. } => *net -= 1,
                ChangeKind::Changed { .. } => {}
            }
        }
        let gone: i64 = sets.into_values().map(|net| net.max(0)).sum();
        let gone = usize::try_from(gone).unwrap_or_default();
        let percent = self.removed_percent as usize;
        (gone * 100 > all * percent).then(|| {
            format!(
                "it removes {gone} of {all} records, more than the {percent} % that are let pass"
            )
        })
    }
}

fn at_apex(zone: &Zone, rtype: Rtype) -> Option<&Rrset> {
    let apex = zone.name().to_domain_name();
    zone.rrsets()
        .iter()
        .find(|set| set.rtype() == rtype && *set.owner() == apex)
}

fn shares_apex_ns(current: &Zone, pushed: &Zone) -> bool {
    let servers = |zone| at_apex(zone, Rtype::NS).map_or(&[][..], Rrset::rdata);
    let kept: BTreeSet<_> = servers(pushed).iter().collect();
    servers(current).is_empty() || servers(current).iter().any(|server| kept.contains(server))
}

/// How many signatures have expired, and when the first did (RFC 4034, sections 3.1 and 3.1.5).
fn expired(zone: &Zone, now: Timestamp) -> Option<String> {
    /// Where the expiration stands: after the type covered, algorithm, labels and original TTL.
    const EXPIRATION: std::ops::Range<usize> = 8..12;
    // Times in signatures are seconds modulo 2^32 and compare as serial numbers.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let present = now.as_second() as u32;
    let signatures = zone
        .rrsets()
        .iter()
        .filter(|set| set.rtype() == Rtype::RRSIG)
        .flat_map(Rrset::rdata);
    let mut all = 0_usize;
    let mut over = Vec::new();
    for signature in signatures {
        all += 1;
        let octets = signature.as_bytes().get(EXPIRATION)?;
        let expiration = u32::from_be_bytes(octets.try_into().ok()?);
        if is_ahead(present, expiration) {
            over.push(present.wrapping_sub(expiration));
        }
    }
    let oldest = over.iter().max()?;
    let first = now.as_second() - i64::from(*oldest);
    let when =
        Timestamp::from_second(first).map_or_else(|_| "long ago".into(), |at| at.to_string());
    Some(format!(
        "{} of {all} signatures have expired, the first at {when}: resolvers that validate would \
         refuse the zone",
        over.len()
    ))
}

#[cfg(test)]
mod tests;
