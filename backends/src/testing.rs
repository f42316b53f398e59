//! What the tests of backends with real daemons share.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dadns_zone::{Zone, ZoneName};

use crate::{
    Answers, Backend, BackendError, BackendExt, Depth, Expected, Served, ZoneChange, ZoneResult,
};

/// Where distributions put daemons; not every test is run with `sbin` in its path.
const PLACES: [&str; 4] = ["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin"];

/// A program by its name, wherever it is installed.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let directories = PLACES
        .map(PathBuf::from)
        .into_iter()
        .chain(std::env::split_paths(&path));
    let mut found = directories.map(|directory| directory.join(name));
    found.find(|path| path.is_file())
}

/// Whether a daemon is installed. If not, that is said loudly, or is a failure where daemons are
/// required.
pub(crate) fn is_installed(daemon: &str) -> bool {
    if program(daemon).is_some() {
        return true;
    }
    let required = std::env::var_os("DADNS_TEST_DAEMONS").is_some_and(|value| value == "required");
    assert!(
        !required,
        "{daemon} is not installed, and DADNS_TEST_DAEMONS=required"
    );
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    // Not through the macro: what it prints is shown for failed tests only.
    writeln!(io::stderr(), "LEFT OUT: {test} ({daemon} is not installed)").unwrap();
    false
}

/// A port that nothing uses, neither over UDP nor over TCP. None is given twice: a daemon may be slow to take
/// its port, and that of another test would answer there.
pub(crate) fn free_port() -> SocketAddr {
    static GIVEN: Mutex<BTreeSet<SocketAddr>> = Mutex::new(BTreeSet::new());
    loop {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = tcp.local_addr().unwrap();
        if UdpSocket::bind(address).is_ok() && GIVEN.lock().unwrap().insert(address) {
            return address;
        }
    }
}

pub(crate) async fn put(backend: &dyn Backend, zone: &Zone) -> ZoneResult {
    backend.apply_one(ZoneChange::Put(zone)).await
}

pub(crate) async fn rewrite(backend: &dyn Backend, zone: &Zone) -> ZoneResult {
    backend.apply_one(ZoneChange::Rewrite(zone)).await
}

/// An unmanaged zone.
pub(crate) async fn read_unmanaged(
    backend: &dyn Backend,
    name: &ZoneName,
) -> Result<Zone, BackendError> {
    let unmanaged = backend.unmanaged().unwrap();
    unmanaged.read(std::slice::from_ref(name)).await.remove(0)
}

/// What is served of `zone`, with every RRset.
pub(crate) async fn every_rrset(backend: &dyn Backend, zone: &Zone) -> Served {
    let expected = Expected::Present(zone);
    let served = backend.served_one(expected, Depth::EveryRRset).await;
    served.unwrap()
}

/// Waits until as many RRsets of `zone` are answered wrong; which ones.
pub(crate) async fn answered_wrong(
    backend: &dyn Backend,
    zone: &Zone,
    wanted: usize,
) -> Vec<String> {
    let mut last = Served::NotAsked;
    for _ in 0..500 {
        last = every_rrset(backend, zone).await;
        match last {
            Served::RRsets(Answers {
                wrong, wrong_count, ..
            }) if wrong_count == wanted => return wrong.iter().map(ToString::to_string).collect(),
            _ => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    panic!(
        "{}: {wanted} were expected to be wrong: {last:?}",
        zone.name()
    );
}

pub(crate) async fn remove(backend: &dyn Backend, name: &ZoneName) -> ZoneResult {
    backend.apply_one(ZoneChange::Remove(name)).await
}

#[track_caller]
pub(crate) fn applied(result: ZoneResult) {
    assert_eq!(result.written(), Some(true), "{result:?}");
}

#[track_caller]
pub(crate) fn unchanged(result: ZoneResult) {
    assert_eq!(result.written(), Some(false), "{result:?}");
}

/// The failure of the whole backend, as text.
#[track_caller]
pub(crate) fn unavailable(result: ZoneResult) -> String {
    match result {
        ZoneResult::Unavailable(error) => error.to_string(),
        other => panic!("an unavailable backend was expected: {other:?}"),
    }
}

/// Compares what is answered for `zones`, and prints how long that took.
pub(crate) async fn time_answers(backend: Arc<dyn Backend>, zones: Vec<Zone>) {
    let start = Instant::now();
    let expected: Vec<_> = zones.iter().map(Expected::Present).collect();
    let mut asked = 0;
    for served in backend.served(&expected, Depth::EveryRRset).await {
        match served.unwrap() {
            Served::RRsets(Answers {
                rrsets,
                wrong_count: 0,
                ..
            }) => asked += rrsets,
            other => panic!("{other:?}"),
        }
    }
    let took = start.elapsed();
    println!(
        "{:40} {:8.1} ms  ({:.0} questions a second)",
        format!("{asked} RRsets compared"),
        took.as_secs_f64() * 1000.0,
        asked as f64 / took.as_secs_f64()
    );
}
