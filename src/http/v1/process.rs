//! What only this process knows: its configuration, its newest log lines, since when it runs.

use actix_web::{HttpResponse, web};
use jiff::Timestamp;

use super::shape::{About, ConfigurationKey, LogQuery, LoggedLine, StoreFile};
use super::{Problem, json, reading};
use crate::http::Identity;
use crate::logging::{Level, LogLine, recent};
use crate::store::{Disk, Store};

/// The most lines of the log that are shown.
const MOST: usize = 1_000;

/// The configuration that holds, secrets masked.
#[derive(Debug, Clone, Default)]
pub(in crate::http) struct Configuration(pub Vec<ConfigurationKey>);

/// `GET /api/v1/configuration`.
pub async fn configuration(configuration: web::Data<Configuration>) -> HttpResponse {
    json(&configuration.0)
}

/// `GET /api/v1/log`: newest first.
pub async fn log(query: web::Query<LogQuery>) -> Result<HttpResponse, Problem> {
    Ok(json(lines(&query)?))
}

/// The newest lines of the log that are asked for, newest first.
pub(in crate::http) fn lines(query: &LogQuery) -> Result<Vec<LoggedLine>, Problem> {
    let LogQuery {
        level,
        zone,
        backend,
        limit,
    } = query;
    let least: Option<Level> = match level.trim() {
        "" => None,
        level => Some(
            level
                .parse()
                .map_err(|error| Problem::invalid(format!("level: {error}")))?,
        ),
    };
    // Names of zones are written without the last dot and in lower case.
    let zone = zone.trim().trim_end_matches('.').to_ascii_lowercase();
    let backend = backend.trim();
    let is = |line: &LogLine, name: &str, wanted: &str| {
        wanted.is_empty() || line.field(name) == Some(wanted)
    };
    let wanted = |line: &LogLine| {
        least.is_none_or(|least| line.level >= least)
            && is(line, "zone", &zone)
            && is(line, "backend", backend)
    };
    let most = limit.unwrap_or(MOST).clamp(1, MOST);
    let all = recent(most, wanted).into_iter();
    let all = all.map(|line| LoggedLine {
        at: line.at,
        level: line.level.name().to_owned(),
        module: line.module.clone(),
        message: line.message.clone(),
        fields: line
            .fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
    });
    Ok(all.collect())
}

/// `GET /api/v1/about`.
pub async fn about(
    store: web::Data<Store>,
    identity: web::Data<Identity>,
) -> Result<HttpResponse, Problem> {
    let about = reading(store, move |store| own(store, &identity));
    Ok(json(about.await?))
}

/// What this process is.
pub(in crate::http) fn own(store: &Store, identity: &Identity) -> Result<About, Problem> {
    let Disk {
        engine,
        directory,
        files,
        free_bytes,
    } = store.disk()?;
    let uptime = identity.started.elapsed();
    let files = files
        .into_iter()
        .map(|(name, bytes)| StoreFile { name, bytes });
    Ok(About {
        version: env!("CARGO_PKG_VERSION").into(),
        started: Timestamp::now() - uptime,
        uptime_s: uptime.as_secs(),
        engine: engine.into(),
        directory: directory.display().to_string(),
        files: files.collect(),
        free_bytes,
    })
}
