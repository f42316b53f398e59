//! What a push costs in CPU time: a zone of 16 records as DirectAdmin writes it.

#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use dadns_zone::{Limits, Zone, ZoneName, read};

fn text(domain: &str) -> String {
    let (m, q) = ("M".repeat(180), "Q".repeat(200));
    format!(
        "$TTL 14400
@\tIN\tSOA\tns1.{domain}.\thostmaster.{domain}. (
\t\t2026112101
\t\t7200
\t\t3600
\t\t1209600
\t\t180 )
{domain}.\t14400\tIN\tNS\tns1.{domain}.
{domain}.\t14400\tIN\tNS\tns2.{domain}.
{domain}.\t14400\tIN\tA\t192.0.2.10
ftp\t14400\tIN\tA\t192.0.2.10
mail\t14400\tIN\tA\t192.0.2.10
ns1\t14400\tIN\tA\t192.0.2.1
ns2\t14400\tIN\tA\t192.0.2.2
pop\t14400\tIN\tA\t192.0.2.10
smtp\t14400\tIN\tA\t192.0.2.10
www\t14400\tIN\tA\t192.0.2.10
{domain}.\t14400\tIN\tMX\t10 mail
{domain}.\t14400\tIN\tTXT\t\"v=spf1 a mx ip4:192.0.2.10 ~all\"
_dmarc\t14400\tIN\tTXT\t\"v=DMARC1; p=none; sp=none; rua=mailto:spam-reports@{domain}\"
x._domainkey\t14400\tIN\tTXT\t( \"v=DKIM1; k=rsa; p={m}\"
\t\t\t\t\t\"{q}\" )
"
    )
}

fn all(c: &mut Criterion) {
    let name = ZoneName::parse("z4711.example").unwrap();
    let text = text(name.as_str());
    let zone = read(&name, text.as_bytes(), &Limits::default())
        .unwrap()
        .zone;
    let packed = zone.pack();
    c.bench_function("read", |b| {
        b.iter(|| read(&name, black_box(text.as_bytes()), &Limits::default()).unwrap());
    });
    c.bench_function("print", |b| b.iter(|| black_box(&zone).to_string()));
    c.bench_function("digest", |b| b.iter(|| black_box(&zone).digest()));
    c.bench_function("pack", |b| b.iter(|| black_box(&zone).pack()));
    c.bench_function("unpack", |b| {
        b.iter(|| Zone::unpack(name.clone(), black_box(&packed)).unwrap())
    });
}

criterion_group!(benches, all);
criterion_main!(benches);
