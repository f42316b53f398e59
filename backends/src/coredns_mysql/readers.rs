//! The CoreDNS servers that read a database, asked what they serve.
//!
//! The database is the backend; a reader that is down does not make it unavailable. So
//! silence is an answer here, and one that is remembered for a while, or else a thousand zones would
//! each wait for it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use dadns_dns::Tally;
use dadns_zone::{Zone, ZoneName};
use futures_util::future::join_all;

use super::settings::Plugin;
use super::unsupported;
use crate::dns::{self, Authority};
use crate::{BackendError, Depth, Expected, Served, Unsupported, served};

/// How long a reader that did not answer is not asked again.
const SILENCE: Duration = Duration::from_secs(5);

/// Where the readers answer, and which of them did not lately.
#[derive(Debug)]
pub(super) struct Readers {
    servers: Vec<SocketAddr>,
    plugin: Plugin,
    silent: Mutex<HashMap<SocketAddr, (Instant, String)>>,
}

impl Readers {
    pub fn new(servers: Vec<SocketAddr>, plugin: Plugin) -> Self {
        Self {
            servers,
            plugin,
            silent: Mutex::default(),
        }
    }

    fn authority(&self) -> Authority {
        match self.plugin {
            // It never sets the bit.
            Plugin::MysqlExtend => Authority::Ignored,
            Plugin::Dadns => Authority::Required,
        }
    }

    pub fn servers(&self) -> &[SocketAddr] {
        &self.servers
    }

    pub fn is_empty(&self) -> bool {
        self.servers.is_empty()
    }

    /// What they serve of each zone.
    pub async fn served(
        &self,
        zones: &[Expected<'_>],
        how: Depth,
    ) -> Vec<Result<Served, BackendError>> {
        let asked = zones.iter().map(|expected| self.served_one(*expected, how));
        served::at_once(asked.collect()).await
    }

    async fn served_one(&self, expected: Expected<'_>, how: Depth) -> Result<Served, BackendError> {
        let found = self.serial(expected.name()).await;
        match expected {
            // Those that answer may still answer wrong.
            Expected::Present(zone)
                if how == Depth::EveryRRset
                    && (found == Served::Serial(zone.serial())
                        || matches!(found, Served::Silent(_))) =>
            {
                let unserved = unsupported::unsupported(zone, self.plugin);
                Ok(self.answers(zone, &unserved).await)
            }
            _ => Ok(found),
        }
    }

    /// What they answer for the SOA of `zone`, where they agree; otherwise what each says. None at all
    /// are [`Served::NotAsked`]; [`Served::Silent`] are some that do not answer, while the others agree.
    async fn serial(&self, zone: &ZoneName) -> Served {
        let asked = self.servers.iter().map(|&server| async move {
            let answer = match self.was_silent(server) {
                Some(why) => Err(why),
                None => dns::served(server, zone, self.authority())
                    .await
                    .map_err(|error| self.note_silence(server, &error)),
            };
            (server, answer)
        });
        self.agreed(&join_all(asked).await.into_iter().collect())
    }

    fn agreed(&self, answers: &HashMap<SocketAddr, Result<Served, String>>) -> Served {
        let Some(first) = self.servers.first() else {
            return Served::NotAsked;
        };
        let first = answers.get(first);
        if let Some(Ok(served)) = first
            && self
                .servers
                .iter()
                .all(|server| answers.get(server) == first)
        {
            return served.clone();
        }
        let said = self.servers.iter().map(|server| match answers.get(server) {
            Some(Ok(served)) => format!("{server} {served}"),
            Some(Err(why)) => why.clone(),
            None => format!("{server} was not asked"),
        });
        let said = said.collect::<Vec<_>>().join(", ");
        let mut spoken = answers.values().filter_map(|answer| answer.as_ref().ok());
        let one = spoken.next();
        match spoken.all(|other| Some(other) == one) {
            true => Served::Silent(said),
            false => Served::Divided(said),
        }
    }

    /// What each of them answers of `zone`, RRset by RRset. One that is silent hides no other; where
    /// those that answer are right, they are [`Served::Silent`].
    async fn answers(&self, zone: &Zone, unserved: &[Unsupported]) -> Served {
        let mut tally = Tally::default();
        let mut silent = Vec::new();
        for &server in &self.servers {
            if let Some(why) = self.was_silent(server) {
                silent.push(why);
                continue;
            }
            match dns::compare(server, zone, self.authority(), unserved).await {
                Ok(answers) => tally.add(answers, || format!("{server} answers ")),
                Err(error) => silent.push(self.note_silence(server, &error)),
            }
        }
        match tally.is_right() && !silent.is_empty() {
            true => Served::Silent(silent.join(", ")),
            false => Served::RRsets(tally.answers()),
        }
    }

    fn was_silent(&self, server: SocketAddr) -> Option<String> {
        let silent = self.lock();
        let (since, why) = silent.get(&server)?;
        (since.elapsed() < SILENCE).then(|| why.clone())
    }

    fn note_silence(&self, server: SocketAddr, error: &BackendError) -> String {
        let why = error.to_string();
        self.lock().insert(server, (Instant::now(), why.clone()));
        why
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<SocketAddr, (Instant, String)>> {
        // Each entry is set as a whole.
        self.silent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readers(servers: &[&str]) -> Readers {
        let servers = servers.iter().map(|server| server.parse().unwrap());
        Readers::new(servers.collect(), Plugin::Dadns)
    }

    #[test]
    fn what_all_say_is_the_answer_and_where_they_differ_each_is_told() {
        let two = readers(&["192.0.2.1:53", "192.0.2.2:53"]);
        let answers = |second: Result<Served, String>| {
            let first = (two.servers[0], Ok(Served::Serial(7)));
            HashMap::from([first, (two.servers[1], second)])
        };
        assert_eq!(
            two.agreed(&answers(Ok(Served::Serial(7)))),
            Served::Serial(7)
        );
        let Served::Divided(told) = two.agreed(&answers(Ok(Served::Absent))) else {
            panic!("they differ");
        };
        assert_eq!(
            told,
            "192.0.2.1:53 answers with serial 7, 192.0.2.2:53 does not serve the zone"
        );
        let silent = Err("asking 192.0.2.2:53: no answer".to_owned());
        assert!(matches!(two.agreed(&answers(silent)), Served::Silent(_)));
        assert_eq!(readers(&[]).agreed(&HashMap::new()), Served::NotAsked);
    }

    #[tokio::test]
    async fn a_reader_that_is_down_is_told_of_and_not_asked_again_at_once() {
        // Nobody listens here.
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let server = socket.local_addr().unwrap();
        drop(socket);
        let readers = Readers::new(vec![server], Plugin::Dadns);
        let zone: ZoneName = "a.example".parse().unwrap();
        let first = readers.serial(&zone).await;
        assert!(matches!(&first, Served::Silent(why) if why.contains(&server.to_string())));
        let asked_again = Instant::now();
        assert_eq!(readers.serial(&zone).await, first);
        assert!(asked_again.elapsed() < Duration::from_millis(100));
    }
}
