//! What has to be so before anything changes (RFC 2136 §2.4, §3.2).

use super::*;

#[tokio::test]
async fn each_prerequisite_holds_or_is_answered_with_its_code() {
    for (lines, code) in [
        // A name is in use.
        (&["ANY 0 www ANY"][..], 0),
        (&["ANY 0 WWW ANY"], 0),
        (&["ANY 0 gone ANY"], NXDOMAIN),
        (&["ANY 0 ent ANY"], NXDOMAIN),
        (&["ANY 0 deep.ent ANY"], 0),
        // An RRset exists.
        (&["ANY 0 www A"], 0),
        (&["ANY 0 www AAAA"], NXRRSET),
        (&["ANY 0 gone A"], NXRRSET),
        (&["ANY 0 alias A"], NXRRSET),
        // A name is not in use.
        (&["NONE 0 gone ANY"], 0),
        (&["NONE 0 ent ANY"], 0),
        (&["NONE 0 www ANY"], YXDOMAIN),
        // An RRset does not exist.
        (&["NONE 0 www AAAA"], 0),
        (&["NONE 0 www TXT"], YXRRSET),
        // An RRset is exactly this, in any order, whatever its TTL.
        (&["IN 0 www A 192.0.2.2", "IN 0 www A 192.0.2.1"], 0),
        (
            &[
                "IN 0 www A 192.0.2.2",
                "IN 0 www A 192.0.2.1",
                "IN 0 www A 192.0.2.2",
            ],
            0,
        ),
        (&["IN 0 www A 192.0.2.1"], NXRRSET),
        (
            &[
                "IN 0 www A 192.0.2.1",
                "IN 0 www A 192.0.2.2",
                "IN 0 www A 192.0.2.3",
            ],
            NXRRSET,
        ),
        (&["IN 0 gone A 192.0.2.1"], NXRRSET),
        (&["IN 0 alias CNAME WWW"], 0),
        // Both kinds for one set.
        (&["ANY 0 www TXT", "IN 0 www TXT \"hello\""], 0),
        (&["ANY 0 www TXT", "IN 0 www TXT \"other\""], NXRRSET),
        // The first that does not hold counts, and values come last.
        (&["ANY 0 www AAAA", "NONE 0 www ANY"], NXRRSET),
        (&["NONE 0 www ANY", "ANY 0 www AAAA"], YXDOMAIN),
        (&["IN 0 www A 192.0.2.9", "NONE 0 www ANY"], YXDOMAIN),
    ] {
        let (answered, plan) = made(the_zone(), lines, &["IN 60 new A 192.0.2.7"]).await;
        assert_eq!(answered, code, "{lines:?}");
        assert_eq!(plan.is_some(), code == 0, "{lines:?}");
        // Without changes they are a question.
        let (answered, plan) = made(the_zone(), lines, &[]).await;
        assert_eq!(answered, code, "{lines:?}");
        assert!(plan.is_none_or(|plan| plan == Plan::default()));
    }
}

#[tokio::test]
async fn malformed_prerequisites_are_told_so_before_any_is_judged() {
    for line in [
        "ANY 1 www ANY",
        "NONE 1 www A",
        "IN 1 www A 192.0.2.1",
        "ANY 0 www A 192.0.2.1",
        "NONE 0 www A 192.0.2.1",
        "CH 0 www A 192.0.2.1",
        "CH 0 www A",
        "IN 0 www A",
        "IN 0 www A raw three",
        "IN 0 www ANY",
        "IN 0 www AXFR",
    ] {
        let (answered, _) = made(the_zone(), &["ANY 0 gone ANY", line], &[]).await;
        assert_eq!(answered, FORMERR, "{line}");
    }
}

#[tokio::test]
async fn names_outside_of_the_zone_are_told_before_all_else() {
    for outside in ["www.b.example.", "example.", "xa.example.", "."] {
        let prerequisite = format!("ANY 7 {outside} ANY");
        let (answered, _) = made(the_zone(), &[&prerequisite], &[]).await;
        assert_eq!(answered, NOTZONE, "{prerequisite}");
        let change = format!("IN 60 {outside} A 192.0.2.1");
        let (answered, _) = made(the_zone(), &["ANY 7 www ANY"], &[&change]).await;
        assert_eq!(answered, NOTZONE, "{change}");
    }
}

#[tokio::test]
async fn prerequisites_count_before_changes_that_are_malformed() {
    let wrong = ["ANY 60 www ANY"];
    let (answered, _) = made(the_zone(), &["ANY 0 gone ANY"], &wrong).await;
    assert_eq!(answered, NXDOMAIN);
    let (answered, _) = made(the_zone(), &["ANY 0 www ANY"], &wrong).await;
    assert_eq!(answered, FORMERR);
}
