//! Finds instances with a memory: most calls ask nobody, and some answer is there while the gateway is not.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Found, Registry, Wish};
use crate::Error;

/// How many wishes are remembered.
const MOST: usize = 1_000;

/// Finds instances of services, remembers them for a while, and turns to others when one fails.
///
/// - What was found is used again for [`new`](Self::new)'s time.
/// - [`failed`](Self::failed) turns to the next of the failover list, and asks anew when that is at its end.
/// - While the gateway does not answer, what was found last is still used, however old it is; then the URLs of
///   [`or_else`](Self::or_else).
#[derive(Debug)]
pub struct Finder {
    registry: Registry,
    fresh: Duration,
    known: Mutex<HashMap<String, Known>>,
    fixed: HashMap<String, Vec<String>>,
}

#[derive(Debug)]
struct Known {
    found: Found,
    until: Instant,
}

impl Finder {
    /// Finds by `registry`, and uses what was found again for `fresh`.
    ///
    /// ```no_run
    /// # async fn example(registry: dadns_client::Registry) -> Result<(), dadns_client::Error> {
    /// use std::time::Duration;
    /// use dadns_client::{Finder, Wish};
    ///
    /// let finder = Finder::new(registry, Duration::from_secs(30));
    /// let found = finder.find(&Wish::of("database")).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(registry: Registry, fresh: Duration) -> Self {
        Self {
            registry,
            fresh,
            known: Mutex::default(),
            fixed: HashMap::new(),
        }
    }

    /// The same, with URLs to turn to for a service of which nothing is known while the gateway does not answer.
    ///
    /// ```
    /// # fn example(finder: dadns_client::Finder) -> dadns_client::Finder {
    /// finder.or_else("database", ["http://192.0.2.7:5432"])
    /// # }
    /// ```
    #[must_use]
    pub fn or_else<U: Into<String>>(
        mut self,
        service: impl Into<String>,
        urls: impl IntoIterator<Item = U>,
    ) -> Self {
        let urls = urls.into_iter().map(Into::into);
        self.fixed.insert(service.into(), urls.collect());
        self
    }

    /// An instance that suits.
    ///
    /// ```no_run
    /// # async fn example(finder: dadns_client::Finder) -> Result<(), dadns_client::Error> {
    /// let found = finder.find(&dadns_client::Wish::of("database")).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When nothing suits, or when nothing is known and the gateway does not answer.
    pub async fn find(&self, wish: &Wish) -> Result<Found, Error> {
        let key = key(wish);
        if let Some(known) = self.known().get(&key)
            && known.until > Instant::now()
        {
            return Ok(known.found.clone());
        }
        match self.registry.discover(wish).await {
            Ok(found) => {
                self.remember(key, found.clone());
                Ok(found)
            }
            // It says that there is none: what was found before is gone.
            Err(error @ Error::Refused(_)) if error.status() < Some(500) => {
                self.known().remove(&key);
                Err(error)
            }
            Err(error) => match self.known().get(&key) {
                Some(known) => Ok(known.found.clone()),
                None => self.fixed(wish).ok_or(error),
            },
        }
    }

    /// What was found has failed: the next of its failover list is used from now on, and the gateway is asked anew where
    /// there is none.
    ///
    /// ```no_run
    /// # async fn example(finder: dadns_client::Finder) -> Result<(), dadns_client::Error> {
    /// let wish = dadns_client::Wish::of("database");
    /// let found = finder.find(&wish).await?;
    /// // It takes no connection.
    /// finder.failed(&wish, &found.url);
    /// let other = finder.find(&wish).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn failed(&self, wish: &Wish, url: &str) {
        let key = key(wish);
        let mut all = self.known();
        let Some(known) = all.get_mut(&key).filter(|known| known.found.url == url) else {
            // Somebody else said so before.
            return;
        };
        if known.found.failover.is_empty() {
            all.remove(&key);
            return;
        }
        let next = known.found.failover.remove(0);
        known.found = Found {
            host: host(&next),
            port: port(&next),
            failover: std::mem::take(&mut known.found.failover),
            stale: known.found.stale,
            metadata: serde_json::Map::new(),
            url: next,
        };
    }

    fn remember(&self, key: String, found: Found) {
        let mut all = self.known();
        let now = Instant::now();
        if all.len() >= MOST {
            all.retain(|_, known| known.until > now);
        }
        if all.len() < MOST {
            let until = now + self.fresh;
            all.insert(key, Known { found, until });
        }
    }

    fn fixed(&self, wish: &Wish) -> Option<Found> {
        let (url, others) = self.fixed.get(&wish.service_type)?.split_first()?;
        Some(Found {
            url: url.clone(),
            host: host(url),
            port: port(url),
            failover: others.to_vec(),
            ..Found::default()
        })
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        // Nothing is left half done under this lock.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a wish is remembered by.
fn key(wish: &Wish) -> String {
    serde_json::to_string(wish).unwrap_or_else(|_| wish.service_type.clone())
}

/// `HOST:PORT` of a URL.
fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default()
}

fn port(url: &str) -> Option<u16> {
    authority(url).rsplit_once(':')?.1.parse().ok()
}

fn host(url: &str) -> String {
    let authority = authority(url);
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => host,
        _ => authority,
    };
    host.trim_matches(['[', ']']).to_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{Connection, Login};

    fn finder() -> Finder {
        // Port 0 answers nobody.
        let connection = Connection::new("http://127.0.0.1:0", Login::Nothing);
        Finder::new(Registry::new(connection), Duration::from_secs(3_600))
            .or_else("fixed", ["http://[2001:db8::1]:1", "http://b:2"])
    }

    #[tokio::test]
    async fn without_a_gateway_what_is_known_is_used_then_what_is_fixed_and_then_nothing() {
        let finder = finder();
        let wish = Wish::of("web");
        assert!(finder.find(&wish).await.unwrap_err().status().is_none());
        let found = finder.find(&Wish::of("fixed")).await.unwrap();
        assert_eq!((found.host.as_str(), found.port), ("2001:db8::1", Some(1)));
        let (url, failover) = ("http://a:1".to_owned(), vec!["http://b:2".to_owned()]);
        let found = Found {
            url,
            failover,
            ..Found::default()
        };
        finder.remember(key(&wish), found);
        // Old: it is asked for in vain.
        for known in finder.known().values_mut() {
            known.until = Instant::now();
        }
        assert_eq!(finder.find(&wish).await.unwrap().url, "http://a:1");
        // Two that failed with the same instance turn to the next one once.
        finder.failed(&wish, "http://a:1");
        finder.failed(&wish, "http://a:1");
        let next = finder.find(&wish).await.unwrap();
        assert_eq!(
            (next.url.as_str(), next.host.as_str(), next.port),
            ("http://b:2", "b", Some(2))
        );
        finder.failed(&wish, "http://b:2");
        assert!(finder.find(&wish).await.is_err());
    }
}
