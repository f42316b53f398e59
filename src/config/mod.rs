//! The configuration: defaults, the file `app.yml`, `DADNS_` variables, each over the one before.
//!
//! The built-in defaults *are* the shipped `config/app.yml`, so that the two cannot disagree. Every
//! value is checked against the table of known keys (`keys`) where it stands, while its file and
//! line or variable are still known; then figment layers the values and extracts them. All problems
//! are reported at once.
//!
//! # Adding a key
//!
//! 1. its line in `keys`, in `kinds` for a kind of backend, or in `lists` for the items of a list;
//! 2. its field in `model`, or in `extract` for a kind of backend;
//! 3. its default, with meaning, unit and variable, in `config/app.yml`.

mod extract;
mod file;
mod finding;
mod injected;
mod keys;
mod kinds;
mod layers;
mod listen;
mod lists;
mod model;
mod moved;
mod read;
mod reconciliation;
mod rules;
mod secret;
mod show;
mod takes;
mod variables;
mod yaml;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub use file::PLACES;
pub use finding::{ConfigErrors, Finding, Origin};
pub use listen::{DEFAULT_PASSWORD, Listen};
pub use model::{Account, App, Audit, BackendConfig, Config, Dns, Kind, Lanes, Store, Tls};
pub use reconciliation::{DirectAdminServer, Reconciliation};
pub use secret::{MASK, Secret};
pub use show::Effective;

use kinds::Instances;
use layers::Layers;

/// The shipped file, which is also what holds where nothing else is said.
pub const DEFAULTS: &str = include_str!("../../config/app.yml");

/// A configuration and how it came about. Its `Display` is the report of `dadns config check`.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// The file that was read, if there was one.
    pub source_file: Option<PathBuf>,
    /// Every key with its value, secrets masked, and its origin.
    pub effective: Vec<Effective>,
    /// What is allowed, but worth telling the operator.
    pub warnings: Vec<Finding>,
}

impl Config {
    /// Loads the configuration: the file `explicit`, or else the first of [`PLACES`] that is there,
    /// over the defaults and under the `DADNS_` variables of `environment`.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn load<T: Into<OsString>>(
        explicit: Option<&Path>,
        environment: impl Iterator<Item = (T, T)>,
    ) -> Result<Loaded, ConfigErrors> {
        let environment = environment.map(|(name, value)| (name.into(), value.into()));
        load(explicit, &PLACES.map(PathBuf::from), environment)
    }
}

fn load(
    explicit: Option<&Path>,
    places: &[PathBuf],
    environment: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Loaded, ConfigErrors> {
    let mut errors = Vec::new();
    let mut warnings = Vec::new();
    let found = file::find(explicit, places).unwrap_or_else(|error| {
        errors.push(error);
        None
    });
    let (source_file, text) = found.unzip();

    let (defaults, _) = yaml::read(DEFAULTS);
    let (tree, faults) = yaml::read(text.as_deref().unwrap_or_default());
    let origin = Origin::File {
        path: source_file.as_deref().unwrap_or(Path::new("")).into(),
        line: 0,
    };
    errors.extend(
        faults
            .into_iter()
            .map(|fault| Finding::new(origin.at(fault.line), fault.message)),
    );

    let mut instances = Instances::default();
    instances.declare_all(&defaults);
    instances.declare_all(&tree);
    let variables = variables::read(environment, &instances, &mut errors, &mut warnings);
    for variable in &variables {
        instances.declare_variable(variable);
    }

    let mut layers = Layers::new(&instances);
    layers.defaults(&defaults);
    layers.tree(&tree, &origin);
    for variable in &variables {
        layers.variable(variable);
    }
    let config = extract::config(&mut layers, &instances);
    if let Some(config) = &config {
        rules::check(config, &mut layers);
    }

    let effective = show::effective(&layers, &instances);
    errors.append(&mut layers.errors);
    warnings.append(&mut layers.warnings);
    errors.sort_by_key(|error| error.origin.rank());
    match config {
        Some(config) if errors.is_empty() => Ok(Loaded {
            config,
            source_file,
            effective,
            warnings,
        }),
        _ => Err(ConfigErrors::new(errors)),
    }
}
