//! What is done about a zone that has drifted: it is pending again, and its lane applies it.

use dadns_backends::Backend;

use super::Counts;
use super::zone::{DesiredZone, Finding};
use crate::access::Part;
use crate::health::Health;
use crate::logging::warning;
use crate::store::{Advanced, Author, Drifted, Store, StoreError};

/// Has a zone that has drifted on a backend applied there again.
///
/// # Errors
/// When that cannot be written to the store.
pub(crate) async fn repair(
    store: &Store,
    health: &Health,
    counts: &Counts,
    backend: &dyn Backend,
    desired: &DesiredZone,
    finding: &Finding,
) -> Result<(), StoreError> {
    let id = backend.id();
    let name = &desired.name;
    counts.drifted(id, finding.kind);
    warning!(
        backend = %id,
        zone = %name,
        kind = %finding.kind,
        "{id}: zone {name} has drifted: {finding}; re-applying"
    );
    let mut revision = desired.revision;
    if let Some(past) = finding.ahead {
        let raised = store.advance(name, revision, past, Author::new(Part::Check));
        if let Advanced::Raised {
            revision: raised,
            serial,
        } = raised.await?
        {
            warning!(
                backend = %id,
                zone = %name,
                "zone {name}: {id} was ahead with serial {past}; serving it as {serial} from now on. If that \
                 was newer content, and no edit by hand, its master has to push it again"
            );
            revision = raised;
        }
    }
    let found = finding.to_string();
    // Before the lane can begin with it, so that it knows what it repairs.
    health.note_drift(id, name, revision, found.clone());
    let drifted = Drifted {
        zone: name.clone(),
        revision,
        found,
    };
    if !store.drifted(id, drifted).await? {
        health.forget_drift(id, name);
    }
    Ok(())
}
