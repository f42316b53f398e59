//! A flood of pushes of new zones: how many become durable a second, and whether the lane of the built-in server
//! keeps up with them meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use dadns::engine::{self, Batch};
use tempfile::TempDir;

use super::Measurement;
use crate::arguments::{CONNECTIONS, Run};
use crate::dns::Asked;
use crate::figures::{Row, Sink, Times};
use crate::load::{Until, flood};
use crate::setup::{Setup, Way};
use crate::zones::{FIRST, name, push, request};

pub const ACCEPT: Measurement = Measurement {
    names: &["accept", "lanes"],
    about: "durable pushes of new zones by 64 connections, and how far the lane of the built-in server keeps up",
    needs: &[],
    on_request: false,
    gateway,
    limits,
};

fn gateway(run: &Run, sink: &mut Sink) {
    for present in &run.present {
        flooded(run, *present).into_iter().for_each(&mut *sink);
    }
}

fn flooded(run: &Run, present: usize) -> [Row; 2] {
    let setup = Setup::filled(run, Way::Builtin, present);
    let over = AtomicBool::new(false);
    let dadns = &setup.dadns;
    let (flooded, drain, others) = thread::scope(|scope| {
        let others = scope.spawn(|| others(&setup, &over));
        let until = Until::Time(run.flood);
        let flooded = flood(dadns.http, CONNECTIONS, until, |number| {
            push(present + number, FIRST)
        });
        over.store(true, Ordering::Relaxed);
        let pending = dadns.pending(setup.backend);
        let ended = Instant::now();
        dadns.until_verified(setup.backend);
        (flooded, (pending, ended.elapsed()), others.join().unwrap())
    });
    let (pending, drain) = drain;
    let verified = flooded.accepted.saturating_sub(pending) as f64 / flooded.accepted as f64;
    let [health, answers] = others;
    [
        Row::new("accept", Way::Builtin.subject(), present)
            .with("per s", flooded.rate())
            .with_times(&flooded.times),
        Row::new("lanes", Way::Builtin.subject(), present)
            .with("verified %", verified * 100.0)
            .with("pending at the end", pending as f64)
            .with("s until verified", drain.as_secs_f64())
            .with("/health p99 ms", health.at(0.99))
            .with("DNS answer p99 ms", answers.at(0.99)),
    ]
}

/// How long others wait during the flood: a load balancer for `/health`, a resolver for an answer.
fn others(setup: &Setup, over: &AtomicBool) -> [Times; 2] {
    let (mut health, mut answers) = (Times::default(), Times::default());
    let mut connection = setup.dadns.connect();
    let asked = setup.dns.map(Asked::at);
    while !over.load(Ordering::Relaxed) {
        let began = Instant::now();
        let said = connection.call(&request("GET", "/health", ""));
        health.0.push(began.elapsed());
        assert!(said.contains("ok"), "{said}");
        if let Some(asked) = &asked {
            let began = Instant::now();
            let _ = asked.serial(&name(0));
            answers.0.push(began.elapsed());
        }
        thread::sleep(Duration::from_millis(10));
    }
    [health, answers]
}

fn limits(run: &Run, sink: &mut Sink) {
    let setup = Setup::start(run, Way::Builtin);
    let login = request("GET", "/CMD_API_LOGIN_TEST", "");
    let http = flood(
        setup.dadns.http,
        CONNECTIONS,
        Until::Time(run.flood),
        |_| login.clone(),
    );
    let http = Row::new("accept", "HTTP alone, a login", 0)
        .with("per s", http.rate())
        .with_times(&http.times);
    sink(http);
    sink(disk(run));
}

/// What the store writes for a push: head, records, layer, pending.
const ENTRIES: [usize; 4] = [120, 1_000, 60, 40];

/// The engine alone, one sync for as many pushes as there are connections.
fn disk(run: &Run) -> Row {
    let directory = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let engine = engine::open(directory.path(), 64 << 20).unwrap();
    let (began, mut times, mut pushes) = (Instant::now(), Times::default(), 0);
    while began.elapsed() < run.flood {
        let mut batch = Batch::default();
        for _ in 0..CONNECTIONS {
            for (kind, length) in ENTRIES.into_iter().enumerate() {
                batch.insert(format!("{kind}{}", name(pushes)), vec![b'x'; length]);
            }
            pushes += 1;
        }
        let written = Instant::now();
        engine.apply(batch).unwrap();
        engine.sync().unwrap();
        times.0.push(written.elapsed());
    }
    let rate = pushes as f64 / began.elapsed().as_secs_f64();
    Row::new("accept", "the store's engine alone", 0)
        .with("per s", rate)
        .with_times(&times)
}
