//! The page: the document as plain HTML.

use std::fmt::Write as _;

use serde_json::Value;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
h2{border-top:1px solid #8888;padding-top:1rem;font-size:1.1rem}code,pre{font-family:ui-monospace,monospace}\
pre{background:#8882;padding:.6rem;overflow:auto}td{padding-right:1rem;vertical-align:top}\
:root{color-scheme:light dark}";

/// Makes it from the document.
pub(super) fn make(document: &Value) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>dadns: the record API</title>\
         <style>{STYLE}</style>\n<h1>The record API of dadns {}</h1>\n<p>{} For programs: \
         <a href=\"/api/openapi.json\">openapi.json</a>.</p>\n",
        escaped(text(&document["info"]["version"])),
        escaped(text(&document["info"]["description"])),
    );
    for (path, methods) in members(&document["paths"]) {
        for (method, operation) in members(methods) {
            operation_of(&mut page, path, method, operation);
        }
    }
    page.push_str("<h2>Shapes</h2>\n");
    for (name, schema) in members(&document["components"]["schemas"]) {
        let _ = writeln!(
            page,
            "<details id=\"{0}\"><summary><code>{0}</code>: {1}</summary>{2}</details>",
            escaped(name),
            escaped(text(&schema["description"])),
            shown(schema)
        );
    }
    page.push_str("</html>\n");
    page
}

fn operation_of(page: &mut String, path: &str, method: &str, operation: &Value) {
    let _ = writeln!(
        page,
        "<h2><code>{} {}</code></h2>\n<p>{} Right: <code>{}</code></p>",
        escaped(&method.to_uppercase()),
        escaped(path),
        escaped(text(&operation["summary"])),
        escaped(text(&operation["x-dadns-right"])),
    );
    page.push_str("<table>\n");
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let _ = writeln!(
            page,
            "<tr><td><code>{}</code><td>{}<td>{}",
            escaped(text(&parameter["name"])),
            escaped(text(&parameter["in"])),
            escaped(text(&parameter["description"])),
        );
    }
    page.push_str("</table>\n");
    let body = members(&operation["requestBody"]["content"]).map(|content| ("Body", content));
    let answers = members(&operation["responses"]);
    let answers = answers.flat_map(|(_, answer)| members(&answer["content"]));
    let answers = answers.map(|content| ("Answer", content));
    for (what, (kind, content)) in body.chain(answers) {
        let _ = writeln!(
            page,
            "<p>{what} (<code>{}</code>)</p>{}",
            escaped(kind),
            shown(&content["schema"])
        );
    }
}

/// A schema; one that stands below is linked.
fn shown(schema: &Value) -> String {
    let name = |reference: &str| {
        reference
            .rsplit('/')
            .next()
            .map(escaped)
            .unwrap_or_default()
    };
    match schema["$ref"].as_str().map(name) {
        Some(name) => format!("<p><a href=\"#{name}\">{name}</a></p>"),
        None => {
            let text = serde_json::to_string_pretty(schema).unwrap_or_default();
            format!("<pre>{}</pre>", escaped(&text))
        }
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c => escaped.push(c),
        }
    }
    escaped
}
