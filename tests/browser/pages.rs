//! Each page at a desk and on a phone, light and dark: nothing that keeps people from using it, nothing cut off.

use std::path::PathBuf;

use crate::chromium::{Chromium, Window};
use crate::needs;
use crate::support::gateway::Gateway;
use crate::support::http::send;
use crate::support::named::Named;
use crate::{builtin, push, zone};

/// Every page, by the name of its picture.
const PAGES: &[(&str, &str)] = &[
    ("dashboard", "/web"),
    ("zones", "/web/zones"),
    ("zone", "/web/zones/shop.example"),
    (
        "edit",
        "/web/zones/shop.example/edit?name=shop.example.&type=MX",
    ),
    ("history", "/web/zones/shop.example/history"),
    ("difference", "/web/zones/shop.example/diff?to=2"),
    ("rollback", "/web/zones/shop.example/rollback?revision=1"),
    ("held", "/web/held"),
    ("query", "/web/query?name=www.shop.example&type=A"),
    ("drift", "/web/drift"),
    ("masters", "/web/masters"),
    ("services", "/web/services"),
    ("service", "/web/services/shop"),
    (
        "deregister",
        "/web/services/shop/deregister?agent=&id=shop%3A1",
    ),
    ("tokens", "/web/tokens"),
    ("configuration", "/web/configuration"),
    ("log", "/web/log"),
    ("about", "/web/about"),
];

const REGISTRY: &str = "records:\n  nameservers: [ns1.example.net]\nregistry:\n  enabled: true\n  \
                        listen: [\"127.0.0.1:0\"]\n  domain: svc.example\n  lease_seconds: 86400\n";

/// Two instances of a service, of which one is not in DNS.
fn register(gateway: &mut Gateway) {
    let line = gateway.logs("The registry takes services at http://");
    let (_, address) = line.split_once("http://").unwrap();
    let address = address.split(' ').next().unwrap().parse().unwrap();
    let ask = |path: &str, body: &str| {
        let length = body.len();
        let request = format!(
            "POST {path} HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        let answer = send(address, request.as_bytes());
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    for number in ["1", "2"] {
        let body = r#"{"server": "shop", "instance_id": N, "host": "192.0.2.N", "port": 443, "tags": ["eu"]}"#;
        ask("/register", &body.replace('N', number));
    }
    let dead = r#"{"server": "shop", "instance_id": 2, "status": "dead", "error": "disk full"}"#;
    ask("/status", dead);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_can_be_used_by_everybody_at_a_desk_and_on_a_phone() {
    needs!("chromium", "chromedriver", "axe.min.js", "named", "rndc");
    let mut named = Named::start();
    let mut gateway = Gateway::start_with(REGISTRY, &[builtin(), named.backend("bind")]);
    register(&mut gateway);
    for (at, name) in ["shop", "blog", "mail", "café"].iter().enumerate() {
        let name = idna(name);
        push(
            &gateway,
            &format!("{name}.example"),
            &format!("192.0.2.{}", at + 1),
        );
    }
    push(&gateway, "shop.example", "192.0.2.77");
    // What is hostile is shown as what it is.
    let hostile = "x TXT \"</script><img src=x onerror=alert(1)>\" \"\\226\\128\\174abc\"\n\\034quote A 192.0.2.9\n";
    gateway.push(
        "hostile.example",
        &format!("{}{hostile}", zone("192.0.2.3")),
    );
    named.kill();
    gateway.push("late.example", &zone("192.0.2.4"));
    gateway.logs("bind: unavailable");
    let mut pages = PAGES.to_vec();
    pages.push(("hostile", "/web/zones/hostile.example"));
    pages.push(("pending", "/web/zones/late.example"));
    Chromium::start()
        .window(&gateway, async |page| {
            page.go("/web/login").await;
            look(&page, "login").await;
            page.log_in().await;
            for (name, path) in &pages {
                page.go(path).await;
                page.element("main h1").await;
                look(&page, name).await;
            }
        })
        .await;
}

fn idna(label: &str) -> String {
    match label {
        "café" => "xn--caf-dma".to_owned(),
        plain => plain.to_owned(),
    }
}

/// Looks at a page in each way that it may be looked at.
async fn look(page: &Window, name: &str) {
    for width in [1280, 390] {
        page.width(width).await;
        for colours in ["light", "dark"] {
            page.colours(colours).await;
            let at = format!("{name}, {width} pixels wide, {colours}");
            let wide = page
                .script("return document.documentElement.scrollWidth")
                .await;
            assert!(
                wide.as_u64().unwrap() <= u64::from(width),
                "{at}: {wide} pixels are needed"
            );
            let found = page.violations().await;
            assert!(found.is_empty(), "{at}: {found:#?}");
            if std::env::var_os("DADNS_TEST_PICTURES").is_some()
                && (colours == "light" || name == "dashboard")
            {
                let file = format!("docs/web/{name}-{width}-{colours}.webp");
                let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file);
                std::fs::write(file, page.picture().await).unwrap();
            }
        }
    }
    page.width(1280).await;
    page.colours("light").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_people_from_using_a_page_is_found() {
    needs!("chromium", "chromedriver", "axe.min.js");
    let gateway = Gateway::start(&[builtin()]);
    Chromium::start()
        .window(&gateway, async |page| {
            page.go("/web/login").await;
            page.script("document.querySelector('main').append(document.createElement('img'))")
                .await;
            let found = page.violations().await;
            assert!(
                found.iter().any(|one| one.starts_with("image-alt")),
                "{found:?}"
            );
        })
        .await;
}
