# Daily commands; `just` lists them.

_default:
    @just --list --unsorted

# Try it out: the gateway and its own name server on this machine
try:
    cargo run --release --locked

# All that CI checks
ci:
    .ci/run

# All tests, with the daemons they need
test *arguments:
    tests/run {{arguments}}

# Format, then lint
tidy:
    cargo fmt --all
    cargo clippy --workspace --all-targets -- -D warnings

# The oracle over thousands of generated zones (minutes)
nightly cases="20000":
    PROPTEST_CASES={{cases}} DADNS_TEST_DAEMONS=required cargo test --release -p dadns-zone

# Fuzz for some seconds: read, rdata or unpack of zone, packet of server
fuzz seconds="300" target="read" crate="zone":
    cd {{crate}} && mkdir -p fuzz/corpus/{{target}} && cargo +nightly fuzz run {{target}} fuzz/corpus/{{target}} fuzz/seeds/{{target}} -- -max_total_time={{seconds}}

# Answers beside BIND's and NSD's, for more zones than CI takes (minutes)
answers zones="80":
    DADNS_TEST_ZONES={{zones}} DADNS_TEST_DAEMONS=required cargo test -p dadns --test answers -- --nocapture

# Clients against a gateway that is pushed to: certbot, lego, octoDNS, powerdns-cli and others
clients *arguments:
    tests/clients
    DADNS_TEST_DAEMONS=required cargo test -p dadns --test tools -- {{arguments}}

# external-dns by the API, by dynamic update and by the webhook; its build takes minutes
external-dns:
    tests/clients external-dns
    DADNS_TEST_DAEMONS=required cargo test -p dadns --test tools -- --ignored --nocapture external_dns

# Ansible's module nsupdate; its install takes half a gigabyte
ansible:
    tests/clients ansible
    DADNS_TEST_DAEMONS=required cargo test -p dadns --test tools -- --ignored --nocapture ansible

# Prometheus' discovery for Consul finds what is registered; Debian's is built without it
prometheus:
    tests/clients prometheus
    DADNS_TEST_DAEMONS=required cargo test -p dadns --test tools -- --ignored --nocapture prometheus

# What 10,000 instances with heartbeats cost, and 1,000 that are asked over HTTP
registry-load:
    cargo test --release -p dadns --test registry -- --ignored --nocapture --test-threads=1 load

# 50 clients edit one zone while it is pushed and the gateway is killed: no acknowledged edit is lost
storm seconds="120":
    DADNS_TEST_STORM_SECONDS={{seconds}} cargo test --release -p dadns --test tools -- --nocapture storm

# Torture, for long: one kind or all, and how much of it (rounds, seconds); a seed repeats a run
torture kind="" amount="long" seed="":
    DADNS_TEST_TORTURE={{amount}} {{ if seed == "" { "" } else { "DADNS_TEST_TORTURE_SEED=" + seed } }} \
        cargo test --release -p dadns --test torture -- --nocapture --test-threads=1 {{kind}}

# Rounds of three nodes whose nodes, engine and cables fail: so many of each of two kinds; a seed repeats a run
cluster-torture rounds="100" seed="":
    DADNS_TEST_DAEMONS=required DADNS_TEST_CLUSTER={{rounds}} {{ if seed == "" { "" } else { "DADNS_TEST_CLUSTER_SEED=" + seed } }} \
        cargo test --release -p dadns --test cluster -- --nocapture --test-threads=1 rounds

# Measure a push at one of three nodes until all serve it: on loopback, and with 80 ms between sites
cluster-bench:
    DADNS_TEST_DAEMONS=required cargo test --release -p dadns --test cluster -- --ignored --nocapture how_long

# Measure everything, daemons included, beside what limits it, and write report, page and pictures (an hour)
bench: bench-code bench-gateway bench-large bench-dns bench-records bench-page

# Measure parts of the code: reading, printing, digests, packing; the store; an answer without sockets
bench-code:
    cargo bench -p dadns-zone --bench read
    cargo bench -p dadns --bench store
    cargo bench -p dadns-server --bench answer

# Measure the gateway with its daemons; `--list` says what there is, such as accept or new
bench-gateway *arguments:
    cargo bench -p dadns --bench gateway -- {{arguments}}

# The same with 100,000 zones, where that takes minutes and not hours
bench-large:
    cargo bench -p dadns --bench gateway -- --present 100000 --way builtin,addzone,mysql accept new memory check

# Measure two binaries in turns: `just bench-compare OLD NEW accept cpu`
bench-compare old new *measurements:
    cargo bench -p dadns --bench gateway -- --compare {{absolute_path(old)}} {{absolute_path(new)}} {{measurements}}

# Measure a million zones on the built-in server: 8 GB of memory, 10 minutes
bench-million zones="1000000":
    cargo bench -p dadns --bench gateway -- --present {{zones}} million

# Write target/bench-report.md, and what docs/performance.md shows, from what was measured
bench-page:
    cargo bench -p dadns --bench gateway -- --page

# Measure the built-in server beside BIND, NSD and Knot with dnsperf
bench-dns zones="10000":
    benches/dns {{zones}} | tee target/bench-dns.txt

# Measure batches of a thousand zones against a real named, without the gateway
bench-bind:
    cargo test --release -p dadns-backends -- --ignored --nocapture speed

# Measure batches of a thousand zones against a real mariadbd, without the gateway
bench-mysql:
    cargo test --release -p dadns-backends --lib coredns_mysql::tests::speed -- --ignored --nocapture

# Measure edits and reads by the PowerDNS API beside a real PowerDNS
bench-records rrsets="100000" zones="10000":
    benches/records {{rrsets}} {{zones}} | tee target/bench-records.txt

# Run what the pages show, and write what it prints now into them
pages:
    WRITE_PAGES=1 cargo test -p dadns --test docs

# Build both images with all that they compile, without a container engine, into target/images (minutes, as root)
images:
    docker/without-engine build dadns target/images/dadns
    PATH="$(tests/go):$PATH" docker/without-engine build coredns target/images/coredns

# Known vulnerabilities in what we build on
advisories:
    cargo deny check advisories

# Look at each page of the web page in Chromium and keep its pictures in docs/web
pictures:
    tests/axe
    DADNS_TEST_PICTURES=1 DADNS_TEST_DAEMONS=required cargo test -p dadns --test browser pages::every

# The documentation of all crates
doc:
    cargo doc --workspace --no-deps --open
