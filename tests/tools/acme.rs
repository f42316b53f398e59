//! Whole rounds of ACME: a client shows with TXT records that the zone is its own, gets a certificate and
//! removes the records again. The name and its wildcard need two records of one RRset.

use crate::client::{client, run};
use crate::needs;
use crate::pebble::Pebble;
use crate::world::Served::{self, ByBind, ByBuiltin};
use crate::world::{World, ZONE};

/// What the clients do.
type Round = fn(&World, &Pebble);

/// One round while the master pushes.
fn round(served: Served, round: Round) {
    let world = World::new(served);
    let pebble = Pebble::start(world.dns);
    world.while_pushing(|| round(&world, &pebble));
    world.serves(&format!("_acme-challenge.{ZONE}"), "TXT", &[]);
}

#[test]
fn certbot_gets_a_certificate_by_the_api() {
    needs!("certbot/bin/certbot", "go/pebble", "dig");
    round(ByBuiltin, certbot_by_api);
}

#[test]
fn certbot_gets_a_certificate_by_the_api_while_bind_serves() {
    needs!("certbot/bin/certbot", "go/pebble", "dig", "named");
    round(ByBind, certbot_by_api);
}

#[test]
fn certbot_gets_a_certificate_by_dynamic_update() {
    needs!("certbot/bin/certbot", "go/pebble", "dig");
    round(ByBuiltin, certbot_by_update);
}

#[test]
fn certbot_gets_a_certificate_by_dynamic_update_while_bind_serves() {
    needs!("certbot/bin/certbot", "go/pebble", "dig", "named");
    round(ByBind, certbot_by_update);
}

#[test]
fn lego_of_debian_gets_a_certificate_by_the_api() {
    needs!("lego", "go/pebble", "dig");
    round(ByBuiltin, lego_by_api);
}

#[test]
fn lego_of_debian_gets_a_certificate_by_the_api_while_bind_serves() {
    needs!("lego", "go/pebble", "dig", "named");
    round(ByBind, lego_by_api);
}

#[test]
fn lego_of_debian_gets_a_certificate_by_dynamic_update() {
    needs!("lego", "go/pebble", "dig");
    round(ByBuiltin, lego_by_update);
}

#[test]
fn lego_of_debian_gets_a_certificate_by_dynamic_update_while_bind_serves() {
    needs!("lego", "go/pebble", "dig", "named");
    round(ByBind, lego_by_update);
}

#[test]
fn the_libraries_of_lego_get_a_certificate_by_the_api() {
    needs!("go/lego", "go/pebble", "dig");
    round(ByBuiltin, libraries_by_api);
}

#[test]
fn the_libraries_of_lego_get_a_certificate_by_the_api_while_bind_serves() {
    needs!("go/lego", "go/pebble", "dig", "named");
    round(ByBind, libraries_by_api);
}

#[test]
fn the_libraries_of_lego_get_a_certificate_by_dynamic_update() {
    needs!("go/lego", "go/pebble", "dig");
    round(ByBuiltin, libraries_by_update);
}

#[test]
fn the_libraries_of_lego_get_a_certificate_by_dynamic_update_while_bind_serves() {
    needs!("go/lego", "go/pebble", "dig", "named");
    round(ByBind, libraries_by_update);
}

fn certbot_by_api(world: &World, pebble: &Pebble) {
    let settings = format!(
        "dns_pdns_endpoint = {}\ndns_pdns_api_key = {}\ndns_pdns_server_id = localhost\n\
         dns_pdns_disable_notify = false\n",
        world.url(""),
        world.acme_token()
    );
    certbot(world, pebble, "dns-pdns", &settings);
}

fn certbot_by_update(world: &World, pebble: &Pebble) {
    let settings = format!(
        "dns_rfc2136_server = {}\ndns_rfc2136_port = {}\ndns_rfc2136_name = {}\n\
         dns_rfc2136_secret = {}\ndns_rfc2136_algorithm = HMAC-SHA256\n",
        world.updates.ip(),
        world.updates.port(),
        world.acme_key.name,
        world.acme_key.secret
    );
    certbot(world, pebble, "dns-rfc2136", &settings);
}

fn certbot(world: &World, pebble: &Pebble, plugin: &str, settings: &str) {
    let credentials = world.file(&format!("{plugin}.ini"), settings);
    let mut command = client("certbot/bin/certbot");
    command
        .args(["certonly", "--non-interactive", "--agree-tos"])
        .args(["-m", "hostmaster@example.com", "--server", &pebble.url])
        .args(["--authenticator", plugin])
        .arg(format!("--{plugin}-credentials"))
        .arg(credentials)
        .args([&format!("--{plugin}-propagation-seconds"), "2"])
        .args(["-d", ZONE, "-d", &format!("*.{ZONE}")])
        .env("REQUESTS_CA_BUNDLE", &pebble.authority);
    for (option, directory) in [("config", "etc"), ("work", "lib"), ("logs", "log")] {
        command
            .arg(format!("--{option}-dir"))
            .arg(world.path(directory));
    }
    let printed = run(&mut command);
    assert!(
        printed.contains("Successfully received certificate"),
        "{printed}"
    );
}

fn lego_by_api(world: &World, pebble: &Pebble) {
    let url = world.url("");
    lego(
        world,
        pebble,
        "pdns",
        &[
            ("PDNS_API_URL", &url),
            ("PDNS_API_KEY", &world.acme_token()),
            ("PDNS_POLLING_INTERVAL", "1"),
        ],
    );
}

fn lego_by_update(world: &World, pebble: &Pebble) {
    lego(
        world,
        pebble,
        "rfc2136",
        &[
            ("RFC2136_NAMESERVER", &world.updates.to_string()),
            ("RFC2136_TSIG_KEY", &world.acme_key.name),
            ("RFC2136_TSIG_SECRET", &world.acme_key.secret),
            ("RFC2136_TSIG_ALGORITHM", "hmac-sha256."),
            ("RFC2136_POLLING_INTERVAL", "1"),
            ("RFC2136_SEQUENCE_INTERVAL", "1"),
        ],
    );
}

fn lego(world: &World, pebble: &Pebble, provider: &str, environment: &[(&str, &str)]) {
    let printed = run(client("lego")
        .args(["--accept-tos", "--email", "hostmaster@example.com"])
        .args(["--server", &pebble.url, "--path"])
        .arg(world.path("lego"))
        .args(["--dns", provider, "--dns.resolvers", &world.dns.to_string()])
        .args(["--dns.disable-cp", "-d", ZONE, "-d", &format!("*.{ZONE}")])
        .arg("run")
        .env("LEGO_CA_CERTIFICATES", &pebble.authority)
        .envs(environment.iter().copied()));
    assert!(
        printed.contains("Server responded with a certificate"),
        "{printed}"
    );
}

fn libraries_by_api(world: &World, pebble: &Pebble) {
    let url = world.url("");
    libraries(
        world,
        pebble,
        "pdns",
        &[
            ("PDNS_API_URL", &url),
            ("PDNS_API_KEY", &world.acme_token()),
            ("PDNS_POLLING_INTERVAL", "1"),
        ],
    );
}

fn libraries_by_update(world: &World, pebble: &Pebble) {
    libraries(
        world,
        pebble,
        "dnsupdate",
        &[
            ("DNSUPDATE_NAMESERVER", &world.updates.to_string()),
            ("DNSUPDATE_TSIG_KEY", &world.acme_key.name),
            ("DNSUPDATE_TSIG_SECRET", &world.acme_key.secret),
            ("DNSUPDATE_TSIG_ALGORITHM", "hmac-sha256."),
            ("DNSUPDATE_POLLING_INTERVAL", "1"),
            ("DNSUPDATE_SEQUENCE_INTERVAL", "1"),
        ],
    );
}

fn libraries(world: &World, pebble: &Pebble, provider: &str, environment: &[(&str, &str)]) {
    let resolver = world.dns.to_string();
    let printed = run(client("go/lego")
        .args([pebble.url.as_str(), provider, &resolver])
        .args([ZONE, &format!("*.{ZONE}")])
        .env("LEGO_CA_CERTIFICATES", &pebble.authority)
        .envs(environment.iter().copied()));
    assert!(printed.contains("BEGIN CERTIFICATE"), "{printed}");
}
