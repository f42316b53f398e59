//! What is done about a zone that was found otherwise: it is marked, and its lane puts it there again.

use dadns_backends::Backend;

use super::zone::{Finding, Wanted};
use crate::logging::warning;
use crate::metrics::Metrics;
use crate::store::{Advanced, Author, Doubt, Store, StoreError};

/// Has a zone put on a backend again that was found otherwise there.
///
/// # Errors
/// When that cannot be written to the store.
pub(crate) async fn repair(
    store: &Store,
    metrics: &Metrics,
    backend: &dyn Backend,
    wanted: &Wanted,
    finding: &Finding,
) -> Result<(), StoreError> {
    let id = backend.id();
    let name = &wanted.name;
    metrics.drift_found(id, finding.kind);
    warning!(
        kind = %finding.kind,
        "{id}: zone {name} is not as it should be: {finding}; it is put there again"
    );
    let mut revision = wanted.revision;
    if let Some(past) = finding.ahead {
        let raised = store.advance(name, revision, past, Author::gateway("audit"));
        if let Advanced::Raised {
            revision: raised,
            serial,
        } = raised.await?
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
