//! Heartbeats in the background.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use super::{Registration, Registry};
use crate::Error;

/// How much earlier or later a heartbeat may be, as a share of the interval: those that began at the same time do not
/// stay together.
const JITTER: f64 = 0.1;

/// How soon a heartbeat that failed is tried again, at first.
const RETRY: Duration = Duration::from_secs(1);

/// An instance whose heartbeats are sent in the background. They end when this is dropped; then its lease ends, too.
#[derive(Debug)]
pub struct Kept {
    registry: Registry,
    registration: Registration,
    beats: JoinHandle<()>,
    /// The heartbeats end when this is dropped.
    goes_on: oneshot::Sender<()>,
    busy: Arc<AtomicBool>,
    trouble: watch::Receiver<Option<String>>,
}

impl Registry {
    /// Registers an instance and sends its heartbeats from then on, each about `every`. Where the registry has forgotten it,
    /// it is registered again. One that fails is tried again sooner.
    ///
    /// ```no_run
    /// # async fn example(registry: dadns_client::Registry) -> Result<(), dadns_client::Error> {
    /// use std::time::Duration;
    /// use dadns_client::Registration;
    ///
    /// let web = Registration::new("web", "1", 8080);
    /// let kept = registry.keep(web, Duration::from_secs(10)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`register`](Self::register). Later failures are told by [`Kept::trouble`].
    pub async fn keep(&self, new: Registration, every: Duration) -> Result<Kept, Error> {
        self.register(&new).await?;
        let busy = Arc::new(AtomicBool::new(false));
        let (tell, trouble) = watch::channel(None);
        let (goes_on, end) = oneshot::channel();
        let beats = beat(self.clone(), new.clone(), every, busy.clone(), tell, end);
        let beats = tokio::spawn(beats);
        Ok(Kept {
            registry: self.clone(),
            registration: new,
            beats,
            goes_on,
            busy,
            trouble,
        })
    }
}

async fn beat(
    registry: Registry,
    own: Registration,
    every: Duration,
    busy: Arc<AtomicBool>,
    trouble: watch::Sender<Option<String>>,
    mut end: oneshot::Receiver<()>,
) {
    let mut pause = jittered(every);
    let mut retry = RETRY;
    loop {
        tokio::select! {
            _ = &mut end => return,
            () = tokio::time::sleep(pause) => {}
        }
        let beat = json!({
            "service_type": own.service,
            "instance_id": own.instance_id,
            "busy": busy.load(Ordering::Relaxed),
        });
        let sent = match registry.post("/heartbeat", beat).await {
            // Without its address, so that what is known of it is registered again, and not only where it is.
            Err(error) if error.status() == Some(404) => registry.register(&own).await.map(drop),
            sent => sent.map(drop),
        };
        match sent {
            Ok(()) => {
                trouble.send_replace(None);
                (pause, retry) = (jittered(every), RETRY);
            }
            Err(error) => {
                trouble.send_replace(Some(error.to_string()));
                pause = jittered(retry.min(every));
                retry = (retry * 2).min(every);
            }
        }
    }
}

fn jittered(time: Duration) -> Duration {
    time.mul_f64(1.0 - JITTER + 2.0 * JITTER * fastrand::f64())
}

impl Kept {
    /// Says at once whether it wants no more work for now.
    ///
    /// ```no_run
    /// # async fn example(kept: dadns_client::Kept) -> Result<(), dadns_client::Error> {
    /// kept.busy(true).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the registry does not answer, or has forgotten it. The heartbeats say it, too.
    pub async fn busy(&self, busy: bool) -> Result<(), Error> {
        self.busy.store(busy, Ordering::Relaxed);
        let Registration {
            service,
            instance_id,
            ..
        } = &self.registration;
        let body = json!({"service_type": service, "instance_id": instance_id, "busy": busy});
        self.registry.post("/heartbeat", body).await.map(drop)
    }

    /// Sends a heartbeat at once, with what the instance says of itself.
    ///
    /// ```no_run
    /// # async fn example(kept: dadns_client::Kept) -> Result<(), dadns_client::Error> {
    /// kept.tell(serde_json::json!({"load": 0.5})).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the registry does not answer, or has forgotten it.
    pub async fn tell(&self, metrics: Value) -> Result<(), Error> {
        let own = &self.registration;
        let told = self
            .registry
            .heartbeat(&own.service, &own.instance_id, metrics);
        told.await
    }

    /// Why the last heartbeat failed; `None`: it did not.
    ///
    /// ```no_run
    /// # fn example(kept: dadns_client::Kept) {
    /// if let Some(why) = kept.trouble() {
    ///     eprintln!("{why}");
    /// }
    /// # }
    /// ```
    pub fn trouble(&self) -> Option<String> {
        self.trouble.borrow().clone()
    }

    /// Ends the heartbeats and removes the instance.
    ///
    /// ```no_run
    /// # async fn example(kept: dadns_client::Kept) -> Result<(), dadns_client::Error> {
    /// kept.close().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the registry does not answer; then its lease ends after a while.
    pub async fn close(self) -> Result<(), Error> {
        drop(self.goes_on);
        // One that is on its way could register it again.
        let _ = self.beats.await;
        let own = &self.registration;
        let removed = self.registry.deregister(&own.service, &own.instance_id);
        removed.await
    }
}
