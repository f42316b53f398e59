//! How a line is written.

use super::{captured, captured_as};
use crate::logging::format::{Colours, Json, Plain};
use crate::logging::text::{MAX_MESSAGE, MAX_VALUE};
use crate::logging::{Level, critical, error, info, success};

/// The part of a line after its place.
fn said(log: impl FnOnce()) -> String {
    let text = captured(Level::Trace, log);
    let line = text.strip_suffix('\n').expect("a line ends in a line end");
    assert!(!line.contains('\n'), "one event is one line: {text:?}");
    line.split_once(" - ")
        .expect("a place and a message")
        .1
        .to_owned()
}

#[test]
fn a_line_has_time_level_place_message_and_fields() {
    let line = line!() + 2;
    let text = captured(Level::Info, || {
        success!(
            zone = "example.com",
            took = "1.8 s",
            count = 12,
            "Batch {}",
            "complete"
        );
    });
    assert_eq!(
        text,
        format!(
            "2026-11-21 09:21:35 | SUCCESS  | dadns::logging::tests::lines:\
             a_line_has_time_level_place_message_and_fields:{line} - \
             Batch complete zone=example.com took=\"1.8 s\" count=12\n"
        )
    );
}

#[test]
fn what_the_message_names_is_a_field_of_json_only() {
    let log = || {
        info!(
            backend = "bind",
            zone = "a.example",
            count = 1,
            "bind: zone a.example: 1"
        )
    };
    assert_eq!(said(log), "bind: zone a.example: 1 count=1");
    let other = || info!(zone = "a.example", "zone b.a.example failed");
    assert_eq!(said(other), "zone b.a.example failed zone=a.example");
    let json = captured_as(Level::Info, Json, log);
    assert!(json.contains("\"backend\":\"bind\""), "{json}");
    assert!(json.contains("\"zone\":\"a.example\""), "{json}");
}

#[test]
fn nothing_in_a_message_or_value_can_fake_a_line_or_drive_a_terminal() {
    let evil = "a\n2026 | INFO | fake\r\x1b[2J\u{9b}1m\u{202e}b\u{2028}c\u{e0041}";
    let safe = r"a\n2026 | INFO | fake\r\u{1b}[2J\u{9b}1m\u{202e}b\u{2028}c\u{e0041}";
    assert_eq!(said(|| info!("{evil}")), safe);
    assert_eq!(
        said(|| info!(zone = evil, "x")),
        format!("x zone=\"{safe}\"")
    );
    assert_eq!(
        said(|| info!(zone = %evil, "x")),
        format!("x zone=\"{safe}\"")
    );
}

#[test]
fn a_value_is_quoted_where_its_end_would_not_be_plain() {
    assert_eq!(
        said(|| info!(v = "plain-1.2/x:y", "m")),
        "m v=plain-1.2/x:y"
    );
    assert_eq!(said(|| info!(v = "", "m")), r#"m v="""#);
    assert_eq!(said(|| info!(v = "a b", "m")), r#"m v="a b""#);
    assert_eq!(said(|| info!(v = "a=b", "m")), r#"m v="a=b""#);
    assert_eq!(said(|| info!(v = r#"say "\""#, "m")), r#"m v="say \"\\\"""#);
    assert_eq!(
        said(|| info!(v = true, f = 0.5, n = -3, "m")),
        "m v=true f=0.5 n=-3"
    );
}

#[test]
fn emoji_and_other_scripts_stay_as_they_are() {
    assert_eq!(
        said(|| info!("📥 Batch started — 12 zone(s) 日本")),
        "📥 Batch started — 12 zone(s) 日本"
    );
}

#[test]
fn long_messages_and_values_are_cut_and_say_so() {
    let long = "ä".repeat(MAX_MESSAGE);
    let message = said(|| info!("{long}"));
    assert!(
        message.ends_with(&format!("ä… ({MAX_MESSAGE} more bytes)")),
        "{message}"
    );
    let value = said(|| info!(v = long.as_str(), "m"));
    assert!(value.len() < MAX_VALUE + 60, "{}", value.len());
}

#[test]
fn json_says_the_same_facts() {
    let line = line!() + 2;
    let text = captured_as(Level::Info, Json, || {
        critical!(
            zone = "a b",
            count = 12,
            bad = "\u{202e}\u{9b}\u{e0041}\n\x7f",
            "gone"
        );
    });
    for hostile in ['\u{202e}', '\u{9b}', '\u{e0041}', '\x7f'] {
        assert!(!text.contains(hostile), "{text:?}");
    }
    assert_eq!(text.matches('\n').count(), 1);
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        read,
        serde_json::json!({
            "time": "2026-11-21T09:21:35.123456+13:00",
            "level": "CRITICAL",
            "module": "dadns::logging::tests::lines",
            "function": "json_says_the_same_facts",
            "line": line,
            "message": "gone",
            "fields": {"zone": "a b", "count": 12, "bad": "\u{202e}\u{9b}\u{e0041}\n\x7f"},
        })
    );
}

#[test]
fn colours_appear_only_where_they_are_asked_for() {
    let log = || error!("x");
    assert!(!captured(Level::Info, log).contains('\x1b'));
    let coloured = captured_as(Level::Info, Plain(Colours::when(true)), log);
    assert!(
        coloured.contains("\x1b[1;31mERROR   \x1b[0m"),
        "{coloured:?}"
    );
    assert!(coloured.ends_with("x\x1b[0m\n"), "{coloured:?}");
}
