//! Records are changed by the forms of their types.

use dadns::app::Gateway;
use tempfile::TempDir;

use crate::browser::{Browser, gateway, push, push_text};
use crate::http::Answer;

pub const EDIT: &str = "/web/zones/a.example/edit";

/// A type, what is filled in, and what stands in the zone then.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

pub async fn edited(zone_text: Option<&str>) -> (Gateway, TempDir, Browser) {
    let (gateway, kept) = gateway("").await;
    match zone_text {
        Some(text) => push_text(&gateway, "a.example", text).await,
        None => push(&gateway, "a.example", "192.0.2.1").await,
    }
    let mut browser = Browser::new(&gateway);
    browser.log_in().await;
    (gateway, kept, browser)
}

fn asks<'a>(
    step: &'a str,
    rtype: &'a str,
    values: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let fixed = [
        ("step", step),
        ("op", "add"),
        ("name", "x"),
        ("type", rtype),
        ("ttl", "60"),
    ];
    fixed.into_iter().chain(values.iter().copied()).collect()
}

pub async fn send(browser: &Browser, revision: u64, fields: &[(&str, &str)]) -> Answer {
    let revision = revision.to_string();
    let mut fields = fields.to_vec();
    fields.push(("revision", &revision));
    browser.send(EDIT, &fields).await
}

pub async fn text(browser: &Browser) -> String {
    browser.get("/web/zones/a.example/text").await.body
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_has_a_form_whose_fields_come_back_as_they_were_published() {
    let (gateway, _kept, browser) = edited(None).await;
    let long = "k".repeat(300);
    let digest = "ab".repeat(32);
    let cases: &[Case<'_>] = &[
        ("A", &[("v0.address", "192.0.2.7")], "A 192.0.2.7"),
        ("AAAA", &[("v0.address", "2001:db8::7")], "AAAA 2001:db8::7"),
        (
            "MX",
            &[("v0.preference", "10"), ("v0.exchange", "mail")],
            "MX 10 mail.a.example.",
        ),
        ("TXT", &[("v0.txt", &long)], "TXT \"kkk"),
        (
            "SRV",
            &[
                ("v0.priority", "0"),
                ("v0.weight", "5"),
                ("v0.port", "5060"),
                ("v0.target", "sip"),
            ],
            "SRV 0 5 5060 sip.a.example.",
        ),
        (
            "CAA",
            &[
                ("v0.flags", "128"),
                ("v0.tag", "issue"),
                ("v0.value", "ca.example; a=b"),
            ],
            "CAA 128 issue \"ca.example; a=b\"",
        ),
        (
            "NS",
            &[("v0.nsdname", "ns.example.net.")],
            "NS ns.example.net.",
        ),
        (
            "PTR",
            &[("v0.ptrdname", "host.example.net.")],
            "PTR host.example.net.",
        ),
        (
            "DS",
            &[
                ("v0.keytag", "7"),
                ("v0.algorithm", "13"),
                ("v0.digesttype", "2"),
                ("v0.digest", &digest),
            ],
            "DS 7 13 2 ",
        ),
        (
            "TLSA",
            &[
                ("v0.usage", "3"),
                ("v0.selector", "1"),
                ("v0.matching", "1"),
                ("v0.data", &digest),
            ],
            "TLSA 3 1 1 ",
        ),
        (
            "SSHFP",
            &[
                ("v0.algorithm", "4"),
                ("v0.fptype", "2"),
                ("v0.fingerprint", &digest),
            ],
            "SSHFP 4 2 ",
        ),
        (
            "NAPTR",
            &[
                ("v0.order", "100"),
                ("v0.preference", "10"),
                ("v0.flags", "U"),
                ("v0.services", "E2U+sip"),
                ("v0.regexp", "!^.*$!sip:i@a.example!"),
                ("v0.replacement", "."),
            ],
            "NAPTR 100 10 \"U\" \"E2U+sip\" \"!^.*$!sip:i@a.example!\" .",
        ),
        (
            "HTTPS",
            &[
                ("v0.svcpriority", "1"),
                ("v0.targetname", "."),
                ("v0.svcparams", "port=8443"),
            ],
            "HTTPS 1 . port=8443",
        ),
        (
            "SVCB",
            &[
                ("v0.svcpriority", "0"),
                ("v0.targetname", "svc"),
                ("v0.svcparams", ""),
            ],
            "SVCB 0 svc.a.example.",
        ),
    ];
    let mut revision = 1;
    for (rtype, values, data) in cases {
        // Below a cut there are no other records.
        let name = if matches!(*rtype, "NS" | "DS") {
            "cut"
        } else {
            "x"
        };
        let mut fields = asks("review", rtype, values);
        fields[2] = ("name", name);
        let review = send(&browser, revision, &fields).await;
        assert_eq!(review.status, 200, "{rtype}: {}", review.body);
        assert!(
            !text(&browser).await.contains(data),
            "{rtype}: a review writes nothing"
        );
        fields[0] = ("step", "publish");
        if *rtype == "DS" {
            revision -= 1;
        }
        let done = send(&browser, revision, &fields).await;
        if *rtype == "DS" {
            // At another revision than that of the form.
            assert_eq!(done.status, 412, "{}", done.body);
            revision += 1;
            assert_eq!(send(&browser, revision, &fields).await.status, 303);
        } else {
            assert_eq!(done.status, 303, "{rtype}: {}", done.body);
        }
        revision += 1;
        let zone = text(&browser).await.replace('\t', " ");
        assert!(zone.contains(data), "{rtype}: {zone}");
        let form = browser
            .get(&format!("{EDIT}?name={name}&type={rtype}"))
            .await
            .body;
        for (field, value) in *values {
            let value = value.replace('&', "&amp;").replace('"', "&quot;");
            // Names come back in full, hexadecimal in capitals.
            let shown = form.to_lowercase();
            let id = field.split('.').nth(1).unwrap();
            let begins = shown
                .split(&format!("name=\"v0.{id}\""))
                .nth(1)
                .unwrap_or_else(|| panic!("{rtype} {field}: {form}"));
            assert!(
                begins.contains(&value.to_lowercase()),
                "{rtype} {field}: {form}"
            );
        }
    }
    let zone = text(&browser).await;
    assert!(
        zone.contains(&format!("\"{}\" \"{}\"", "k".repeat(255), "k".repeat(45))),
        "{zone}"
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_stands_beside_its_field_and_is_found_while_typing_too() {
    let (gateway, _kept, browser) = edited(None).await;
    let before = text(&browser).await;
    let values = [
        ("v0.preference", "65536"),
        ("v0.exchange", "a..b"),
        ("v1.preference", "10"),
        ("v1.exchange", "mail"),
        ("v2.preference", "10 mail."),
        ("v2.exchange", ""),
    ];
    let fields = asks("publish", "MX", &values);
    let page = send(&browser, 1, &fields).await;
    assert_eq!(page.status, 422, "{}", page.body);
    for field in [
        "v0.preference",
        "v0.exchange",
        "v2.preference",
        "v2.exchange",
    ] {
        assert!(
            page.body.contains(&format!("href=\"#{field}\"")),
            "{field}: {}",
            page.body
        );
        assert!(
            page.body.contains(&format!("id=\"{field}-error\"")),
            "{field}"
        );
    }
    assert!(
        !page.body.contains("href=\"#v1.exchange\""),
        "{}",
        page.body
    );
    assert_eq!(
        page.body.matches("aria-invalid=\"true\"").count(),
        4,
        "{}",
        page.body
    );
    assert!(
        page.body.contains("value=\"65536\""),
        "what was typed is kept"
    );
    let checked = browser.send("/web/zones/a.example/check", &fields).await;
    let checked: serde_json::Value = serde_json::from_str(&checked.body).unwrap();
    let faults = checked["faults"].as_array().unwrap();
    let about: Vec<_> = faults
        .iter()
        .map(|one| one["field"].as_str().unwrap())
        .collect();
    assert_eq!(
        about,
        [
            "v0.preference",
            "v0.exchange",
            "v2.preference",
            "v2.exchange"
        ]
    );
    for fault in faults {
        let message = fault["message"].as_str().unwrap().replace('"', "&quot;");
        assert!(page.body.contains(&message), "{message}: {}", page.body);
    }
    assert_eq!(
        checked["values"][0]["message"],
        "Published as 10 mail.a.example."
    );
    assert_eq!(text(&browser).await, before);
    // Fields that are fine alone and do not agree.
    let digest = "ab".repeat(32);
    let ds = asks(
        "review",
        "DS",
        &[
            ("v0.keytag", "7"),
            ("v0.algorithm", "13"),
            ("v0.digesttype", "1"),
            ("v0.digest", &digest),
        ],
    );
    let page = send(&browser, 1, &ds).await;
    assert!(
        page.status == 422 && page.body.contains("href=\"#v0.digest\""),
        "{}",
        page.body
    );
    let mut other = browser.clone();
    other.csrf = "0".repeat(64);
    assert_eq!(
        other
            .send("/web/zones/a.example/check", &fields)
            .await
            .status,
        403
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_added_and_taken_away_and_a_form_becomes_a_text_and_back() {
    let (gateway, _kept, browser) = edited(None).await;
    let one = [("v0.preference", "10"), ("v0.exchange", "mail")];
    let more = send(&browser, 1, &asks("more", "MX", &one)).await;
    assert!(
        more.body.contains("name=\"v1.exchange\"") && more.body.contains("value=\"mail\""),
        "{}",
        more.body
    );
    let two = [
        one[0],
        one[1],
        ("v1.preference", "20"),
        ("v1.exchange", "other"),
    ];
    let less = send(&browser, 1, &asks("less-0", "MX", &two)).await;
    assert!(
        less.body.contains("value=\"other\"") && !less.body.contains("value=\"mail\""),
        "{}",
        less.body
    );
    let lines = send(&browser, 1, &asks("lines", "MX", &two)).await;
    assert!(
        lines.body.contains("\n10 mail\n20 other</textarea>"),
        "{}",
        lines.body
    );
    let back = send(
        &browser,
        1,
        &asks("fields", "MX", &[("records", "10 mail\n20 other")]),
    )
    .await;
    assert!(
        back.body
            .contains("name=\"v1.exchange\" value=\"other.a.example.\""),
        "{}",
        back.body
    );
    // What nobody filled in is no value.
    let done = send(
        &browser,
        1,
        &asks(
            "publish",
            "MX",
            &[one[0], one[1], ("v1.preference", "10"), ("v1.exchange", "")],
        ),
    )
    .await;
    assert_eq!(done.status, 303, "{}", done.body);
    gateway.stop().await;
}
