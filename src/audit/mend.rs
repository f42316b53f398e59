//! What is done about a zone that was found otherwise: it is marked, and its lane puts it there again.

use dadns_backends::Backend;

use super::check::{Finding, Wanted};
use crate::logging::warning;
use crate::metrics::Metrics;
use crate::store::{Accepted, Author, Change, Doubt, Edit, Moment, Store, StoreError};

/// Has a zone put on a backend again that was found otherwise there.
///
/// # Errors
/// When that cannot be written to the store.
pub(crate) async fn mend(
    store: &Store,
    metrics: &Metrics,
    backend: &dyn Backend,
    wanted: &Wanted,
    finding: &Finding,
) -> Result<(), StoreError> {
    let id = backend.id();
    let name = &wanted.name;
    metrics.drift_found(id, finding.kind.as_str());
    warning!(
        kind = finding.kind.as_str(),
        "{id}: zone {name} is not as it should be: {finding}; it is put there again"
    );
    let mut revision = wanted.revision;
    if let Some(past) = finding.ahead {
        let edit = Edit::Advance {
            zone: name.clone(),
            past,
        };
        let change = Change {
            only_at: Some(Moment::at(revision)),
            ..Change::new(Author::gateway("audit"), edit)
        };
        if let Accepted::Stored {
            revision: raised,
            serial,
            ..
        } = store.accept(change).await?
        {
            warning!(
                "zone {name}: {id} was ahead with serial {past}, so it is served as {serial} from now on; \
                 if that was newer content, and not an edit by hand, its master has to push it again"
            );
            revision = raised;
        }
    }
    let doubt = Doubt {
        zone: name.clone(),
        revision,
        found: finding.to_string(),
    };
    store.doubt(id, vec![doubt]).await.map(drop)
}
