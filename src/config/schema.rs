//! A JSON schema of the file, made from the declarations, for editors.

use dadns_backends::KINDS;
use dadns_keys::{Key, Keys as _, object, sentence};
use serde_json::{Map, Value, json};

use super::SECTIONS;
use super::backends::{Common, DnsKeys};
use super::named;

/// The schema (draft 2020-12). It knows types, ranges and words; what only the gateway can tell, such as
/// whether a path is used twice, `dadns config check` tells.
pub fn schema() -> Value {
    let mut properties = Map::new();
    for section in SECTIONS.iter().flat_map(|(_, sections)| *sections) {
        let keys = section.keys.iter().map(Key::schema);
        if section.path.is_empty() {
            properties.extend(keys);
            continue;
        }
        let new = || object(&sentence(section.doc), Map::new());
        let entry = properties.entry(section.path).or_insert_with(new);
        if let Some(known) = entry.get_mut("properties").and_then(Value::as_object_mut) {
            known.extend(keys);
        }
    }
    let mut dns: Map<String, Value> = DnsKeys::SECTION.keys.iter().map(Key::schema).collect();
    dns.insert("backends".to_owned(), backends());
    properties.insert(
        "dns".to_owned(),
        object(&sentence(DnsKeys::SECTION.doc), dns),
    );
    let mut schema = object("The configuration of dadns.", properties);
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["title"] = "dadns app.yml".into();
    schema["$defs"] = KINDS
        .iter()
        .map(|kind| {
            let keys = Common::SECTION.keys.iter().chain(kind.section.keys);
            let mut properties: Map<String, Value> = keys.map(Key::schema).collect();
            properties.insert("type".to_owned(), json!({ "const": kind.name }));
            (
                kind.name.to_owned(),
                object(&sentence(kind.section.doc), properties),
            )
        })
        .collect();
    schema
}

/// Backends by their names: each is of the kind that its `type` says, or else its name.
fn backends() -> Value {
    let reference = |name: &str| json!({ "$ref": format!("#/$defs/{name}") });
    let mut rules = vec![json!({ "properties": { "type": { "enum": named::kinds() } } })];
    rules.extend(KINDS.iter().map(|kind| {
        let says =
            json!({ "required": ["type"], "properties": { "type": { "const": kind.name } } });
        json!({ "if": says, "then": reference(kind.name) })
    }));
    let by_name = KINDS.iter().map(|kind| {
        let pattern = format!("^({})([_-]|$)", kind.prefixes.join("|"));
        let no_type = json!({ "type": "object", "not": { "required": ["type"] } });
        let by_name = json!({ "if": no_type, "then": reference(kind.name) });
        let rules: Vec<&Value> = rules.iter().chain([&by_name]).collect();
        (pattern, json!({ "allOf": rules }))
    });
    let unbuilt = named::UNBUILT.iter();
    let unbuilt = unbuilt.map(|name| (format!("^{name}([_-]|$)"), Value::Bool(true)));
    json!({
        "description": sentence(Common::SECTION.doc),
        "type": ["object", "null"],
        "patternProperties": by_name.chain(unbuilt).collect::<Map<_, _>>(),
        "additionalProperties": { "type": "object", "required": ["type"], "allOf": rules },
        "propertyNames": { "pattern": "^[a-z][a-z0-9_-]{0,63}$" },
    })
}
