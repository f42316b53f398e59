//! Every task of the gateway: one owner, and a name for each, so that a task that dies is told by name.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::AppError;
use crate::logging::warning;

/// The tasks that run.
pub(super) struct Tasks {
    running: JoinSet<String>,
    /// The built-in servers: they answer until the last lane has verified its last batch.
    servers: JoinSet<String>,
    /// Name servers that run as processes: they stop when all else has.
    children: JoinSet<String>,
    names: BTreeMap<Id, String>,
    stop: CancellationToken,
    last: CancellationToken,
}

/// What stops last.
pub(super) struct Children {
    running: JoinSet<String>,
    stop: CancellationToken,
}

impl Tasks {
    pub fn new() -> Self {
        Self {
            running: JoinSet::new(),
            servers: JoinSet::new(),
            children: JoinSet::new(),
            names: BTreeMap::new(),
            stop: CancellationToken::new(),
            last: CancellationToken::new(),
        }
    }

    /// Spawns a task that should never end by itself; it returns why it did.
    pub fn spawn(
        &mut self,
        name: impl Into<String>,
        task: impl Future<Output = String> + Send + 'static,
    ) {
        let handle = self.running.spawn(task);
        self.names.insert(handle.id(), name.into());
    }

    /// Spawns a task that goes on until everything stops.
    pub fn spawn_until_stop<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        name: impl Into<String>,
        task: impl FnOnce(CancellationToken) -> F,
    ) {
        let task = task(self.stop.clone());
        self.spawn(name, async {
            task.await;
            "it was asked to".to_owned()
        });
    }

    /// Spawns a built-in server.
    pub fn spawn_server(
        &mut self,
        name: impl Into<String>,
        task: impl Future<Output = String> + Send + 'static,
    ) {
        let handle = self.servers.spawn(task);
        self.names.insert(handle.id(), name.into());
    }

    /// Spawns the task of a process, which goes on until all else has stopped.
    pub fn spawn_child<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        name: impl Into<String>,
        task: impl FnOnce(CancellationToken) -> F,
    ) {
        let task = task(self.last.clone());
        let handle = self.children.spawn(async {
            task.await;
            "it was asked to".to_owned()
        });
        self.names.insert(handle.id(), name.into());
    }

    /// Waits until a task ends that must not.
    pub async fn watch(&mut self) -> AppError {
        let ended = tokio::select! {
            Some(ended) = self.servers.join_next_with_id() => ended,
            Some(ended) = self.running.join_next_with_id() => ended,
            Some(ended) = self.children.join_next_with_id() => ended,
            else => return AppError::Task {
                what: "everything".into(),
                cause: "no task is left".into(),
            },
        };
        let (id, cause) = ended.unwrap_or_else(|error| (error.id(), panicked(error)));
        let what = self.names.get(&id).cloned().unwrap_or_default();
        AppError::Task { what, cause }
    }

    /// Tells all tasks to end.
    pub fn begin_stop(&self) {
        self.stop.cancel();
    }

    /// Waits for at most `deadline` until all have ended, the built-in servers last. Returns what is to be stopped after
    /// that.
    pub async fn stop(mut self, deadline: Duration) -> Children {
        let all = async { while self.running.join_next().await.is_some() {} };
        if tokio::time::timeout(deadline, all).await.is_err() {
            warning!(
                "a batch was still in progress after {} s and is done again at the next start",
                deadline.as_secs()
            );
            self.running.shutdown().await;
        }
        self.servers.shutdown().await;
        Children {
            running: self.children,
            stop: self.last,
        }
    }
}

impl Children {
    /// Stops them, each within its own time.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while self.running.join_next().await.is_some() {}
    }
}

fn panicked(error: JoinError) -> String {
    let Ok(panic) = error.try_into_panic() else {
        return "it was cancelled".into();
    };
    let message = panic
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| panic.downcast_ref::<String>().cloned());
    format!(
        "an internal error ({}); please report it",
        message.unwrap_or_else(|| "without a message".into())
    )
}
