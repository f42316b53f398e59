//! What is registered.

use serde::Serialize;
use serde_json::{Map, Value};

/// What is registered: a service, an id that is unique in it, a port, and what others may look for.
///
/// ```
/// use dadns_client::Registration;
///
/// let web = Registration::new("web", "1", 8080)
///     .host("192.0.2.1")
///     .tag("blue")
///     .meta("version", "2.1");
/// assert_eq!(web.metadata["version"], "2.1");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Registration {
    /// The service.
    #[serde(rename = "server")]
    pub service: String,
    /// The id.
    pub instance_id: String,
    /// Its address, or the name of its host; `None`: where the registration comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Its port, not 0.
    pub port: u16,
    /// Its tags, at most 64.
    pub tags: Vec<String>,
    /// What is said of it, at most 16 KiB as JSON.
    pub metadata: Map<String, Value>,
}

impl Registration {
    /// One at the address that it is sent from.
    ///
    /// ```
    /// let web = dadns_client::Registration::new("web", "1", 8080);
    /// assert_eq!(web.host, None);
    /// ```
    pub fn new(service: impl Into<String>, instance: impl Into<String>, port: u16) -> Self {
        Self {
            service: service.into(),
            instance_id: instance.into(),
            host: None,
            port,
            tags: Vec::new(),
            metadata: Map::new(),
        }
    }

    /// The same at this address or host.
    ///
    /// ```
    /// let web = dadns_client::Registration::new("web", "1", 8080).host("web1.example.com");
    /// # assert_eq!(web.host.as_deref(), Some("web1.example.com"));
    /// ```
    #[must_use]
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// The same with one more tag.
    ///
    /// ```
    /// let web = dadns_client::Registration::new("web", "1", 8080).tag("blue");
    /// # assert_eq!(web.tags, ["blue"]);
    /// ```
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// The same with this said of it.
    ///
    /// ```
    /// let web = dadns_client::Registration::new("web", "1", 8080).meta("capabilities", vec!["oauth"]);
    /// # assert_eq!(web.metadata["capabilities"][0], "oauth");
    /// ```
    #[must_use]
    pub fn meta(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.metadata.insert(name.into(), value.into());
        self
    }
}
