//! The OpenAPI document.

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::summaries::{Answer, SUMMARIES, Summary};
use crate::http::problem::shape::ProblemDetails;
use crate::http::routes::{self, Route};

/// Makes it.
pub(super) fn make() -> Value {
    let settings = || {
        SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        })
    };
    // What clients may leave out of a body, they find in an answer.
    let mut asked = settings().for_deserialize().into_generator();
    let mut told = settings().for_serialize().into_generator();
    let problem = told.subschema_for::<ProblemDetails>();
    let mut paths = Map::new();
    for route in routes::native() {
        let Some(method) = &route.method else {
            continue;
        };
        let (path, parameters) = path(route.path);
        let summary = SUMMARIES
            .iter()
            .find(|summary| summary.path == path && summary.method == method.as_str());
        let operation = operation(route, summary, &parameters, &mut asked, &mut told);
        let methods = paths.entry(path).or_insert_with(|| json!({}));
        if let Some(methods) = methods.as_object_mut() {
            methods.insert(method.as_str().to_ascii_lowercase(), operation);
        }
    }
    let mut schemas = asked.take_definitions(true);
    schemas.extend(told.take_definitions(true));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "dadns",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "The record API of this DNS gateway.",
            "description": "Errors are problems as RFC 9457 defines them. Unknown members of answers are to be \
                            ignored: new ones may come.",
        },
        "servers": [{"url": "/"}],
        "security": [{"account": []}, {"key": []}, {"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {
                "problem": {
                    "description": "Why it cannot be done.",
                    "content": {"application/problem+json": {"schema": problem}},
                },
            },
            "securitySchemes": {
                "account": {"type": "http", "scheme": "basic", "description": "An account, or a token as password."},
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "A token."},
                "token": {"type": "http", "scheme": "bearer", "description": "A token or a JWT of `POST /token`."},
            },
        },
    })
}

/// A path as OpenAPI writes it, and its parameters: `{zone:[^/]+}` is `{zone}`.
pub(super) fn path(path: &str) -> (String, Vec<&str>) {
    let (mut plain, mut parameters, mut rest) = (String::new(), Vec::new(), path);
    while let Some((before, after)) = rest.split_once('{') {
        let (parameter, after) = after.split_once('}').unwrap_or((after, ""));
        let name = parameter.split(':').next().unwrap_or(parameter);
        plain.push_str(before);
        plain.push('{');
        plain.push_str(name);
        plain.push('}');
        parameters.push(name);
        rest = after;
    }
    plain.push_str(rest);
    (plain, parameters)
}

fn operation(
    route: &Route,
    summary: Option<&Summary>,
    parameters: &[&str],
    asked: &mut SchemaGenerator,
    told: &mut SchemaGenerator,
) -> Value {
    let in_path = parameters.iter().map(
        |name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}),
    );
    let query = summary.map_or(&[][..], |summary| summary.query);
    let in_query = query.iter().map(|query| {
        json!({"name": query.0, "in": "query", "description": query.2, "schema": {"type": query.1}})
    });
    let mut parameters: Vec<_> = in_path.chain(in_query).collect();
    let answer = summary.map(|summary| summary.answer);
    if let Some(Answer::Events(_)) = answer {
        parameters.push(json!({
            "name": "Last-Event-ID",
            "in": "header",
            "description": "The id of the last event that was read.",
            "schema": {"type": "string"},
        }));
    }
    let (status, answered) = match answer {
        Some(Answer::Json(status, shape)) => (status, content("application/json", shape(told))),
        Some(Answer::Lines(shape)) => ("200", content("application/x-ndjson", shape(told))),
        Some(Answer::Events(shape)) => ("200", content("text/event-stream", shape(told))),
        None => ("200", json!({})),
    };
    let mut responses = Map::new();
    let description = match status {
        "201" => "It is created.",
        _ => "It is done.",
    };
    responses.insert(
        status.to_owned(),
        json!({"description": description, "content": answered}),
    );
    responses.insert(
        "default".to_owned(),
        json!({"$ref": "#/components/responses/problem"}),
    );
    let mut operation = json!({
        "summary": summary.map_or("", |summary| summary.text),
        "parameters": parameters,
        "responses": responses,
    });
    if let Some(right) = route.right {
        operation["description"] = format!("Needs the right `{}`.", right.word()).into();
        operation["x-dadns-right"] = right.word().into();
    }
    if let Some(body) = summary.and_then(|summary| summary.body) {
        operation["requestBody"] =
            json!({"required": true, "content": content("application/json", body(asked))});
    }
    operation
}

fn content(kind: &str, schema: Schema) -> Value {
    json!({kind: {"schema": schema}})
}
