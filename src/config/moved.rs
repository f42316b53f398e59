//! Keys that have another name now, and keys of the gateway that dadns replaces and does not share: what
//! became of each.

use dadns_keys::variable;

/// Keys and sections with the names that they have now. The old names go on working.
const RENAMED: &[(&str, &str)] = &[
    ("audit", "check"),
    ("lanes.proof_timeout_ms", "lanes.verify_timeout_ms"),
];

/// Keys and sections of the predecessor that can be ignored without a loss, and why.
const IGNORED: &[(&str, &str)] = &[
    (
        "datastore",
        "ignored: dadns needs no database for itself, its state lives in queue_location",
    ),
    (
        "environment",
        "ignored: it has no meaning in dadns; log_level says how much is logged",
    ),
    (
        "app.log_level",
        "ignored: log_level, at the top of the file, governs all of the log",
    ),
    (
        "app.log_to",
        "ignored: the log goes to standard error, and to log_file if that is set",
    ),
    (
        "app.queue_location",
        "ignored: queue_location, at the top of the file, says where state lives",
    ),
    (
        "app.proxy_support_base",
        "ignored: dadns builds no addresses of its own; app.trusted_proxies names the trusted proxies",
    ),
    (
        "app.token_valid_for_days",
        "ignored: dadns gives out no tokens",
    ),
];

/// Sections of the predecessor that have to be off.
const ABSENT: &[(&str, &str)] = &[(
    "peer_sync",
    "this version does not exchange zones with other gateways: push to each of them from DirectAdmin, \
     and remove the section or set its `enabled: false`",
)];

/// What to tell an operator whose configuration still has a key of the predecessor.
pub(super) enum Advice {
    /// Nothing is lost by ignoring it.
    Ignored(&'static str),
    /// It must be off.
    Absent(&'static str),
}

/// What became of a key or section of the predecessor: the first that `is` finds.
fn advice(is: impl Fn(&str) -> bool) -> Option<Advice> {
    let find =
        |of: &[(&str, &'static str)]| of.iter().find(|(path, _)| is(path)).map(|(_, text)| *text);
    find(IGNORED)
        .map(Advice::Ignored)
        .or_else(|| find(ABSENT).map(Advice::Absent))
}

/// What became of the key at `path`.
pub(super) fn of_path(path: &str) -> Option<Advice> {
    advice(|moved| moved == path)
}

/// What became of the key that the variable `name` set.
pub(super) fn of_variable(name: &str) -> Option<Advice> {
    advice(|moved| rest(name, moved).is_some())
}

/// The name that the key or section at `path` has now, if it has another one.
pub(super) fn renamed(path: &str) -> Option<&'static str> {
    let (_, new) = RENAMED.iter().find(|(old, _)| *old == path)?;
    Some(new)
}

/// The name that the variable `name` has now, if it has another one.
pub(super) fn renamed_variable(name: &str) -> Option<String> {
    RENAMED
        .iter()
        .find_map(|(old, new)| Some(format!("{}{}", variable(new), rest(name, old)?)))
}

/// What follows in the name of a variable behind the key or section at `path`.
fn rest<'a>(name: &'a str, path: &str) -> Option<&'a str> {
    let rest = name.strip_prefix(&variable(path))?;
    (rest.is_empty() || rest.starts_with('_')).then_some(rest)
}
