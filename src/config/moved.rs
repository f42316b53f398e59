//! Keys that have another name now, and keys of the gateway that dadns replaces and does not share: what
//! became of each.

use super::catalog::variable;

/// Keys and sections with the names that they have now. The old names go on working.
const RENAMED: &[(&str, &str)] = &[
    ("audit", "check"),
    ("lanes.proof_timeout_ms", "lanes.verify_timeout_ms"),
];

/// The name that the key or section at `path` has now, if it has another one.
pub(super) fn renamed(path: &str) -> Option<&'static str> {
    let (_, new) = RENAMED.iter().find(|(old, _)| *old == path)?;
    Some(new)
}

/// The name that the variable `name` has now, if it has another one.
pub(super) fn renamed_variable(name: &str) -> Option<String> {
    RENAMED.iter().find_map(|(old, new)| {
        let rest = name.strip_prefix(&variable(old))?;
        let ends = rest.is_empty() || rest.starts_with('_');
        ends.then(|| format!("{}{rest}", variable(new)))
    })
}

/// What to tell an operator whose configuration still has such a key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Advice {
    pub text: &'static str,
    /// Whether nothing is lost by ignoring the key.
    pub harmless: bool,
}

/// A key, or a whole section, that has no place here.
struct Moved {
    path: &'static str,
    text: &'static str,
    /// Nothing is lost by ignoring it.
    harmless: bool,
}

const MOVED: &[Moved] = &[
    Moved {
        path: "datastore",
        text: "ignored: dadns needs no database for itself, its state lives in queue_location",
        harmless: true,
    },
    Moved {
        path: "environment",
        text: "ignored: it has no meaning in dadns; log_level says how much is logged",
        harmless: true,
    },
    Moved {
        path: "app.log_level",
        text: "ignored: log_level, at the top of the file, governs all of the log",
        harmless: true,
    },
    Moved {
        path: "app.log_to",
        text: "ignored: the log goes to standard error, and to log_file if that is set",
        harmless: true,
    },
    Moved {
        path: "app.queue_location",
        text: "ignored: queue_location, at the top of the file, says where state lives",
        harmless: true,
    },
    Moved {
        path: "app.proxy_support_base",
        text: "ignored: dadns builds no addresses of its own; app.trusted_proxies names the \
               proxies whose X-Forwarded-For is believed",
        harmless: true,
    },
    Moved {
        path: "app.token_valid_for_days",
        text: "ignored: dadns gives out no tokens",
        harmless: true,
    },
    Moved {
        path: "peer_sync",
        text: "this version does not exchange zones with other gateways: push to each of them \
               from DirectAdmin, and remove the section or set its `enabled: false`",
        harmless: false,
    },
];

/// What became of the key at `path`.
pub(super) fn of_path(path: &str) -> Option<Advice> {
    let moved = MOVED.iter().find(|moved| moved.path == path)?;
    Some(moved.advice())
}

/// What became of the key that the variable `name` set.
pub(super) fn of_variable(name: &str) -> Option<Advice> {
    let is_of = |moved: &&Moved| {
        let rest = name.strip_prefix(&variable(moved.path));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    };
    MOVED.iter().find(is_of).map(Moved::advice)
}

impl Moved {
    fn advice(&self) -> Advice {
        Advice {
            text: self.text,
            harmless: self.harmless,
        }
    }
}
