//! What this node knows of the cluster, as operators see it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Cluster, ClusterStatus, MemberStatus, NodeStatus, OwnerStatus};
use crate::ledger::{Member, Note};

impl Cluster {
    /// How this node stands to the others. Members that do not answer are waited for as long as one try takes.
    pub async fn status(&self) -> ClusterStatus {
        let inner = &self.inner;
        let ledger = &inner.ledger;
        let (members, known, present, owners) = tokio::join!(
            ledger.members(),
            ledger.notes("k/"),
            ledger.notes("n/"),
            ledger.notes("o/"),
        );
        let standing = inner.store.standing();
        let membership = standing
            .as_ref()
            .and_then(|standing| standing.membership.clone());
        let cursor = membership
            .as_ref()
            .map_or(0, |membership| membership.cursor);
        let outage = standing
            .as_ref()
            .and_then(|standing| standing.outage.clone());
        let full = standing.as_ref().and_then(|standing| standing.full.clone());
        let (full_since, full) = full.map(|full| (full.since, full.cause)).unzip();
        let newest = members.iter().filter(|member| member.error.is_none());
        let newest = newest.map(|member| member.stamp.0).max();
        let (outage_since, outage) = outage.map(|outage| (outage.since, outage.cause)).unzip();
        ClusterStatus {
            node: inner.node.name.clone(),
            site: inner.node.site.clone(),
            role: inner.node.role.name().to_owned(),
            cluster: membership.map(|membership| membership.cluster),
            cursor,
            behind: newest.map(|newest| newest.saturating_sub(cursor)),
            unshared: standing.as_ref().map_or(0, |standing| standing.unshared),
            unshared_since: standing
                .as_ref()
                .and_then(|standing| standing.unshared_since),
            outage_since,
            outage,
            full_since,
            full,
            diverged: standing.and_then(|standing| standing.diverged),
            members: members.into_iter().map(MemberStatus::from).collect(),
            nodes: nodes(&known.unwrap_or_default(), &present.unwrap_or_default()),
            owners: owners.unwrap_or_default().iter().map(owner).collect(),
            backends: self.backends_elsewhere(),
        }
    }
}

impl From<Member> for MemberStatus {
    fn from(member: Member) -> Self {
        Self {
            endpoint: member.endpoint,
            version: member.version,
            leads: member.leads,
            size: member.size,
            used: member.used,
            error: member.error,
        }
    }
}

/// Who belongs to the cluster, and who of them is present.
fn nodes(known: &[Note], present: &[Note]) -> Vec<NodeStatus> {
    let mut nodes: BTreeMap<String, NodeStatus> = BTreeMap::new();
    for (note, is_present) in known
        .iter()
        .map(|note| (note, false))
        .chain(present.iter().map(|note| (note, true)))
    {
        let said: Value = serde_json::from_slice(&note.value).unwrap_or_default();
        let text = |name: &str| said.get(name).and_then(Value::as_str).map(str::to_owned);
        let name = name_of(note);
        let node = nodes.entry(name.clone()).or_insert_with(|| NodeStatus {
            node: name,
            site: String::new(),
            role: String::new(),
            present: false,
            version: None,
            address: None,
            cursor: 0,
        });
        node.site = text("site").unwrap_or_default();
        node.role = text("role").unwrap_or_default();
        if is_present {
            node.present = true;
            node.version = text("version");
            node.address = text("address");
        } else {
            node.cursor = said
                .get("cursor")
                .and_then(Value::as_u64)
                .unwrap_or_default();
        }
    }
    nodes.into_values().collect()
}

fn owner(note: &Note) -> OwnerStatus {
    OwnerStatus {
        backend: name_of(note),
        node: String::from_utf8_lossy(&note.value).into_owned(),
        fence: note.made.0,
    }
}

/// What stands behind the kind of a note.
fn name_of(note: &Note) -> String {
    let name = note.name.split_once('/');
    name.map_or_else(|| note.name.clone(), |(_, name)| name.to_owned())
}
