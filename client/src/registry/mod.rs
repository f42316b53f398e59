//! Services that register themselves and are found: over the calls of JARVIS DNS, which heartbeats belong to.

mod find;
mod finder;
mod keep;
mod registration;

use serde::Deserialize;
use serde_json::{Map, Value, json};

pub use find::{Found, Wish};
pub use finder::Finder;
pub use keep::Kept;
pub use registration::Registration;

use crate::connection::encoded;
use crate::{Connection, Error, parse};

/// The registry of a gateway. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Registry {
    connection: Connection,
}

/// An instance as it was registered.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Instance {
    /// The service that it is one of.
    pub service_type: String,
    /// Its address, or the name of its host.
    pub host: String,
    /// Its port.
    pub port: Option<u16>,
    /// `active`, `warning`, `dead` or `maintenance`.
    pub status: String,
    /// Whether it wants no more work for now.
    #[serde(default)]
    pub busy: bool,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What was said of it when it was registered.
    #[serde(default)]
    pub metadata: Map<String, Value>,
}

#[derive(Deserialize)]
struct Registered {
    instance: Instance,
}

impl Registry {
    /// The registry behind `connection`, which is one of the addresses of `registry.listen`.
    ///
    /// ```
    /// use dadns_client::{Connection, Login, Registry};
    ///
    /// let registry = Registry::new(Connection::new("http://127.0.0.1:8500", Login::Nothing));
    /// ```
    pub fn new(connection: Connection) -> Self {
        Self { connection }
    }

    /// Registers an instance, or replaces it. It is on disk when this returns, and critical when no heartbeat came for
    /// `registry.lease_seconds`: see [`keep`](Self::keep).
    ///
    /// ```no_run
    /// # async fn example(registry: dadns_client::Registry) -> Result<(), dadns_client::Error> {
    /// use dadns_client::Registration;
    ///
    /// let instance = registry.register(&Registration::new("web", "1", 8080)).await?;
    /// println!("registered at {}", instance.host);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When it does not answer, or refuses it: with 403 where the instance belongs to another client.
    pub async fn register(&self, new: &Registration) -> Result<Instance, Error> {
        let text = self.post("/register", json!(new)).await?;
        parse::<Registered>(&text).map(|registered| registered.instance)
    }

    /// Says that an instance is alive.
    ///
    /// ```no_run
    /// # async fn example(registry: dadns_client::Registry) -> Result<(), dadns_client::Error> {
    /// registry.heartbeat("web", "1", serde_json::json!({"load": 0.5})).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When it does not answer; with 404 where nobody has registered it.
    pub async fn heartbeat(
        &self,
        service: &str,
        instance: &str,
        metrics: Value,
    ) -> Result<(), Error> {
        let body = json!({"service_type": service, "instance_id": instance, "metrics": metrics});
        self.post("/heartbeat", body).await.map(drop)
    }

    /// Says how an instance is: `active`, `warning` or `dead`, and whether it wants no more work.
    ///
    /// ```no_run
    /// # async fn example(registry: dadns_client::Registry) -> Result<(), dadns_client::Error> {
    /// registry.report("web", "1", "warning", Some(true)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When it does not answer, with 404 where nobody has registered it.
    pub async fn report(
        &self,
        service: &str,
        instance: &str,
        status: &str,
        busy: Option<bool>,
    ) -> Result<(), Error> {
        let body =
            json!({"server": service, "instance_id": instance, "status": status, "busy": busy});
        self.post("/status", body).await.map(drop)
    }

    /// Removes an instance.
    ///
    /// ```no_run
    /// # async fn example(registry: dadns_client::Registry) -> Result<(), dadns_client::Error> {
    /// registry.deregister("web", "1").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When it does not answer, with 404 where nobody has registered it.
    pub async fn deregister(&self, service: &str, instance: &str) -> Result<(), Error> {
        let body = json!({"server": service, "instance_id": instance});
        self.post("/deregister", body).await.map(drop)
    }

    /// Takes an instance out for this reason, or back in again (`None`).
    ///
    /// ```no_run
    /// # async fn example(registry: dadns_client::Registry) -> Result<(), dadns_client::Error> {
    /// registry.maintenance("web", "1", Some("a new disk")).await?;
    /// registry.maintenance("web", "1", None).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When it does not answer, with 404 where nobody has registered it.
    pub async fn maintenance(
        &self,
        service: &str,
        instance: &str,
        why: Option<&str>,
    ) -> Result<(), Error> {
        let path = maintenance_path(service, instance);
        let body = json!({"enable": why.is_some(), "reason": why});
        self.post(&path, body).await.map(drop)
    }

    /// The best instance that suits, and those to turn to when it fails.
    ///
    /// ```no_run
    /// # async fn example(registry: dadns_client::Registry) -> Result<(), dadns_client::Error> {
    /// use dadns_client::Wish;
    ///
    /// let found = registry.discover(&Wish::of("web").tag("blue")).await?;
    /// println!("{}, then {:?}", found.url, found.failover);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When it does not answer; with 404 where nothing suits, and 503 where nothing is healthy.
    pub async fn discover(&self, wish: &Wish) -> Result<Found, Error> {
        parse(&self.post("/discover", json!(wish)).await?)
    }

    async fn post(&self, path: &str, body: Value) -> Result<String, Error> {
        let path = path.to_owned();
        on_a_thread(&self.connection, move |gateway| gateway.post(&path, &body)).await
    }
}

/// The path of the maintenance of an instance.
fn maintenance_path(service: &str, instance: &str) -> String {
    let (service, instance) = (encoded(service), encoded(instance));
    format!("/services/{service}/instances/{instance}/maintenance")
}

/// Runs a call that waits on a thread that may.
pub(crate) async fn on_a_thread<T: Send + 'static>(
    connection: &Connection,
    call: impl FnOnce(Connection) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let own = connection.clone();
    match tokio::task::spawn_blocking(move || call(own)).await {
        Ok(answer) => answer,
        // The runtime stops.
        Err(error) => Err(connection.unreachable(error)),
    }
}
