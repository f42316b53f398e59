//! Requirements in a query: JSON, or what Python makes of a dictionary, as `{'version': '1.0', 'busy': False}`.

use serde_json::Value;

use crate::http::registry::fault::Fault;

/// Reads either.
pub(super) fn read(text: &str) -> Result<Value, Fault> {
    let json = serde_json::from_str(text);
    let read = json.or_else(|_| serde_json::from_str(&as_json(text)));
    read.map_err(|_| Fault::invalid("requirements is neither JSON nor a dictionary of Python"))
}

/// What Python writes, as JSON has it. What is neither becomes no JSON.
fn as_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    let mut word = String::new();
    while let Some(next) = rest.next() {
        if next.is_alphanumeric() || matches!(next, '_' | '.' | '+' | '-') {
            word.push(next);
            continue;
        }
        put_word(&mut word, &mut out);
        match next {
            '\'' | '"' => put_text(next, &mut rest, &mut out),
            // A tuple is a list.
            '(' => out.push('['),
            ')' => out.push(']'),
            other => out.push(other),
        }
    }
    put_word(&mut word, &mut out);
    out
}

fn put_word(word: &mut String, out: &mut String) {
    out.push_str(match word.as_str() {
        "True" => "true",
        "False" => "false",
        "None" => "null",
        other => other,
    });
    word.clear();
}

/// Puts the text that began with `quote`.
fn put_text(quote: char, rest: &mut std::str::Chars<'_>, out: &mut String) {
    let mut text = String::new();
    while let Some(next) = rest.next() {
        match next {
            '\\' => match rest.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('r') => text.push('\r'),
                Some(other) => text.push(other),
                None => {}
            },
            end if end == quote => break,
            other => text.push(other),
        }
    }
    out.push_str(&Value::from(text).to_string());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_dictionary_of_python_is_read_as_the_json_that_it_means() {
        for (text, value) in [
            (
                "{'version': '1.0', 'busy': False, 'capabilities': ['oauth'], 'n': 3, 'x': None}",
                json!({"version": "1.0", "busy": false, "capabilities": ["oauth"], "n": 3, "x": null}),
            ),
            (
                r#"{"a": "it's", 'b': "\"True\""}"#,
                json!({"a": "it's", "b": "\"True\""}),
            ),
            (r#"{"json": [1, true]}"#, json!({"json": [1, true]})),
            ("{}", json!({})),
        ] {
            assert_eq!(read(text).unwrap(), value, "{text}");
        }
    }

    #[test]
    fn what_is_neither_is_refused() {
        for text in [
            "",
            "{",
            "{'a': ",
            "__import__('os')",
            "{'a': lambda}",
            "{'a'",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
