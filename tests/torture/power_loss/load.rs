//! The load that is recorded: pushes, edits, removals and results of backends, in groups of one to two hundred.
//! Every change is marked when it begins and when it was acknowledged.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use dadns::access::{Login, Principal, Rights};
use dadns::engine;
use dadns::records::{rdata_key, rrset};
use dadns::store::{
    Author, CommitterHandle, Edits, Keep, Mode, Options, Pushed, RecordEdit, Removed, Store, Tried,
};
use dadns_backends::{BackendId, ZoneResult};
use dadns_zone::{Digest, Limits, RrsetKey, Zone, ZoneName, read};
use fastrand::Rng;
use futures_util::future::join_all;
use jiff::Timestamp;

use super::known::{Change, State};

/// The directory of the store on the disk.
pub const STORE: &str = "queue";

/// How many zones there are.
const ZONES: u64 = 120;

/// How many of them a task has for itself.
const TASKS: u64 = 4;

/// What a recorded process is asked to do.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    pub seed: u64,
    /// How many groups of changes each task makes in each life.
    pub groups: u64,
    /// How often the store is opened.
    pub lives: u64,
    /// Marks are written before the change is made: what a gateway that lies would do.
    pub lies: bool,
}

impl Load {
    /// Two lives, the second of which is killed.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            groups: 12,
            lives: 2,
            lies: false,
        }
    }

    pub fn encode(self) -> String {
        format!("{} {} {} {}", self.seed, self.groups, self.lives, self.lies)
    }

    pub fn decode(text: &str) -> Self {
        let mut parts = text.split(' ');
        let mut number = || parts.next().unwrap().parse().unwrap();
        Self {
            seed: number(),
            groups: number(),
            lives: number(),
            lies: parts.next() == Some("true"),
        }
    }
}

/// Opens the store in a directory as the gateway does.
pub fn open(directory: &Path) -> Result<(Store, CommitterHandle), String> {
    let options = Options {
        keep: Keep {
            revisions: 2,
            ..Keep::default()
        },
        ..Options::default()
    };
    let engine = loop {
        match engine::open(directory, 1 << 20) {
            // It is let go of some time after it was dropped.
            Err(engine::OpenError::InUse { .. }) => std::thread::yield_now(),
            opened => break opened.map_err(|error| error.to_string())?,
        }
    };
    let backends = [(backend(), String::new())].into();
    Store::open(engine, &backends, &options).map_err(|error| error.to_string())
}

pub fn backend() -> BackendId {
    "bind".parse().unwrap()
}

pub fn name(zone: u64) -> ZoneName {
    ZoneName::parse(&format!("z{zone}.example")).unwrap()
}

pub fn author() -> Author {
    let login = Login {
        name: "torture".into(),
        address: Ipv4Addr::LOCALHOST.into(),
        rights: Rights::MASTER,
        scope: None,
    };
    Author {
        master: Some("da1.example.net".into()),
        user: Some("alice".into()),
        ..Author::new(Principal::Master(login))
    }
}

/// The number of a zone.
pub fn zone_number(name: &ZoneName) -> u64 {
    let name = name.to_string();
    name[1..name.find('.').unwrap()].parse().unwrap()
}

/// The zone as it is after push number `push` and edit number `edit`.
pub fn content(zone: u64, push: u64, edit: Option<u64>) -> Zone {
    let hosts = match (zone * 31 + push * 7) % 47 {
        0 => 4_000,
        1..12 => 200,
        _ => 8,
    };
    let mut text = format!(
        "$TTL 300\n@ SOA ns1 hostmaster {push} 7200 3600 1209600 180\n@ NS ns1\nns1 A 192.0.2.1\n\
         push TXT \"{push}\"\n"
    );
    for host in 0..hosts {
        text += &format!(
            "host{host} A 10.{}.{}.{}\n",
            push % 250,
            host / 250,
            host % 250
        );
    }
    if let Some(edit) = edit {
        text += &format!("edit TXT \"{edit}\"\n");
    }
    let reading = read(&name(zone), text.as_bytes(), &Limits::default());
    reading.unwrap().zone
}

/// The digest of that, computed once.
fn digest(zone: u64, push: u64, edit: Option<u64>) -> Digest {
    type Digests = BTreeMap<(u64, u64, Option<u64>), Digest>;
    static KNOWN: Mutex<Digests> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    *known
        .entry((zone, push, edit))
        .or_insert_with(|| content(zone, push, edit).content_digest())
}

/// The number in the TXT record of an owner name.
pub fn number(zone: &Zone, owner: &str) -> Option<u64> {
    let key = rdata_key(zone.name(), owner, "TXT").unwrap();
    let set = zone
        .rrsets()
        .iter()
        .find(|set| RrsetKey::from(*set) == key)?;
    // A character string begins with its length.
    let text = set.rdata().first()?.as_bytes().get(1..)?;
    String::from_utf8_lossy(text).parse().ok()
}

/// What the store has of a zone.
pub fn state(store: &Store, zone: u64) -> Result<State, String> {
    let desired = store
        .desired(&name(zone))
        .map_err(|error| error.to_string())?;
    let Some(found) = desired.zone else {
        return Ok(State {
            revision: desired.revision,
            ..State::default()
        });
    };
    let push = number(&found, "push").ok_or("it has no number of a push")?;
    let edit = number(&found, "edit");
    if digest(zone, push, edit) != found.content_digest() {
        return Err(format!(
            "zone {zone} has other records than push {push} and edit {edit:?}"
        ));
    }
    Ok(State {
        revision: desired.revision,
        push: Some(push),
        edit,
    })
}

/// Where marks are written.
struct Marks(Mutex<File>);

impl Marks {
    fn say(&self, text: &str) {
        // One call, so that the shim sees it whole.
        self.0.lock().unwrap().write_all(text.as_bytes()).unwrap();
    }
}

/// Makes the load: the whole of a recorded process.
pub fn run(disk: &Path, marks: &Path, load: Load) {
    let marks = Marks(Mutex::new(File::create(marks).unwrap()));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for life in 0..load.lives {
        let (store, committer) = open(&disk.join(STORE)).unwrap();
        let tasks = (0..TASKS).map(|task| {
            let rng = Rng::with_seed(load.seed ^ (life << 8) ^ task);
            work(&store, &marks, task, rng, load)
        });
        runtime.block_on(join_all(tasks));
        // The last life ends as a process that is killed does: nothing is synced any more.
        if life + 1 == load.lives {
            std::process::exit(0);
        }
        committer.stop(store);
    }
}

async fn work(store: &Store, marks: &Marks, task: u64, mut rng: Rng, load: Load) {
    let zones: Vec<u64> = (0..ZONES).filter(|zone| zone % TASKS == task).collect();
    let mut states: BTreeMap<u64, State> = zones
        .iter()
        .map(|zone| (*zone, state(store, *zone).unwrap()))
        .collect();
    for _ in 0..load.groups {
        let many = match rng.u8(..10) {
            0 => zones.len(),
            1..4 => rng.usize(5..20),
            _ => rng.usize(1..4),
        };
        let chosen: BTreeSet<u64> = (0..many).map(|_| zones[rng.usize(..zones.len())]).collect();
        let changes = chosen.iter().map(|zone| {
            let change = choose(*zone, &states[zone], &mut rng);
            make(store, marks, *zone, states[zone].clone(), change, load.lies)
        });
        let changes: Vec<_> = changes.collect();
        for (zone, state) in join_all(changes).await {
            states.insert(zone, state);
        }
        if rng.u8(..4) == 0 {
            record(store, marks, task).await;
        }
    }
}

fn choose(zone: u64, state: &State, rng: &mut Rng) -> Change {
    let next = state.revision + 1;
    match (zone / TASKS) % 4 {
        // Zones with edits are not removed, so that what they come to is known.
        0 if state.push.is_some() && rng.bool() => Change::Edit(next),
        1 if state.push.is_some() && rng.u8(..4) == 0 => Change::Remove,
        _ => Change::Push(next),
    }
}

async fn make(
    store: &Store,
    marks: &Marks,
    zone: u64,
    state: State,
    change: Change,
    lies: bool,
) -> (u64, State) {
    let begun = match change {
        Change::Push(number) => format!("begin {zone} push {number}"),
        Change::Edit(number) => format!("begin {zone} edit {number}"),
        Change::Remove => format!("begin {zone} remove 0"),
    };
    marks.say(&begun);
    if lies {
        marks.say(&format!("ack {zone}"));
    }
    let revision = match change {
        Change::Push(number) => {
            let pushed = store.push(author(), content(zone, number, None), Vec::new());
            match pushed.await.unwrap() {
                Pushed::Stored(stored) => stored.revision,
                Pushed::Held { reasons } => panic!("{reasons:?}"),
            }
        }
        Change::Edit(number) => {
            let set = rrset(&name(zone), "edit", "TXT", 300, &[&format!("\"{number}\"")]);
            let edits = Edits::of(vec![RecordEdit::Replace(set.unwrap())]);
            let edited = store.edit(author(), name(zone), Mode::Make, move |_| {
                Ok::<_, ()>(edits)
            });
            edited.await.unwrap().unwrap().stored.revision
        }
        Change::Remove => match store.remove(author(), name(zone)).await.unwrap() {
            Removed::Removed { revision } => revision,
            other => panic!("{other:?}"),
        },
    };
    let state = state.after(change);
    assert_eq!(state.revision, revision, "zone {zone}");
    if !lies {
        marks.say(&format!("ack {zone}"));
    }
    (zone, state)
}

/// The backend has some of what is pending.
async fn record(store: &Store, marks: &Marks, task: u64) {
    let due = store.due(&backend(), Timestamp::now(), 40);
    let of_task = due
        .into_iter()
        .filter(|due| zone_number(&due.zone) % TASKS == task);
    let tries: Vec<_> = of_task
        .map(|due| {
            marks.say(&format!("tried {} {}", due.zone, due.revision));
            Tried {
                zone: due.zone,
                revision: due.revision,
                attempts: due.attempts,
                content: None,
                notes: Vec::new(),
                result: ZoneResult::Verified {
                    changed: true,
                    repaired: None,
                },
                retry: Timestamp::now(),
            }
        })
        .collect();
    store.record(&backend(), tries).await.unwrap();
}
