//! What `named` serves: asked over DNS, or over its control channel where it has no DNS address.

use super::channel::Rndc;
use super::named::Way;
use super::{Bind, addzone, views};
use crate::{BackendError, Depth, Expected, Served, served};

/// What `named` serves of a zone.
pub(super) async fn ask(
    bind: &Bind,
    rndc: &Rndc,
    expected: Expected<'_>,
    how: Depth,
) -> Result<Served, BackendError> {
    let name = expected.name();
    let found = match bind.settings.dns_address {
        Some(server) => match views::divided(bind, rndc, name).await? {
            Some(divided) => divided,
            None => served::ask(server, expected, how, &[]).await?,
        },
        None => views::loaded(bind, rndc, name).await?,
    };
    if how == Depth::EveryRRset
        && bind.named.get().way() == Way::Addzone
        && found.is(&expected)
        && let Expected::Present(_) = expected
        && let Some(wrong) = addzone::fault(bind, rndc, name).await?
    {
        return Ok(wrong);
    }
    match expected {
        Expected::Removed(name)
            if found != Served::Absent
                && !bind.disk.lists(name)
                && !views::have_ours(bind, rndc, name).await? =>
        {
            Ok(Served::Absent)
        }
        _ => Ok(found),
    }
}
