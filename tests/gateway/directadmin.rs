//! Every call and shape of a DirectAdmin master. No name server is needed for these.

use crate::support::gateway::{Gateway, PASSWORD, USER};
use crate::support::http::{basic, send};
use crate::support::{sample, zone_text};

fn gateway() -> Gateway {
    Gateway::start(&[])
}

#[test]
fn the_connection_test_is_answered_as_directadmin_does() {
    let gateway = gateway();
    assert_eq!(
        gateway.get("/CMD_API_LOGIN_TEST"),
        "error=0&text=Login+OK&details=none"
    );
}

#[test]
fn a_captured_save_is_accepted_byte_for_byte() {
    let gateway = gateway();
    let text = sample("plain.example.zone");
    let request = format!(
        "POST /CMD_API_DNS_ADMIN?action=rawsave&domain=plain.example&username=alice&\
         hostname=da1.example.net&named_reload=yes HTTP/1.0\r\nHost: 127.0.0.1:2222\r\n\
         User-Agent: \r\nAuthorization: {}\r\nAccept: */*\r\nConnection: close\r\n\
         Content-length: {}\r\n\r\n{text}",
        basic(USER, PASSWORD),
        text.len()
    );
    let answer = send(gateway.address, request.as_bytes());
    assert_eq!((answer.status, answer.body.as_str()), (200, "error=0"));
    let zone = gateway.json("/api/v1/zones/plain.example");
    assert_eq!(zone["records"], 10);
    assert_eq!(zone["serial"], 2_024_010_100);
    assert_eq!(zone["master"], "da1.example.net");
    assert_eq!(zone["user"], "alice");
}

#[test]
fn a_captured_delete_is_accepted_byte_for_byte() {
    let gateway = gateway();
    for zone in ["a.example", "b.example", "c.example"] {
        assert_eq!(
            gateway.push(zone, &zone_text(zone, 1, "192.0.2.1")),
            "error=0"
        );
    }
    let body =
        "action=delete&cluster=yes&hostname=da1.example.net&select0=a.example&select1=b.example";
    let request = format!(
        "POST /CMD_API_DNS_ADMIN HTTP/1.0\r\nHost: 127.0.0.1:2222\r\nUser-Agent: \r\n\
         Authorization: {}\r\nAccept: */*\r\nConnection: close\r\nContent-length: {}\r\n\r\n{body}",
        basic(USER, PASSWORD),
        body.len()
    );
    let answer = send(gateway.address, request.as_bytes());
    assert_eq!((answer.status, answer.body.as_str()), (200, "error=0"));
    let exists = |zone| gateway.get(&format!("/CMD_API_DNS_ADMIN?action=exists&domain={zone}"));
    assert_eq!(exists("a.example"), "error=0&exists=0");
    assert_eq!(exists("b.example"), "error=0&exists=0");
    assert_eq!(
        exists("c.example"),
        "error=0&exists=1&details=Domain+exists+on+da1.example.net"
    );
}

#[test]
fn a_save_is_understood_in_every_shape_that_clients_use() {
    let gateway = gateway();
    let authorization = basic(USER, PASSWORD);
    let post = |target: &str, headers: &str, body: &str| {
        let request = format!(
            "POST {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
             Authorization: {authorization}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        send(gateway.address, request.as_bytes()).body
    };
    let form = |zone: &str, field: &str| {
        let text = zone_text(zone, 1, "192.0.2.1");
        let text: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        format!("{field}={text}")
    };
    const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";
    let query = |zone: &str| format!("/CMD_API_DNS_ADMIN?action=rawsave&domain={zone}");

    for (zone, answer) in [
        (
            "plain-text.example",
            post(
                &query("plain-text.example"),
                "Content-Type: text/plain\r\n",
                &zone_text("plain-text.example", 1, "192.0.2.1"),
            ),
        ),
        (
            "mislabelled.example",
            post(
                &query("mislabelled.example"),
                FORM,
                &zone_text("mislabelled.example", 1, "192.0.2.1"),
            ),
        ),
        (
            "form.example",
            post(
                "/CMD_API_DNS_ADMIN",
                FORM,
                &format!(
                    "action=rawsave&domain=form.example&{}",
                    form("form.example", "zone_file")
                ),
            ),
        ),
        (
            "bare-form.example",
            post(
                "/CMD_API_DNS_ADMIN",
                "",
                &format!(
                    "{}&domain=bare-form.example&action=rawsave",
                    form("bare-form.example", "zonefile")
                ),
            ),
        ),
        (
            "mixed.example",
            post(
                &query("mixed.example"),
                FORM,
                &form("mixed.example", "zonefile"),
            ),
        ),
    ] {
        assert_eq!(answer, "error=0", "{zone}");
        assert_eq!(
            gateway.json(&format!("/api/v1/zones/{zone}"))["records"],
            6,
            "{zone}"
        );
    }
}

#[test]
fn a_delete_is_understood_in_every_shape_that_clients_use() {
    let gateway = gateway();
    for (zone, target, body) in [
        (
            "query.example",
            "/CMD_API_DNS_ADMIN?action=delete&domain=query.example",
            "",
        ),
        (
            "query-select.example",
            "/CMD_API_DNS_ADMIN?action=delete&select0=query-select.example&hostname=da1.example.net",
            "",
        ),
        (
            "form.example",
            "/CMD_API_DNS_ADMIN",
            "action=delete&domain=form.example",
        ),
        (
            "split.example",
            "/CMD_API_DNS_ADMIN?domain=split.example",
            "action=delete",
        ),
        (
            "upper.example",
            "/CMD_API_DNS_ADMIN",
            "action=delete&select0=UPPER.Example.",
        ),
    ] {
        assert_eq!(
            gateway.push(zone, &zone_text(zone, 1, "192.0.2.1")),
            "error=0"
        );
        assert_eq!(
            gateway.ask("POST", target, body.as_bytes()).body,
            "error=0",
            "{zone}"
        );
        assert_eq!(
            gateway.json(&format!("/api/v1/zones/{zone}"))["held"],
            false,
            "{zone}"
        );
    }
    assert_eq!(
        gateway.delete_from("da1.example.net", "never.example"),
        "error=0"
    );
}

#[test]
fn exists_knows_the_zone_by_get_and_by_post() {
    let gateway = gateway();
    gateway.push("a.example", &zone_text("a.example", 1, "192.0.2.1"));
    let here = "error=0&exists=1&details=Domain+exists+on+da1.example.net";
    let by_get = |query: &str| gateway.get(&format!("/CMD_API_DNS_ADMIN?{query}"));
    assert_eq!(by_get("action=exists&domain=A.Example"), here);
    assert_eq!(by_get("domain=a.example&action=exists"), here);
    let by_post = gateway.ask(
        "POST",
        "/CMD_API_DNS_ADMIN",
        b"action=exists&domain=a.example",
    );
    assert_eq!(by_post.body, here);
}

#[test]
fn exists_answers_half_typed_and_nonsense_names_with_absent() {
    let gateway = gateway();
    for name in [
        "11.w",
        "11.wh",
        ".",
        "..",
        "a..b",
        "-",
        "a%20b",
        "%C3%A9.example",
        "%00",
        "x/y",
    ] {
        let answer = gateway.get(&format!(
            "/CMD_API_DNS_ADMIN?action=exists&domain={name}&check_for_parent_domain=true"
        ));
        assert_eq!(answer, "error=0&exists=0", "{name}");
    }
}

#[test]
fn the_parent_check_looks_at_every_ancestor_nearest_first() {
    let gateway = gateway();
    gateway.push_from(
        "da1.example.net",
        "far.example",
        &zone_text("far.example", 1, "192.0.2.1"),
    );
    gateway.push_from(
        "da2.example.net",
        "near.far.example",
        &zone_text("near.far.example", 1, "192.0.2.1"),
    );
    let ask = |name: &str, check: &str| {
        gateway.get(&format!(
            "/CMD_API_DNS_ADMIN?action=exists&domain={name}{check}"
        ))
    };
    const CHECK: &str = "&check_for_parent_domain=true";
    assert_eq!(
        ask("a.b.c.far.example", CHECK),
        "error=0&exists=3&hostname=da1.example.net&username=alice"
    );
    assert_eq!(
        ask("a.b.near.far.example", CHECK),
        "error=0&exists=3&hostname=da2.example.net&username=alice"
    );
    assert_eq!(ask("a.b.c.far.example", ""), "error=0&exists=0");
    assert_eq!(ask("notfar.example", CHECK), "error=0&exists=0");
    assert_eq!(
        ask("near.far.example", CHECK),
        "error=0&exists=1&details=Domain+exists+on+da2.example.net"
    );
}

#[test]
fn the_parent_check_names_only_the_host_where_owners_are_not_checked() {
    let gateway = Gateway::start_with("  check_subdomain_owner_in_cluster_domainowners: 0\n", &[]);
    gateway.push("a.example", &zone_text("a.example", 1, "192.0.2.1"));
    assert_eq!(
        gateway.get(
            "/CMD_API_DNS_ADMIN?action=exists&domain=x.a.example&check_for_parent_domain=true"
        ),
        "error=0&exists=2&details=Parent+Domain+exists+on+da1.example.net"
    );
}

#[test]
fn users_are_those_that_own_zones_here() {
    let gateway = gateway();
    let push = |user: &str, zone: &str| {
        let target = format!(
            "/CMD_API_DNS_ADMIN?action=rawsave&domain={zone}&username={user}&hostname=da1.example.net"
        );
        let text = zone_text(zone, 1, "192.0.2.1");
        assert_eq!(
            gateway.ask("POST", &target, text.as_bytes()).body,
            "error=0"
        );
    };
    assert_eq!(gateway.get("/CMD_API_SHOW_ALL_USERS"), "");
    push("bob", "b.example");
    push("alice", "a.example");
    push("bob", "b2.example");
    assert_eq!(
        gateway.get("/CMD_API_SHOW_ALL_USERS"),
        "list[]=alice&list[]=bob"
    );
    assert_eq!(
        gateway.get("/CMD_API_USER_EXISTS?user=alice"),
        "error=0&exists=1"
    );
    assert_eq!(
        gateway.get("/CMD_API_USER_EXISTS?user=carol"),
        "error=0&exists=0"
    );
    gateway.delete_from("da1.example.net", "a.example");
    assert_eq!(
        gateway.get("/CMD_API_USER_EXISTS?user=alice"),
        "error=0&exists=0"
    );
}

#[test]
fn a_call_without_action_is_a_connectivity_check() {
    let gateway = gateway();
    assert_eq!(gateway.get("/CMD_API_DNS_ADMIN"), "error=0&text=OK");
    assert_eq!(
        gateway.ask("POST", "/CMD_API_DNS_ADMIN", b"").body,
        "error=0&text=OK"
    );
}

#[test]
fn an_unknown_command_or_action_is_named_in_the_error() {
    let gateway = gateway();
    let command = gateway.ask("GET", "/CMD_API_REBOOT?x=1", b"");
    assert_eq!(command.status, 200);
    assert!(
        command.body.starts_with("error=1&text="),
        "{}",
        command.body
    );
    assert!(command.body.contains("CMD_API_REBOOT"), "{}", command.body);
    let action = gateway.get("/CMD_API_DNS_ADMIN?action=explode&domain=a.example");
    assert!(
        action.starts_with("error=1&") && action.contains("explode"),
        "{action}"
    );
}

#[test]
fn a_wrong_method_is_answered_with_405() {
    let gateway = gateway();
    assert_eq!(
        gateway.ask("DELETE", "/CMD_API_LOGIN_TEST", b"").status,
        405
    );
    assert_eq!(
        gateway
            .ask("PUT", "/CMD_API_DNS_ADMIN?action=exists&domain=a", b"")
            .status,
        405
    );
    let get = gateway.ask(
        "GET",
        "/CMD_API_DNS_ADMIN?action=rawsave&domain=a.example",
        b"",
    );
    assert_eq!(get.status, 405);
}

#[test]
fn a_delete_that_is_not_posted_removes_nothing() {
    let mut gateway = gateway();
    gateway.push("a.example", &zone_text("a.example", 1, "192.0.2.1"));
    for method in ["GET", "HEAD"] {
        let target = "/CMD_API_DNS_ADMIN?action=delete&domain=a.example&hostname=da1.example.net";
        let answer = gateway.ask(method, target, b"");
        assert_eq!(answer.status, 405, "{method}");
        assert!(
            answer.head.to_ascii_lowercase().contains("allow: post"),
            "{method}: {}",
            answer.head
        );
    }
    assert_eq!(gateway.json("/api/v1/zones/a.example")["held"], true);
    let line = gateway.logs("delete has to be sent with POST");
    assert!(
        line.contains("WARNING") && line.contains("zone=a.example"),
        "{line}"
    );
}

#[test]
fn one_bad_name_in_a_delete_does_not_keep_the_others() {
    let mut gateway = gateway();
    for zone in ["a.example", "b.example"] {
        gateway.push(zone, &zone_text(zone, 1, "192.0.2.1"));
    }
    let other = "theirs.example";
    gateway.push_from("da2.example.net", other, &zone_text(other, 1, "192.0.2.1"));
    let answer = gateway.ask(
        "POST",
        "/CMD_API_DNS_ADMIN",
        b"action=delete&hostname=da1.example.net&select0=a.example&select1=not%20one.example\
          &select2=theirs.example&select3=b.example",
    );
    assert!(answer.body.starts_with("error=1&"), "{}", answer.body);
    for kept in ["not+one.example", "theirs.example"] {
        assert!(answer.body.contains(kept), "{}", answer.body);
    }
    for (zone, held) in [("a.example", false), ("b.example", false), (other, true)] {
        let found = gateway.json(&format!("/api/v1/zones/{zone}"));
        assert_eq!(found["held"], held, "{zone}");
    }
    gateway.logs("zone a.example removed by da1.example.net");
    gateway.logs("zone b.example removed by da1.example.net");
    let line = gateway.logs("not one.example");
    assert!(line.contains("WARNING"), "{line}");
}

#[test]
fn a_delete_of_what_is_not_here_tells_the_unknown_from_the_removed() {
    let mut gateway = gateway();
    let zone = "gone.example";
    gateway.push(zone, &zone_text(zone, 1, "192.0.2.1"));
    for zone in [zone, zone, "never.example"] {
        assert_eq!(gateway.delete_from("da1.example.net", zone), "error=0");
    }
    let removed = gateway.logs("asked to remove zone gone.example, which is removed already");
    assert!(removed.contains("DEBUG"), "{removed}");
    let unknown = gateway.logs("asked to remove zone never.example, which was never pushed here");
    assert!(unknown.contains("WARNING"), "{unknown}");
}

#[test]
fn a_zone_with_bytes_beyond_utf_8_is_the_same_by_form_and_raw() {
    let gateway = gateway();
    let zone = "latin.example";
    let mut text = zone_text(zone, 1, "192.0.2.1").into_bytes();
    text.extend(b"t\t14400\tIN\tTXT\t\"caf\xe9+1%\"\n");
    let target = format!("/CMD_API_DNS_ADMIN?action=rawsave&domain={zone}");
    assert_eq!(gateway.ask("POST", &target, &text).body, "error=0");
    let encoded: String = form_urlencoded::byte_serialize(&text).collect();
    for field in ["zone_file", "zonefile"] {
        let form = format!("action=rawsave&domain={zone}&{field}={encoded}");
        let answer = gateway.ask("POST", "/CMD_API_DNS_ADMIN", form.as_bytes());
        assert_eq!(answer.body, "error=0");
        // The same content is no new revision.
        let found = gateway.json(&format!("/api/v1/zones/{zone}"));
        assert_eq!(
            (&found["revision"], &found["records"]),
            (&1.into(), &7.into())
        );
    }
}

#[test]
fn every_refused_change_leaves_one_line_with_its_zone_and_reason() {
    let mut gateway = gateway();
    let text = zone_text("a.example", 1, "192.0.2.1");
    for (target, body, zone, reason) in [
        (
            "action=rawsave&domain=a..1",
            text.as_str(),
            "a..1",
            "empty label",
        ),
        (
            "action=rawsave&domain=a.2&hostname=-_*",
            &text,
            "a.2",
            "hostname: ",
        ),
        (
            "action=rawsave&domain=a.3&username=a%20b",
            &text,
            "a.3",
            "a user name has",
        ),
        ("action=rawsave&domain=a.4", " \n", "a.4", "is empty"),
        (
            "action=delete&domain=a.5&username=a%20b",
            "",
            "a.5",
            "a user name has",
        ),
    ] {
        let target = format!("/CMD_API_DNS_ADMIN?{target}");
        let answer = gateway.ask("POST", &target, body.as_bytes()).body;
        assert!(answer.starts_with("error=1&"), "{answer}");
        let line = gateway.logs(&format!("zone={zone}"));
        for part in ["WARNING", "from 127.0.0.1 was refused", reason] {
            assert!(line.contains(part), "{part} is missing in {line}");
        }
    }
    // What only asks, or has a line of its own, has no second one.
    gateway.push("bad.example", "no zone");
    gateway.get("/CMD_API_DNS_ADMIN?action=explode&domain=a.example");
    gateway.logs("zone bad.example from da1.example.net (127.0.0.1) refused");
    assert_eq!(gateway.log().matches(" was refused: ").count(), 5);
}

#[test]
fn a_save_without_text_is_an_error_and_changes_nothing() {
    let gateway = gateway();
    gateway.push("a.example", &zone_text("a.example", 5, "192.0.2.1"));
    for body in ["", "\n\n \n"] {
        let answer = gateway.push("a.example", body);
        assert!(answer.starts_with("error=1&"), "{answer}");
    }
    let form = gateway.ask(
        "POST",
        "/CMD_API_DNS_ADMIN",
        b"action=rawsave&domain=a.example",
    );
    assert!(form.body.starts_with("error=1&"), "{}", form.body);
    assert_eq!(gateway.json("/api/v1/zones/a.example")["revision"], 1);
}

#[test]
fn a_save_without_user_or_master_keeps_the_owner_that_is_known() {
    let gateway = gateway();
    gateway.push("a.example", &zone_text("a.example", 1, "192.0.2.1"));
    let save = |query: &str, serial: u32| {
        let target = format!("/CMD_API_DNS_ADMIN?action=rawsave&domain=a.example{query}");
        let text = zone_text("a.example", serial, "192.0.2.1");
        assert_eq!(
            gateway.ask("POST", &target, text.as_bytes()).body,
            "error=0"
        );
        let zone = gateway.json("/api/v1/zones/a.example");
        (zone["master"].clone(), zone["user"].clone())
    };
    assert_eq!(
        save("&hostname=da1.example.net", 2),
        ("da1.example.net".into(), "alice".into())
    );
    assert_eq!(save("", 3), ("da1.example.net".into(), "alice".into()));
    let moved = save("&hostname=DA9.example.net&username=zoe", 4);
    assert_eq!(moved, ("da9.example.net".into(), "zoe".into()));
}

#[test]
fn a_late_delete_from_the_old_master_changes_nothing_and_says_so() {
    let mut gateway = gateway();
    let zone = "moved.example";
    gateway.push_from("old.example.net", zone, &zone_text(zone, 1, "192.0.2.1"));
    gateway.push_from("new.example.net", zone, &zone_text(zone, 2, "192.0.2.2"));
    gateway.logs("has moved: it belonged to alice on old.example.net");
    let answer = gateway.delete_from("old.example.net", zone);
    assert!(answer.starts_with("error=1&"), "{answer}");
    assert!(answer.contains("new.example.net"), "{answer}");
    assert_eq!(gateway.json("/api/v1/zones/moved.example")["held"], true);
    assert_eq!(gateway.delete_from("new.example.net", zone), "error=0");
    assert_eq!(gateway.json("/api/v1/zones/moved.example")["held"], false);
}

#[test]
fn what_cannot_be_accepted_is_refused_with_line_and_reason() {
    let gateway = gateway();
    for (zone, hints) in [
        ("cut", &["line"][..]),
        ("nosoa", &["SOA"]),
        ("include", &["line+25", "INCLUDE"]),
        ("generate", &["line+25", "GENERATE"]),
        ("clash", &["CNAME", "mail.clash.example"]),
        ("type", &["line+25", "not-an-address", "IPv4"]),
    ] {
        let answer = gateway.push(
            &format!("{zone}.example"),
            &sample(&format!("refused/{zone}.example.zone")),
        );
        assert!(answer.starts_with("error=1&"), "{zone}: {answer}");
        for hint in hints {
            assert!(answer.contains(hint), "{zone} lacks {hint}: {answer}");
        }
        let held = gateway.get(&format!(
            "/CMD_API_DNS_ADMIN?action=exists&domain={zone}.example"
        ));
        assert_eq!(held, "error=0&exists=0");
    }
}

#[test]
fn what_is_let_pass_with_a_warning_is_in_the_log_and_the_receipt() {
    let mut gateway = gateway();
    for (zone, hint) in [
        ("longtxt.example", "255"),
        ("outside.example", "www.other.example"),
    ] {
        let answer = gateway.push(zone, &sample(&format!("warned/{zone}.zone")));
        assert_eq!(answer, "error=0");
        let receipt = gateway.json(&format!("/api/v1/zones/{zone}"));
        let warning = receipt["warnings"][0].as_str().unwrap().to_owned();
        assert!(warning.contains(hint), "{warning}");
        gateway.logs(&warning);
    }
}
