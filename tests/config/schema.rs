//! The JSON schema of the file: it takes what loads, and tells mistakes as an editor would.

use boon::{Compiler, Schemas};
use dadns::config::{default_file, schema};
use dadns_keys::yaml::{self, Node};
use serde_json::Value;

use super::samples::SAMPLES;

/// As an editor reads it, where `12` is a number and `true` no text.
fn json(node: &Node) -> Value {
    match &node.value {
        yaml::Value::Null => Value::Null,
        yaml::Value::Text(text) => match text.as_str() {
            "true" => true.into(),
            "false" => false.into(),
            text => text.parse::<u64>().map_or(text.into(), Value::from),
        },
        yaml::Value::List(items) => items.iter().map(json).collect(),
        yaml::Value::Map(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|entry| (entry.key.clone(), json(&entry.node)));
            Value::Object(entries.collect())
        }
    }
}

/// What the schema says of a file; nothing if it is good.
fn said(text: &str) -> String {
    let mut schemas = Schemas::new();
    let mut compiler = Compiler::new();
    compiler.add_resource("app.json", schema()).unwrap();
    let compiled = compiler.compile("app.json", &mut schemas).unwrap();
    let (tree, faults) = yaml::read(text);
    assert!(faults.is_empty(), "{faults:?}");
    match schemas.validate(&json(&tree), compiled) {
        Ok(()) => String::new(),
        Err(error) => format!("{error:#}"),
    }
}

#[test]
fn the_shipped_file_and_those_of_the_predecessor_keep_to_the_schema() {
    assert_eq!(said(&default_file()), "");
    for sample in SAMPLES {
        assert_eq!(said(sample), "", "{sample}");
    }
    let named = "dns: {backends: {east: {type: bind, views: inside}, nsd: {enabled: false, x: 1}}}";
    assert_eq!(said(named), "");
}

#[test]
fn the_schema_finds_mistakes() {
    for (text, told) in [
        ("app: {listen_prt: 1}", "listen_prt"),
        ("app: {listen_port: 99999}", "65535"),
        ("app: {ssl_enable: perhaps}", "/app/ssl_enable"),
        ("lanes: [1]", "/lanes"),
        ("dns: {backends: {bind: {zone_dir: /x}}}", "zone_dir"),
        (
            "dns: {backends: {bind_2: {type: builtin, zones_dir: /x}}}",
            "zones_dir",
        ),
        (
            "dns: {backends: {builtin: {follow: everywhere}}}",
            "own_zone",
        ),
        ("dns: {backends: {thing: {enabled: true}}}", "type"),
        (
            "dns: {backends: {thing: {type: powerdns}}}",
            "/dns/backends/thing",
        ),
        (
            "reconciliation: {directadmin_servers: [{hostname: a, username: b}]}",
            "password",
        ),
    ] {
        let said = said(text);
        assert!(said.contains(told), "{text}: {said:?}");
    }
}
