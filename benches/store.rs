//! How many pushes a second become durable: one after the other, and with others waiting for the
//! same sync. The directory is below the target directory, so that it is on a real disk.

#![allow(clippy::expect_used)]

use std::net::Ipv4Addr;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use dadns::access::{Login, Principal, Rights};
use dadns::engine;
use dadns::store::{Author, Options, Store};
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

criterion_group!(benches, accept);
criterion_main!(benches);
