//! What `named` cannot load of a zone, told before it is asked to.

use dadns_zone::{NameText, TypeName, Zone};

use super::settings::RecordLimits;
use crate::{BackendId, Unsupported};

/// What the `named` of backend `id` cannot load of `zone`.
pub(super) fn unsupported(zone: &Zone, limits: RecordLimits, id: &BackendId) -> Vec<Unsupported> {
    let sets = zone.rrsets();
    let over = |count: usize, limit: u32| {
        limit > 0 && u32::try_from(count).is_ok_and(|count| count > limit)
    };
    let too_long = sets
        .iter()
        .filter(|set| over(set.rdata().len(), limits.per_type))
        .map(|set| Unsupported {
            record: format!("{} {}", NameText(set.owner()), TypeName(set.rtype())),
            reason: format!(
                "{} records of this type, more than the {} that dns.backends.{id}.max_records_per_type \
                 allows; raise it, or 0 for no limit",
                set.rdata().len(),
                limits.per_type
            ),
            fatal: true,
        });
    let too_many = sets
        .chunk_by(|left, right| left.owner() == right.owner())
        .filter(|sets| over(sets.len(), limits.types_per_name))
        .map(|sets| Unsupported {
            record: format!(
                "{} {}",
                NameText(sets[0].owner()),
                TypeName(sets[0].rtype())
            ),
            reason: format!(
                "the name has records of {} types, more than the {} that \
                 dns.backends.{id}.max_types_per_name allows; raise it, or 0 for no limit",
                sets.len(),
                limits.types_per_name
            ),
            fatal: true,
        });
    too_long.chain(too_many).collect()
}
