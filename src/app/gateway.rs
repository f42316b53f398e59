//! The gateway as a value: started from a configuration, asked where it listens, stopped in order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server as HttpServer, ServerHandle};
use dadns_backends::Server;
use futures_util::future::join_all;

use super::AppError;
use super::backends::serve;
use super::cluster::turn;
use super::tasks::Tasks;
use super::wire::{Parts, wire};
use crate::blocking::blocking;
use crate::check::Checker;
use crate::child;
use crate::cluster::{
    self, Cluster, Outages, Role, WithoutQuorum, carry, follow, outages, presence, progress, share,
    sweep,
};
use crate::config::Config;
use crate::http::Listening;
use crate::lane::{BatchLog, Lane};
use crate::logging::{counted, info, success, warning};
use crate::moves;
use crate::store::{CommitterHandle, Store};

/// How long the last sync may take.
const LAST_SYNC: Duration = Duration::from_secs(5);

/// How often histories are looked through for what is too old.
const KEEPING: Duration = Duration::from_secs(6 * 3_600);
/// The first time not at the start, when there is enough to do.
const FIRST_KEEPING: Duration = Duration::from_secs(10 * 60);

/// A gateway that runs in this process.
///
/// It needs a multi-threaded Tokio runtime, and nothing else of the process: several can run side by
/// side, each with a `queue_location` and addresses of its own. Port 0 asks for any free port.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use std::path::Path;
///
/// use dadns::app::Gateway;
/// use dadns::config::Config;
///
/// let loaded = Config::load(Some(Path::new("config/app.yml")), std::env::vars_os())?;
/// let gateway = Gateway::start(&loaded.config).await?;
/// println!("listening on {}", gateway.address());
/// gateway.stop().await;
/// # Ok(())
/// # }
/// ```
pub struct Gateway {
    store: Store,
    committer: CommitterHandle,
    http: Vec<ServerHandle>,
    address: SocketAddr,
    api: Vec<SocketAddr>,
    registry: Vec<SocketAddr>,
    lines: Vec<SocketAddr>,
    servers: Vec<Arc<dyn Server>>,
    log: BatchLog,
    tasks: Tasks,
    stop_timeout: Duration,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Gateway {
    /// Starts all that `config` asks for. When it returns, pushes are accepted and the built-in servers
    /// answer.
    ///
    /// # Errors
    /// Why it could not start.
    pub async fn start(config: &Config) -> Result<Self, AppError> {
        let Parts {
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
        } = wire(config).await?;
        let (log, telling) = BatchLog::new(store.clone());
        let mut tasks = Tasks::new();
        // First, as lanes and checks ask them.
        for backend in config.dns.enabled() {
            let (id, health) = (backend.id.clone(), health.clone());
            if let Some(child) = backend.child.clone() {
                let name = format!("the name server that runs for {id}");
                tasks.spawn_child(name, |stop| child::supervise(id, child, health, stop));
            }
        }
        tasks.spawn("the batch log", async {
            telling.await;
            "the lanes are gone".to_owned()
        });
        for server in &servers {
            let name = format!("the DNS server of {}", server.id());
            tasks.spawn_server(name, serve(Arc::clone(server), health.clone()));
        }
        if let Some(cluster) = cluster.clone() {
            let address = listening.api.first().unwrap_or(&listening.address);
            cluster.listens_at(*address);
            let servers = servers.clone();
            let tell = move |stale| servers.iter().for_each(|server| server.set_stale(stale));
            run_cluster(&mut tasks, cluster, &config.cluster, tell);
        }
        if config.reconciliation.enabled {
            tasks.spawn_until_stop("reconciliation", |stop| async move {
                reconciler.run(stop).await;
            });
        }
        tasks.spawn_until_stop("samples", |stop| samples.run(stop));
        tasks.spawn_until_stop("operations", |stop| runner.run(requests, stop));
        if config.check.enabled {
            for backend in &backends {
                let (backend, store, health) = (Arc::clone(backend), store.clone(), health.clone());
                let name = format!("the check of {}", backend.id());
                let counts = check_counts.clone();
                let turn = turn(cluster.as_ref(), backend.id().as_str());
                let checker =
                    Checker::new(backend, store, health, counts, turn, config.check.clone());
                tasks.spawn_until_stop(name, |stop| checker.run(stop));
            }
        }
        if !store.groups().is_empty() {
            let (moving, node) = (store.clone(), config.cluster.name());
            tasks.spawn_until_stop("the moves of zones", |stop| moves::run(moving, node, stop));
        }
        let keeper = store.clone();
        tasks.spawn_until_stop("the keeper of histories", |stop| async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = keep(keeper) => {}
            }
        });
        for backend in backends {
            let name = format!("the lane of {}", backend.id());
            let (store, health) = (store.clone(), health.clone());
            let (log, counts) = (log.clone(), lane_counts.of(backend.id()));
            let turn = turn(cluster.as_ref(), backend.id().as_str());
            let lane = Lane::new(backend, store, health, log, counts, turn, &config.lanes);
            tasks.spawn_until_stop(name, |stop| lane.run(stop));
        }
        let Listening {
            servers: listeners,
            address,
            api,
        } = listening;
        let mut http: Vec<_> = listeners.iter().map(HttpServer::handle).collect();
        let addresses = std::iter::once(&address).chain(&api);
        for (server, address) in listeners.into_iter().zip(addresses) {
            tasks.spawn(format!("the HTTP server at {address}"), async {
                match server.await {
                    Ok(()) => "it was asked to".to_owned(),
                    Err(error) => error.to_string(),
                }
            });
        }
        for watcher in watchers {
            let name = format!("source {}", watcher.name());
            tasks.spawn_until_stop(name, |stop| watcher.run(stop));
        }
        let (mut registry, mut lines) = (Vec::new(), Vec::new());
        if let Some(services) = services {
            for (server, address) in services.listeners {
                http.push(server.handle());
                registry.push(address);
                success!("The registry takes services at http://{address} (registry.listen)");
                tasks.spawn(format!("the registry's server at {address}"), async {
                    match server.await {
                        Ok(()) => "it was asked to".to_owned(),
                        Err(error) => error.to_string(),
                    }
                });
            }
            if let Some(publisher) = services.publisher {
                tasks.spawn_until_stop("the publisher of services", |stop| publisher.run(stop));
            }
            for listener in services.lines {
                let address = listener.address();
                lines.push(address);
                success!("The line protocol is listened to at {address} (registry.line_listen)");
                let name = format!("the line protocol at {address}");
                tasks.spawn_until_stop(name, |stop| listener.serve(stop));
            }
            let book = services.registry;
            let listened: Vec<_> = registry.iter().chain(&lines).copied().collect();
            let own = own_ports(&address, &api, &listened, &servers);
            tasks.spawn_until_stop("the registry", |stop| book.keep_time(own, stop));
        }
        let scheme = if config.app.tls().is_some() {
            "https"
        } else {
            "http"
        };
        success!(
            "Listening on {scheme}://{} ({})",
            address,
            config.app.listen_addr().why
        );
        for address in &api {
            success!("The API is at {scheme}://{address} (api.listen)");
        }
        Ok(Self {
            store,
            committer,
            http,
            address,
            api,
            registry,
            lines,
            servers,
            log,
            tasks,
            stop_timeout: config.lanes.stop_timeout,
        })
    }

    /// Where its HTTP server listens; the port is the real one where any was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its API listens, if that is elsewhere (`api.listen`).
    pub fn api_addresses(&self) -> &[SocketAddr] {
        &self.api
    }

    /// Where services register themselves, if they may (`registry.listen`).
    pub fn registry_addresses(&self) -> &[SocketAddr] {
        &self.registry
    }

    /// Where it listens to the line protocol (`registry.line_listen`).
    pub fn line_addresses(&self) -> &[SocketAddr] {
        &self.lines
    }

    /// Where its built-in DNS servers listen, over UDP and TCP; the ports are the real ones.
    pub fn dns_addresses(&self) -> Vec<SocketAddr> {
        self.servers
            .iter()
            .flat_map(|server| server.addresses())
            .collect()
    }

    /// Waits until something ends that must not, and says what.
    pub async fn watch(&mut self) -> AppError {
        tokio::select! {
            error = self.store.failed() => error.into(),
            error = self.tasks.watch() => error,
        }
    }

    /// Stops: no new requests, then lanes finish their batch within `lanes.stop_timeout_ms`, then a last
    /// flush. Threads that served requests may let go of the store a moment later.
    pub async fn stop(self) {
        let Self {
            store,
            committer,
            http,
            log,
            tasks,
            stop_timeout,
            ..
        } = self;
        // Lanes need not wait for the last requests: what these bring is on disk for the next start.
        tasks.begin_stop();
        store.feed().close();
        // The batch log ends when nobody is left to tell it anything.
        drop(log);
        let (_, children) = tokio::join!(
            join_all(http.iter().map(|http| http.stop(true))),
            tasks.stop(stop_timeout)
        );
        children.stop().await;
        let flushed = blocking(move || committer.stop(store));
        if tokio::time::timeout(LAST_SYNC, flushed).await.is_err() {
            warning!("the disk of the store does not answer: the last results may be lost");
        }
    }
}

/// The ports that the gateway listens on.
fn own_ports(
    address: &SocketAddr,
    api: &[SocketAddr],
    registry: &[SocketAddr],
    servers: &[Arc<dyn Server>],
) -> Vec<u16> {
    let http = std::iter::once(address).chain(api).chain(registry);
    let dns = servers.iter().flat_map(|server| server.addresses());
    http.copied()
        .chain(dns)
        .map(|address| address.port())
        .collect()
}

/// What a node of several does all the time; `tell` is told whether its zones are too old to be served.
fn run_cluster(
    tasks: &mut Tasks,
    cluster: Cluster,
    settings: &cluster::Settings,
    tell: impl Fn(bool) + Send + 'static,
) {
    // To the last: requests may wait for it.
    tasks.spawn_server("the way to the engine", carry(cluster.clone()));
    let one = cluster.clone();
    tasks.spawn_until_stop("following the engine", |stop| follow(one, stop));
    let one = cluster.clone();
    tasks.spawn_until_stop("sharing what is not shared", |stop| share(one, stop));
    if settings.role == Role::Full {
        let one = cluster.clone();
        tasks.spawn_until_stop("sweeping the engine", |stop| sweep(one, stop));
    }
    let one = cluster.clone();
    tasks.spawn_until_stop("the presence of this node", |stop| presence(one, stop));
    let one = cluster.clone();
    tasks.spawn_until_stop("the progress of nodes", |stop| progress(one, stop));
    let watched = Outages {
        stale_after: settings.stale_after,
        spools: settings.without_quorum == WithoutQuorum::Spool,
        tell,
    };
    tasks.spawn_until_stop("watching the engine", |stop| {
        outages(cluster, watched, stop)
    });
}

/// Forgets what is too old in the histories of zones, every now and then.
async fn keep(store: Store) {
    let mut pause = FIRST_KEEPING;
    loop {
        tokio::time::sleep(pause).await;
        pause = KEEPING;
        match store.forget_old_versions().await {
            Ok(0) => {}
            Ok(count) => {
                info!(
                    "{} of zones removed from history (history.keep_days)",
                    counted(count, "old revision")
                )
            }
            Err(cause) => {
                warning!("old revisions of zones cannot be removed from history now: {cause}")
            }
        }
    }
}
