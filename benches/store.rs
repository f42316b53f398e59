//! How many pushes a second become durable: one after the other, and with others waiting for the
//! same sync; and how long an edit of one record of a large zone takes. The directory is below the target directory, so that it is on a real disk.

#![allow(clippy::expect_used)]

use std::net::Ipv4Addr;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use dadns::access::{Login, Principal, Rights};
use dadns::engine;
use dadns::records::rdata;
use dadns::store::{Attributes, Author, Edits, Mode, Options, RecordEdit, Store};
use dadns_zone::{Limits, Zone, ZoneName, read};
use futures_util::future::join_all;

fn zone(number: usize, serial: u32) -> Zone {
    let name = format!("z{number}.example");
    let text = format!(
        "$TTL 14400\n@ SOA ns1.{name}. hostmaster.{name}. {serial} 7200 3600 1209600 180\n\
         @ NS ns1\n@ NS ns2\n@ A 192.0.2.10\nftp A 192.0.2.10\nmail A 192.0.2.10\n\
         ns1 A 192.0.2.1\nns2 A 192.0.2.2\npop A 192.0.2.10\nsmtp A 192.0.2.10\nwww A 192.0.2.10\n\
         @ MX 10 mail\n@ TXT \"v=spf1 a mx ip4:192.0.2.10 ~all\"\n_dmarc TXT \"v=DMARC1; p=none\"\n\
         x._domainkey TXT \"v=DKIM1; k=rsa; p={}\" \"{}\"\n",
        "M".repeat(180),
        "Q".repeat(200)
    );
    let name = ZoneName::parse(&name).expect("a name");
    let reading = read(&name, text.as_bytes(), &Limits::default());
    reading.expect("a zone").zone
}

fn author() -> Author {
    let login = Login {
        name: "bench".into(),
        address: Ipv4Addr::LOCALHOST.into(),
        rights: Rights::MASTER,
        scope: None,
    };
    Author {
        master: Some("da1.example.net".into()),
        user: Some("alice".into()),
        ..Author::new(Principal::Master(login))
    }
}

fn accept(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let directory = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    let backends = [("bind".parse().expect("a name"), String::new())].into();
    let engine = engine::open(directory.path(), 64 << 20).expect("an engine");
    let (store, _committer) = Store::open(engine, &backends, &Options::default()).expect("a store");
    let mut group = criterion.benchmark_group("accept");
    let mut serial = 0;
    for waiting in [1, 16, 64] {
        group.throughput(Throughput::Elements(waiting as u64));
        group.bench_function(BenchmarkId::new("waiting", waiting), |bencher| {
            bencher.iter_batched(
                || {
                    serial += 1;
                    (0..waiting)
                        .map(|number| (author(), zone(number, serial)))
                        .collect::<Vec<_>>()
                },
                |pushes| {
                    runtime.block_on(async {
                        let pushes = pushes.into_iter();
                        let pushes = pushes.map(|(by, zone)| store.push(by, zone, Vec::new()));
                        let pushed = join_all(pushes).await;
                        assert!(pushed.iter().all(Result::is_ok));
                    });
                },
                criterion::BatchSize::PerIteration,
            );
        });
    }
}

/// More records than the zones have at first: edits add some.
const MOST: usize = 200_000;

/// One record of a zone of 100,000 RRsets is edited: created here, or pushed by a master.
fn edit(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let directory = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    let backends = [("bind".parse().expect("a name"), String::new())].into();
    let engine = engine::open(directory.path(), 64 << 20).expect("an engine");
    let options = Options {
        max_records: MOST,
        ..Options::default()
    };
    let (store, _committer) = Store::open(engine, &backends, &options).expect("a store");
    let mut group = criterion.benchmark_group("edit");
    group.sample_size(20);
    let large = |name: &str| {
        let mut text = format!(
            "$TTL 300\n@ SOA ns1.{name}. hostmaster.{name}. 1 7200 3600 1209600 180\n@ NS ns1\nns1 A 192.0.2.1\n"
        );
        for host in 0..100_000 {
            text += &format!("host{host} A 192.0.2.{}\n", host % 250);
        }
        let limits = Limits {
            max_records: MOST,
            ..Limits::default()
        };
        let name = ZoneName::parse(name).expect("a name");
        read(&name, text.as_bytes(), &limits).expect("a zone").zone
    };
    for (layer, name) in [("pushed", "pushed.example"), ("created", "created.example")] {
        let zone = large(name);
        let name = zone.name().clone();
        runtime.block_on(async {
            match layer {
                "pushed" => {
                    let pushed = store.push(author(), zone, Vec::new()).await;
                    pushed.expect("a store");
                }
                _ => {
                    let created = store.create(author(), zone, Attributes::new(), Mode::Make);
                    created.await.expect("a store").expect("a new zone");
                }
            }
        });
        let mut number = 0;
        group.bench_function(BenchmarkId::new("one of 100000", layer), |bencher| {
            bencher.iter(|| {
                number += 1;
                let data = format!("198.51.{}.{}", number / 250, number % 250);
                let owner = format!("host{}", number % 1_000);
                let (key, rdata) = rdata(&name, &owner, "A", &data).expect("a record");
                let edits = Edits::of(vec![RecordEdit::Add {
                    key,
                    ttl: None,
                    rdata,
                }]);
                let edited = store.edit(author(), name.clone(), Mode::Make, move |_| {
                    Ok::<_, ()>(edits)
                });
                let edited = runtime.block_on(edited).expect("a store").expect("an edit");
                assert!(edited.stored.changed);
            });
        });
        group.bench_function(BenchmarkId::new("what a lane loads", layer), |bencher| {
            bencher.iter(|| store.desired(&name).expect("a store"));
        });
    }
}

criterion_group!(benches, accept, edit);
criterion_main!(benches);
