//! The API of acme-dns: accounts, challenges, and refusals in its own words.

use std::time::{Duration, Instant};

use dadns::app::Gateway;
use dadns::config::Config;
use serde_json::{Value, json};

use crate::http::Answer;
use crate::{World, config, start};

/// 43 characters of base64url.
const ONE: &str = "LHDhK3oGRvkiefQnx7OOczTY5Tic_xZ6HcMOc_gmtoM";
const TWO: &str = "LPsIwTo7o8BoG0-vjCyGQGBWSVIPxI-i_X336eUOQZo";
const THREE: &str = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";

const ACME: &str = "acme_dns:\n  zone: a.example\n";

/// What acme.sh and others cut out of an answer: they know no JSON.
fn cut<'a>(body: &'a str, key: &str) -> &'a str {
    let (_, rest) = body.split_once(&format!("\"{key}\":\"")).unwrap();
    rest.split('"').next().unwrap()
}

struct Account {
    head: String,
    subdomain: String,
}

impl World {
    async fn register(&self, body: &str) -> Account {
        let answer = self.raw("POST", "/register", "", body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!(answer.body.lines().count(), 1);
        let (user, key) = (cut(&answer.body, "username"), cut(&answer.body, "password"));
        let subdomain = cut(&answer.body, "subdomain").to_owned();
        assert_eq!(
            cut(&answer.body, "fulldomain"),
            format!("{subdomain}.a.example")
        );
        Account {
            head: format!("X-Api-User: {user}\r\nX-Api-Key: {key}\r\n"),
            subdomain,
        }
    }

    async fn update(&self, account: &Account, txt: &str) -> Answer {
        let body = json!({"subdomain": account.subdomain, "txt": txt}).to_string();
        self.raw("POST", "/update", &account.head, &body).await
    }

    async fn challenges(&self, account: &Account) -> Value {
        let target = format!("/api/v1/zones/a.example/rrsets?name={}", account.subdomain);
        let page = self.json("GET", &target, Value::Null, 200).await;
        page["rrsets"].clone()
    }
}

/// A gateway where one has stopped just now: threads of that may keep the store for a moment.
async fn again(config: &Config) -> Gateway {
    let begun = Instant::now();
    loop {
        match Gateway::start(config).await {
            Ok(gateway) => return gateway,
            Err(error) => assert!(begun.elapsed() < Duration::from_secs(10), "{error}"),
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_serves_its_last_two_values_and_outlives_a_restart() {
    let mut world = start(ACME).await;
    let account = world.register("").await;
    for txt in [ONE, TWO, THREE] {
        let answer = world.update(&account, txt).await;
        assert_eq!(
            (answer.status, answer.body),
            (200, format!("{{\"txt\":\"{txt}\"}}"))
        );
    }
    let served = world.challenges(&account).await;
    assert_eq!(
        served[0]["records"],
        json!([format!("\"{TWO}\""), format!("\"{THREE}\"")])
    );
    assert_eq!(served[0]["ttl"], 1);
    let by = format!("token acme-dns {} from 127.0.0.1", account.subdomain);
    assert_eq!(served[0]["by"], by);

    let config = config(&world.directory, ACME);
    world.gateway.stop().await;
    world.gateway = again(&config).await;
    assert_eq!(world.update(&account, ONE).await.status, 200);
    let served = world.challenges(&account).await;
    assert_eq!(
        served[0]["records"],
        json!([format!("\"{ONE}\""), format!("\"{THREE}\"")])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_have_the_codes_of_acme_dns() {
    let world = start(ACME).await;
    let (account, other) = (world.register("null").await, world.register("{}").await);
    let elsewhere = world.register(r#"{"allowfrom":["192.0.2.0/24"]}"#).await;
    let before = world.revision().await;
    let of = |account: &Account, txt: &str| {
        json!({"subdomain": account.subdomain, "txt": txt}).to_string()
    };
    for (head, body, status, error) in [
        ("", of(&account, ONE), 401, "forbidden"),
        (&account.head, of(&other, ONE), 401, "forbidden"),
        (&elsewhere.head, of(&elsewhere, ONE), 401, "forbidden"),
        (&account.head, of(&account, "short"), 400, "bad_txt"),
        (
            &account.head,
            of(&account, &ONE.replace('L', "\\\"")),
            400,
            "bad_txt",
        ),
        (
            &account.head,
            json!({"subdomain": "www", "txt": ONE}).to_string(),
            400,
            "bad_subdomain",
        ),
        (&account.head, "{".to_owned(), 400, "malformed_json_payload"),
        (&account.head, "x".repeat(20_000), 413, "body_too_large"),
    ] {
        let answer = world.raw("POST", "/update", head, &body).await;
        let expected = format!("{{\"error\":\"{error}\"}}");
        assert_eq!(
            (answer.status, answer.body),
            (status, expected),
            "{head} {body}"
        );
    }
    for (body, error) in [
        ("{", "malformed_json_payload"),
        (r#"{"allowfrom":["here"]}"#, "invalid_allowfrom_cidr"),
    ] {
        let answer = world.raw("POST", "/register", "", body).await;
        let expected = format!("{{\"error\":\"{error}\"}}");
        assert_eq!((answer.status, answer.body), (400, expected));
    }
    assert_eq!(world.revision().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn registration_is_limited_by_network_by_rate_and_by_number() {
    let world = start(&format!("{ACME}  allow: [192.0.2.0/24]\n")).await;
    let answer = world.raw("POST", "/register", "", "").await;
    assert_eq!(
        (answer.status, &*answer.body),
        (401, "{\"error\":\"forbidden\"}")
    );
    for key in ["registrations_per_minute", "accounts"] {
        let world = start(&format!("{ACME}  {key}: 1\n")).await;
        world.register("").await;
        assert_eq!(
            world.raw("POST", "/register", "", "").await.status,
            429,
            "{key}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_kept_nowhere() {
    let world = start(ACME).await;
    let account = world.register("").await;
    let secrets: Vec<_> = account
        .head
        .lines()
        .map(|line| line.split(' ').nth(1).unwrap())
        .collect();
    world.gateway.stop().await;
    let mut folders = vec![world.directory.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            assert!(
                secrets.iter().all(|secret| !text.contains(secret)),
                "{}",
                path.display()
            );
        }
    }
}
