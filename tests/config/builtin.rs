//! The keys of the built-in name server, and what is said about mistakes in them.

use std::time::Duration;

use dadns::config::Loaded;
use dadns_backends::builtin::Follow;

use super::{File, builtin, load, load_with, problems, shown};

/// The secret of [`KEY`], which no output may have.
pub const SECRET: &str = "c2VjcmV0LW9mLXRlc3Rz+/8=";
pub const KEY: &str = "hmac-sha256:xfer:c2VjcmV0LW9mLXRlc3Rz+/8=";
pub const OTHER: &str = "HMAC-SHA512:Other.Key:b3RoZXItc2VjcmV0";

/// A file whose `builtin` has these keys.
pub fn with(keys: &str) -> String {
    format!("dns:\n  backends:\n    builtin: {{{keys}}}\n")
}

fn texts(items: &[impl ToString]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

pub fn warnings(loaded: &Loaded) -> Vec<String> {
    texts(&loaded.warnings)
}

#[test]
fn out_of_the_box_the_built_in_server_is_on_and_answers_this_machine_only() {
    let loaded = load("");
    let enabled: Vec<&str> = loaded
        .config
        .dns
        .enabled()
        .map(|backend| backend.id.as_str())
        .collect();
    assert_eq!(enabled, ["builtin"]);
    let settings = builtin(&loaded, "builtin");
    assert_eq!(texts(&settings.listen), ["127.0.0.1:5300"]);
    assert_eq!(settings.version, None);
    assert_eq!(settings.tcp.connections, 1000);
    assert_eq!(settings.tcp.connections_per_client, 50);
    assert_eq!(settings.tcp.idle, Duration::from_secs(10));
    let limit = settings.rate_limit.as_ref().unwrap();
    assert_eq!((limit.responses_per_second, limit.slip), (200, 2));
    assert_eq!(texts(&limit.exempt), ["127.0.0.0/8", "::1/128"]);
    assert_eq!(settings.allow_transfer, []);
    assert_eq!(settings.allow_update, []);
    assert_eq!(settings.notify, []);
    assert!(settings.tsig_keys.is_empty());
    assert_eq!(settings.catalog_zone, None);
    assert_eq!(settings.follow, Follow::OwnZone);
    assert_eq!(shown(&loaded, "dns.backends.builtin.tsig_keys").0, "[]");
}

#[test]
fn with_every_backend_off_a_warning_says_that_zones_are_served_nowhere() {
    let told = |text: &str| {
        let mut warnings = warnings(&load(text)).into_iter();
        warnings.any(|warning| warning.contains("no backend is enabled"))
    };
    assert!(told(&with("enabled: false")));
    assert!(!told(""));
}

#[test]
fn every_key_of_the_built_in_server_can_be_set() {
    let loaded = load(&with(&format!(
        "listen: ['[::1]:0', 192.0.2.1:53], version: dadns 1, tcp_connections: 5, \
         tcp_connections_per_client: 4, tcp_idle_timeout_ms: 300, rate_limit: 7, \
         rate_limit_slip: 10, rate_limit_exempt: 192.0.2.9, tsig_keys: ['{KEY}', '{OTHER}'], \
         allow_transfer: [192.0.2.0/24 XFER, '2001:db8::1'], catalog_zone: Catalog.Example., \
         follow: all, \
         notify: [192.0.2.53, '[2001:db8::53]:5353 other.key']"
    )));
    let settings = builtin(&loaded, "builtin");
    assert_eq!(texts(&settings.listen), ["[::1]:0", "192.0.2.1:53"]);
    assert_eq!(settings.version.as_deref(), Some("dadns 1"));
    assert_eq!(settings.tcp.connections, 5);
    assert_eq!(settings.tcp.connections_per_client, 4);
    assert_eq!(settings.tcp.idle, Duration::from_millis(300));
    let limit = settings.rate_limit.as_ref().unwrap();
    assert_eq!((limit.responses_per_second, limit.slip), (7, 10));
    assert_eq!(texts(&limit.exempt), ["192.0.2.9/32"]);
    assert_eq!(
        texts(&settings.allow_transfer),
        ["192.0.2.0/24 xfer", "2001:db8::1/128"]
    );
    assert_eq!(
        texts(&settings.notify),
        ["192.0.2.53:53", "[2001:db8::53]:5353 other.key"]
    );
    let names = settings.tsig_keys.iter().map(|key| key.name().to_string());
    assert_eq!(names.collect::<Vec<_>>(), ["xfer", "other.key"]);
    let catalog = settings.catalog_zone.as_ref().unwrap();
    assert_eq!(catalog.as_str(), "catalog.example");
    assert_eq!(settings.follow, Follow::All);
}

#[test]
fn a_rate_limit_of_0_is_none() {
    let loaded = load(&with("rate_limit: 0"));
    assert_eq!(builtin(&loaded, "builtin").rate_limit, None);
}

#[test]
fn variables_set_its_lists_with_commas() {
    let keys = format!("{KEY}, {OTHER}");
    let loaded = load_with(
        "dns: {backends: {ns: {type: builtin}}}",
        &[
            (
                "DADNS_DNS_BACKENDS_BUILTIN_LISTEN",
                "127.0.0.1:53, [::1]:53",
            ),
            (
                "DADNS_DNS_BACKENDS_BUILTIN_ALLOW_TRANSFER",
                "10.0.0.0/8 xfer,::1",
            ),
            ("DADNS_DNS_BACKENDS_BUILTIN_NOTIFY", "10.0.0.1:5353 xfer"),
            ("DADNS_DNS_BACKENDS_BUILTIN_TSIG_KEYS", &keys),
            ("DADNS_DNS_BACKENDS_BUILTIN_RATE_LIMIT_EXEMPT", ""),
            (
                "DADNS_DNS_BACKENDS_BUILTIN_2_TCP_CONNECTIONS_PER_CLIENT",
                "9",
            ),
            ("DADNS_DNS_BACKENDS_NS_CATALOG_ZONE", "catalog.example"),
            ("DADNS_DNS_BACKENDS_BUILTIN_FOLLOW", "all"),
        ],
    );
    let first = builtin(&loaded, "builtin");
    assert_eq!(texts(&first.listen), ["127.0.0.1:53", "[::1]:53"]);
    assert_eq!(texts(&first.allow_transfer), ["10.0.0.0/8 xfer", "::1/128"]);
    assert_eq!(texts(&first.notify), ["10.0.0.1:5353 xfer"]);
    assert_eq!(first.tsig_keys.len(), 2);
    assert_eq!(first.rate_limit.as_ref().unwrap().exempt, []);
    assert_eq!(first.follow, Follow::All);
    let second = builtin(&loaded, "builtin_2");
    assert_eq!(second.tcp.connections_per_client, 9);
    assert_eq!(texts(&second.listen), ["127.0.0.1:5300"]);
    assert!(builtin(&loaded, "ns").catalog_zone.is_some());
    let enabled = loaded.config.dns.enabled();
    assert_eq!(enabled.count(), 1, "further ones are off until switched on");
}

#[test]
fn a_value_that_does_not_fit_is_told_with_its_line_and_what_was_expected() {
    let long = "x".repeat(256);
    let text = format!(
        "dns:
  backends:
    builtin:
      listen:
        - 127.0.0.1:53
        - 127.0.0.1
      version: {long}
      tcp_connections: 0
      tcp_connections_per_client: 0
      tcp_idle_timeout_ms: 1
      rate_limit: many
      rate_limit_slip: 11
      rate_limit_exempt: [localhost]
      allow_transfer: [anybody]
      notify: ['192.0.2.53:0']
      tsig_keys:
        - {KEY}
        - hmac-md4:old:{SECRET}
      catalog_zone: a..b
      follow: everywhere
      listn: []
"
    );
    let problems = problems(&text);
    let at = |line: usize, rest: &str| format!("{line}: dns.backends.builtin.{rest}");
    let expected = [
        at(6, "listen: \"127.0.0.1\" is not an address with a port"),
        at(7, "version: \"xxx"),
        at(8, "tcp_connections: \"0\" is not a whole number from 1"),
        at(9, "tcp_connections_per_client: \"0\" is not a"),
        at(10, "tcp_idle_timeout_ms: \"1\" is not a"),
        at(11, "rate_limit: \"many\" is not a whole number from 0"),
        at(
            12,
            "rate_limit_slip: \"11\" is not a whole number from 0 to 10",
        ),
        at(
            13,
            "rate_limit_exempt: \"localhost\" is not an IP address or a",
        ),
        at(
            14,
            "allow_transfer: \"anybody\" is not an address or a network",
        ),
        at(15, "notify: \"192.0.2.53:0\" is not an address such as"),
        at(18, "tsig_keys: item 2 is not ALGORITHM:NAME:SECRET"),
        at(19, "catalog_zone: \"a..b\" is not the name of a zone"),
        at(20, "follow: \"everywhere\" is not own_zone or all"),
        "21: unknown key \"dns.backends.builtin.listn\"; did you mean dns.backends.builtin.listen?"
            .to_owned(),
    ];
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    for (problem, expected) in problems.iter().zip(expected) {
        assert!(
            problem.starts_with(&expected),
            "{problem}\ninstead of\n{expected}"
        );
    }
    assert!(problems[1].ends_with("is not text of at most 255 octets, or nothing"));
}

#[test]
fn two_built_in_servers_may_not_listen_on_one_address() {
    let both = |one: &str, other: &str| {
        File::new(format!(
            "dns:\n  backends:\n    builtin: {{listen: ['{one}']}}\n    builtin_2:\n      \
             enabled: true\n      listen: ['192.0.2.9:53', '{other}']\n"
        ))
    };
    for (one, other) in [
        ("127.0.0.1:54", "127.0.0.1:54"),
        ("0.0.0.0:54", "127.0.0.1:54"),
        ("127.0.0.1:54", "0.0.0.0:54"),
        ("[::]:54", "[::1]:54"),
        ("[::1]:54", "[::]:54"),
        ("127.0.0.1:54", "[::ffff:127.0.0.1]:54"),
    ] {
        let told = both(one, other).problems(&[]);
        // A mapped address is the one that it stands for.
        let other = other.replace("[::ffff:127.0.0.1]", "127.0.0.1");
        let said = format!(
            "6: dns.backends.builtin_2.listen: {other} is taken: dns.backends.builtin.listen has \
             {one}"
        );
        assert_eq!(told, [said], "{one} {other}");
    }
    for (one, other) in [
        ("127.0.0.1:54", "127.0.0.2:54"),
        ("127.0.0.1:54", "127.0.0.1:55"),
        ("127.0.0.1:0", "127.0.0.1:0"),
        ("[::]:0", "0.0.0.0:0"),
        ("0.0.0.0:54", "[::1]:54"),
        ("[fe80::1%1]:54", "[fe80::1%2]:54"),
    ] {
        assert!(both(one, other).load(&[]).is_ok(), "{one} {other}");
    }
    let one_list = problems("dns: {backends: {builtin: {listen: ['0.0.0.0:54', '127.0.0.1:54']}}}");
    assert_eq!(one_list.len(), 1, "{one_list:?}");
    let default = problems("dns: {backends: {builtin_2: {enabled: true}}}");
    assert_eq!(
        default,
        [
            "built-in default: dns.backends.builtin_2.listen: 127.0.0.1:5300 is taken: \
             dns.backends.builtin.listen has 127.0.0.1:5300"
        ]
    );
    load("dns: {backends: {builtin: {enabled: false}, builtin_2: {enabled: true}}}");
}

#[test]
fn a_built_in_server_listens_somewhere() {
    let told = problems(&with("listen: []"));
    assert_eq!(
        told,
        [
            "3: dns.backends.builtin.listen: it is empty, but needs at least one address with a \
             port"
        ]
    );
    load(&with("listen: [], enabled: false"));
}

#[test]
fn the_name_of_one_kind_may_be_given_to_another() {
    let loaded = load("dns: {backends: {bind: {type: builtin}, builtin: {type: bind}}}");
    assert_eq!(texts(&builtin(&loaded, "bind").listen), ["127.0.0.1:5300"]);
    assert_eq!(loaded.config.dns.enabled().count(), 0);
    assert_eq!(
        shown(&loaded, "dns.backends.builtin.control").0,
        "127.0.0.1:953"
    );
}
