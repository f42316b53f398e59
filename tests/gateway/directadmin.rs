//! The calls of a DirectAdmin master beside saves and removals. No name server is needed.

use crate::support::gateway::Gateway;
use crate::support::zone_text;

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
        ("action=rawsave&domain=a.2", " \n", "a.2", "is empty"),
    ] {
        let target = format!("/CMD_API_DNS_ADMIN?{target}");
        let answer = gateway.ask("POST", &target, body.as_bytes()).body;
        assert!(answer.starts_with("error=1&"), "{answer}");
        let line = gateway.logs(zone);
        for part in ["WARNING", "from 127.0.0.1 was refused", reason] {
            assert!(line.contains(part), "{part} is missing in {line}");
        }
    }
    // What only asks, or has a line of its own, has no second one.
    gateway.push("bad.example", "no zone");
    gateway.get("/CMD_API_DNS_ADMIN?action=explode&domain=a.example");
    gateway.logs("zone bad.example from da1.example.net (127.0.0.1) refused");
    assert_eq!(gateway.log().matches(" was refused: ").count(), 2);
}
