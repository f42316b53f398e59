//! Which events are worth a line.

use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use super::Level;

/// Lets events of this level and above pass. Of other people's crates only warnings pass, because
/// what they call INFO is not what an operator of this gateway asked for; whoever hunts a fault
/// with DEBUG sees their INFO too, and with TRACE everything. Of the HTTP protocol nothing passes
/// before DEBUG: its errors are what scanners send, without saying from where. The client that asks
/// masters shows what it sends, passwords and all, so that of it nothing below INFO ever passes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Threshold(pub Level);

impl Threshold {
    /// The least level that passes of crates that are not ours.
    pub fn others(self) -> Level {
        match self.0 {
            Level::Trace => Level::Trace,
            Level::Debug => Level::Info,
            level => level.max(Level::Warning),
        }
    }

    fn passes(self, metadata: &Metadata<'_>) -> bool {
        let least = match metadata.target().split("::").next() {
            Some("dadns" | "dadns_zone" | "dadns_backends") => self.0,
            Some("actix_http") if self.0 > Level::Debug => return false,
            Some("ureq" | "ureq_proto") => self.others().max(Level::Info),
            _ if Level::is_ours(metadata) => self.0,
            _ => self.others(),
        };
        metadata.is_event() && Level::of(metadata) >= least
    }
}

/// One filter before all outputs, not one for each: what does not pass is then not even computed.
impl<S: Subscriber> Layer<S> for Threshold {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.passes(metadata)
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        match self.passes(metadata) {
            true => Interest::always(),
            false => Interest::never(),
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.0.ceiling())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::{Event, error, info};
    use tracing_subscriber::Registry;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    /// Notes where what passes comes from.
    #[derive(Clone, Default)]
    struct Passed(Arc<Mutex<Vec<&'static str>>>);

    impl<S: Subscriber> Layer<S> for Passed {
        fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
            self.0.lock().unwrap().push(event.metadata().target());
        }
    }

    #[test]
    fn what_the_client_of_masters_sends_never_passes() {
        let passed = Passed::default();
        let subscriber = Registry::default()
            .with(Threshold(Level::Trace))
            .with(passed.clone());
        tracing::subscriber::with_default(subscriber, || {
            tracing::trace!(target: "ureq_proto::util", "password=");
            tracing::debug!(target: "ureq::run", "Authorization: ");
            tracing::trace!(target: "rustls::client", "shown");
        });
        assert_eq!(*passed.0.lock().unwrap(), ["rustls::client"]);
    }

    #[test]
    fn what_scanners_send_is_no_error_of_ours() {
        let passing = |level| {
            let passed = Passed::default();
            let subscriber = Registry::default()
                .with(Threshold(level))
                .with(passed.clone());
            tracing::subscriber::with_default(subscriber, || {
                error!(target: "actix_http::h1::dispatcher", "message head is too large");
                error!(target: "actix_server::accept", "too many open files");
                info!(target: "actix_server::server", "starting");
            });
            passed.0.lock().unwrap().clone()
        };
        assert_eq!(passing(Level::Info), ["actix_server::accept"]);
        assert_eq!(
            passing(Level::Debug),
            [
                "actix_http::h1::dispatcher",
                "actix_server::accept",
                "actix_server::server"
            ]
        );
    }
}
