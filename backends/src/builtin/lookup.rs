//! What one zone says of a name (RFC 1034 §4.3.2, RFC 4592 §3.3.1, RFC 6672 §3.2).

use dadns_zone::Rtype;

use super::image::{Image, Node};
use super::name::Key;

/// What stands at, above or in place of a name.
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
    /// The name does not exist. Its closest encloser has so many labels below the apex and this
    /// wildcard, if it has one.
    Absent {
        encloser: usize,
        wildcard: Option<Node<'z>>,
    },
}

/// Looks up the name with this key. `for_parent`: what is asked for stands above a cut (DS).
pub(super) fn look_up<'z>(image: &'z Image, key: &Key, for_parent: bool) -> Found<'z> {
    if image.has_cuts()
        && let Some(found) = cut(image, key, for_parent)
    {
        return found;
    }
    let place = match image.find(key.as_octets()) {
        Ok(node) => return Found::Node(node),
        Err(place) => place,
    };
    let next = image.get(place).map(Node::key);
    if next.is_some_and(|next| next.starts_with(key.as_octets())) {
        return Found::Empty;
    }
    // All that the zone has under the closest encloser stands around the place of the name.
    let before = place
        .checked_sub(1)
        .and_then(|place| image.get(place))
        .map(Node::key);
    let common = [before, next].map(|near| near.map_or(0, |near| key.common_labels(near)));
    let encloser = common.into_iter().max().unwrap_or(0);
    let wildcard = [key.top(encloser), b"*\0"].concat();
    Found::Absent {
        encloser,
        wildcard: image.find(&wildcard).ok(),
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
