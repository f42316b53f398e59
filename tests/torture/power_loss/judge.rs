//! Opens stores that were rebuilt after a cut, in a process of its own: an engine may panic, abort, or never
//! return.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::known::{Found, State, Zones};
use super::{load, record};

/// How long a store may take to open and to be read.
const PATIENCE: Duration = Duration::from_secs(60);

/// Begins a line with an answer.
const ANSWER: &str = "@answer ";

/// What has become of a store.
pub type Judged = Result<Zones, String>;

/// A process that opens one store after another.
pub struct Judge {
    child: Child,
    input: ChildStdin,
    answers: Receiver<String>,
}

impl Judge {
    pub fn start() -> Self {
        let mut child = record::child("judge")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines() {
                let Ok(line) = line else { break };
                if let Some(answer) = line.strip_prefix(ANSWER)
                    && sender.send(answer.to_owned()).is_err()
                {
                    break;
                }
            }
        });
        Self {
            child,
            input,
            answers,
        }
    }

    /// Opens the store in a directory and reads all of it; `write`: writes to it as well, and opens it again.
    pub fn judge(&mut self, directory: &Path, write: bool) -> Judged {
        let asked = writeln!(self.input, "{write} {}", directory.display());
        let answer = match asked {
            Ok(()) => self.answers.recv_timeout(PATIENCE),
            Err(_) => Err(std::sync::mpsc::RecvTimeoutError::Disconnected),
        };
        match answer {
            Ok(answer) => decode(&answer),
            Err(gone) => {
                let _ = self.child.kill();
                let ended = self.child.wait().unwrap();
                *self = Self::start();
                Err(match gone {
                    std::sync::mpsc::RecvTimeoutError::Timeout => "it hangs".into(),
                    std::sync::mpsc::RecvTimeoutError::Disconnected => format!("it ends: {ended}"),
                })
            }
        }
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The whole of such a process.
pub fn run() {
    static PANIC: Mutex<String> = Mutex::new(String::new());
    std::panic::set_hook(Box::new(|info| {
        let text = info.to_string().replace('\n', " ");
        *PANIC.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }));
    for line in std::io::stdin().lines() {
        let Ok(line) = line else { break };
        let (write, directory) = line.split_once(' ').unwrap();
        let directory = PathBuf::from(directory);
        let judged = std::panic::catch_unwind(|| look(&directory, write == "true"));
        let judged = judged.unwrap_or_else(|_| {
            let text = PANIC.lock().unwrap_or_else(PoisonError::into_inner);
            Err(format!("panic: {text}"))
        });
        println!("\n{ANSWER}{}", encode(&judged));
    }
}

fn look(directory: &Path, write: bool) -> Judged {
    let found = read(directory)?;
    if !write {
        return Ok(found);
    }
    // It has to be of use as well: what is written now is there when it is opened again.
    let later = 900;
    let (store, committer) = load::open(directory)?;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for push in 1..=3 {
        let zone = load::content(later, push, None);
        let pushed = runtime.block_on(store.push(load::author(), zone, Vec::new()));
        pushed.map_err(|error| format!("then a push fails: {error}"))?;
    }
    committer.stop(store);
    let mut again = read(directory).map_err(|error| format!("opened again: {error}"))?;
    match again.remove(&later) {
        Some(found) if found.state.push == Some(3) => {}
        other => return Err(format!("opened again: {other:?} of a new zone")),
    }
    match again == found {
        true => Ok(found),
        false => Err("opened again: other zones".into()),
    }
}

fn read(directory: &Path) -> Judged {
    let text = |error: dadns::store::StoreError| error.to_string();
    let (store, committer) = load::open(directory)?;
    let mut zones = BTreeMap::new();
    for head in store.heads() {
        let (name, _) = head.map_err(text)?;
        let zone = load::zone_number(&name);
        let pending = store.pending_entry(&load::backend(), &name);
        let found = Found {
            state: load::state(&store, zone)?,
            pending: pending.map(|entry| entry.revision),
        };
        store.receipts(&name).map_err(text)?;
        for (revision, _) in store.history(&name).map_err(text)? {
            store.content(&name, revision).map_err(text)?;
        }
        zones.insert(zone, found);
    }
    if let Some(error) = store.failure() {
        return Err(error.to_string());
    }
    committer.stop(store);
    Ok(zones)
}

fn encode(judged: &Judged) -> String {
    let number = |number: Option<u64>| number.map_or("-".into(), |number| number.to_string());
    match judged {
        Err(error) => format!("failed {}", error.replace('\n', " ")),
        Ok(zones) => zones.iter().fold("ok".into(), |text, (zone, found)| {
            let State {
                revision,
                push,
                edit,
            } = found.state;
            let (push, edit) = (number(push), number(edit));
            format!(
                "{text} {zone}:{revision}:{push}:{edit}:{}",
                number(found.pending)
            )
        }),
    }
}

fn decode(answer: &str) -> Judged {
    if let Some(error) = answer.strip_prefix("failed ") {
        return Err(error.into());
    }
    let zones = answer.split(' ').skip(1).map(|text| {
        let numbers: Vec<Option<u64>> = text.split(':').map(|text| text.parse().ok()).collect();
        let state = State {
            revision: numbers[1].unwrap(),
            push: numbers[2],
            edit: numbers[3],
        };
        let found = Found {
            state,
            pending: numbers[4],
        };
        (numbers[0].unwrap(), found)
    });
    Ok(zones.collect())
}
