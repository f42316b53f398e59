//! Which place in the code a line names.

use super::captured;
use crate::logging::{Level, info};

#[test]
fn records_of_the_log_crate_are_shown_with_their_own_place() {
    // Another test may have been first: one bridge serves the whole process.
    let _ = tracing_log::LogTracer::init();
    let text = captured(Level::Info, || {
        log::info!(target: "actix_server::worker", "quiet");
        log::warn!(target: "actix_server::worker", "slow disk");
        log::info!(target: "dadns::x", "ours");
    });
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(
        lines[0].contains("| WARNING  | dadns::logging::tests::places:-:"),
        "{text}"
    );
    assert!(
        lines[0].ends_with(" - slow disk"),
        "no fields of the bridge: {text}"
    );
}

/// The function that a line names.
fn function(log: impl FnOnce()) -> String {
    let text = captured(Level::Trace, log);
    let place = text
        .split(" | ")
        .nth(2)
        .unwrap()
        .split(" - ")
        .next()
        .unwrap();
    place.rsplit(':').nth(1).unwrap().to_owned()
}

struct Thing<T>(T);

trait Speaks {
    fn speak(&self);
}

impl<T> Thing<T> {
    fn method(&self) {
        info!("x");
    }
}

impl Speaks for Thing<fn(u8) -> Vec<u8>> {
    fn speak(&self) {
        info!("x");
    }
}

fn generic<T>(_: T) {
    info!("x");
}

async fn asynchronous() {
    info!("x");
}

#[test]
fn a_line_names_the_function_it_stands_in() {
    fn vector(byte: u8) -> Vec<u8> {
        vec![byte]
    }
    assert_eq!(function(|| Thing(1).method()), "method");
    assert_eq!(
        function(|| Thing(vector as fn(u8) -> Vec<u8>).speak()),
        "speak"
    );
    assert_eq!(function(|| generic(vec![Some("x")])), "generic");
    assert_eq!(
        function(|| [1].iter().for_each(|_| info!("x"))),
        "a_line_names_the_function_it_stands_in"
    );
}

#[test]
fn a_line_names_the_async_function_it_stands_in() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    assert_eq!(
        function(|| runtime.block_on(asynchronous())),
        "asynchronous"
    );
    let block = async {
        tokio::task::yield_now().await;
        async { info!("x") }.await;
    };
    assert_eq!(
        function(|| runtime.block_on(block)),
        "a_line_names_the_async_function_it_stands_in"
    );
}
