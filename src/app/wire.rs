//! Makes the parts of the gateway from its configuration and joins them. Nothing runs yet.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use actix_web::dev::Server as HttpServer;
use dadns_backends::{Backend, Server};
use tokio::sync::mpsc;

use super::AppError;
use super::backends::open_backends;
use super::cluster::{open_ledger, take_part, terms, turn};
use crate::blocking::blocking;
use crate::check;
use crate::cluster::{Cluster, RECONCILE, REGISTRY as PUBLISHES};
use crate::config::{Config, Origin};
use crate::engine;
use crate::health::Health;
use crate::http::v1::shape::ConfigurationKey;
use crate::http::{self, Identity, Listening};
use crate::lane;
use crate::ledger::Turn;
use crate::line;
use crate::logging::{counted, critical, info, warning};
use crate::masters::{self, Master};
use crate::metrics::Metrics;
use crate::operations::{Operations, Request, Runner};
use crate::preload;
use crate::reconcile::Reconciler;
use crate::registry::{Publishers, Registry};
use crate::samples::Samples;
use crate::sources::{self, Watcher};
use crate::store::{self, CommitterHandle, Store, Terms};
use crate::updates;

/// The directory of the store below `queue_location`.
const STORE: &str = "store";

/// That of the registry.
const REGISTRY: &str = "registry";

/// The parts, joined.
pub(super) struct Parts {
    pub store: Store,
    pub committer: CommitterHandle,
    pub backends: Vec<Arc<dyn Backend>>,
    /// Those of the backends that are servers to be run.
    pub servers: Vec<Arc<dyn Server>>,
    pub health: Health,
    pub lane_counts: lane::Counts,
    pub check_counts: check::Counts,
    pub reconciler: Arc<Reconciler>,
    pub runner: Runner,
    /// What the HTTP face requests of the runner.
    pub requests: mpsc::Receiver<Request>,
    /// What charts are made of.
    pub samples: Samples,
    /// What this node has to do with others.
    pub cluster: Option<Cluster>,
    pub listening: Listening,
    /// Directories that are watched.
    pub watchers: Vec<Watcher>,
    /// Services that register themselves, if they may.
    pub services: Option<Services>,
}

/// The registry, with what it listens on and publishes by.
pub(super) struct Services {
    pub registry: Registry,
    pub publisher: Option<Publishers>,
    pub listeners: Vec<(HttpServer, SocketAddr)>,
    /// What listens to the line protocol.
    pub lines: Vec<line::Listener>,
}

/// Makes the parts: the store is open, the built-in servers have their zones, the HTTP server listens.
pub(super) async fn wire(config: &Config) -> Result<Parts, AppError> {
    guard_rayon();
    let masters = masters_of(config)?;
    let opened = open_backends(config)?;
    let servers: Vec<Arc<dyn Server>> = opened
        .iter()
        .filter_map(|opened| opened.server.clone())
        .collect();
    let backends: Vec<Arc<dyn Backend>> = opened.into_iter().map(|opened| opened.backend).collect();
    let ledger = open_ledger(config).await?;
    let terms = ledger.as_deref().map(|ledger| terms(config, ledger));
    let (store, committer) = open_store(config, &backends, terms).await?;
    let unknown = store.count_unknown_placements();
    if unknown > 0 {
        warning!(
            "{} placed on groups that placement.groups does not have, and served everywhere: dadns placement plan \
             shows where they would move",
            counted(unknown, "zone")
        );
    }
    for server in &servers {
        server.update_by(updates::updater(store.clone(), &config.updates));
    }
    fill(&store, &servers).await?;
    http::prepare_signing_key(&store).await;
    let health = Health::of(backends.iter().map(|backend| backend.id().clone()));
    let health = health.publishing(store.feed());
    let started = Instant::now();
    let metrics = Metrics::new(store.clone(), health.clone(), servers.clone(), started);
    let cluster =
        ledger.map(|ledger| take_part(config, store.clone(), health.clone(), ledger, &metrics));
    for backend in &backends {
        let pending = store.pending_count(backend.id());
        info!(
            backend = %backend.id(),
            pending,
            "{}: {}",
            backend.id(),
            backend.describe()
        );
    }
    let identity = Identity {
        started,
        backends: Arc::new(
            backends
                .iter()
                .map(|backend| (backend.id().clone(), backend.describe()))
                .collect(),
        ),
        default_backend: config.dns.default_backend.clone(),
        health: health.clone(),
        cluster: cluster.clone(),
    };
    let samples = Samples::new(store.clone(), health.clone(), &servers);
    let lane_counts = lane::Counts::new(&metrics);
    let check_counts = check::Counts::new(&metrics);
    let hosts = config.masters.servers.iter();
    let hosts = hosts.map(|server| server.hostname.clone()).collect();
    let reconciler = Arc::new(Reconciler::new(
        config.reconciliation.clone(),
        masters,
        hosts,
        store.clone(),
        &metrics,
        config.app.limits(),
        turn(cluster.as_ref(), RECONCILE),
    ));
    let runner = Runner {
        store: store.clone(),
        backends: Arc::new(
            backends
                .iter()
                .map(|backend| (backend.id().clone(), Arc::clone(backend)))
                .collect(),
        ),
        turns: Arc::new(
            backends
                .iter()
                .map(|backend| {
                    let turn = turn(cluster.as_ref(), backend.id().as_str());
                    (backend.id().clone(), turn)
                })
                .collect(),
        ),
        health: health.clone(),
        counts: check_counts.clone(),
        reconciler: Arc::clone(&reconciler),
        verifying: Arc::default(),
    };
    let (operations, requests) = Operations::new();
    let operations = operations.of(&runner);
    let configuration = keys_of(config);
    let (watchers, board) = sources::all(&config.sources, &store, config.app.limits(), &metrics);
    let registry = open_registry(config, turn(cluster.as_ref(), PUBLISHES), &metrics).await?;
    let listening = http::listen(
        &config.app,
        http::Faces {
            api: &config.api,
            rest: &config.rest,
            acme_dns: &config.acme_dns,
            records: &config.records,
            configuration: &configuration,
            cluster: cluster.clone(),
            sources: board,
            registry: registry.clone(),
        },
        store.clone(),
        identity.clone(),
        metrics.clone(),
        samples.clone(),
        operations,
    )?;
    let services = services(config, &store, &identity, registry, &metrics)?;
    Ok(Parts {
        store,
        committer,
        backends,
        servers,
        health,
        lane_counts,
        check_counts,
        reconciler,
        runner,
        requests,
        samples,
        cluster,
        listening,
        watchers,
        services,
    })
}

/// The registry, if it is switched on.
async fn open_registry(
    config: &Config,
    turn: Turn,
    metrics: &Metrics,
) -> Result<Option<Registry>, AppError> {
    if !config.registry.enabled {
        return Ok(None);
    }
    let path = config.location.queue_location.join(REGISTRY);
    let settings = config.registry.clone();
    let metrics = metrics.clone();
    let registry = blocking(move || Registry::open(&path, &settings, turn, &metrics));
    Ok(Some(registry.await?))
}

/// What the registry listens on and publishes by.
fn services(
    config: &Config,
    store: &Store,
    identity: &Identity,
    registry: Option<Registry>,
    metrics: &Metrics,
) -> Result<Option<Services>, AppError> {
    let Some(registry) = registry else {
        return Ok(None);
    };
    let door = line::Door::new(store.clone(), &config.registry, &config.records);
    Ok(Some(Services {
        lines: line::bind(&config.registry.line_listen, door)?,
        publisher: Publishers::new(registry.clone(), store, &config.records),
        listeners: http::listen_for_services(
            &config.app,
            &registry,
            store,
            identity,
            &config.records,
            metrics,
        )?,
        registry,
    }))
}

/// The configuration as it is shown to operators: secrets are masked already.
fn keys_of(config: &Config) -> Vec<ConfigurationKey> {
    let keys = config.effective.iter();
    keys.map(|key| ConfigurationKey {
        key: key.path.clone(),
        value: key.value.clone(),
        origin: key.origin.to_string(),
        default: key.origin == Origin::Default,
    })
    .collect()
}

fn masters_of(config: &Config) -> Result<Vec<Master>, AppError> {
    match masters::all(&config.masters, config.app.max_body_bytes) {
        // What is switched off keeps nothing from starting.
        Err(error) if !config.reconciliation.enabled => {
            warning!("{error}; the masters cannot be asked");
            Ok(Vec::new())
        }
        masters => Ok(masters?),
    }
}

async fn open_store(
    config: &Config,
    backends: &[Arc<dyn Backend>],
    terms: Option<Terms>,
) -> Result<(Store, CommitterHandle), AppError> {
    let groups = config.placement.groups(&config.cluster.name());
    // In another group it has to have other zones, as if it were another backend.
    let fingerprint = |backend: &Arc<dyn Backend>| match groups.of(backend.id()) {
        Some(group) => format!("{} in group {group}", backend.fingerprint()),
        None => backend.fingerprint(),
    };
    let fingerprints = backends
        .iter()
        .map(|backend| (backend.id().clone(), fingerprint(backend)))
        .collect();
    let path = config.location.queue_location.join(STORE);
    let options = store::Options {
        keep: config.history,
        guard: config.guard.clone(),
        ttl: config.records.ttl,
        max_records: config.app.max_records,
        terms,
        groups,
        ..store::Options::default()
    };
    let cache_bytes = config.store.cache_mib << 20;
    let opened = blocking(move || {
        let engine = engine::open(&path, cache_bytes)?;
        Store::open(engine, &fingerprints, &options)
    });
    Ok(opened.await?)
}

/// Fills the built-in servers before they answer their first query.
async fn fill(store: &Store, servers: &[Arc<dyn Server>]) -> Result<(), AppError> {
    if servers.is_empty() {
        return Ok(());
    }
    for server in servers {
        let store = store.clone();
        server.ask_for_reused(Arc::new(move |zone| store.not_passed(zone)));
    }
    let (store, servers) = (store.clone(), servers.to_vec());
    Ok(blocking(move || preload::all(&store, &servers)).await?)
}

/// A panic on a rayon thread is reported where its result is awaited, instead of ending the process.
fn guard_rayon() {
    let built = rayon::ThreadPoolBuilder::new()
        .thread_name(|index| format!("cpu-{index}"))
        .panic_handler(|_| {
            critical!("a computation stopped on an internal error; please report it")
        })
        .build_global();
    // The pool belongs to the process: a second gateway in it shares that of the first.
    drop(built);
}
