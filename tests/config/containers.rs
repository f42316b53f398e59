//! The files below `docker/`: whether what they say to each other agrees.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use dadns::config::{Config, Loaded};

use super::{bind, coredns_mysql, shown};

/// The topologies.
const ALL: [&str; 3] = ["topology-a", "topology-b", TOPOLOGY_C];

/// The one whose nodes share all zones.
pub const TOPOLOGY_C: &str = "topology-c";

/// Where the compose files put secrets.
const SECRETS: &str = "/run/secrets/";

pub fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docker")
        .join(file)
}

pub fn text(file: &str) -> String {
    std::fs::read_to_string(path(file)).unwrap()
}

/// A topology's `app.yml` with the variables of its compose file; each secret that these name is there.
fn topology(name: &str) -> Loaded {
    load(name, &text(&format!("{name}/compose.yml")))
}

/// A topology's `app.yml` with the variables that `given`, of its compose file, has.
pub fn load(name: &str, given: &str) -> Loaded {
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), "a-secret-of-tests\n").unwrap();
    let lines = given
        .lines()
        .filter_map(|line| line.trim().split_once(": "));
    // What services set differently is there as the last one has it.
    let variables: BTreeMap<_, _> = lines
        .filter(|(variable, _)| variable.starts_with("DADNS_"))
        .map(|(variable, value)| match value.starts_with(SECRETS) {
            true => (variable.to_owned(), secret.path().display().to_string()),
            false => (variable.to_owned(), value.to_owned()),
        })
        .collect();
    Config::load(
        Some(&path(&format!("{name}/app.yml"))),
        variables.into_iter(),
    )
    .unwrap_or_else(|errors| panic!("docker/{name}: {errors}"))
}

/// What a compose file says below the name of a service or a network.
pub fn service<'a>(compose: &'a str, name: &str) -> &'a str {
    let start = format!("\n  {name}:\n");
    let (_, rest) = compose
        .split_once(&start)
        .unwrap_or_else(|| panic!("there is no {name}"));
    let mut ends = rest.match_indices('\n').map(|(at, _)| at);
    let end = ends.find(|at| !rest[at + 1..].starts_with("    "));
    let end = end.unwrap_or(rest.len());
    &rest[..end]
}

/// Whether there is a program that makes certificates; says so if not.
pub fn has_openssl() -> bool {
    let has = Command::new("openssl").arg("version").output().is_ok();
    if !has {
        let _ = writeln!(
            std::io::stderr(),
            "LEFT OUT: the certificates of topology C: there is no openssl"
        );
    }
    has
}

fn enabled(loaded: &Loaded) -> Vec<&str> {
    let all = loaded.config.dns.enabled();
    all.map(|backend| backend.id.as_str()).collect()
}

/// The value of a variable of the image.
fn of_image(variable: &str) -> String {
    let file = text("Dockerfile");
    let assigned = format!("{variable}=");
    let value = file
        .split_whitespace()
        .find_map(|word| word.strip_prefix(&assigned));
    value
        .unwrap_or_else(|| panic!("the Dockerfile does not set {variable}"))
        .to_owned()
}

#[test]
fn the_topologies_load_without_a_warning_and_take_their_passwords_from_secrets() {
    let a = topology("topology-a");
    assert_eq!(enabled(&a), ["bind"]);
    let b = topology("topology-b");
    assert_eq!(enabled(&b), ["coredns_1", "coredns_2"]);
    let c = topology(TOPOLOGY_C);
    assert_eq!(enabled(&c), ["bind"]);
    for loaded in [&a, &b, &c] {
        assert_eq!(loaded.warnings, []);
        assert_eq!(
            loaded.config.location.queue_location,
            Path::new("/var/lib/dadns/queues")
        );
        let (_, origin) = shown(loaded, "app.auth_password");
        assert!(
            origin.contains("(DADNS_APP_AUTH_PASSWORD_FILE)"),
            "{origin}"
        );
    }
    for name in ["coredns_1", "coredns_2"] {
        let password = &coredns_mysql(&b, name).password;
        assert_eq!(password.0, "a-secret-of-tests", "{name}");
    }
}

#[test]
fn topologies_a_and_c_look_for_named_where_the_image_runs_it() {
    for name in ["topology-a", TOPOLOGY_C] {
        looks_for_named_where_the_image_runs_it(name);
    }
}

fn looks_for_named_where_the_image_runs_it(name: &str) {
    let loaded = topology(name);
    let settings = bind(&loaded, "bind");
    let directory = PathBuf::from(of_image("NAMED_DIR"));
    assert_eq!(settings.zones_dir, directory.join("zones"));
    assert_eq!(settings.named_conf, directory.join("zones.conf"));
    let control = settings.control.as_ref().unwrap();
    assert_eq!(control.key_file, directory.join("rndc.key"));
    assert_eq!(
        control.address,
        format!("127.0.0.1:{}", of_image("NAMED_CONTROL_PORT"))
    );
    let address = format!("127.0.0.1:{}", of_image("NAMED_PORT"));
    assert_eq!(settings.dns_address.unwrap().to_string(), address);
}

#[test]
fn the_health_check_of_the_image_asks_where_all_topologies_listen() {
    for name in ALL {
        let port = topology(name).config.app.listen_port;
        assert_eq!(
            of_image("HEALTH_URL"),
            format!("http://127.0.0.1:{port}/health"),
            "{name}"
        );
    }
}

#[test]
fn topology_b_asks_each_database_and_its_coredns_by_what_the_compose_file_calls_them() {
    let compose = text("topology-b/compose.yml");
    let loaded = topology("topology-b");
    for half in ["1", "2"] {
        let settings = coredns_mysql(&loaded, &format!("coredns_{half}"));
        let host = &settings.host;
        assert_eq!(*host, format!("mysql{half}"));
        let database = service(&compose, host);
        assert!(database.contains(&format!("networks: [database{half}]")));
        let reader = service(&compose, &format!("coredns{half}"));
        let address = reader
            .split("ipv4_address: ")
            .nth(1)
            .and_then(|rest| rest.lines().next());
        let [asked] = settings.dns_address.as_slice() else {
            panic!("one address, not {:?}", settings.dns_address);
        };
        assert_eq!(Some(asked.ip().to_string().as_str()), address);
        assert_eq!(asked.port(), 53);
    }
}

#[test]
fn the_databases_of_topology_b_are_published_nowhere() {
    let compose = text("topology-b/compose.yml");
    let (_, common) = compose.split_once("x-database:").unwrap();
    let (common, _) = common.split_once("x-reader:").unwrap();
    assert!(!common.contains("ports:"), "{common}");
    for half in ["1", "2"] {
        let database = service(&compose, &format!("mysql{half}"));
        assert!(!database.contains("ports:"), "{database}");
        let network = service(&compose, &format!("database{half}"));
        assert!(network.contains("internal: true"), "{network}");
    }
}

#[test]
fn the_secrets_that_a_compose_file_names_are_made_once() {
    for name in ALL {
        if name == TOPOLOGY_C && !has_openssl() {
            continue;
        }
        let directory = tempfile::tempdir().unwrap();
        let script = directory.path().join("make-secrets");
        std::fs::copy(path("make-secrets"), &script).unwrap();
        std::fs::create_dir(directory.path().join(name)).unwrap();
        let secrets = directory.path().join(name).join("secrets");
        let make = || -> BTreeMap<String, String> {
            // As those start it who keep all that is theirs to themselves.
            let made = Command::new("bash")
                .args(["-c", "umask 077; exec bash \"$@\"", "bash"])
                .args([script.as_path(), Path::new(name)])
                .status();
            assert!(made.unwrap().success());
            let files = std::fs::read_dir(&secrets).unwrap().map(Result::unwrap);
            let read = |file: std::fs::DirEntry| {
                let secret = std::fs::read_to_string(file.path()).unwrap();
                (file.file_name().into_string().unwrap(), secret)
            };
            files.map(read).collect()
        };
        let made = make();
        let compose = text(&format!("{name}/compose.yml"));
        let mut wanted: Vec<_> = compose
            .lines()
            .filter_map(|line| line.trim().strip_prefix("file: ./secrets/"))
            .collect();
        wanted.sort_unstable();
        assert_eq!(made.keys().collect::<Vec<_>>(), wanted, "{name}");
        assert!(made.values().all(|secret| secret.len() >= 32), "{name}");
        // Closed to users of the host, open to those of containers.
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&secrets), 0o700, "{name}");
        for file in made.keys() {
            assert_eq!(mode(&secrets.join(file)), 0o644, "{name}: {file}");
        }
        assert_eq!(make(), made, "{name}: those that are there are kept");
    }
}

#[test]
fn the_account_of_a_reader_is_that_of_its_dsn_and_only_reads() {
    let dsn = tempfile::NamedTempFile::new().unwrap();
    let text = r"reader:p\a'ss@w:o/r%d$x`y@tcp(mysql1:3306)/coredns";
    std::fs::write(dsn.path(), text).unwrap();
    // The image gives the scripts that it sources this function, which runs what it reads.
    let script = "set -eo pipefail; docker_process_sql() { cat; }; . \"$1\"";
    let output = Command::new("bash")
        .args(["-c", script, "bash"])
        .arg(path("topology-b/reader.sh"))
        .env("READER_DSN_FILE", dsn.path())
        .env("MARIADB_DATABASE", "coredns")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "CREATE USER 'reader'@'%' IDENTIFIED BY 'p\\\\a\\'ss@w:o/r%d$x`y';\n\
         GRANT SELECT ON `coredns`.* TO 'reader'@'%';\n"
    );
}
