//! The configuration: defaults, the file `app.yml`, `DADNS_` variables, each over the one before.
//!
//! Keys are declared where they are used (`dadns_keys`, and `dadns_backends::KINDS` for backends); `Config`
//! below lists the structs. All else is made from the declarations: what a file and variables may say,
//! `config/app.yml` ([`default_file`]), the JSON schema ([`schema`]) and the report of `dadns config check`.
//! So this room knows how to layer, where each value came from, and how to report, and no key by name.
//!
//! Every value is checked where it stands, while its file and line or its variable are still known; then
//! it takes the place of the one before in one map of paths. All problems are reported at once.
//!
//! figment did the layering at first. An operator needs the line of each mistake, text that stays as it was
//! written (`password: 012345`) and the nearest key: with it each key was declared three times.

mod backends;
mod catalog;
mod default_file;
mod file;
mod finding;
mod injected;
mod layers;
mod moved;
mod named;
mod schema;
mod show;
mod variables;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use dadns_keys::{Keys, Report, Section, Values, yaml};

pub use backends::{BackendConfig, Dns};
pub use default_file::default_file;
pub use file::PLACES;
pub use finding::{ConfigErrors, Finding, Origin};
pub use schema::schema;
pub use show::Effective;

use catalog::Catalog;
use layers::Layers;
use named::Named;

use crate::{
    check, cluster, http, lane, logging, masters, placement, reconcile, records, registry, sources,
    store, updates,
};

/// Lists the sections of the file, each under a heading, with the struct that declares its keys.
macro_rules! sections {
    ($($heading:literal: { $($(#[doc = $doc:literal])* $field:ident: $Type:ty,)* })*) => {
        /// Everything that an operator can set.
        #[derive(Debug, Clone)]
        pub struct Config {
            $($($(#[doc = $doc])* pub $field: $Type,)*)*
            /// The backends (`dns.*`).
            pub dns: Dns,
            /// Every key with its value, secrets masked, and its origin.
            pub effective: Vec<Effective>,
        }

        /// The headings of the file and the sections under each; those of backends follow.
        const SECTIONS: &[(&str, &[Section])] = &[$(($heading, &[$(<$Type as Keys>::SECTION),*])),*];

        impl Config {
            fn read(layers: &Layers<'_>, dns: Dns) -> Option<Self> {
                let found = &layers.found;
                Some(Self {
                    $($($field: Keys::read(&Values::new(found, <$Type as Keys>::SECTION.path))?,)*)*
                    dns,
                    effective: show::effective(layers),
                })
            }
        }
    };
}

sections! {
    "Log": {
        /// What is logged, how and where.
        logging: logging::Settings,
    }
    "State": {
        /// Where the state is (`queue_location`).
        location: store::Location,
        /// The durable state (`store.*`).
        store: store::Settings,
    }
    "The face towards DirectAdmin": {
        /// The HTTP face (`app.*`).
        app: http::Settings,
    }
    "The API": {
        /// Where the API listens (`api.*`).
        api: http::Api,
        /// Plain REST (`rest.*`).
        rest: http::Rest,
        /// The face of acme-dns (`acme_dns.*`).
        acme_dns: http::AcmeDns,
    }
    "Record edits": {
        /// Records and zones that are made here (`records.*`).
        records: records::Settings,
        /// What TSIG keys may change by dynamic update (`updates.*`).
        updates: updates::Settings,
    }
    "Delivery": {
        /// The lanes to the backends (`lanes.*`).
        lanes: lane::Settings,
    }
    "Placement": {
        /// Which backends serve which zones (`placement.*`).
        placement: placement::Settings,
    }
    "Check and repair": {
        /// The continuous comparison of backends with desired state (`check.*`).
        check: check::Settings,
        /// How much of each zone's past is kept (`history.*`).
        history: store::Keep,
        /// Which pushes are held (`guard.*`).
        guard: store::Guard,
    }
    "Watched directories": {
        /// Directories of zone files (`sources.*`).
        sources: sources::Settings,
    }
    "The registry": {
        /// Services that register themselves (`registry.*`).
        registry: registry::Settings,
    }
    "Several nodes": {
        /// What this node shares with others (`cluster.*`).
        cluster: cluster::Settings,
    }
    "Reconciliation": {
        /// When desired state is compared with the masters (`reconciliation.*`).
        reconciliation: reconcile::Settings,
        /// The masters (`reconciliation.*`).
        masters: masters::Settings,
    }
}

/// A configuration and how it came about. Its `Display` is the report of `dadns config check`.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// The file that was read, if there was one.
    pub source_file: Option<PathBuf>,
    /// What is allowed, but worth telling the operator.
    pub warnings: Vec<Finding>,
}

impl Config {
    /// Loads the configuration: the file `explicit`, or else the first of [`PLACES`] that exists, over
    /// the defaults and under the `DADNS_` variables of `environment`.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its file and line or its variable.
    pub fn load<T: Into<OsString>>(
        explicit: Option<&Path>,
        environment: impl Iterator<Item = (T, T)>,
    ) -> Result<Loaded, ConfigErrors> {
        let environment = environment.map(|(name, value)| (name.into(), value.into()));
        load(explicit, &PLACES.map(PathBuf::from), environment)
    }

    /// Rules between keys.
    fn check(&self, report: &mut Report) {
        self.app.check(report);
        self.api.check(&self.app, report);
        self.dns.check(report);
        self.updates
            .check(self.dns.enabled().map(|on| &on.chosen), report);
        let registry = self.registry.enabled;
        self.cluster
            .check(self.reconciliation.enabled, registry, report);
        self.dns.check_shared(self.cluster.is_on(), report);
        let node = self.cluster.name();
        let cluster = self.cluster.is_on().then_some(node.as_str());
        let enabled = self.dns.enabled().map(|on| on.id.as_str());
        self.placement.check(enabled, cluster, report);
        let nameservers = &self.records.nameservers;
        self.registry
            .check(nameservers, self.cluster.is_on(), report);
        self.sources.check(report);
        self.masters.check(self.reconciliation.enabled, report);
    }
}

fn load(
    explicit: Option<&Path>,
    places: &[PathBuf],
    environment: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Loaded, ConfigErrors> {
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    let found = file::find(explicit, places).unwrap_or_else(|error| {
        errors.push(error);
        None
    });
    let (source_file, text) = found.unzip();
    let (tree, faults) = yaml::read(text.as_deref().unwrap_or_default());
    let path = source_file.as_deref().unwrap_or(Path::new("")).into();
    let origin = Origin::File { path, line: 0 };
    let finding = |fault: yaml::Fault| Finding::new(origin.at(fault.line), fault.message);
    errors.extend(faults.into_iter().map(finding));

    let mut named = Named::of_tree(&tree);
    let variables = variables::read(environment, &named, &mut errors, &mut warnings);
    for variable in &variables {
        named.note_variable(variable);
    }
    let catalog = Catalog::new(&named);
    let mut layers = Layers::new(&catalog, errors, warnings);
    layers.defaults();
    layers.tree(&tree, &origin);
    for variable in &variables {
        layers.variable(variable);
    }
    layers.require_items(&named);

    let mut report = Report::new(layers.wrong.clone());
    let dns = Dns::read(&layers.found, &named, &mut report);
    let config = Config::read(&layers, dns);
    if let Some(config) = &config {
        config.check(&mut report);
    }
    layers.take(report);
    layers.errors.sort_by_key(|error| error.origin.rank());
    let Layers {
        errors, warnings, ..
    } = layers;
    match config {
        Some(config) if errors.is_empty() => Ok(Loaded {
            config,
            source_file,
            warnings,
        }),
        _ => Err(ConfigErrors::new(errors)),
    }
}
