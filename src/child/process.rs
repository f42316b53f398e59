//! One process: started, waited for and ended on a thread of its own. The kernel counts the thread that started a
//! process as its parent, so that one has to last as long.

use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use dadns_backends::BackendId;
use parking_lot::Mutex;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::sync::oneshot;

use super::{Settings, exec, lines};

/// Variables of dadns begin so. Some of them are secrets, which are none of the server's business.
const OURS: &str = "DADNS_";

/// A process that runs.
#[derive(Debug)]
pub(super) struct Running {
    group: Group,
    ended: oneshot::Receiver<String>,
}

/// The group of a process; `None` once it is gone, and its number may be another's.
#[derive(Debug, Clone)]
struct Group {
    pid: u32,
    leader: Arc<Mutex<Option<Pid>>>,
}

impl Group {
    fn signal(&self, signal: Signal) {
        if let Some(leader) = *self.leader.lock() {
            // It may be gone already, which is as well.
            let _ = kill_process_group(leader, signal);
        }
    }
}

impl Running {
    /// Starts it.
    pub async fn start(backend: &BackendId, settings: &Settings) -> io::Result<Self> {
        let mut command = command(settings)?;
        let (begun, started) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let backend = backend.clone();
        std::thread::Builder::new()
            .name(format!("server of {backend}"))
            .spawn(move || run(&backend, &mut command, begun, end))?;
        let lost = |_| io::Error::other("its thread has ended");
        let group = started.await.map_err(lost)??;
        Ok(Self { group, ended })
    }

    /// Its number.
    pub fn pid(&self) -> u32 {
        self.group.pid
    }

    /// Waits for its end, and says how it ended.
    pub async fn ended(&mut self) -> String {
        let ended = (&mut self.ended).await;
        ended.unwrap_or_else(|_| "nobody knows how".to_owned())
    }

    /// Stops it and all in its group: asks, and kills after `grace`. Says how it ended; `None`: it was killed.
    pub async fn stop(mut self, grace: Duration) -> Option<String> {
        self.group.signal(Signal::TERM);
        match tokio::time::timeout(grace, self.ended()).await {
            Ok(how) => Some(how),
            Err(_) => {
                self.group.signal(Signal::KILL);
                self.ended().await;
                None
            }
        }
    }
}

fn command(settings: &Settings) -> io::Result<Command> {
    let Some((program, arguments)) = settings.command.split_first() else {
        return Err(io::Error::other("no program is named"));
    };
    let mut command = match exec::is_through_this_program() {
        true => {
            let mut command = Command::new(exec::PROGRAM);
            let own = std::process::id().to_string();
            command.args([exec::COMMAND, &own, "--", program]);
            command
        }
        false => Command::new(program),
    };
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    if let Some(directory) = &settings.directory {
        command.current_dir(directory);
    }
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with(OURS) {
            command.env_remove(name);
        }
    }
    Ok(command)
}

/// The thread of a process.
fn run(
    backend: &BackendId,
    command: &mut Command,
    begun: oneshot::Sender<io::Result<Group>>,
    end: oneshot::Sender<String>,
) {
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return drop(begun.send(Err(error))),
    };
    let outputs = [
        child
            .stdout
            .take()
            .map(|output| Box::new(output) as Box<dyn io::Read + Send>),
        child
            .stderr
            .take()
            .map(|output| Box::new(output) as Box<dyn io::Read + Send>),
    ];
    for output in outputs.into_iter().flatten() {
        let backend = backend.clone();
        let reader = std::thread::Builder::new().name(format!("output of {backend}"));
        // Without a thread to read it, the pipe is closed.
        drop(reader.spawn(move || lines::read(&backend, output)));
    }
    let leader = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let group = Group {
        pid: child.id(),
        leader: Arc::new(Mutex::new(leader)),
    };
    let whole = begun.send(Ok(group.clone())).is_ok();
    if !whole {
        group.signal(Signal::KILL);
    }
    if let Some(leader) = leader {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while matches!(waitid(WaitId::Pid(leader), options), Err(Errno::INTR)) {}
        // Nobody has taken its number yet. What it left behind ends with it.
        group.signal(Signal::KILL);
    }
    let mut leader = group.leader.lock();
    let ended = child.wait();
    *leader = None;
    drop(leader);
    let how = match ended {
        Ok(status) => how(status),
        Err(error) => format!("it cannot be waited for: {error}"),
    };
    drop(end.send(how));
}

/// How a process ended, in words.
fn how(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => status.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn settings(words: &[&str]) -> Settings {
        Settings {
            command: words.iter().map(ToString::to_string).collect(),
            directory: Some("/".into()),
        }
    }

    async fn start(words: &[&str]) -> io::Result<Running> {
        Running::start(&"bind".parse().unwrap(), &settings(words)).await
    }

    #[tokio::test]
    async fn a_process_that_ends_says_how() {
        let mut running = start(&["/bin/sh", "-c", "echo a; exit 3"]).await.unwrap();
        assert_eq!(running.ended().await, "exit status 3");
        let mut running = start(&["/bin/sh", "-c", "kill -9 $$"]).await.unwrap();
        assert_eq!(running.ended().await, "signal 9");
        assert!(start(&["/no/such/program"]).await.is_err());
    }

    #[tokio::test]
    async fn one_that_does_not_stop_is_killed_with_all_that_it_began() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("pid");
        let script = format!(
            "trap '' TERM; sleep 1000 & echo $! > {0}.new; mv {0}.new {0}; wait; sleep 1000",
            file.display()
        );
        let running = start(&["/bin/sh", "-c", &script]).await.unwrap();
        let mut begun = String::new();
        until(|| {
            begun = std::fs::read_to_string(&file).unwrap_or_default();
            !begun.is_empty()
        });
        assert_eq!(running.stop(Duration::from_millis(50)).await, None);
        until(|| {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", begun.trim()));
            // Init may take its time with one that has ended.
            !stat.is_ok_and(|stat| !stat.contains(") Z "))
        });
    }

    fn until(mut fits: impl FnMut() -> bool) {
        let began = Instant::now();
        while !fits() {
            assert!(began.elapsed() < Duration::from_secs(30));
            std::thread::yield_now();
        }
    }

    #[tokio::test]
    async fn one_that_stops_when_asked_is_not_killed() {
        let running = start(&["/bin/sleep", "1000"]).await.unwrap();
        let how = running.stop(Duration::from_secs(30)).await;
        assert_eq!(how.as_deref(), Some("signal 15"));
    }
}
