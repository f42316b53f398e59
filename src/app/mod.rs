//! Puts the gateway together, owns every task, and takes it down in order.

mod backends;
mod error;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dadns_backends::Backend;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

pub use error::AppError;

use self::backends::{Opened, open_backends, serve};
use crate::blocking::blocking;
use crate::check::Checker;
use crate::config::Config;
use crate::engine;
use crate::http::{self, Identity};
use crate::lane::Lane;
use crate::logging::{critical, info, success, warning};
use crate::masters;
use crate::metrics::Metrics;
use crate::operations::{Operations, Operator};
use crate::preload;
use crate::reconcile::Reconciler;
use crate::store::{self, CommitterHandle, Store};
use crate::telemetry::Telemetry;

/// The directory of the store below `queue_location`.
const STORE: &str = "store";

/// How long the last sync may take.
const LAST_SYNC: Duration = Duration::from_secs(5);

/// How often histories are looked through for what is too old.
const KEEPING: Duration = Duration::from_secs(6 * 3_600);
/// The first time not at the start, when there is enough to do.
const FIRST_KEEPING: Duration = Duration::from_secs(10 * 60);

/// Serves until SIGTERM or SIGINT, or until something fails for good.
///
/// # Errors
/// Why it could not start or go on.
pub async fn run(config: Config) -> Result<(), AppError> {
    let mut terminate = handler(SignalKind::terminate())?;
    let mut interrupt = handler(SignalKind::interrupt())?;
    let mut gateway = Gateway::start(&config).await?;
    let ended = tokio::select! {
        _ = terminate.recv() => Ok("SIGTERM"),
        _ = interrupt.recv() => Ok("SIGINT"),
        reason = gateway.watch() => Err(reason),
    };
    match &ended {
        Ok(signal) => info!("{signal}: stopping; batches under way are finished first"),
        Err(_) => warning!("stopping, because something that must go on has ended"),
    }
    let stopping = gateway.stop(Duration::from_millis(config.lanes.stop_timeout_ms));
    tokio::select! {
        () = stopping => {}
        _ = terminate.recv() => warning!("SIGTERM again: stopping at once"),
        _ = interrupt.recv() => warning!("SIGINT again: stopping at once"),
    }
    if ended.is_ok() {
        info!("stopped; what was pending is on disk and goes on at the next start");
    }
    ended.map(drop)
}

fn handler(kind: SignalKind) -> Result<tokio::signal::unix::Signal, AppError> {
    signal(kind).map_err(|cause| AppError::System {
        what: "signals cannot be handled",
        cause,
    })
}

/// Everything that runs.
struct Gateway {
    store: Store,
    committer: CommitterHandle,
    server: actix_web::dev::ServerHandle,
    telemetry: Telemetry,
    tasks: JoinSet<String>,
    /// The built-in servers: they answer until the last lane has verified its last batch.
    servers: JoinSet<String>,
    names: BTreeMap<tokio::task::Id, String>,
    stop: CancellationToken,
}

impl Gateway {
    async fn start(config: &Config) -> Result<Self, AppError> {
        guard_rayon();
        let masters = masters::all(&config.reconciliation, config.app.max_body_bytes);
        let masters = match masters {
            // What is switched off keeps nothing from starting.
            Err(error) if !config.reconciliation.enabled => {
                warning!("{error}; the masters cannot be asked");
                Vec::new()
            }
            masters => masters?,
        };
        let Opened { backends, servers } = open_backends(config)?;
        let fingerprints = backends
            .iter()
            .map(|backend| (backend.id().clone(), backend.fingerprint()))
            .collect();
        let path = config.queue_location.join(STORE);
        let options = store::Options {
            keep: config.history,
            guard: config.guard.clone(),
            ..store::Options::default()
        };
        let cache_bytes = config.store.cache_mib << 20;
        let (store, committer) = blocking(move || {
            let engine = engine::open(&path, cache_bytes)?;
            Store::open(engine, &fingerprints, &options)
        })
        .await?;
        if !servers.is_empty() {
            for server in &servers {
                let store = store.clone();
                server.ask_for_reused(Arc::new(move |zone| store.not_passed(zone)));
            }
            let (store, servers) = (store.clone(), servers.clone());
            blocking(move || preload::all(&store, &servers)).await?;
        }
        for backend in &backends {
            let pending = store.pending_count(backend.id());
            info!(pending, "{}: {}", backend.id(), backend.describe());
        }
        let identity = Identity {
            started: Instant::now(),
            backends: Arc::new(
                backends
                    .iter()
                    .map(|backend| (backend.id().clone(), backend.describe()))
                    .collect(),
            ),
            default_backend: config.dns.default_backend.clone(),
        };
        let metrics = Metrics::new(store.clone(), servers.clone(), identity.started);
        let reconciler = Arc::new(Reconciler::new(
            config.reconciliation.clone(),
            masters,
            store.clone(),
            metrics.clone(),
            config.app.limits(),
        ));
        let (operations, orders) = Operations::new();
        let listening = http::listen(
            &config.app,
            store.clone(),
            identity,
            metrics.clone(),
            operations,
        )?;

        let (telemetry, telling) = Telemetry::new(store.clone());
        let mut gateway = Self {
            store: store.clone(),
            committer,
            server: listening.server.handle(),
            telemetry: telemetry.clone(),
            tasks: JoinSet::new(),
            servers: JoinSet::new(),
            names: BTreeMap::new(),
            stop: CancellationToken::new(),
        };
        gateway.spawn("the batch log".into(), async {
            telling.await;
            "the lanes are gone".to_owned()
        });
        for server in servers {
            let name = format!("the DNS server of {}", server.id());
            let handle = gateway.servers.spawn(serve(server, store.clone()));
            gateway.names.insert(handle.id(), name);
        }
        let operator = Operator {
            store: store.clone(),
            backends: Arc::new(
                backends
                    .iter()
                    .map(|backend| (backend.id().clone(), Arc::clone(backend)))
                    .collect(),
            ),
            metrics: metrics.clone(),
            reconciler: Arc::clone(&reconciler),
            verifying: Arc::default(),
        };
        if config.reconciliation.enabled {
            gateway.spawn_until_stop("reconciliation", |stop| async move {
                reconciler.run(stop).await;
            });
        }
        gateway.spawn_until_stop("operations", |stop| operator.run(orders, stop));
        if config.audit.enabled {
            for backend in &backends {
                let (backend, store) = (Arc::clone(backend), store.clone());
                let name = format!("the audit of {}", backend.id());
                let checker = Checker::new(backend, store, metrics.clone(), config.audit.clone());
                gateway.spawn_until_stop(name, |stop| checker.run(stop));
            }
        }
        let keeper = store.clone();
        gateway.spawn_until_stop("the keeper of histories", |stop| keep(keeper, stop));
        for backend in backends {
            let name = format!("the lane of {}", backend.id());
            let (telemetry, counts) = (telemetry.clone(), metrics.lane(backend.id()));
            let lane = Lane::new(backend, store.clone(), telemetry, counts, &config.lanes);
            gateway.spawn_until_stop(name, |stop| lane.run(stop));
        }
        let server = listening.server;
        gateway.spawn("the HTTP server".into(), async {
            match server.await {
                Ok(()) => "it was asked to".to_owned(),
                Err(error) => error.to_string(),
            }
        });
        let scheme = if config.app.tls().is_some() {
            "https"
        } else {
            "http"
        };
        success!(
            "Listening on {scheme}://{} ({})",
            listening.address,
            config.app.listen_addr().why
        );
        Ok(gateway)
    }

    fn spawn(&mut self, name: String, task: impl Future<Output = String> + Send + 'static) {
        let handle = self.tasks.spawn(task);
        self.names.insert(handle.id(), name);
    }

    /// Spawns a task that goes on until everything stops.
    fn spawn_until_stop<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        name: impl Into<String>,
        task: impl FnOnce(CancellationToken) -> F,
    ) {
        let task = task(self.stop.clone());
        self.spawn(name.into(), async {
            task.await;
            "it was asked to".to_owned()
        });
    }

    /// Waits until something ends that must not.
    async fn watch(&mut self) -> AppError {
        tokio::select! {
            error = self.store.failed() => error.into(),
            Some(ended) = self.servers.join_next_with_id() => self.ended(ended),
            Some(ended) = self.tasks.join_next_with_id() => self.ended(ended),
            else => AppError::Task {
                what: "everything".into(),
                cause: "no task is left".into(),
            },
        }
    }

    fn ended(&self, ended: Result<(tokio::task::Id, String), JoinError>) -> AppError {
        let (id, cause) = ended.unwrap_or_else(|error| (error.id(), panicked(error)));
        let what = self.names.get(&id).cloned().unwrap_or_default();
        AppError::Task { what, cause }
    }

    /// No new requests, then lanes finish their batch within `deadline`, then a last flush.
    async fn stop(self, deadline: Duration) {
        let Self {
            store,
            committer,
            server,
            telemetry,
            mut tasks,
            servers,
            stop,
            ..
        } = self;
        // Lanes need not wait for the last requests: what these bring is on disk for the next start.
        stop.cancel();
        // The batch log ends when nobody is left to tell it anything.
        drop(telemetry);
        let lanes = async { while tasks.join_next().await.is_some() {} };
        let (_, lanes) = tokio::join!(server.stop(true), tokio::time::timeout(deadline, lanes));
        if lanes.is_err() {
            warning!(
                "a batch was still under way after {} s and is done again at the next start",
                deadline.as_secs()
            );
            tasks.shutdown().await;
        }
        drop(servers);
        let flushed = blocking(move || committer.stop(store));
        if tokio::time::timeout(LAST_SYNC, flushed).await.is_err() {
            warning!("the disk of the store does not answer: the last outcomes may be lost");
        }
    }
}

/// Forgets what is too old in the histories of zones, every now and then.
async fn keep(store: Store, stop: CancellationToken) {
    let mut pause = FIRST_KEEPING;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => pause = KEEPING,
        }
        let forgotten = tokio::select! {
            () = stop.cancelled() => return,
            forgotten = store.forget_old_versions() => forgotten,
        };
        match forgotten {
            Ok(0) => {}
            Ok(count) => {
                info!("{count} old revision(s) of zones are forgotten (history.keep_days)")
            }
            Err(cause) => warning!("old revisions of zones cannot be forgotten now: {cause}"),
        }
    }
}

/// A panic on a rayon thread is reported where its result is awaited, instead of ending the process.
fn guard_rayon() {
    let built = rayon::ThreadPoolBuilder::new()
        .thread_name(|index| format!("cpu-{index}"))
        .panic_handler(|_| {
            critical!("a computation stopped on an internal error; please report it")
        })
        .build_global();
    // A second gateway in one process, as in tests, uses the pool of the first.
    drop(built);
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
