//! Zones and records: the API of the gateway, below `/api/v1`. docs/http.md and docs/record-api.md of dadns have all of it.

mod shape;

use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};

pub use shape::{Change, Changed, Deleted, Missing, Op, Rrset, Waited, Zone};

use crate::connection::{Verb, encoded};
use crate::registry::on_a_thread;
use crate::{Connection, Error, parse};

/// The longest that the gateway waits for one request.
const LONGEST: Duration = Duration::from_secs(30);

/// The API of a gateway. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Api {
    connection: Connection,
}

#[derive(Deserialize)]
struct Zones {
    zones: Vec<Zone>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Rrsets {
    rrsets: Vec<Rrset>,
    next: Option<String>,
}

impl Api {
    /// The API behind `connection`, which is that of `app.listen_port` or one of `api.listen`.
    ///
    /// ```
    /// use dadns_client::{Api, Connection, Login};
    ///
    /// let login = Login::Token("dadns_…".to_owned());
    /// let api = Api::new(Connection::new("http://127.0.0.1:2222", login));
    /// ```
    pub fn new(connection: Connection) -> Self {
        Self { connection }
    }

    /// All zones that are present, in the order of their names.
    ///
    /// ```no_run
    /// # async fn example(api: dadns_client::Api) -> Result<(), dadns_client::Error> {
    /// for zone in api.zones().await? {
    ///     println!("{} {}", zone.zone, zone.serial);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When it does not answer, or the login may not read.
    pub async fn zones(&self) -> Result<Vec<Zone>, Error> {
        let mut all = Vec::new();
        let mut after = String::new();
        loop {
            let page: Zones = parse(&self.get(format!("/api/v1/zones{after}")).await?)?;
            all.extend(page.zones);
            match page.next {
                Some(next) => after = format!("?after={}", encoded(&next)),
                None => return Ok(all),
            }
        }
    }

    /// One zone.
    ///
    /// ```no_run
    /// # async fn example(api: dadns_client::Api) -> Result<(), dadns_client::Error> {
    /// println!("{}", api.zone("example.com").await?.serial);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When it does not answer; with 404 where there is no such zone.
    pub async fn zone(&self, zone: &str) -> Result<Zone, Error> {
        parse(&self.get(path(zone, "")).await?)
    }

    /// The RRsets of a zone, each with the layer that it comes from.
    ///
    /// ```no_run
    /// # async fn example(api: dadns_client::Api) -> Result<(), dadns_client::Error> {
    /// for rrset in api.records("example.com").await? {
    ///     println!("{} {} {:?}", rrset.name, rrset.rtype, rrset.records);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When it does not answer; with 404 where there is no such zone.
    pub async fn records(&self, zone: &str) -> Result<Vec<Rrset>, Error> {
        let mut all = Vec::new();
        let mut after = String::new();
        loop {
            let page: Rrsets = parse(&self.get(path(zone, &format!("/rrsets{after}"))).await?)?;
            all.extend(page.rrsets);
            match page.next {
                Some(next) => after = format!("?after={}", encoded(&next)),
                None => return Ok(all),
            }
        }
    }

    /// Edits records of a zone, all of them or none. It is on disk when this returns, and served by the backends soon after:
    /// see [`wait`](Self::wait).
    ///
    /// ```no_run
    /// # async fn example(api: dadns_client::Api) -> Result<(), dadns_client::Error> {
    /// use dadns_client::api::{Change, Op};
    ///
    /// let www = Change::new(Op::Replace, "www", "A").ttl(300).record("192.0.2.1");
    /// let changed = api.edit("example.com", vec![www]).await?;
    /// println!("revision {}", changed.revision);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When it does not answer, or refuses the edit: [`Fault::errors`](crate::Fault::errors) says which change, and why.
    pub async fn edit(&self, zone: &str, changes: Vec<Change>) -> Result<Changed, Error> {
        let path = path(zone, "/rrsets");
        let body = json!({"changes": changes});
        parse(&self.send(Verb::Patch, path, body).await?)
    }

    /// Creates a zone with these name servers; none: those of `records.nameservers`.
    ///
    /// ```no_run
    /// # async fn example(api: dadns_client::Api) -> Result<(), dadns_client::Error> {
    /// api.create("example.com", &["ns1.example.net".to_owned()]).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When it does not answer, or refuses it: with 409 where the zone is present.
    pub async fn create(&self, zone: &str, nameservers: &[String]) -> Result<Changed, Error> {
        let body = json!({"zone": zone, "nameservers": nameservers});
        parse(
            &self
                .send(Verb::Post, "/api/v1/zones".to_owned(), body)
                .await?,
        )
    }

    /// Deletes a zone that no master pushed.
    ///
    /// ```no_run
    /// # async fn example(api: dadns_client::Api) -> Result<(), dadns_client::Error> {
    /// api.delete("example.com").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When it does not answer, or refuses it; with 404 where there is no such zone.
    pub async fn delete(&self, zone: &str) -> Result<Deleted, Error> {
        let path = path(zone, "");
        let call = move |gateway: Connection| gateway.delete(&path);
        parse(&on_a_thread(&self.connection, call).await?)
    }

    /// Waits until every backend has verified a revision of a zone (`None`: the present one), for no longer than `longest`.
    /// [`Waited::verified`] says whether that is so.
    ///
    /// ```no_run
    /// # async fn example(api: dadns_client::Api) -> Result<(), dadns_client::Error> {
    /// use std::time::Duration;
    ///
    /// let waited = api.wait("example.com", None, Duration::from_secs(60)).await?;
    /// assert!(waited.verified, "{:?}", waited.missing);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When it does not answer; with 404 where there is no such zone.
    pub async fn wait(
        &self,
        zone: &str,
        mut revision: Option<u64>,
        longest: Duration,
    ) -> Result<Waited, Error> {
        let began = Instant::now();
        loop {
            let left = longest.saturating_sub(began.elapsed());
            let mut query = format!("/wait?timeout_ms={}", left.min(LONGEST).as_millis());
            if let Some(revision) = revision {
                query += &format!("&revision={revision}");
            }
            let waited: Waited = parse(&self.get(path(zone, &query)).await?)?;
            revision = Some(waited.revision);
            if waited.verified || began.elapsed() >= longest {
                return Ok(waited);
            }
        }
    }

    async fn get(&self, path: String) -> Result<String, Error> {
        on_a_thread(&self.connection, move |gateway| gateway.get(&path)).await
    }

    async fn send(&self, verb: Verb, path: String, body: Value) -> Result<String, Error> {
        let call = move |gateway: Connection| gateway.send(verb, &path, &body, None);
        on_a_thread(&self.connection, call).await
    }
}

/// The path of something about a zone.
fn path(zone: &str, what: &str) -> String {
    format!("/api/v1/zones/{}{what}", encoded(zone))
}
