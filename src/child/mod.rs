//! Name servers that dadns runs: each starts before the lanes, is started again when it ends, and is stopped last.
//!
//! A process is started as it is given, by no shell, in a process group of its own. That dadns alone may end it is seen
//! to at three places: an orderly stop ends the group; a server that ends takes what it left behind with it; and when
//! dadns itself is killed, the kernel ends the server (`exec.rs`).

mod exec;
mod lines;
mod process;
mod settings;

use std::time::{Duration, Instant};

use dadns_backends::BackendId;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::health::{Child, Health};
use crate::logging::{error, info, success, warning};
use process::Running;

pub use exec::{become_child, through_this_program};
pub use settings::Settings;

/// The first pause before a server is started again; each is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A server that ran for so long has started: the next pause is the first again.
const STARTED: Duration = Duration::from_secs(60);

/// How long a server may take to stop before it is killed.
pub const GRACE: Duration = Duration::from_secs(10);

/// Runs the server of `backend` until `stop`, and starts it again whenever it ends.
pub async fn supervise(
    backend: BackendId,
    settings: Settings,
    health: Health,
    stop: CancellationToken,
) {
    let mut pause = FIRST_PAUSE;
    let mut starts = 0_u64;
    loop {
        let began = Instant::now();
        starts += 1;
        let why = match Running::start(&backend, &settings).await {
            Ok(mut running) => {
                let pid = running.pid();
                let program = settings.command.first().map_or("", String::as_str);
                success!(backend = %backend, "{backend}: started {program} as process {pid}");
                let up = Child {
                    pid: Some(pid),
                    since: Timestamp::now(),
                    restarts: starts - 1,
                    ended: None,
                    next_start: None,
                };
                health.note_child(&backend, up);
                let ended = tokio::select! {
                    why = running.ended() => Some(why),
                    () = stop.cancelled() => None,
                };
                match ended {
                    Some(why) => format!("process {pid} ended: {why}"),
                    None => return end(&backend, running).await,
                }
            }
            Err(cause) => {
                let message = format!("it could not be started: {cause}");
                error!(backend = %backend, "{backend}: {message}");
                message
            }
        };
        if began.elapsed() >= STARTED {
            pause = FIRST_PAUSE;
        }
        let seconds = pause.as_secs();
        warning!(backend = %backend, "{backend}: {why}; it is started again in {seconds} s");
        let wait = SignedDuration::try_from(pause).unwrap_or_default();
        let down = Child {
            pid: None,
            since: Timestamp::now(),
            restarts: starts - 1,
            ended: Some(why),
            next_start: Some(Timestamp::now() + wait),
        };
        health.note_child(&backend, down);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return,
        }
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}

/// Stops a server.
async fn end(backend: &BackendId, running: Running) {
    let pid = running.pid();
    match running.stop(GRACE).await {
        Some(why) => info!(backend = %backend, "{backend}: process {pid} was stopped: {why}"),
        None => warning!(
            backend = %backend,
            "{backend}: process {pid} did not stop within {} s and was killed",
            GRACE.as_secs()
        ),
    }
}
