//! Done means verified: what backends have and serve, against what they should.

use std::collections::VecDeque;
use std::time::Duration;

use dadns_backends::{Backend, BackendError, Depth, Expected, Served, ZoneResult};
use dadns_zone::Zone;
use futures_util::future::join_all;
use tokio::time::Instant;

/// The pauses between questions to a server that is still loading: half a millisecond, then half as long
/// again each time, up to 100 ms. Were they to double, most of the time to the answer would be the last pause.
const FIRST_PAUSE: Duration = Duration::from_micros(500);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// How many zones are read back, or asked for, together.
const SLICE: usize = 64;

/// Something that is about a zone to verify.
pub trait Subject {
    /// What should be on the backend.
    fn expected(&self) -> Expected<'_>;
    /// How much of it is asked for.
    fn depth(&self) -> Depth;
    /// Whether the backend had to write anything for it.
    fn changed(&self) -> bool;
}

/// How the verification of one zone went.
#[derive(Debug)]
pub struct Verified<S> {
    /// Which.
    pub subject: S,
    /// Whether the backend has exactly what it should and, where it can be asked over DNS, serves that.
    pub result: ZoneResult,
    /// Whether the backend has the right records and serves something else: to write only what differs would
    /// leave that so.
    pub serves_other: bool,
    /// How long it took.
    pub took: Duration,
}

/// The verification of many zones on one backend, a slice at a time.
///
/// Each is read back once, and then asked for until it is served as desired or the time is over. Zones
/// that are served at once never wait for those that are not.
pub struct Verification<'b, S> {
    backend: &'b dyn Backend,
    pauses: Pauses,
    /// Not read back yet.
    unread: VecDeque<S>,
    /// Read back; to be asked for in this round.
    unasked: VecDeque<Waiting<S>>,
    /// Not served as desired when they were last asked for.
    unserved: VecDeque<Waiting<S>>,
    /// Once one question was not answered, the rest need not be asked.
    unavailable: Option<BackendError>,
}

/// A zone that was read back as desired.
struct Waiting<S> {
    subject: S,
    since: Instant,
    found: Served,
}

impl<'b, S: Subject> Verification<'b, S> {
    /// Of `subjects`, which have to be served by `deadline`.
    pub fn of(
        backend: &'b dyn Backend,
        subjects: impl IntoIterator<Item = S>,
        deadline: Instant,
    ) -> Self {
        Self {
            backend,
            pauses: Pauses::until(deadline),
            unread: subjects.into_iter().collect(),
            unasked: VecDeque::new(),
            unserved: VecDeque::new(),
            unavailable: None,
        }
    }

    /// The next zones that are done; `None`: those were all.
    pub async fn next(&mut self) -> Option<Vec<Verified<S>>> {
        loop {
            if let Some(error) = self.unavailable.clone() {
                return self.give_up(&error);
            }
            let mut done = Vec::new();
            if !self.unread.is_empty() {
                let read = self.read(&mut done).await;
                self.ask(read, &mut done).await;
            } else if !self.unasked.is_empty() {
                let slice = first(&mut self.unasked);
                self.ask(slice, &mut done).await;
            } else if self.unserved.is_empty() {
                return None;
            } else if self.pauses.pause().await {
                self.unasked.append(&mut self.unserved);
            } else {
                let slice = first(&mut self.unserved);
                done = join_all(slice.into_iter().map(|zone| unserved(self.backend, zone))).await;
            }
            if !done.is_empty() {
                return Some(done);
            }
        }
    }

    /// Reads zones back; returns those that are there as desired.
    async fn read(&mut self, done: &mut Vec<Verified<S>>) -> Vec<Waiting<S>> {
        let since = Instant::now();
        let slice = first(&mut self.unread);
        let expected: Vec<_> = slice.iter().map(S::expected).collect();
        let differences = self.backend.compare(&expected).await;
        let mut read = Vec::with_capacity(slice.len());
        for (subject, found) in slice.into_iter().zip(differences) {
            let result = match found {
                Ok(None) => {
                    read.push(Waiting {
                        subject,
                        since,
                        found: Served::NotAsked,
                    });
                    continue;
                }
                Ok(Some(difference)) => ZoneResult::Differs(difference),
                Err(error) => self.unknown(&subject, error),
            };
            done.push(Verified::new(subject, since, result));
        }
        read
    }

    /// Asks what is served of `slice`.
    async fn ask(&mut self, slice: Vec<Waiting<S>>, done: &mut Vec<Verified<S>>) {
        // Alike at best: so one question for all of them, or else one for each depth.
        let (every, serial): (Vec<_>, Vec<_>) = slice
            .into_iter()
            .partition(|zone| zone.subject.depth() == Depth::EveryRRset);
        for (slice, how) in [(serial, Depth::Serial), (every, Depth::EveryRRset)] {
            if slice.is_empty() {
                continue;
            }
            let expected: Vec<_> = slice.iter().map(|zone| zone.subject.expected()).collect();
            let served = self.backend.served(&expected, how).await;
            for (zone, served) in slice.into_iter().zip(served) {
                let result = match served {
                    Ok(served) if served.is(&zone.subject.expected()) => ZoneResult::Verified {
                        changed: zone.subject.changed(),
                        repaired: None,
                    },
                    Ok(found) => {
                        self.unserved.push_back(Waiting { found, ..zone });
                        continue;
                    }
                    Err(error) => self.unknown(&zone.subject, error),
                };
                done.push(Verified::new(zone.subject, zone.since, result));
            }
        }
    }

    /// The result of a zone that cannot be read, or not be asked for.
    fn unknown(&mut self, subject: &S, error: BackendError) -> ZoneResult {
        if error.is_unreachable() {
            self.unavailable.get_or_insert(error.clone());
            return ZoneResult::Unavailable(error);
        }
        unverified(subject, error.to_string())
    }

    /// All that are left, none of which is verified.
    fn give_up(&mut self, error: &BackendError) -> Option<Vec<Verified<S>>> {
        let now = Instant::now();
        let unread = self.unread.drain(..).map(|subject| (subject, now));
        let asked = self.unasked.drain(..).chain(self.unserved.drain(..));
        let left = unread.chain(asked.map(|zone| (zone.subject, zone.since)));
        let left: Vec<_> = left
            .map(|(subject, since)| {
                let result = ZoneResult::Unavailable(error.clone());
                Verified::new(subject, since, result)
            })
            .collect();
        (!left.is_empty()).then_some(left)
    }
}

impl<S> Verified<S> {
    fn new(subject: S, since: Instant, result: ZoneResult) -> Self {
        Self {
            subject,
            result,
            serves_other: false,
            took: since.elapsed(),
        }
    }
}

/// Written, and not verified for this cause.
fn unverified(subject: &impl Subject, cause: String) -> ZoneResult {
    ZoneResult::Unverified {
        changed: subject.changed(),
        cause: Some(cause),
    }
}

/// The first slice of `all`.
fn first<T>(all: &mut VecDeque<T>) -> Vec<T> {
    all.drain(..all.len().min(SLICE)).collect()
}

/// What is said of a zone that is not served as desired, with the reason as far as it is known.
async fn unserved<S: Subject>(backend: &dyn Backend, zone: Waiting<S>) -> Verified<S> {
    let Waiting {
        subject,
        since,
        found,
    } = zone;
    let said = match (subject.expected(), &found) {
        (Expected::Present(_), Served::RRsets(_)) => {
            format!("written and served with its serial, but {found}")
        }
        (Expected::Present(zone), _) => {
            let why = match (why(backend, zone, &found).await, &found) {
                (Some(why), _) => format!("; {why}"),
                (None, Served::Broken(_)) => {
                    ": the server's own log says why it did not load the zone".to_owned()
                }
                (None, _) => String::new(),
            };
            let (serial, told) = (zone.serial(), told(&found));
            format!("written, but not served with serial {serial}: {told}{why}")
        }
        (Expected::Removed(_), _) => format!("removed, but still served: {}", told(&found)),
    };
    let result = unverified(&subject, said);
    Verified {
        serves_other: !matches!(found, Served::Silent(_)),
        ..Verified::new(subject, since, result)
    }
}

fn told(found: &Served) -> String {
    match found {
        Served::Divided(answers) => format!("its servers differ: {answers}"),
        Served::Silent(answers) => format!("not all of its servers answer: {answers}"),
        served => format!("it {served}"),
    }
}

/// Why `zone` is not served, as far as the backend can say.
pub async fn why(backend: &dyn Backend, zone: &Zone, found: &Served) -> Option<String> {
    backend.diagnose()?.diagnose(zone, found).await
}

/// The pauses between questions.
struct Pauses {
    next: Duration,
    deadline: Instant,
}

impl Pauses {
    fn until(deadline: Instant) -> Self {
        Self {
            next: FIRST_PAUSE,
            deadline,
        }
    }

    /// Waits for a moment; `false`: the time is over.
    async fn pause(&mut self) -> bool {
        if Instant::now() + self.next > self.deadline {
            return false;
        }
        tokio::time::sleep(self.next).await;
        self.next = (self.next * 3 / 2).min(LONGEST_PAUSE);
        true
    }
}
