//! `dadns token`: as an operator creates, lists and revokes tokens.

use serde_json::Value;

use crate::support::gateway::Gateway;
use crate::support::http::send;

fn status_with(gateway: &Gateway, token: &str) -> u16 {
    let request =
        format!("GET /api/v1/zones HTTP/1.0\r\nHost: 127.0.0.1\r\nX-API-Key: {token}\r\n\r\n");
    send(gateway.address, request.as_bytes()).status
}

#[test]
fn a_token_is_shown_once_listed_with_its_last_use_and_revoked_at_once() {
    let mut gateway = Gateway::start(&[]);
    let (status, shown, error) = gateway.command(&["token", "list"]);
    assert!(status.success(), "{error}");
    assert_eq!(shown, "there are no tokens\n");
    let create = [
        "token",
        "create",
        "certbot",
        "--acme",
        "--zones",
        "a.example",
        "*.a.example",
        "--from",
        "127.0.0.0/8,::1",
        "--ttl-max",
        "300",
        "--expires",
        "90d",
        "--json",
    ];
    let (status, json, error) = gateway.command(&create);
    assert!(status.success(), "{error}");
    let made: Value = serde_json::from_str(&json).unwrap();
    let token = made["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("dadns_"), "{json}");
    assert_eq!(
        made["zones"],
        serde_json::json!(["a.example", "*.a.example"])
    );
    assert_eq!(made["from"], serde_json::json!(["127.0.0.0/8", "::1"]));
    assert_eq!(made["types"], serde_json::json!(["TXT"]));
    let (status, _, error) = gateway.command(&create);
    assert_eq!(status.code(), Some(1));
    assert!(
        error.contains("there is a token \"certbot\" already"),
        "{error}"
    );

    // Whoever was shown it can use it, whatever happens next.
    gateway.kill();
    gateway.run();
    let (_, shown, _) = gateway.command(&["token", "list"]);
    assert!(shown.contains("never used"), "{shown}");
    assert_eq!(status_with(&gateway, &token), 200);
    let (_, shown, _) = gateway.command(&["token", "list"]);
    for part in [
        "certbot  valid, may read, edit",
        "zones a.example, *.a.example; names _acme-challenge, _acme-challenge.*; types TXT",
        "from 127.0.0.0/8, ::1",
        "TTL at most 300",
        "from 127.0.0.1\n",
    ] {
        assert!(shown.contains(part), "{part} is missing in:\n{shown}");
    }
    let refused = format!(
        "GET /api/v1/zones/other.example?secret=x HTTP/1.0\r\nHost: 127.0.0.1\r\nX-API-Key: {token}\r\n\r\n"
    );
    assert_eq!(send(gateway.address, refused.as_bytes()).status, 403);
    let line = gateway.logs("was refused; dadns token list");
    assert!(
        line.contains(
            r#"GET "/api/v1/zones/other.example" by token certbot from 127.0.0.1 was refused"#
        ),
        "{line}"
    );
    let (_, json, _) = gateway.command(&["token", "list", "--json"]);
    let list: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(list[0]["last_used_from"], "127.0.0.1", "{json}");
    assert!(!json.contains(&token) && !gateway.log().contains(&token));

    let (status, shown, error) = gateway.command(&["token", "revoke", "certbot"]);
    assert!(status.success(), "{error}");
    assert_eq!(shown, "token certbot is revoked\n");
    assert_eq!(status_with(&gateway, &token), 401);
    gateway.kill();
    gateway.run();
    assert_eq!(status_with(&gateway, &token), 401);
    let (status, _, error) = gateway.command(&["token", "revoke", "certbot"]);
    assert_eq!(status.code(), Some(1));
    assert!(error.contains("there is no token \"certbot\""), "{error}");
}

#[test]
fn what_a_token_cannot_be_is_said_before_or_by_the_gateway() {
    let gateway = Gateway::start(&[]);
    for (arguments, says) in [
        (vec!["x"], "--zones"),
        (vec!["x", "--zones", "*", "--expires", "soon"], "is no time"),
        (vec!["x", "--zones", "a..b"], "zones: "),
        (vec!["x", "--zones", "*", "--types", "NOPE"], "types: "),
        (vec!["x", "--zones", "*", "--actions", "push"], "actions: "),
        (vec!["x", "--zones", "*", "--from", "here"], "from: "),
        (vec!["../x", "--zones", "*"], "the name of a token"),
    ] {
        let command = [&["token", "create"], &arguments[..]].concat();
        let (status, _, error) = gateway.command(&command);
        assert!(!status.success(), "{arguments:?}");
        assert!(error.contains(says), "{arguments:?}: {error}");
    }
}

#[test]
fn the_command_line_asks_where_the_api_listens() {
    let api = crate::support::dns::free_port();
    let mut gateway = Gateway::prepare("", &[]);
    let config = std::fs::read_to_string(gateway.config()).unwrap();
    let config = format!("{config}api:\n  listen: [\"{api}\"]\n");
    std::fs::write(gateway.config(), config).unwrap();
    gateway.run();
    gateway.logs(&format!("The API is at http://{api} (api.listen)"));
    let (status, shown, error) = gateway.command(&["token", "list"]);
    assert!(status.success(), "{error}");
    assert_eq!(shown, "there are no tokens\n");
    let (status, _, error) = gateway.command(&["status"]);
    assert!(status.success(), "{error}");
    let (status, log) = gateway.terminate();
    assert!(status.success(), "{log}");
}
