//! What an operator can say about keys that update zones.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dadns_backends::Chosen;
use dadns_backends::builtin::Settings as Builtin;
use dadns_keys::{Report, Text, items, keys, many, one, optional, text};
use dadns_zone::MAX_TTL;
use strsim::damerau_levenshtein;

use crate::access::{Grant, Scope, ScopeErrors};

/// The list of grants.
const LIST: &str = "updates.grants";

keys! {
    /// What TSIG keys may change that `allow_update` of a built-in server names.
    pub struct Settings("updates") {
        /// What a key is limited to; a key without a grant may change every record of every zone. Each with:
        pub grants: Vec<KeyGrant> = items(), "[]";
    }
}

keys! {
    /// What one key may change.
    pub struct KeyGrant("") {
        /// The name of the TSIG key.
        pub key: String = one(text()), required "certbot";
        /// The zones: names, or patterns such as `*.example.com`, which spans labels. `*`: all.
        pub zones: Vec<String> = many(text()), "[\"*\"]";
        /// The owner names without the name of the zone, or patterns such as `_acme-challenge.*`; `@` is the
        /// zone's own name, and a name with a dot at its end is complete. Empty: all.
        pub names: Vec<String> = many(text()), "[]";
        /// The types of records. Empty: all.
        pub types: Vec<String> = many(text()), "[]";
        /// The highest TTL of what it adds, in seconds. Empty: any.
        pub ttl_max: Option<u32> = optional(Text::Whole(0, MAX_TTL as u64)), "\"\"";
    }
}

impl KeyGrant {
    /// The name of the key, as keys have it.
    fn name(&self) -> String {
        self.key.trim_end_matches('.').to_ascii_lowercase()
    }

    fn scope(&self) -> Result<Scope, ScopeErrors> {
        Scope::read(&Grant {
            zones: self.zones.clone(),
            names: self.names.clone(),
            types: self.types.clone(),
            actions: vec!["edit".to_owned()],
            ttl_max: self.ttl_max,
            ..Grant::default()
        })
    }
}

impl Settings {
    /// The scopes of keys by name; `None`: the grant cannot be read, and allows nothing.
    pub(super) fn scopes(&self) -> BTreeMap<String, Option<Arc<Scope>>> {
        let grants = self.grants.iter();
        let scope = |grant: &KeyGrant| (grant.name(), grant.scope().ok().map(Arc::new));
        grants.map(scope).collect()
    }

    /// Rules between its keys, and the backends that are enabled: a grant is of a key that may update. A name
    /// that is mistyped would leave a key without its limits.
    pub fn check<'a>(&self, backends: impl Iterator<Item = &'a Chosen>, report: &mut Report) {
        let servers = backends.filter_map(Chosen::get::<Builtin>);
        let allowed = servers.flat_map(|server| &server.allow_update);
        let keys = allowed.filter_map(|allowed| allowed.key.as_ref());
        let named: BTreeSet<_> = keys.map(ToString::to_string).collect();
        let mut known = BTreeMap::new();
        for (number, grant) in (1..).zip(&self.grants) {
            let path = format!("{LIST}.{number}");
            let name = grant.name();
            if let Some(other) = known.insert(name.clone(), number) {
                let at = format!("{path}.key");
                let message = format!("{at}: {LIST}.{other} is of the key {name:?} already");
                report.fail(&at, message);
            }
            if !named.contains(&name) {
                let near = named
                    .iter()
                    .min_by_key(|near| damerau_levenshtein(near, &name));
                let hint = match near {
                    Some(near) => format!("the nearest that may is {near:?}"),
                    None => "allow_update is empty".to_owned(),
                };
                let at = format!("{path}.key");
                let message = format!("{at}: no key {name:?} may update; {hint}");
                report.fail(&at, message);
            }
            for error in grant.scope().err().map_or(Vec::new(), |errors| errors.0) {
                let at = format!("{path}.{}", error.part);
                report.fail(&at, format!("{path}.{error}"));
            }
        }
    }
}
