//! TSIG keys of the built-in name server: named where they are used, never shown.

use super::builtin::{KEY, OTHER, SECRET, warnings, with};
use super::{File, builtin, load, load_with, problems, problems_with, shown};

#[test]
fn the_secrets_of_keys_are_never_shown() {
    let loaded = load(&with(&format!(
        "tsig_keys: ['{KEY}', '{OTHER}'], allow_transfer: 10.0.0.0/8 xfer"
    )));
    let report = loaded.to_string();
    for shown in [&report, &format!("{loaded:?}")] {
        for secret in [SECRET, "b3RoZXItc2VjcmV0"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
    assert!(
        report.contains("builtin.tsig_keys  ") && report.contains("  [********, ********]  "),
        "{report}"
    );
    let cut = SECRET.trim_end_matches('=');
    for wrong in [
        format!("tsig_keys: ['{OTHER}', 'hmac-sha256:xfer:{cut}']"),
        format!("tsig_keys: ['hmac-md4:xfer:{SECRET}']"),
        format!("tsig_keys: 'xfer:{SECRET}'"),
        format!("tsig_keys: '{SECRET}'"),
        format!("tsig_keys: [['{KEY}']]"),
        format!("tsig_keys: {{'{KEY}': 1}}"),
        format!("tsig_keys: \"hmac-sha256:xfer:\\t{SECRET}\""),
        format!("tsig_keys: ['{KEY}', '{KEY}']"),
        format!("tsig_keys: '{KEY}', allow_transfer: 10.0.0.0/8 nobody"),
    ] {
        let problems = problems(&with(&wrong));
        assert_eq!(problems.len(), 1, "{problems:#?}");
        assert!(!problems[0].contains(cut), "{problems:#?}");
    }
}

#[test]
fn a_key_that_was_put_where_only_its_name_belongs_is_refused_and_not_shown() {
    for wrong in [
        format!("allow_transfer: '10.0.0.0/8 {KEY}'"),
        format!("allow_transfer: ['10.0.0.0/8 xfer:{SECRET}']"),
        format!("notify: ['192.0.2.53 {KEY}']"),
        format!("notify: ['{KEY}']"),
        format!("catalog_zone: '{KEY}'"),
    ] {
        let problems = problems(&with(&wrong));
        assert_eq!(problems.len(), 1, "{problems:#?}");
        assert!(problems[0].contains("********"), "{problems:#?}");
        assert!(!problems[0].contains("c2Vj"), "{problems:#?}");
    }
}

#[test]
fn the_keys_may_stand_in_a_file_that_a_variable_names() {
    const VARIABLE: &str = "DADNS_DNS_BACKENDS_BUILTIN_TSIG_KEYS_FILE";
    for text in [
        format!("{KEY}\n{OTHER}\n"),
        format!("{KEY}\r\n\r\n  {OTHER}  \r\n"),
        format!("{KEY},{OTHER}"),
    ] {
        let file = File::new(text);
        let path = file.path.to_str().unwrap();
        let loaded = load_with("", &[(VARIABLE, path)]);
        assert_eq!(builtin(&loaded, "builtin").tsig_keys.len(), 2);
        assert_eq!(
            shown(&loaded, "dns.backends.builtin.tsig_keys"),
            (
                "[********, ********]".into(),
                format!("{path} ({VARIABLE})")
            )
        );
    }
    let file = File::new(format!("{KEY}\nxfer:{SECRET}\n"));
    let path = file.path.to_str().unwrap();
    let problems = problems_with("", &[(VARIABLE, path)]);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    let start = format!(
        "{path} ({VARIABLE}): dns.backends.builtin.tsig_keys: item 2 is not \
         ALGORITHM:NAME:SECRET"
    );
    assert!(problems[0].starts_with(&start), "{problems:#?}");
    assert!(!problems[0].contains(SECRET), "{problems:#?}");
}

#[test]
fn a_key_that_is_named_has_to_be_among_the_keys() {
    let told = problems(&with(&format!(
        "tsig_keys: ['{KEY}', '{OTHER}'], allow_transfer: [10.0.0.0/8 xfr, 11.0.0.0/8 xfr], \
         notify: [10.0.0.1 others.key, 10.0.0.2 xfer]"
    )));
    assert_eq!(
        told,
        [
            "3: dns.backends.builtin.allow_transfer: there is no TSIG key \"xfr\"; the nearest in \
             tsig_keys is \"xfer\"",
            "3: dns.backends.builtin.notify: there is no TSIG key \"others.key\"; the nearest in \
             tsig_keys is \"other.key\"",
        ]
    );
    let told = problems(&with("notify: 10.0.0.1 xfer"));
    assert_eq!(
        told,
        ["3: dns.backends.builtin.notify: there is no TSIG key \"xfer\"; tsig_keys is empty"]
    );
    let told = problems(&with("notify: 10.0.0.1 xfer, tsig_keys: nonsense"));
    assert_eq!(told.len(), 1, "the keys are at fault alone: {told:#?}");
    load(&with("enabled: false, notify: 10.0.0.1 xfer"));
}

#[test]
fn updates_are_signed_by_a_key_that_is_there() {
    let expected = "an address or a network such as 192.0.2.7 or 192.0.2.0/24, followed by a space and the \
                    name of a TSIG key: updates must be signed";
    for open in ["192.0.2.0/24", "192.0.2.7", "nonsense xfer"] {
        let told = problems(&with(&format!(
            "tsig_keys: ['{KEY}'], allow_update: ['{open}']"
        )));
        assert_eq!(
            told,
            [format!(
                "3: dns.backends.builtin.allow_update: \"{open}\" is not {expected}"
            )]
        );
    }
    let told = problems(&with(&format!(
        "tsig_keys: ['{KEY}'], allow_update: 10.0.0.0/8 xfr"
    )));
    assert_eq!(
        told,
        [
            "3: dns.backends.builtin.allow_update: there is no TSIG key \"xfr\"; the nearest in tsig_keys is \
          \"xfer\""
        ]
    );
    let loaded = load(&with(&format!(
        "tsig_keys: ['{KEY}'], allow_update: [192.0.2.0/24 XFER, '2001:db8::1 xfer']"
    )));
    let allowed = &builtin(&loaded, "builtin").allow_update;
    let allowed: Vec<_> = allowed.iter().map(ToString::to_string).collect();
    assert_eq!(allowed, ["192.0.2.0/24 xfer", "2001:db8::1/128 xfer"]);
}

/// A file whose `builtin` lets the key update that these grants are of.
fn with_grants(grants: &str) -> String {
    let keys = format!("tsig_keys: ['{KEY}', '{OTHER}'], allow_update: 10.0.0.0/8 xfer");
    format!("{}updates:\n  grants: [{grants}]\n", with(&keys))
}

#[test]
fn a_grant_is_of_one_key_that_may_update_and_can_be_read() {
    let loaded = load(&with_grants(
        "{key: XFER., zones: ['*.example.com'], names: [_acme-challenge.*, '@'], types: [txt], ttl_max: 60}",
    ));
    let grant = &loaded.config.updates.grants[0];
    assert_eq!((grant.types.len(), grant.ttl_max), (1, Some(60)));
    for (grants, expected) in [
        (
            "{key: xfr}",
            "updates.grants.1.key: no key \"xfr\" may update; the nearest that may is \"xfer\"",
        ),
        (
            "{key: other.key}",
            "updates.grants.1.key: no key \"other.key\" may update; the nearest that may is \"xfer\"",
        ),
        (
            "{key: xfer}, {key: Xfer}",
            "updates.grants.2.key: updates.grants.1 is of the key \"xfer\" already",
        ),
        (
            "{key: xfer, types: [NOPE]}",
            "updates.grants.1.types: \"NOPE\" is refused: it is no type of records; an unknown one is \
             written as TYPE123",
        ),
        (
            "{key: xfer, names: [a..b]}",
            "updates.grants.1.names: \"a..b\" is refused: it has an empty label (two dots in a row, or one in \
             front)",
        ),
        (
            "{key: xfer, zones: []}",
            "updates.grants.1.zones: there have to be some; * means all zones",
        ),
    ] {
        let told = problems(&with_grants(grants));
        assert_eq!(told, [format!("5: {expected}")], "{grants}");
    }
}

#[test]
fn two_keys_may_not_have_one_name() {
    let told = problems(&with(&format!(
        "tsig_keys: ['{KEY}', '{OTHER}', 'hmac-sha1:XFER:b3RoZXItc2VjcmV0']"
    )));
    assert_eq!(
        told,
        ["3: dns.backends.builtin.tsig_keys: two keys are called \"xfer\""]
    );
}

#[test]
fn letting_anybody_transfer_zones_is_worth_a_warning() {
    let told = |allowed: &str| {
        let mut warnings = warnings(&load(&with(&format!(
            "tsig_keys: '{KEY}', allow_transfer: [{allowed}]"
        ))));
        warnings.retain(|warning| warning.contains("allow_transfer"));
        warnings
    };
    for open in ["0.0.0.0/0", "'::/0'"] {
        let warnings = told(&format!("10.0.0.0/8, {open}"));
        let said = format!(
            "app.yml:3: dns.backends.builtin.allow_transfer: {} lets anybody transfer every zone, \
             without a key",
            open.trim_matches('\'')
        );
        assert!(
            warnings.len() == 1 && warnings[0].ends_with(&said),
            "{warnings:#?}"
        );
    }
    assert_eq!(told("0.0.0.0/0 xfer, 10.0.0.0/8"), Vec::<String>::new());
}
