//! The control channel alone.

use std::fs;
use std::time::Duration;

use super::daemon::{ALGORITHMS, Named, key};
use crate::bind::Control;
use crate::bind::channel::{Patience, Rndc};

#[tokio::test]
async fn named_understands_us_under_every_algorithm() {
    let Some(named) = Named::start("").await else {
        return;
    };
    for algorithm in ALGORITHMS {
        let key_file = named.path(algorithm);
        fs::write(&key_file, key(algorithm)).unwrap();
        let rndc = Rndc::new(
            Control {
                key_file,
                ..named.control_settings()
            },
            Patience::default(),
        );
        for _ in 0..2 {
            let said = rndc.call("status").await.unwrap().unwrap();
            assert!(said.contains("version: BIND"), "{algorithm}: {said}");
        }
    }
}

#[tokio::test]
async fn what_named_refuses_is_told_in_its_words() {
    let Some(named) = Named::start("").await else {
        return;
    };
    let rndc = Rndc::new(named.control_settings(), Patience::default());
    let said = rndc
        .call("reload nowhere.example. IN")
        .await
        .unwrap()
        .unwrap_err();
    assert_eq!(
        said,
        "not found: no matching zone 'nowhere.example.' in any view"
    );
    assert!(
        rndc.call("nonsense")
            .await
            .unwrap()
            .unwrap_err()
            .contains("unknown command")
    );
}

#[tokio::test]
async fn a_call_that_is_dropped_half_way_spoils_no_later_one() {
    let Some(named) = Named::start("").await else {
        return;
    };
    let rndc = Rndc::new(named.control_settings(), Patience::default());
    rndc.call("null").await.unwrap().unwrap();
    for wait in [0, 1, 10, 100, 1000] {
        let dropped = tokio::time::timeout(Duration::from_micros(wait), rndc.call("status")).await;
        drop(dropped);
        let said = rndc
            .call("zonestatus nowhere. IN")
            .await
            .unwrap()
            .unwrap_err();
        assert!(
            said.contains("nowhere."),
            "the answer to another command: {said}"
        );
    }
}

#[tokio::test]
async fn many_tasks_share_one_connection() {
    let Some(named) = Named::start("").await else {
        return;
    };
    let rndc = std::sync::Arc::new(Rndc::new(named.control_settings(), Patience::default()));
    let calls: Vec<_> = (0..50)
        .map(|number| {
            let rndc = std::sync::Arc::clone(&rndc);
            tokio::spawn(async move { rndc.call(&format!("reload z{number}. IN")).await })
        })
        .collect();
    for (number, call) in calls.into_iter().enumerate() {
        let said = call.await.unwrap().unwrap().unwrap_err();
        assert!(said.contains(&format!("'z{number}.'")), "{said}");
    }
}
