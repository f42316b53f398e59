//! What is known of the `named` that runs now: its version, the views that have our zones, its logs.
//!
//! It is learnt from `status`, which every probe asks for, and from the configuration file that `status` names.
//! That is read again when `named` was started or has read it anew. A batch asks for `status` where what is
//! known may not [hold](known) any more.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

mod configuration;
mod files;
mod known;
mod version;

pub use self::version::Version;

use self::configuration::NamedConf;
use self::files::Files;
use self::known::Asked;
use self::version::Status;
use super::channel::Rndc;
use super::disk::Options;
use super::settings::View;
use super::{Bind, addzone};
use crate::{BackendError, BackendId};

/// What is known of the `named` that runs.
#[derive(Debug, Clone, Default)]
pub struct Running {
    /// What tells whether all this still holds; `None`: it does not.
    asked: Option<Asked>,
    status: Status,
    /// What its configuration file says; otherwise why that is not known.
    configuration: Option<Result<NamedConf, String>>,
    /// What it said when it refused the present form of our stanzas.
    refused: Option<String>,
    /// How it can be given zones.
    way: Way,
}

/// How `named` is given zones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Way {
    /// By stanzas in the include file.
    #[default]
    Include,
    /// Over the control channel, into its own database.
    Addzone,
}

/// The `named` of a backend, as it was last seen.
#[derive(Debug, Default)]
pub struct LastSeen(Mutex<Arc<Running>>);

impl LastSeen {
    pub fn get(&self) -> Arc<Running> {
        // It is set as a whole.
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn set(&self, running: Running) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(running);
    }
}

/// The way to give `named` zones. Asks [what it is](look) where that may have changed. `removes`: zones are to
/// be removed, or are not certainly gone.
///
/// # Errors
/// Those of [`look`].
pub async fn way(bind: &Bind, rndc: &Rndc, removes: bool) -> Result<Way, BackendError> {
    let known = bind.named.get();
    let same_files = match (known.files().cloned(), known.configured()) {
        (Some(files), Some(then)) => bind.on_disk(move |_| Ok(files.are_as_of(then))).await?,
        (Some(_), None) => false,
        (None, _) => true,
    };
    if same_files && known.holds(rndc, removes).await? {
        return Ok(known.way);
    }
    look(bind, rndc).await
}

/// Asks `named` what it is, and has stanzas take the form that it understands. Returns the way to give it
/// zones.
///
/// # Errors
/// When it does not answer, or not with its status, or when it does not allow the way that is set.
pub async fn look(bind: &Bind, rndc: &Rndc) -> Result<Way, BackendError> {
    let asked = Some(Asked::begin(rndc).await?);
    let answer = rndc.call("status").await?;
    let answer =
        answer.map_err(|said| BackendError::unreachable("asking named for its status", said))?;
    let status = Status::read(&answer);
    let before = bind.named.get();
    if before.status == status {
        bind.named.set(Running {
            asked,
            ..Running::clone(&before)
        });
        return Ok(before.way);
    }
    let file = status.configuration.clone();
    let root = status.root.clone().unwrap_or_else(|| PathBuf::from("/"));
    let configuration = match file {
        Some(file) => {
            let read =
                bind.on_disk(move |disk| Ok(NamedConf::read(&file, &root, disk.include_path())));
            Some(read.await?)
        }
        None => None,
    };
    // Another version may know what this one refused.
    let refused = before
        .refused
        .clone()
        .filter(|_| before.status.version == status.version);
    bind.disk.set_options(match refused {
        Some(_) => Options::first(),
        None => Options::for_version(status.version, bind.settings.limits),
    });
    let running = Running {
        asked,
        status,
        configuration,
        refused,
        way: before.way,
    };
    let views = running.views(&bind.settings.views).to_vec();
    let way = addzone::detect(bind, rndc, &views).await?;
    bind.named.set(Running { way, ..running });
    Ok(way)
}

/// The same, though `named` has not said that anything changed.
///
/// # Errors
/// When it does not answer, or not with its status.
pub async fn look_again(bind: &Bind, rndc: &Rndc) -> Result<Way, BackendError> {
    let before = bind.named.get();
    bind.named.set(Running {
        refused: before.refused.clone(),
        way: before.way,
        ..Running::default()
    });
    look(bind, rndc).await
}

/// Notes that `named` has refused the present form of our stanzas, and leaves it with the first.
pub fn refuses_options(bind: &Bind, said: &str) {
    let before = bind.named.get();
    bind.disk.set_options(Options::first());
    bind.named.set(Running {
        refused: Some(said.to_owned()),
        ..Running::clone(&before)
    });
}

impl Running {
    /// The views that have our zones, of those that the settings or the configuration of `named` name.
    /// Empty: it has none, or they are not known.
    pub fn views<'v>(&'v self, set: &'v [View]) -> &'v [View] {
        match &self.configuration {
            _ if !set.is_empty() => set,
            Some(Ok(found)) => &found.views,
            _ => &[],
        }
    }

    /// The files that it is configured by, where they could be read.
    fn files(&self) -> Option<&Files> {
        let configuration = self.configuration.as_ref()?.as_ref().ok()?;
        Some(&configuration.files)
    }

    /// How it is given zones, as it was last seen.
    pub fn way(&self) -> Way {
        self.way
    }

    /// When it was started, as it says it.
    pub fn start(&self) -> &str {
        &self.status.start
    }

    /// Its configuration file, where it can be checked from here: not that of one in a chroot.
    pub fn configuration(&self) -> Option<&Path> {
        let file = self.status.configuration.as_deref();
        file.filter(|_| self.status.root.is_none())
    }

    /// The files that it logs to, as far as they are known.
    pub fn logs(&self) -> Vec<PathBuf> {
        match &self.configuration {
            Some(Ok(found)) => found.logs.clone(),
            _ => Vec::new(),
        }
    }

    /// Why the views are not known, with what to do, where the zones of backend `id` are in several.
    pub fn views_unknown(&self, id: &BackendId) -> String {
        let why = match (&self.status.configuration, &self.configuration) {
            (Some(file), Some(Err(error))) => {
                format!("{} cannot be read for them: {error}", file.display())
            }
            (Some(file), _) => format!("{} does not show which", file.display()),
            (None, _) => "named does not say where its configuration is".to_owned(),
        };
        format!(
            "the zone is in several views, and {why}; list those that include the stanzas of dadns in \
             dns.backends.{id}.views, such as [inside, outside]"
        )
    }

    /// What an operator should know of it.
    pub fn notes(&self, set: &[View], id: &BackendId) -> Vec<String> {
        let mut notes = Vec::new();
        let views: Vec<_> = self.views(set).iter().map(ToString::to_string).collect();
        if !views.is_empty() {
            notes.push(format!(
                "zones are reloaded and verified in these views: {}. DNS queries reach only the view that \
                 answers at dns_address",
                views.join(", ")
            ));
        }
        match (&self.status.configuration, &self.configuration) {
            (_, Some(Ok(found))) if views.is_empty() && found.view_count > 0 => notes.push(format!(
                "none of the {} views in the configuration of named includes the stanzas of dadns, so named \
                 serves none of its zones; include them in each view that should serve them",
                found.view_count
            )),
            (Some(file), Some(Err(error))) if set.is_empty() => notes.push(format!(
                "the configuration of named, {}, cannot be read ({error}): should it have several views, \
                 list those that include the stanzas of dadns in dns.backends.{id}.views",
                file.display()
            )),
            _ => {}
        }
        if let Some(said) = &self.refused {
            notes.push(format!(
                "named refuses the options that dadns sets for its zones ({said}): they are left out, and \
                 what named.conf sets for all zones holds for these too; its log says which option"
            ));
        }
        notes
    }
}
