//! What one zone says of a name (RFC 1034 §4.3.2, RFC 4592 §3.3.1, RFC 6672 §3.2).

use dadns_zone::Rtype;

use crate::image::key::Key;
use crate::image::{Image, Node};

/// What the zone has at a name, above it or instead of it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Found<'z> {
    /// The name has records.
    Node(Node<'z>),
    /// The name has none itself, but names below it have.
    Empty,
    /// The name is at or below this delegation.
    Cut(Node<'z>),
    /// The name is below this DNAME, which has so many labels below the apex.
    Redirected(Node<'z>, usize),
    /// The name does not exist. Its closest encloser has so many labels below the apex.
    Absent {
        encloser: usize,
        wildcard: Wildcard<'z>,
    },
}

/// What the closest encloser of a name that does not exist has to stand for it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wildcard<'z> {
    /// Nothing.
    None,
    /// A wildcard that has no records itself, but names below it have (RFC 4592 §2.2.2).
    Empty,
    /// A wildcard with records.
    Node(Node<'z>),
}

/// Looks up the name with this key. `for_parent`: what is asked for stands above a cut (DS).
pub(super) fn look_up<'z>(image: &'z Image, key: &Key, for_parent: bool) -> Found<'z> {
    if image.has_cuts()
        && let Some(found) = cut(image, key, for_parent)
    {
        return found;
    }
    let index = match at(image, key.as_octets()) {
        At::Node(node) => return Found::Node(node),
        At::Empty => return Found::Empty,
        At::Nothing(index) => index,
    };
    // All that the zone has below the closest encloser is next to where the name would be.
    let around = [index.checked_sub(1), Some(index)];
    let nodes = around.map(|index| index.and_then(|index| image.get(index)));
    let common = nodes.map(|node| node.map_or(0, |node| key.common_labels(node.key())));
    let encloser = common.into_iter().max().unwrap_or(0);
    let wildcard = match at(image, &[key.top(encloser), b"*\0"].concat()) {
        At::Node(node) => Wildcard::Node(node),
        At::Empty => Wildcard::Empty,
        At::Nothing(_) => Wildcard::None,
    };
    Found::Absent { encloser, wildcard }
}

/// What stands exactly at a key.
enum At<'z> {
    Node(Node<'z>),
    /// No records, but names below.
    Empty,
    /// Nothing; its node would be at this index.
    Nothing(usize),
}

fn at<'z>(image: &'z Image, key: &[u8]) -> At<'z> {
    match image.find(key) {
        Ok(node) => At::Node(node),
        Err(index) => match image.get(index) {
            Some(next) if next.key().starts_with(key) => At::Empty,
            _ => At::Nothing(index),
        },
    }
}

/// The top-most delegation or redirection on the way from the apex to the name.
fn cut<'z>(image: &'z Image, key: &Key, for_parent: bool) -> Option<Found<'z>> {
    for labels in 0..=key.labels() {
        let Ok(node) = image.find(key.top(labels)) else {
            continue;
        };
        let is_name = labels == key.labels();
        let has = |rtype| node.set(rtype).is_some();
        if labels > 0 && has(Rtype::NS) && !(is_name && for_parent) {
            return Some(Found::Cut(node));
        }
        if !is_name && has(Rtype::DNAME) {
            return Some(Found::Redirected(node, labels));
        }
    }
    None
}
