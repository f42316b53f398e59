# Daily commands; `just` lists them.

_default:
    @just --list --unsorted

# Try it out: a BIND and the gateway on this machine
try:
    config/try/run

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

# Fuzz the reader of zone files for some seconds
fuzz seconds="300" target="read":
    cd zone && mkdir -p fuzz/corpus/{{target}} && cargo +nightly fuzz run {{target}} fuzz/corpus/{{target}} fuzz/seeds/{{target}} -- -max_total_time={{seconds}}

# Measure reading, printing, digests, packing; and how fast pushes become durable
bench:
    cargo bench -p dadns-zone --bench read
    cargo bench -p dadns --bench store

# Measure a thousand zones against a real named
bench-bind:
    cargo test --release -p dadns-backends -- --ignored --nocapture speed

# Known vulnerabilities in what we build on
advisories:
    cargo deny check advisories

# The documentation of all three crates
doc:
    cargo doc --workspace --no-deps --open
