//! The kinds of backends: one line each. What a kind can do, it says itself.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use dadns_keys::{Keys, Report, Section, Values};

use crate::bind::Bind;
use crate::builtin::Builtin;
use crate::coredns_mysql::CorednsMysql;
use crate::{Backend, BackendError, BackendId, Server};

/// Every kind that an operator can choose, in the order of `config/app.yml`.
pub static KINDS: &[Kind] = &[
    Kind::of::<Builtin>(),
    Kind::of::<Bind>(),
    Kind::of::<CorednsMysql>(),
];

/// A backend that an operator can choose and set: what its kind is called, and what its keys mean.
pub trait Configured {
    /// The name of the kind, as `type` has it.
    const NAME: &'static str;
    /// An instance that is called so, or so and `_something`, is of this kind without a `type`.
    const PREFIXES: &'static [&'static str];
    /// Whether the instance that is called like the kind is enabled by default.
    const ENABLED: bool;
    /// Whether several nodes can share an instance, as it is [fenced](Backend::fenced).
    const FENCED: bool;
    /// Its keys.
    type Keys: Keys;
    /// What they amount to.
    type Settings: fmt::Debug + Clone + Send + Sync + 'static;

    /// The settings of the instance at `path`; `None` with an error in `report` if there can be none.
    fn settings(keys: Self::Keys, path: &str, report: &mut Report) -> Option<Self::Settings>;

    /// Rules between the keys of each instance, and between instances: all that are enabled.
    fn check(all: &[Instance<'_, Self::Settings>], report: &mut Report);

    /// Opens an instance.
    ///
    /// # Errors
    /// What no waiting repairs.
    fn open(id: BackendId, settings: Self::Settings) -> Result<Opened, BackendError>;
}

/// The settings of one enabled instance.
#[derive(Debug)]
pub struct Instance<'a, S> {
    path: String,
    /// The settings.
    pub settings: &'a S,
}

impl<S> Instance<'_, S> {
    /// Where the instance stands in the configuration.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The path of one of its keys.
    pub fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }
}

/// A backend that was opened.
#[derive(Debug)]
pub struct Opened {
    /// The backend.
    pub backend: Arc<dyn Backend>,
    /// The same, if it is a name server itself that the gateway has to run.
    pub server: Option<Arc<dyn Server>>,
}

impl Opened {
    /// A backend that is somewhere else.
    pub fn backend(backend: impl Backend) -> Self {
        Self {
            backend: Arc::new(backend),
            server: None,
        }
    }

    /// A backend that is a name server itself.
    pub fn server(server: impl Server) -> Self {
        let server: Arc<dyn Server> = Arc::new(server);
        Self {
            backend: Arc::clone(&server) as Arc<dyn Backend>,
            server: Some(server),
        }
    }
}

/// One kind of backend, whatever its settings are.
#[derive(Debug)]
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// What names of instances begin with that need no `type`.
    pub prefixes: &'static [&'static str],
    /// Whether the instance that is called like the kind is enabled by default.
    pub enabled: bool,
    /// Whether several nodes can share an instance.
    pub fenced: bool,
    /// Its keys.
    pub section: Section,
    read: fn(&Values<'_>, &str, &mut Report) -> Option<Arc<dyn AnySettings>>,
    check: fn(&[(String, Chosen)], &mut Report),
    open: fn(BackendId, &dyn AnySettings) -> Option<Result<Opened, BackendError>>,
}

impl Kind {
    /// The kind of the backend `T`.
    pub const fn of<T: Configured>() -> Self {
        Self {
            name: T::NAME,
            prefixes: T::PREFIXES,
            enabled: T::ENABLED,
            fenced: T::FENCED,
            section: T::Keys::SECTION,
            read: |values, path, report| {
                let keys = T::Keys::read(values)?;
                let settings = T::settings(keys, path, report)?;
                Some(Arc::new(settings))
            },
            check: |all, report| {
                let of_kind = all.iter().filter(|(_, chosen)| chosen.kind.name == T::NAME);
                let of_kind = of_kind.filter_map(|(path, chosen)| {
                    let (path, settings) = (path.clone(), chosen.get()?);
                    Some(Instance { path, settings })
                });
                T::check(&of_kind.collect::<Vec<_>>(), report);
            },
            open: |id, settings| {
                let settings: &T::Settings = (settings as &dyn Any).downcast_ref()?;
                Some(T::open(id, settings.clone()))
            },
        }
    }

    /// The settings of the instance at `path`, read from its values; `None` with an error in `report`
    /// if there can be none.
    pub fn read(
        &'static self,
        values: &Values<'_>,
        path: &str,
        report: &mut Report,
    ) -> Option<Chosen> {
        let settings = (self.read)(values, path, report)?;
        Some(Chosen {
            kind: self,
            settings,
        })
    }

    /// Checks the rules of this kind: `all` are the enabled instances with their paths, those of other
    /// kinds among them.
    pub fn check(&self, all: &[(String, Chosen)], report: &mut Report) {
        (self.check)(all, report);
    }
}

trait AnySettings: Any + fmt::Debug + Send + Sync {}

impl<T: Any + fmt::Debug + Send + Sync> AnySettings for T {}

/// A kind of backend with the settings of one instance.
#[derive(Clone)]
pub struct Chosen {
    /// The kind.
    pub kind: &'static Kind,
    settings: Arc<dyn AnySettings>,
}

impl fmt::Debug for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple(self.kind.name).field(&self.settings).finish()
    }
}

impl Chosen {
    /// The settings, if they are of this type.
    pub fn get<S: 'static>(&self) -> Option<&S> {
        (&*self.settings as &dyn Any).downcast_ref()
    }

    /// Opens the backend under the name `id`.
    ///
    /// # Errors
    /// What no waiting repairs.
    pub fn open(&self, id: BackendId) -> Result<Opened, BackendError> {
        let opened = (self.kind.open)(id, &*self.settings);
        let other = || BackendError::unreachable("opening it", "its settings are of another kind");
        opened.unwrap_or_else(|| Err(other()))
    }
}
