//! The code of etcd's messages is what `rpc.proto` gives.

use std::path::Path;

#[test]
fn the_code_of_the_messages_is_what_their_definition_gives() {
    let wire = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ledger/etcd/wire");
    let definition = protox::compile([wire.join("rpc.proto")], [&wire]).unwrap();
    let made = tempfile::tempdir().unwrap();
    prost_build::Config::new()
        .out_dir(made.path())
        .bytes(["."])
        .compile_fds(definition)
        .unwrap();
    let made = std::fs::read_to_string(made.path().join("rpc.rs")).unwrap();
    let committed = wire.join("rpc.rs");
    if std::env::var_os("DADNS_WRITE_PROTOCOL").is_some() {
        std::fs::write(&committed, &made).unwrap();
    }
    let committed = std::fs::read_to_string(committed).unwrap();
    assert!(
        made == committed,
        "rpc.rs is not what rpc.proto gives: run this test with DADNS_WRITE_PROTOCOL=1"
    );
}
