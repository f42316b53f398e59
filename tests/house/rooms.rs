//! The rooms of `src`, from the floors up, and whom each may know.

/// A room, and the rooms that its files may name. `app` wires everything, so it may name all.
pub(super) const MAY_KNOW: &[(&str, &[&str])] = &[
    // Floors.
    ("blocking", &[]),
    ("logging", &[]),
    ("retry", &[]),
    ("engine", &["blocking", "logging"]),
    ("ledger", &["logging"]),
    ("access", &[]),
    ("feed", &[]),
    ("placement", &[]),
    (
        "store",
        &[
            "engine",
            "ledger",
            "access",
            "feed",
            "placement",
            "blocking",
            "logging",
        ],
    ),
    ("health", &["store", "feed", "logging"]),
    ("child", &["health", "logging"]),
    ("report", &["store"]),
    ("records", &["access", "store", "logging"]),
    (
        "registry",
        &[
            "engine", "ledger", "store", "records", "access", "metrics", "logging",
        ],
    ),
    // It observes: nobody takes a type of the domain from it.
    ("metrics", &["store", "health"]),
    ("samples", &["store", "health"]),
    // Tasks.
    (
        "cluster",
        &[
            "access", "health", "ledger", "store", "metrics", "blocking", "logging",
        ],
    ),
    ("verify", &["health"]),
    ("preload", &["store", "health", "logging"]),
    ("moves", &["access", "store", "blocking", "logging"]),
    (
        "lane",
        &[
            "access", "ledger", "store", "health", "verify", "retry", "metrics", "blocking",
            "logging",
        ],
    ),
    (
        "check",
        &[
            "access", "ledger", "store", "health", "verify", "metrics", "blocking", "logging",
        ],
    ),
    ("masters", &["blocking", "logging"]),
    (
        "sources",
        &["access", "store", "metrics", "blocking", "logging"],
    ),
    (
        "reconcile",
        &[
            "access", "ledger", "report", "store", "health", "masters", "metrics", "blocking",
            "logging",
        ],
    ),
    (
        "operations",
        &[
            "access",
            "ledger",
            "report",
            "store",
            "health",
            "check",
            "reconcile",
            "masters",
            "metrics",
            "blocking",
            "logging",
        ],
    ),
    // It lists the settings that these declare.
    (
        "config",
        &[
            "check",
            "child",
            "cluster",
            "http",
            "lane",
            "logging",
            "masters",
            "placement",
            "reconcile",
            "records",
            "registry",
            "sources",
            "store",
            "updates",
        ],
    ),
    // Doors: never a lane, a check or a backend.
    (
        "http",
        &[
            "cluster",
            "store",
            "health",
            "access",
            "feed",
            "operations",
            "metrics",
            "placement",
            "records",
            "registry",
            "report",
            "samples",
            "sources",
            "logging",
        ],
    ),
    ("updates", &["store", "access", "logging"]),
    (
        "line",
        &[
            "access", "blocking", "records", "registry", "store", "logging",
        ],
    ),
    (
        "cli",
        &[
            "child", "access", "report", "registry", "sources", "cluster", "config", "http",
            "logging", "app",
        ],
    ),
];
