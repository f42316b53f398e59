//! Log lines about requests that cannot be understood or are refused: once in a while for each client and kind of fault,
//! and not many in all, as anybody who reaches the port can have them written.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::auth::network_of;
use crate::logging::warning;

/// How long a client is not told of again for the same kind of fault.
const REST: Duration = Duration::from_secs(10 * 60);

/// How many lines there may be within a [`WINDOW`], whoever they are about.
const LINES: u32 = 20;

/// See [`LINES`].
const WINDOW: Duration = Duration::from_secs(60);

/// How many clients are remembered.
const CLIENTS: usize = 10_000;

/// What a request is not understood or refused for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// It is TLS, and this port has none.
    Tls,
    /// It is HTTP, and this port has TLS.
    PlainHttp,
    /// It is another protocol.
    Protocol,
    /// It does not accept the certificate.
    Certificate,
    /// It has no version, cipher or protocol of TLS in common with dadns.
    TlsVersion,
    /// The TLS handshake failed otherwise.
    Handshake,
    /// Its head is no HTTP.
    Head,
    /// It was not whole in time.
    Slow,
    /// It was cut off.
    Cut,
    /// There is nothing at its path.
    Path,
    /// Its method is neither GET nor POST.
    Method,
    /// Its command is unknown.
    Command,
    /// It names no action that is known.
    Action,
    /// Its token does not cover it.
    Scope,
}

/// Writes such lines.
#[derive(Debug, Default)]
pub struct Notices(Mutex<Written>);

#[derive(Debug, Default)]
struct Written {
    /// When each client was last told of.
    lines: HashMap<(IpAddr, Kind), Instant>,
    /// When the present window began, and how many lines it has had.
    window: Option<(Instant, u32)>,
    /// How many lines were left out since the last one.
    left_out: u64,
}

impl Notices {
    /// Logs `line`, unless it is too much.
    pub fn write(&self, client: IpAddr, kind: Kind, line: impl FnOnce() -> String) {
        let Some(left_out) = self.0.lock().may_write(client, kind, Instant::now()) else {
            return;
        };
        let line = line();
        match left_out {
            0 => warning!("{line}"),
            left_out => warning!("{line} ({left_out} such lines before this one were left out)"),
        }
    }
}

impl Written {
    /// Whether there may be a line now; if so, how many were left out before it.
    fn may_write(&mut self, client: IpAddr, kind: Kind, now: Instant) -> Option<u64> {
        let is_recent = |last: &Instant| now.duration_since(*last) < REST;
        // What a client is told of again says nothing new: it is not counted as left out.
        let key = (network_of(client.to_canonical()), kind);
        if self.lines.get(&key).is_some_and(is_recent) {
            return None;
        }
        let (begun, count) = match self.window {
            Some((begun, count)) if now.duration_since(begun) < WINDOW => (begun, count),
            _ => (now, 0),
        };
        if count >= LINES {
            self.left_out += 1;
            return None;
        }
        self.window = Some((begun, count + 1));
        if self.lines.len() >= CLIENTS {
            self.lines.retain(|_, last| is_recent(last));
            if self.lines.len() >= CLIENTS {
                self.lines.clear();
            }
        }
        self.lines.insert(key, now);
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(number: u16) -> IpAddr {
        let [high, low] = number.to_be_bytes();
        IpAddr::from([192, 0, high, low])
    }

    #[test]
    fn a_client_is_told_of_once_in_a_while_for_each_kind() {
        let mut written = Written::default();
        let start = Instant::now();
        let [one, other] = [client(1), client(2)];
        assert_eq!(written.may_write(one, Kind::Tls, start), Some(0));
        assert_eq!(written.may_write(one, Kind::Tls, start), None);
        assert_eq!(written.may_write(one, Kind::Head, start), Some(0));
        assert_eq!(written.may_write(other, Kind::Tls, start), Some(0));
        let mapped = "::ffff:192.0.0.1".parse().unwrap();
        assert_eq!(written.may_write(mapped, Kind::Tls, start), None);
        assert_eq!(written.may_write(one, Kind::Tls, start + REST), Some(0));
        // One customer has a /64.
        let [first, second] =
            ["2001:db8::1", "2001:db8::2"].map(|address| address.parse().unwrap());
        assert_eq!(written.may_write(first, Kind::Tls, start), Some(0));
        assert_eq!(written.may_write(second, Kind::Tls, start), None);
    }

    #[test]
    fn many_clients_fill_no_log_and_what_is_left_out_is_counted() {
        let mut written = Written::default();
        let start = Instant::now();
        let lines =
            (0..1_000).filter_map(|number| written.may_write(client(number), Kind::Tls, start));
        assert_eq!(lines.count(), 20);
        let later = start + WINDOW;
        assert_eq!(
            written.may_write(client(2_000), Kind::Tls, later),
            Some(980)
        );
        assert_eq!(written.may_write(client(2_001), Kind::Tls, later), Some(0));
    }

    #[test]
    fn only_so_many_clients_are_remembered() {
        let mut written = Written::default();
        let mut now = Instant::now();
        for number in 0..12_000 {
            now += Duration::from_secs(3);
            written.may_write(client(number), Kind::Tls, now);
            assert!(written.lines.len() <= CLIENTS);
        }
    }
}
