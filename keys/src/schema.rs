//! The JSON schema of what a key takes, for editors.

use serde_json::{Map, Value, json};

use crate::yaml::{self, Node};
use crate::{Key, Takes, Text};

/// A section with these properties.
pub fn object(description: &str, properties: Map<String, Value>) -> Value {
    json!({
        "description": description,
        "type": ["object", "null"],
        "properties": properties,
        "additionalProperties": false,
    })
}

/// The lines of a comment as one.
pub fn sentence(doc: &[&str]) -> String {
    doc.concat().trim().to_owned()
}

impl Key {
    /// The name of the key, and the JSON schema (draft 2020-12) of what it takes.
    pub fn schema(&self) -> (String, Value) {
        let mut schema = match self.takes {
            Takes::One(text) | Takes::Optional(text) => of_text(text),
            Takes::OrNone(text) => json!({ "anyOf": [of_text(text), { "const": "none" }] }),
            Takes::Many(text) | Takes::Secrets(text) => {
                json!({ "type": ["array", "string", "null"], "items": of_text(text) })
            }
            Takes::Secret | Takes::OptionalSecret => {
                json!({ "type": ["string", "number", "boolean", "null"] })
            }
            Takes::Items(keys) => {
                let mut item = object("", keys.iter().map(Key::schema).collect());
                let required = keys.iter().filter(|key| key.required).map(|key| key.name);
                item["required"] = required.collect();
                json!({ "type": ["array", "null"], "items": item })
            }
        };
        schema["description"] = sentence(self.doc).into();
        if !self.required && !self.default.is_empty() {
            let (node, _) = yaml::read(self.default);
            schema["default"] = json(&node, self.takes);
        }
        (self.name.to_owned(), schema)
    }
}

/// What one value may be. Without its quotes YAML reads `012345` as a number, which is as good.
fn of_text(text: Text) -> Value {
    match text {
        Text::Boolean => json!({ "enum": [true, false, "yes", "no", "on", "off", 0, 1, null] }),
        Text::Whole(least, most) => {
            json!({ "type": ["integer", "null"], "minimum": least, "maximum": most })
        }
        Text::OneOf(words) => json!({ "enum": words }),
        Text::Read(_) => json!({ "type": ["string", "number", "boolean", "null"] }),
    }
}

/// A default as JSON.
fn json(node: &Node, takes: Takes) -> Value {
    match (&node.value, takes) {
        (yaml::Value::List(items), _) => items.iter().map(|item| json(item, takes)).collect(),
        (yaml::Value::Text(text), Takes::One(Text::Boolean)) => (text == "true").into(),
        (yaml::Value::Text(text), Takes::One(Text::Whole(..))) => text.parse::<u64>().ok().into(),
        (yaml::Value::Text(text), _) => text.as_str().into(),
        _ => Value::Null,
    }
}
