//! Accounts with a second factor.

use dadns::access::totp::of_both;
use dadns::config::Config;
use totp_rs::{Builder, Secret};

use crate::browser::{Browser, gateway, hidden};
use crate::http::{Answer, basic};

const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

const APP: &str = "  operators:\n    - \"anna:secret-of-anna\"\n    - \"ben:secret-of-ben\"\n  second_factors:\n    - \
                   \"anna:GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\"\n";

fn code() -> String {
    let secret = Secret::try_from_base32(SECRET).unwrap();
    let totp = Builder::new().with_secret(secret).build().unwrap();
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    totp.generate(now.as_secs()).to_string()
}

async fn send_code(browser: &mut Browser, page: &Answer, code: &str) -> Answer {
    let fields = [
        ("half", &*hidden(&page.body, "half")),
        ("next", &*hidden(&page.body, "next")),
        ("code", code),
    ];
    let answer = browser.send("/web/login", &fields).await;
    browser.keep_cookie(&answer);
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_is_asked_for_after_the_password_and_taken_once() {
    let (gateway, _kept) = gateway(APP).await;
    let mut browser = Browser::new(&gateway);
    let page = browser
        .log_in_at("/web/login?next=%2Fweb%2Fzones", "anna", "secret-of-anna")
        .await;
    assert_eq!(page.status, 200);
    assert!(
        page.body.contains("one-time-code") && !page.head.contains("set-cookie"),
        "{page:?}"
    );
    assert_eq!(
        browser.get("/web?again=1").await.status,
        303,
        "half of a login is no session"
    );
    let wrong = send_code(&mut browser, &page, "000000").await;
    assert!(
        wrong.status == 401 && wrong.body.contains("role=\"alert\""),
        "{wrong:?}"
    );
    assert!(!wrong.head.contains("set-cookie"), "{wrong:?}");
    let code = code();
    let entered = send_code(&mut browser, &page, &code).await;
    assert_eq!(
        (entered.status, entered.location()),
        (303, "/web/zones"),
        "{entered:?}"
    );
    assert_eq!(browser.get("/web").await.status, 200);
    let mut other = Browser::new(&gateway);
    let page = other
        .log_in_at("/web/login", "anna", "secret-of-anna")
        .await;
    assert_eq!(
        send_code(&mut other, &page, &code).await.status,
        401,
        "it was used"
    );
    // Nobody else is asked, and nothing that is made up is half of a login.
    assert_eq!(
        other
            .log_in_at("/web/login", "ben", "secret-of-ben")
            .await
            .status,
        303
    );
    for half in ["1.00", "99999999999.00", "x"] {
        let made_up = other
            .send("/web/login", &[("half", half), ("code", &code)])
            .await;
        assert!(
            made_up.status == 401 && made_up.body.contains("Too late"),
            "{made_up:?}"
        );
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_of_codes_count_and_the_right_password_between_them_helps_nobody() {
    let (gateway, _kept) = gateway(&format!("{APP}  auth_failures_per_minute: 4\n")).await;
    let mut browser = Browser::new(&gateway);
    let mut last = 0;
    for _ in 0..6 {
        let page = browser
            .log_in_at("/web/login", "anna", "secret-of-anna")
            .await;
        if page.status == 429 {
            last = 429;
            break;
        }
        last = send_code(&mut browser, &page, "000000").await.status;
    }
    assert_eq!(last, 429);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_takes_no_password_of_an_account_with_a_second_factor_but_that_of_the_command_line()
{
    let (gateway, _kept) = gateway(APP).await;
    let browser = Browser::new(&gateway);
    let login = basic("anna", "secret-of-anna");
    for (method, path) in [
        ("GET", "/api/v1/zones"),
        ("GET", "/status"),
        ("POST", "/token"),
    ] {
        let answer = browser.api(method, path, &login).await;
        assert_eq!(answer.status, 401, "{path}: {answer:?}");
        assert!(
            answer.body.replace('+', " ").contains("second factor"),
            "{path}: {answer:?}"
        );
    }
    let both = of_both("secret-of-anna", SECRET);
    assert_eq!(
        browser
            .api("GET", "/api/v1/zones", &basic("anna", &both))
            .await
            .status,
        200
    );
    assert_eq!(
        browser
            .api("GET", "/api/v1/zones", &basic("ben", &both))
            .await
            .status,
        401
    );
    assert_eq!(
        browser
            .api("GET", "/api/v1/zones", &basic("ben", "secret-of-ben"))
            .await
            .status,
        200
    );
    gateway.stop().await;
}

#[test]
fn only_operators_have_second_factors_and_their_secrets_are_not_shown() {
    let directory = tempfile::TempDir::new().unwrap();
    let file = directory.path().join("app.yml");
    let load = |factors: &str| {
        let text = format!(
            "app:\n  operators: [\"anna:secret-of-anna\"]\n  second_factors: [{factors}]\n"
        );
        std::fs::write(&file, text).unwrap();
        let loaded = Config::load::<&str>(Some(&file), std::iter::empty());
        loaded
            .map(|loaded| format!("{loaded} {:?}", loaded.config.app))
            .map_err(|errors| errors.to_string())
    };
    let shown = load(&format!("\"anna:{SECRET}\"")).unwrap();
    assert!(
        !shown.contains(SECRET) && !shown.contains("secret-of-anna"),
        "{shown}"
    );
    for (factors, why) in [
        (
            format!("\"directdnsonly:{SECRET}\""),
            "no account of app.operators",
        ),
        (format!("\"anna:{SECRET}\", \"anna:{SECRET}\""), "twice"),
        ("\"anna:GEZDGNBV\"".to_owned(), "dadns account totp"),
    ] {
        let error = load(&factors).unwrap_err();
        assert!(error.contains(why), "{why}: {error}");
        assert!(
            !error.contains(SECRET) && !error.contains("GEZDGNBV"),
            "{error}"
        );
    }
}
