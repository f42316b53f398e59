//! Asking a backend about one zone.

use dadns_zone::{Zone, ZoneName};

use crate::{Backend, BackendError, Depth, Expected, Served, ZoneChange, ZoneResult};

/// The calls of [`Backend`] for one zone instead of a slice.
pub trait BackendExt: Backend {
    /// [`Backend::apply`] for one zone.
    fn apply_one(&self, change: ZoneChange<'_>) -> impl Future<Output = ZoneResult> + Send;

    /// [`Backend::read`] for one zone.
    ///
    /// # Errors
    /// As there.
    fn read_one(
        &self,
        name: &ZoneName,
    ) -> impl Future<Output = Result<Option<Zone>, BackendError>> + Send;

    /// [`Backend::served`] for one zone.
    ///
    /// # Errors
    /// As there.
    fn served_one(
        &self,
        expected: Expected<'_>,
        how: Depth,
    ) -> impl Future<Output = Result<Served, BackendError>> + Send;
}

impl<B: Backend + ?Sized> BackendExt for B {
    async fn apply_one(&self, change: ZoneChange<'_>) -> ZoneResult {
        let mut all = self.apply(&[change]).await;
        all.pop()
            .unwrap_or_else(|| no_result("applying a change").into())
    }

    async fn read_one(&self, name: &ZoneName) -> Result<Option<Zone>, BackendError> {
        let mut all = self.read(std::slice::from_ref(name)).await;
        all.pop()
            .unwrap_or_else(|| Err(no_result("reading a zone")))
    }

    async fn served_one(&self, expected: Expected<'_>, how: Depth) -> Result<Served, BackendError> {
        let mut all = self.served(&[expected], how).await;
        all.pop()
            .unwrap_or_else(|| Err(no_result("asking what is served")))
    }
}

/// The backend broke its contract, which the conformance suite checks.
fn no_result(doing: &str) -> BackendError {
    BackendError::unreachable(doing, "the backend gave no result; please report it")
}
