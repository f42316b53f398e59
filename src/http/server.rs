//! The server: what it listens on, and what each of its workers knows.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, Service as _};
use actix_web::middleware::from_fn;
use actix_web::{App as Service, web};

use super::acme_dns::{self, AcmeDns};
use super::api::{Api, Listener};
use super::auth::{self, Gate};
use super::connection::{self, Beginning};
use super::directadmin::{self, Face};
use super::notices::Notices;
use super::rest::Rest;
use super::status::Identity;
use super::tls::{self, TlsError};
use super::v1::cluster::Several;
use super::v1::process::Configuration;
use super::v1::records::Repeats;
use super::v1::shape::ConfigurationKey;
use super::web::{Pages, Running, Services};
use super::{Settings, routes, slashes};
use crate::cluster::Cluster;
use crate::metrics::Metrics;
use crate::operations::Operations;
use crate::records;
use crate::registry::Registry;
use crate::samples::Samples;
use crate::sources;
use crate::store::Store;

/// How long the body of a request may take: a zone of the greatest size over a slow line takes less.
const BODY_TIMEOUT: Duration = Duration::from_secs(60);

/// How many connections may wait to be accepted. The 128 of the standard library are used up within milliseconds of a
/// flood, and whoever comes then waits a second until it sends its SYN again. With far more, everybody waits behind
/// what the flood has put there.
const BACKLOG: i32 = 1024;

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {cause}; is another server running there?")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        cause: io::Error,
    },
    /// The TLS files cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// The servers that listen, and where: the ports are the real ones where any was asked for.
pub struct Listening {
    /// The servers; each runs while it is polled.
    pub servers: Vec<Server>,
    /// Where masters push to.
    pub address: SocketAddr,
    /// Where the API is, if not there.
    pub api: Vec<SocketAddr>,
}

/// Takes an address.
pub(super) fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), HttpError> {
    let failed = |cause| HttpError::Listen { address, cause };
    let listener = TcpListener::bind(address)
        .or_else(|error| match address.ip() {
            // A host without IPv6.
            IpAddr::V6(ip) if ip.is_unspecified() => {
                TcpListener::bind((Ipv4Addr::UNSPECIFIED, address.port()))
            }
            _ => Err(error),
        })
        .map_err(failed)?;
    rustix::net::listen(&listener, BACKLOG).map_err(|error| failed(error.into()))?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// What an operator says about the faces beside DirectAdmin's.
#[derive(Debug, Clone)]
pub struct Faces<'a> {
    /// Where the API listens.
    pub api: &'a Api,
    /// Plain REST.
    pub rest: &'a Rest,
    /// The face of acme-dns.
    pub acme_dns: &'a AcmeDns,
    /// Records and zones that are made here.
    pub records: &'a records::Settings,
    /// The configuration that holds, for operators.
    pub configuration: &'a [ConfigurationKey],
    /// What this node has to do with others.
    pub cluster: Option<Cluster>,
    /// What is known of directories that are watched.
    pub sources: sources::Board,
    /// The registry, if it is on.
    pub registry: Option<Registry>,
}

/// Starts to listen as `app` and `faces` say.
///
/// # Errors
/// When the address is taken, or the TLS files cannot be used.
pub fn listen(
    app: &Settings,
    faces: Faces<'_>,
    store: Store,
    identity: Identity,
    metrics: Metrics,
    samples: Samples,
    operations: Operations,
) -> Result<Listening, HttpError> {
    let Faces {
        api,
        rest,
        acme_dns,
        records,
        configuration,
        cluster,
        sources,
        registry,
    } = faces;
    let apart = api.addresses(app);
    let (listener, address) = bind(app.listen_addr().address)?;
    let masters = match apart.is_empty() {
        true => Listener::Only,
        false => Listener::Masters,
    };
    let mut listeners = vec![(masters, listener)];
    let mut api = Vec::with_capacity(apart.len());
    for address in apart {
        let (listener, bound) = bind(address)?;
        listeners.push((Listener::Api, listener));
        api.push(bound);
    }

    let notices = Arc::new(Notices::default());
    let gate = web::Data::new(Gate::new(app).with_tokens(store.clone()));
    let face = web::Data::new(Face {
        hostname: app.hostname(),
        name_parent_owner: app.check_subdomain_owner_in_cluster_domainowners,
        limits: app.limits(),
        body_timeout: BODY_TIMEOUT,
        counts: directadmin::Counts::new(&metrics),
        health: identity.health.clone(),
        notices: Arc::clone(&notices),
    });
    let (metrics, operations) = (web::Data::new(metrics), web::Data::new(operations));
    let (store, identity) = (web::Data::new(store), web::Data::new(identity));
    let doors = routes::Doors {
        rest: rest.enabled,
        acme_dns: acme_dns.zone.is_some(),
        web: app.web,
    };
    let running = web::Data::new(Running::default());
    let cluster = web::Data::new(Several(cluster));
    let sources = web::Data::new(sources);
    let configuration = web::Data::new(Configuration(configuration.to_vec()));
    // Where the API listens elsewhere, so do the pages.
    let masters = api.first().map(|_| address.port());
    let pages = web::Data::new(Pages::new(app, masters, registry.is_some()));
    let services = web::Data::new(Services(registry));
    let samples = web::Data::new(samples);
    let rest = web::Data::new(rest.clone());
    let acme_dns = web::Data::new(acme_dns::Face::new(acme_dns));
    let records = web::Data::new(records.clone());
    let repeats = web::Data::new(Repeats::default());
    let max_body = app.max_body_bytes;
    let tls = app.tls().map(tls::configuration).transpose()?;
    let told = web::Data::from(Arc::clone(&notices));
    let serve = |(on, listener): (Listener, TcpListener)| {
        let (told, gate, face) = (told.clone(), gate.clone(), face.clone());
        let (store, records, identity) = (store.clone(), records.clone(), identity.clone());
        let (metrics, operations) = (metrics.clone(), operations.clone());
        let (rest, acme_dns) = (rest.clone(), acme_dns.clone());
        let (repeats, pages) = (repeats.clone(), pages.clone());
        let (running, configuration) = (running.clone(), configuration.clone());
        let (samples, cluster) = (samples.clone(), cluster.clone());
        let (sources, services) = (sources.clone(), services.clone());
        connection::serve(listener, tls.clone(), Arc::clone(&notices), move || {
            Service::new()
                .wrap_fn(|request, service| {
                    if let Some(beginning) = request.conn_data::<Beginning>() {
                        beginning.is_understood();
                    }
                    service.call(request)
                })
                .app_data(told.clone())
                .app_data(gate.clone())
                .app_data(face.clone())
                .app_data(store.clone())
                .app_data(records.clone())
                .app_data(repeats.clone())
                .app_data(pages.clone())
                .app_data(running.clone())
                .app_data(configuration.clone())
                .app_data(samples.clone())
                .app_data(cluster.clone())
                .app_data(sources.clone())
                .app_data(services.clone())
                .app_data(rest.clone())
                .app_data(acme_dns.clone())
                .app_data(identity.clone())
                .app_data(metrics.clone())
                .app_data(operations.clone())
                .app_data(web::PayloadConfig::new(max_body))
                .configure(|service| routes::open_to_all(on, doors, service))
                .configure(|service| routes::with_session(on, doors, service))
                .service(
                    routes::with_login(on, doors)
                        // Within the login: what is open to anybody has one path only.
                        .wrap_fn(|mut request, service| {
                            slashes::tidy(&mut request);
                            service.call(request)
                        })
                        .wrap(from_fn(auth::require)),
                )
        })
    };
    let servers = listeners.into_iter().map(serve).collect::<Result<_, _>>();
    Ok(Listening {
        servers: servers.map_err(|cause| HttpError::Listen { address, cause })?,
        address,
        api,
    })
}
