//! What variables override, and what is said of those that name no key.

use std::ffi::OsString;
use std::path::Path;

use dadns::config::Config;

use super::{File, bind, load_with, problems_with, shown};

#[test]
fn a_variable_goes_over_the_file_and_the_file_over_the_defaults() {
    let loaded = load_with(
        "app:\n  listen_port: 1000\n  auth_username: file\n",
        &[
            ("DADNS_APP_LISTEN_PORT", "2000"),
            ("HOME", "/"),
            ("DADNS_TEST_ANYTHING", "x"),
        ],
    );
    assert_eq!(loaded.config.app.listen_port, 2000);
    assert_eq!(
        shown(&loaded, "app.listen_port"),
        ("2000".into(), "DADNS_APP_LISTEN_PORT".into())
    );
    assert_eq!(
        shown(&loaded, "app.auth_username"),
        ("file".into(), "line 3".into())
    );
    assert_eq!(shown(&loaded, "app.max_records").1, "built-in default");
}

#[test]
fn variables_reach_backends_of_any_name() {
    let text = "dns: {backends: {bind-dc1: {}, coredns_dc1: {}}}";
    let loaded = load_with(
        text,
        &[
            ("DADNS_DNS_BACKENDS_BIND_DC1_ZONES_DIR", "/one"),
            ("DADNS_DNS_BACKENDS_BIND_2_KEY_FILE", "/two"),
            ("DADNS_DNS_BACKENDS_BIND_2_CONTROL", "named.local:953"),
            ("DADNS_DNS_BACKENDS_EAST_TYPE", "bind"),
            ("DADNS_DNS_BACKENDS_EAST_DNS_ADDRESS", "none"),
            ("DADNS_DNS_BACKENDS_COREDNS_DC1_PASSWORD", "hidden"),
            ("DADNS_APP_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1"),
        ],
    );
    let settings = |name: &str| bind(&loaded, name);
    assert_eq!(settings("bind-dc1").zones_dir, Path::new("/one"));
    assert_eq!(
        settings("bind_2").control.as_ref().unwrap().address,
        "named.local:953"
    );
    assert_eq!(shown(&loaded, "dns.backends.bind_2.key_file").0, "/two");
    assert_eq!(settings("east").dns_address, None);
    assert_eq!(
        settings("east").named_conf,
        Path::new("/etc/bind/named.conf.dadns")
    );
    assert_eq!(
        shown(&loaded, "dns.backends.coredns_dc1.password"),
        (
            "********".into(),
            "DADNS_DNS_BACKENDS_COREDNS_DC1_PASSWORD".into()
        )
    );
    assert_eq!(
        shown(&loaded, "app.trusted_proxies").0,
        "[10.0.0.0/8, 192.0.2.1/32]"
    );
}

#[test]
fn a_variable_that_could_mean_two_backends_is_refused() {
    let text = "dns: {backends: {bind-1: {}, bind_1: {}}}";
    let problems = problems_with(text, &[("DADNS_DNS_BACKENDS_BIND_1_ENABLED", "true")]);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(problems[0].contains("stands for both dns.backends.bind-1 and dns.backends.bind_1"));
}

#[test]
fn a_secret_may_stand_in_a_file_that_a_variable_names() {
    let secret = File::new("s3cret\n");
    let path = secret.path.to_str().unwrap();
    let loaded = load_with("", &[("DADNS_APP_AUTH_PASSWORD_FILE", path)]);
    assert_eq!(loaded.config.app.auth_password.expose(), "s3cret");
    let origin = shown(&loaded, "app.auth_password").1;
    assert_eq!(origin, format!("{path} (DADNS_APP_AUTH_PASSWORD_FILE)"));

    let both = [
        ("DADNS_APP_AUTH_PASSWORD_FILE", path),
        ("DADNS_APP_AUTH_PASSWORD", "x"),
    ];
    assert!(problems_with("", &both)[0].contains("unset one"));
    let missing = problems_with("", &[("DADNS_APP_AUTH_PASSWORD_FILE", "/nowhere/s")]);
    assert!(
        missing[0].contains("cannot read /nowhere/s"),
        "{missing:#?}"
    );
}

#[test]
fn an_unknown_variable_is_an_error_that_names_the_nearest() {
    let problems = problems_with(
        "",
        &[
            ("DADNS_APP_LISTEN_PRT", "1"),
            ("DADNS_DNS_BACKENDS_BIND_ZONE_DIR", "/x"),
            ("DADNS_LISTEN_PORT_FILE", "/x"),
            ("DADNS_LOG_LEVEL_FILE", "/dev/null"),
            ("DADNS_PEER_SYNC_PEER_URL", "http://x"),
        ],
    );
    assert_eq!(problems.len(), 5, "{problems:#?}");
    assert!(
        problems[0].ends_with("did you mean DADNS_APP_LISTEN_PORT?"),
        "{problems:#?}"
    );
    assert!(problems[1].ends_with("did you mean DADNS_DNS_BACKENDS_BIND_ZONES_DIR?"));
    assert!(problems[2].starts_with("DADNS_LISTEN_PORT_FILE: sets no known key"));
    assert!(problems[3].starts_with("DADNS_LOG_LEVEL_FILE: sets no known key"));
    assert!(
        problems[4].contains("does not exchange zones"),
        "{problems:#?}"
    );
}

#[test]
fn variables_that_container_platforms_inject_for_a_service_called_dadns_are_ignored_with_one_warning()
 {
    let injected = [
        ("DADNS_PORT", "tcp://10.0.0.1:2222"),
        ("DADNS_PORT_2222_TCP", "tcp://10.0.0.1:2222"),
        ("DADNS_PORT_2222_TCP_ADDR", "10.0.0.1"),
        ("DADNS_PORT_2222_TCP_PORT", "2222"),
        ("DADNS_PORT_2222_TCP_PROTO", "tcp"),
        ("DADNS_PORT_53_UDP", "udp://[fd00::1]:53"),
        ("DADNS_PORT_53_UDP_ADDR", "fd00::1"),
        ("DADNS_SERVICE_HOST", "10.0.0.1"),
        ("DADNS_SERVICE_PORT", "2222"),
        ("DADNS_SERVICE_PORT_HTTP", "2222"),
    ];
    let without = load_with("", &[]).warnings;
    let mut warnings = load_with("", &injected).warnings;
    warnings.retain(|warning| !without.contains(warning));
    let told: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "DADNS_PORT: ignored with 9 more of its kind: Kubernetes or Docker sets it because a \
             service is called dadns, and it is no setting"
        ]
    );
}

#[test]
fn a_variable_that_only_looks_like_an_injected_one_is_still_an_error() {
    let mistakes = [
        ("DADNS_PORT", "2222"),
        ("DADNS_PORT_2222_TCP", "10.0.0.1"),
        ("DADNS_PORT_2222_TCP_NAME", "x"),
        ("DADNS_PORT_HTTP_TCP", "tcp://10.0.0.1:2222"),
        ("DADNS_SERVICE_HOST", "ns1"),
        ("DADNS_SERVICE_NAME", "dadns"),
        ("DADNS_SERVICE_PORT", "http"),
    ];
    let problems = problems_with("", &mistakes);
    assert_eq!(problems.len(), mistakes.len(), "{problems:#?}");
}

#[test]
fn a_variable_that_is_not_text_is_told() {
    use std::os::unix::ffi::OsStringExt;
    let value = OsString::from_vec(vec![0xff]);
    let environment = ["DADNS_APP_HOSTNAME", "OTHER"].map(|name| (name.into(), value.clone()));
    let file = File::new("");
    let errors = Config::load(Some(&file.path), environment.into_iter()).unwrap_err();
    let told: Vec<String> = errors.findings().iter().map(ToString::to_string).collect();
    assert_eq!(told, ["DADNS_APP_HOSTNAME: its value is not UTF-8 text"]);
}
