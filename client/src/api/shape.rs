//! What the API is sent, and what it answers. Members that are not here are ignored.

use serde::{Deserialize, Serialize};

/// A zone.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Zone {
    /// Its name.
    pub zone: String,
    /// Whether it is present; `false`: it was removed.
    pub present: bool,
    /// Counts its accepted changes.
    pub revision: u64,
    /// The serial to serve.
    pub serial: u32,
    /// How many records it has.
    pub records: u32,
    /// The master that it belongs to.
    pub master: Option<String>,
    /// `served`, `pending`, `failed` or `removed`.
    pub state: String,
}

/// One RRset, with the layer that it comes from.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Rrset {
    /// The owner name, with its final dot.
    pub name: String,
    /// The type.
    #[serde(rename = "type")]
    pub rtype: String,
    /// Whether this is served; `false`: it is hidden or has no effect.
    pub served: bool,
    /// The TTL in seconds; none where an edit hides the RRset.
    pub ttl: Option<u32>,
    /// The data of its records, in presentation form (RFC 1035, section 5.1).
    pub records: Vec<String>,
    /// `push`, `registry` or `records`.
    pub layer: String,
    /// Who wrote it.
    pub by: Option<String>,
}

/// What happens to an RRset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// It is exactly these records.
    Replace,
    /// These records are added.
    Add,
    /// These records are removed.
    Remove,
    /// It is removed; one that was pushed is hidden.
    Delete,
    /// What was edited is dropped: what was pushed shows again.
    Release,
}

/// One change of one RRset.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// What happens.
    pub op: Op,
    /// The owner name, relative to the zone or with a final dot; `@`: the zone itself.
    pub name: String,
    /// The type.
    #[serde(rename = "type")]
    pub rtype: String,
    /// The TTL in seconds; `None`: the one that the RRset has, or that of `records.ttl`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u32>,
    /// The data of records, in presentation form.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<String>,
}

impl Change {
    /// One without records.
    ///
    /// ```
    /// use dadns_client::api::{Change, Op};
    ///
    /// let gone = Change::new(Op::Delete, "www", "A");
    /// ```
    pub fn new(op: Op, name: impl Into<String>, rtype: impl Into<String>) -> Self {
        Self {
            op,
            name: name.into(),
            rtype: rtype.into(),
            ttl: None,
            records: Vec::new(),
        }
    }

    /// The same with one more record.
    ///
    /// ```
    /// # use dadns_client::api::{Change, Op};
    /// let mail = Change::new(Op::Add, "@", "MX").record("10 mail.example.com.");
    /// ```
    #[must_use]
    pub fn record(mut self, data: impl Into<String>) -> Self {
        self.records.push(data.into());
        self
    }

    /// The same with this TTL, in seconds.
    ///
    /// ```
    /// # use dadns_client::api::{Change, Op};
    /// let www = Change::new(Op::Replace, "www", "A").record("192.0.2.1").ttl(300);
    /// ```
    #[must_use]
    pub fn ttl(mut self, seconds: u32) -> Self {
        self.ttl = Some(seconds);
        self
    }
}

/// What a change of records came to.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Changed {
    /// The zone.
    pub zone: String,
    /// Its revision from now on.
    pub revision: u64,
    /// The serial to serve.
    pub serial: u32,
    /// Whether that is a new revision; `false`: it was like this already.
    pub changed: bool,
    /// One line for each record that is gone (`-`) or new (`+`).
    #[serde(default)]
    pub diff: Vec<String>,
}

/// What a removal came to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Deleted {
    /// The zone.
    pub zone: String,
    /// The revision of its removal.
    pub revision: u64,
}

/// How far a revision is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Waited {
    /// The zone.
    pub zone: String,
    /// The revision that was waited for.
    pub revision: u64,
    /// Whether every backend has verified it.
    pub verified: bool,
    /// Those that have not.
    pub missing: Vec<Missing>,
}

/// A backend that has not verified a revision.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Missing {
    /// Which.
    pub backend: String,
    /// Why, or what it waits for.
    pub cause: String,
}
