//! Which fields the entries of an answer have.

/// The fields of an entry: groups of them, each below a name or at the top.
#[derive(Debug)]
pub struct Shape(&'static [(&'static str, &'static [(&'static str, Field)])]);

/// What a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Text,
    Number,
    Flag,
    /// A list of texts.
    Texts,
    /// A map from texts to texts.
    Map,
    /// A map from texts to an address with a port.
    Addresses,
}

use Field::{Addresses, Flag, Map, Number, Text, Texts};

const NODES: &[(&str, Field)] = &[
    ("ID", Text),
    ("Node", Text),
    ("Address", Text),
    ("Datacenter", Text),
    ("TaggedAddresses", Map),
    ("Meta", Map),
];

const SERVICES: &[(&str, Field)] = &[
    ("ID", Text),
    ("Service", Text),
    ("Tags", Texts),
    ("Meta", Map),
    ("Port", Number),
    ("Address", Text),
    ("TaggedAddresses", Addresses),
    ("EnableTagOverride", Flag),
    ("Datacenter", Text),
];

const WEIGHTS: &[(&str, Field)] = &[("Passing", Number), ("Warning", Number)];

const CHECKS: &[(&str, Field)] = &[
    ("Node", Text),
    ("CheckID", Text),
    ("Name", Text),
    ("Status", Text),
    ("Notes", Text),
    ("Output", Text),
    ("ServiceID", Text),
    ("ServiceName", Text),
    ("ServiceTags", Texts),
    ("Type", Text),
];

const SERVICE_NODES: &[(&str, Field)] = &[
    ("ID", Text),
    ("Node", Text),
    ("Address", Text),
    ("Datacenter", Text),
    ("TaggedAddresses", Map),
    ("NodeMeta", Map),
    ("ServiceID", Text),
    ("ServiceName", Text),
    ("ServiceAddress", Text),
    ("ServiceTaggedAddresses", Addresses),
    ("ServicePort", Number),
    ("ServiceTags", Texts),
    ("ServiceMeta", Map),
    ("ServiceEnableTagOverride", Flag),
];

/// Of `/v1/agent/services` and `/v1/catalog/node/NODE`.
pub const SERVICE: Shape = Shape(&[("", SERVICES), ("Weights", WEIGHTS)]);
/// Of all lists of checks.
pub const CHECK: Shape = Shape(&[("", CHECKS)]);
/// Of `/v1/catalog/nodes`.
pub const NODE: Shape = Shape(&[("", NODES)]);
/// Of `/v1/catalog/service/NAME` and `/v1/catalog/services`.
pub const SERVICE_NODE: Shape = Shape(&[("", SERVICE_NODES), ("ServiceWeights", WEIGHTS)]);
/// Of `/v1/health/service/NAME`.
pub const HEALTH: Shape = Shape(&[
    ("Node", NODES),
    ("Service", SERVICES),
    ("Service.Weights", WEIGHTS),
    ("Checks", CHECKS),
]);

impl Shape {
    /// What the field at this path has; `None`: there is none.
    pub fn field(&self, path: &[String]) -> Option<Field> {
        self.0.iter().find_map(|(below, fields)| {
            let mut path = path.iter().map(String::as_str);
            for step in below.split('.').filter(|step| !step.is_empty()) {
                path.next().filter(|known| *known == step)?;
            }
            let name = path.next()?;
            let (_, field) = fields.iter().find(|(known, _)| *known == name)?;
            match (field, path.next(), path.next(), path.next()) {
                (field, None, ..) => Some(*field),
                (Map, Some(_), None, _) => Some(Text),
                (Addresses, Some(_), Some("Address"), None) => Some(Text),
                (Addresses, Some(_), Some("Port"), None) => Some(Number),
                _ => None,
            }
        })
    }
}
