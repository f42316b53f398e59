//! One run: loads are recorded, disks rebuilt, stores judged.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, mpsc};

use fastrand::Rng;

use super::cut::{self, Kind};
use super::disk::Disk;
use super::judge::{Judge, Judged};
use super::known::{Known, Zones};
use super::load::{self, Load};
use super::record;
use super::trace::Event;

/// Processes that open stores.
const JUDGES: usize = 2;

/// Cuts of one recording; then the next load goes on where one of them was.
const CUTS_A_LOAD: u64 = 400;

/// One store in so many is written to as well.
const WRITTEN_TO: u64 = 10;

/// How many violations are told one by one.
const SHOWN: usize = 20;

/// What is wrong on purpose, so that it is seen that it would be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pretence {
    None,
    /// Changes are acknowledged before they are made.
    EarlyAcknowledgement,
    /// The disk says that it has synced, and has not.
    NoSync,
}

/// What came out.
#[derive(Debug, Default)]
pub struct Run {
    pub cuts: usize,
    pub events: usize,
    pub syncs: usize,
    pub acknowledged: usize,
    pub recordings: usize,
    pub cuts_of: BTreeMap<Kind, usize>,
    pub violations: Vec<Violation>,
}

/// A store that lost something.
#[derive(Debug)]
pub struct Violation {
    pub recording: usize,
    pub event: usize,
    pub kind: Kind,
    pub cause: String,
}

/// A disk that was rebuilt, and what its store has to have.
struct Cut {
    directory: PathBuf,
    /// The same disk once more, if the next load may go on with it.
    spare: Option<PathBuf>,
    event: usize,
    kind: Kind,
    write: bool,
    known: Known,
}

/// Records and cuts until so many cuts were judged, beginning with an empty disk.
pub fn run(shim: &Path, work: &Path, seed: u64, cuts: u64, pretence: Pretence) -> Run {
    let root = work.join("disk");
    std::fs::create_dir(&root).unwrap();
    run_on(
        shim,
        work,
        Zones::new(),
        Rng::with_seed(seed),
        cuts,
        pretence,
    )
}

/// The same, beginning with a store that dadns 0.1.0 left: it is migrated first.
pub fn run_migrated(shim: &Path, work: &Path, seed: u64, cuts: u64) -> Run {
    let mut rng = Rng::with_seed(seed);
    let (root, today) = (work.join("disk"), work.join("today"));
    for directory in [&root, &today] {
        std::fs::create_dir(directory).unwrap();
    }
    record::record(shim, work, &today, Load::new(rng.u64(..)));
    let (from, to) = (today.join(load::STORE), root.join(load::STORE));
    let zones = Judge::start().judge(&from, false).unwrap();
    record::earlier(&from, &to);
    let run = run_on(shim, work, zones, rng, cuts, Pretence::None);
    assert!(root.join(load::STORE).join("store.redb").exists());
    run
}

/// The disk in `work` has a store with the zones that are `known`.
fn run_on(
    shim: &Path,
    work: &Path,
    mut known: Zones,
    mut rng: Rng,
    cuts: u64,
    pretence: Pretence,
) -> Run {
    let mut run = Run::default();
    let root = work.join("disk");
    while (run.cuts as u64) < cuts {
        let load = Load {
            lies: pretence == Pretence::EarlyAcknowledgement,
            ..Load::new(rng.u64(..))
        };
        let before = Disk::of(&root);
        let events = record::record(shim, work, &root, load);
        let recording = Recording {
            root: &root,
            events: &events,
            known: Known::of(&known),
            cuts: (cuts - run.cuts as u64).min(CUTS_A_LOAD),
            pretence,
        };
        run.count(&events);
        let next = recording.judge(before, work, &mut rng, &mut run);
        std::fs::remove_dir_all(&root).unwrap();
        match next {
            Some((directory, zones)) => {
                std::fs::rename(directory, &root).unwrap();
                known = zones;
            }
            None => {
                std::fs::create_dir(&root).unwrap();
                known = Zones::new();
            }
        }
    }
    run
}

/// One recorded load.
struct Recording<'a> {
    root: &'a Path,
    events: &'a [Event],
    /// What is known when it begins.
    known: Known,
    cuts: u64,
    pretence: Pretence,
}

impl Recording<'_> {
    /// Cuts it, judges each cut, and returns a disk that the next load can go on with.
    fn judge(
        &self,
        mut disk: Disk,
        work: &Path,
        rng: &mut Rng,
        run: &mut Run,
    ) -> Option<(PathBuf, Zones)> {
        let moments = self.moments(rng);
        let spared = moments[rng.usize(moments.len() / 2..moments.len())];
        let mut known = self.known.clone();
        let mut judged = Vec::new();
        std::thread::scope(|scope| {
            let (sender, receiver) = mpsc::sync_channel::<Cut>(JUDGES);
            let receiver = Arc::new(Mutex::new(receiver));
            let judges: Vec<_> = (0..JUDGES)
                .map(|_| {
                    let receiver = Arc::clone(&receiver);
                    scope.spawn(move || judge_each(&receiver))
                })
                .collect();
            let mut moments = moments.iter().peekable();
            for (index, event) in self.events.iter().enumerate() {
                match event {
                    Event::Mark(mark) => known.take(mark),
                    event if event.is_sync() && self.pretence == Pretence::NoSync => {}
                    event => disk.take(event),
                }
                while moments.next_if_eq(&&index).is_some() {
                    let number = run.cuts;
                    run.cuts += 1;
                    let kind = Kind::ALL[rng.usize(..Kind::ALL.len())];
                    *run.cuts_of.entry(kind).or_default() += 1;
                    let seed = rng.u64(..);
                    let cut = |name: &str| {
                        let directory = work.join(format!("{name}{number}"));
                        let mut rng = Rng::with_seed(seed);
                        cut::write(&disk, self.root, kind, &mut rng, &directory);
                        directory
                    };
                    let cut = Cut {
                        directory: cut("cut"),
                        spare: (index == spared).then(|| cut("spare")),
                        event: index,
                        kind,
                        write: (number as u64).is_multiple_of(WRITTEN_TO),
                        known: known.clone(),
                    };
                    sender.send(cut).unwrap();
                }
            }
            drop(sender);
            for judge in judges {
                judged.extend(judge.join().unwrap());
            }
        });
        run.acknowledged += known.acknowledged;
        self.sum_up(judged, run)
    }

    /// After which calls it is cut: before and after each sync, if there are cuts enough, and in between.
    fn moments(&self, rng: &mut Rng) -> Vec<usize> {
        let syncs = (1..self.events.len()).filter(|index| self.events[*index].is_sync());
        let mut boundaries: Vec<usize> = syncs.flat_map(|index| [index - 1, index]).collect();
        rng.shuffle(&mut boundaries);
        let cuts = usize::try_from(self.cuts).unwrap();
        boundaries.truncate(cuts * 2 / 3);
        let between = (boundaries.len()..cuts).map(|_| rng.usize(..self.events.len()));
        let mut moments: Vec<usize> = between.collect();
        moments.append(&mut boundaries);
        moments.sort_unstable();
        moments
    }

    fn sum_up(&self, judged: Vec<(Cut, Judged)>, run: &mut Run) -> Option<(PathBuf, Zones)> {
        let mut next = None;
        for (cut, judged) in judged {
            let wrong = match &judged {
                Ok(zones) => cut.known.judge(zones),
                Err(error) => vec![error.clone()],
            };
            match (wrong.first(), cut.spare, judged) {
                (None, Some(spare), Ok(zones)) => next = Some((spare, zones)),
                (_, Some(spare), _) => std::fs::remove_dir_all(spare).unwrap(),
                _ => {}
            }
            if let Some(first) = wrong.first() {
                run.violations.push(Violation {
                    recording: run.recordings,
                    event: cut.event,
                    kind: cut.kind,
                    cause: format!("{first} ({} in all)", wrong.len()),
                });
            }
        }
        next
    }
}

fn judge_each(cuts: &Mutex<mpsc::Receiver<Cut>>) -> Vec<(Cut, Judged)> {
    let mut judge = Judge::start();
    let mut judged = Vec::new();
    loop {
        let next = cuts.lock().unwrap().recv();
        let Ok(cut) = next else { break };
        let answer = judge.judge(&cut.directory.join(load::STORE), cut.write);
        std::fs::remove_dir_all(&cut.directory).unwrap();
        judged.push((cut, answer));
    }
    judged
}

impl Run {
    fn count(&mut self, events: &[Event]) {
        self.recordings += 1;
        self.events += events.len();
        self.syncs += events.iter().filter(|event| event.is_sync()).count();
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "power loss: {} cuts of {} recordings with {} calls, {} syncs and {} acknowledged changes: \
             {} violations",
            self.cuts,
            self.recordings,
            self.events,
            self.syncs,
            self.acknowledged,
            self.violations.len()
        )?;
        for (kind, cuts) in &self.cuts_of {
            let bad = self.violations.iter().filter(|bad| bad.kind == *kind);
            writeln!(f, "  {kind:?}: {cuts} cuts, {} violations", bad.count())?;
        }
        for bad in self.violations.iter().take(SHOWN) {
            writeln!(
                f,
                "  recording {}, after call {}, {:?}: {}",
                bad.recording, bad.event, bad.kind, bad.cause
            )?;
        }
        Ok(())
    }
}
