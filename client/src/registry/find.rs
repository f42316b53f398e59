//! What is looked for, and what is found.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Which instance is looked for.
///
/// ```
/// use dadns_client::Wish;
///
/// let wish = Wish::of("oauth").require("version", "2").tag("blue").strategy("least_busy");
/// assert_eq!(wish.requirements["busy"], false);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Wish {
    /// The service.
    pub service_type: String,
    /// What its metadata has to say: scalars are equal, all of a list are in the list there. `busy`: as it says it is.
    pub requirements: Map<String, Value>,
    /// The tags that it has.
    pub tags: Vec<String>,
    /// `weight`, `random`, `round_robin` or `least_busy`; `None`: by weight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
}

impl Wish {
    /// Any instance of a service that is not busy.
    ///
    /// ```
    /// let wish = dadns_client::Wish::of("web");
    /// # assert_eq!(wish.service_type, "web");
    /// ```
    pub fn of(service: impl Into<String>) -> Self {
        let busy = ("busy".to_owned(), Value::Bool(false));
        Self {
            service_type: service.into(),
            requirements: [busy].into_iter().collect(),
            tags: Vec::new(),
            strategy: None,
        }
    }

    /// The same whose metadata has this.
    ///
    /// ```
    /// let wish = dadns_client::Wish::of("web").require("capabilities", vec!["oauth"]);
    /// # assert_eq!(wish.requirements.len(), 2);
    /// ```
    #[must_use]
    pub fn require(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.requirements.insert(name.into(), value.into());
        self
    }

    /// The same with this tag.
    ///
    /// ```
    /// let wish = dadns_client::Wish::of("web").tag("blue");
    /// # assert_eq!(wish.tags, ["blue"]);
    /// ```
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// The same, chosen like this.
    ///
    /// ```
    /// let wish = dadns_client::Wish::of("web").strategy("round_robin");
    /// # assert_eq!(wish.strategy.as_deref(), Some("round_robin"));
    /// ```
    #[must_use]
    pub fn strategy(mut self, strategy: impl Into<String>) -> Self {
        self.strategy = Some(strategy.into());
        self
    }
}

/// An instance that suits.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Found {
    /// `http://` and where it is.
    pub url: String,
    /// Its address, or the name of its host.
    #[serde(default)]
    pub host: String,
    /// Its port.
    #[serde(default)]
    pub port: Option<u16>,
    /// What was said of it when it was registered.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// The URLs of others that suit, the best first.
    #[serde(default)]
    pub failover: Vec<String>,
    /// Whether most of the service had vanished at once, so that this is what was healthy before.
    #[serde(default)]
    pub stale: bool,
}
