//! Work that may wait for a disk or a network, where nobody else waits for its thread.

/// Runs `work` on a thread that may block. A panic there goes on here.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Only the end of the runtime cancels it: whoever waits is ended with it.
            Err(_) => std::future::pending().await,
        },
    }
}
