//! Checks: what tells how an instance is.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Status;
use super::change::shortened;
use super::limits::OUTPUT;

/// Where a check learns from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Its client has to report within the lease.
    Lease {
        /// For how long a report is good.
        ttl: Duration,
        /// Whether the lease grows with the interval of the reports.
        grows: bool,
    },
    /// Its client reports when it likes.
    Told,
    /// The gateway asks.
    Probe(Probe),
}

/// How the gateway asks an instance how it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// What is asked.
    pub target: Target,
    /// How often.
    pub every: Duration,
    /// How long an answer may take.
    pub timeout: Duration,
    /// How many good answers in a row make it passing.
    pub successes: u32,
    /// How many bad ones in a row make it critical.
    pub failures: u32,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// A URL, over HTTP: 2xx is passing, 429 a warning, all else critical.
    Http {
        /// The URL.
        url: String,
        /// The method.
        method: String,
        /// More headers.
        headers: Vec<(String, String)>,
        /// The body; empty: none.
        body: String,
        /// What is asked of the server's certificate, where the URL has `https`.
        tls: Tls,
    },
    /// Whether a port takes connections: `HOST:PORT`.
    Tcp(String),
    /// The health protocol of gRPC.
    Grpc {
        /// `HOST:PORT`.
        endpoint: String,
        /// The service that is asked for; empty: all of the server.
        service: String,
        /// `None`: without TLS.
        tls: Option<Tls>,
    },
}

/// What is asked of the certificate of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tls {
    /// Whether an authority that the gateway trusts has to have signed it, for this name.
    pub verified: bool,
    /// The name; empty: that of the target.
    pub name: String,
}

/// One check of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Its id, one of its instance's.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Where it learns from.
    pub kind: Kind,
    /// How it is.
    pub status: Status,
    /// What it said last.
    pub output: String,
    /// What its client noted with it.
    pub notes: String,
    /// What is only known since this process began.
    #[serde(skip)]
    pub pulse: Pulse,
}

/// What is known of the reports of a check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pulse {
    /// When the last one came.
    pub last: Option<Duration>,
    /// The longest interval that was seen lately.
    pub interval: Duration,
    /// When the lease ends.
    pub deadline: Option<Duration>,
    /// The timer that watches the lease, or that of the next probe.
    pub armed: Option<Duration>,
    /// What the last probes found, and how many of them in a row.
    pub row: (Status, u32),
}

/// A lease is this many intervals.
const INTERVALS: u32 = 3;

/// No lease that grows becomes longer.
const LONGEST: Duration = Duration::from_secs(3_600);

impl Check {
    /// A check of this kind, with a status to begin with.
    pub fn new(id: impl Into<String>, kind: Kind, status: Status) -> Self {
        let id = id.into();
        Self {
            name: id.clone(),
            id,
            kind,
            status,
            output: String::new(),
            notes: String::new(),
            pulse: Pulse::default(),
        }
    }

    /// How long a report is good; `None`: it is not reported to in time.
    pub fn lease(&self) -> Option<Duration> {
        match self.kind {
            Kind::Lease { ttl, grows: false } => Some(ttl),
            Kind::Lease { ttl, grows: true } => {
                let grown = self.pulse.interval.saturating_mul(INTERVALS);
                Some(ttl.max(grown.min(LONGEST)))
            }
            Kind::Told | Kind::Probe(_) => None,
        }
    }

    /// Notes what a probe found. A status that is not there often enough in a row changes nothing.
    pub fn probed(&mut self, found: Status, output: &str) {
        let Kind::Probe(probe) = &self.kind else {
            return;
        };
        let (before, count) = self.pulse.row;
        let count = match before == found {
            true => count.saturating_add(1),
            false => 1,
        };
        self.pulse.row = (found, count);
        let least = match found {
            Status::Passing => probe.successes,
            Status::Warning => 1,
            Status::Critical | Status::Maintenance => probe.failures,
        };
        shortened(output, OUTPUT).clone_into(&mut self.output);
        if count >= least {
            self.status = found;
        }
    }

    /// Notes a report. The interval follows a longer one at once, and shorter ones slowly: a client that reports
    /// by two ways is as slow as the slower.
    pub fn beat(&mut self, now: Duration) {
        if let Some(last) = self.pulse.last {
            let interval = now.saturating_sub(last);
            let before = self.pulse.interval;
            self.pulse.interval = match interval >= before {
                true => interval,
                false => before - (before - interval) / 8,
            };
        }
        self.pulse.last = Some(now);
        self.begin_lease(now);
    }

    /// The lease begins anew.
    pub fn begin_lease(&mut self, now: Duration) {
        self.pulse.deadline = self.lease().map(|lease| now + lease);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leased() -> Check {
        let kind = Kind::Lease {
            ttl: Duration::from_secs(60),
            grows: true,
        };
        Check::new("a", kind, Status::Passing)
    }

    #[test]
    fn a_client_that_reports_every_30_seconds_has_90_and_one_every_10_has_60() {
        for (every, lease) in [(10, 60), (30, 90)] {
            let mut check = leased();
            for beat in 0..100 {
                let now = Duration::from_secs(beat * every);
                let before = check.pulse.deadline;
                assert!(before.is_none_or(|deadline| deadline > now));
                check.beat(now);
            }
            assert_eq!(check.lease(), Some(Duration::from_secs(lease)));
        }
    }

    #[test]
    fn a_long_silence_does_not_make_a_lease_of_days() {
        let mut check = leased();
        check.beat(Duration::ZERO);
        check.beat(Duration::from_secs(1_000_000));
        assert_eq!(check.lease(), Some(LONGEST));
    }
}
