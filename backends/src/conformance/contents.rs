//! What zones consist of: what was put is read back equal, whatever it is.

use std::fs;
use std::path::Path;

use dadns_zone::{Limits, Zone};

use super::ask::*;
use super::generate::Generator;
use super::zone;
use crate::Backend;

/// The zone texts that the reader is tested with. Those in `refused` are no zones.
const SAMPLES: [&str; 2] = [
    concat!(env!("CARGO_MANIFEST_DIR"), "/../zone/tests/samples"),
    concat!(env!("CARGO_MANIFEST_DIR"), "/../zone/tests/samples/warned"),
];

/// How many zones are generated, and what from.
const GENERATED: (usize, u64) = (30, 0x00da_d115);

/// Records of types that readers and printers get wrong.
const TYPES: &str = r#"
a CAA 0 issue "ca.example;x=\"y\""
_443._tcp TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
h SSHFP 4 1 0123456789abcdef0123456789abcdef01234567
n NAPTR 10 20 "S" "SIP+D2U" "!^.*$!sip:x@y!" .
s SVCB 1 . alpn="h2,h3" port=8443
u TYPE65400 \# 4 0a0b0c0d
e TYPE65401 \# 0
l LOC 52 22 23 N 4 53 32 E -2m 1m 10000m 10m
d NS ns.example.net.
d DS 1 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
www A 192.0.2.1
www RRSIG A 13 3 3600 20380101000000 20200101000000 1 types.example. AAAA
dn DNAME other.example.
t TXT "a" "\000\255;"
esc\.aped A 192.0.2.9
"#;

/// Records of types that few zones have.
const RARE: &str = "mb MB a\nmg MG a\nmr MR a\nminfo MINFO a b\nrp RP a b\nafsdb AFSDB 1 a\n\
rt RT 1 a\nkx KX 1 a\npx PX 1 a b\nptr NSAP-PTR a\nx25 X25 \"12345\"\nisdn ISDN \"1\" \"2\"\n\
gpos GPOS -32.6882 116.8652 10.0\ndhcid DHCID AAAA\nsmimea SMIMEA 3 1 1 ab\nninfo NINFO x y\n\
rkey RKEY 0 3 8 AAAA\ntalink TALINK a b\ncds CDS 1 8 1 0123456789012345678901234567890123456789\n\
cdnskey CDNSKEY 256 3 8 AAAA\nopenpgp OPENPGPKEY AAAA\nspf SPF x\nl64 L64 1 1:2:3:4\nlp LP 1 a\n\
uri URI 10 1 \"ftp://a.example/\"\nhinfo HINFO x y\nkey KEY 256 3 8 AAAA\ncsync CSYNC 1 3 A NS\n\
zone ZONEMD 1 1 1 000000000000000000000000000000000000000000000000000000000000000000000000000000\
000000000000000000\nnsec NSEC a A NSEC\nparam NSEC3PARAM 1 0 0 -\ndlv DLV 1 8 1 \
0123456789012345678901234567890123456789\n*.w A 192.0.2.1\n* TXT x\n";

pub(super) async fn types_that_few_have_come_back_and_are_answered(backend: &dyn Backend) {
    let zone = zone("rare.example", 1, RARE);
    applied(&put(backend, &zone).await);
    has(backend, &zone).await;
    clear(backend).await;
}

pub(super) async fn types_of_every_kind_come_back_as_they_went_in(backend: &dyn Backend) {
    let zone = zone("types.example", 1, TYPES);
    applied(&put(backend, &zone).await);
    has(backend, &zone).await;
    clear(backend).await;
}

pub(super) async fn odd_names_and_owners_are_stored(backend: &dyn Backend) {
    for (apex, records) in [
        (
            "under_score.example",
            "my_host A 192.0.2.1\n_sip._tcp SRV 1 1 5060 sip\n* A 192.0.2.2\n",
        ),
        ("-redirect", ""),
        ("0/25.2.0.192.in-addr.arpa", "1 PTR a.example.\n"),
        ("xn--bcher-kva.example", "@ TXT \"a;b\" \"\\\"\"\n"),
        ("txt.example", "@ MX 10 nowhere\n"),
    ] {
        let zone = zone(apex, 1, records);
        applied(&put(backend, &zone).await);
        has(backend, &zone).await;
    }
    clear(backend).await;
}

pub(super) async fn every_sample_comes_back_as_it_went_in(backend: &dyn Backend) {
    let zones: Vec<_> = SAMPLES.iter().flat_map(|folder| samples(folder)).collect();
    put_all(backend, &zones).await.iter().for_each(applied);
    for zone in &zones {
        has(backend, zone).await;
    }
    clear(backend).await;
}

/// All zones of a folder.
fn samples(folder: &str) -> Vec<Zone> {
    let files = fs::read_dir(folder).expect("the samples are beside the crate");
    let paths = files.map(|file| file.expect("a folder is read").path());
    let zones: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|ext| ext == "zone"))
        .map(|path| sample(&path))
        .collect();
    assert!(!zones.is_empty(), "no samples in {folder}");
    zones
}

fn sample(path: &Path) -> Zone {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    let name = name(stem.expect("a sample is called as its zone"));
    let text = fs::read(path).expect("a sample can be read");
    match dadns_zone::read(&name, &text, &Limits::default()) {
        Ok(reading) => reading.zone,
        Err(error) => panic!("{}: {error}", path.display()),
    }
}

pub(super) async fn generated_zones_come_back_as_they_went_in_and_as_they_were_changed(
    backend: &dyn Backend,
) {
    let mut generator = Generator::new(GENERATED.1);
    let mut drafts: Vec<_> = (0..GENERATED.0)
        .map(|number| generator.draft(number))
        .collect();
    for serial in [1, 2] {
        let zones: Vec<_> = drafts.iter().map(|draft| draft.zone(serial)).collect();
        put_all(backend, &zones).await.iter().for_each(applied);
        for zone in &zones {
            has(backend, zone).await;
        }
        drafts.iter_mut().for_each(|draft| generator.change(draft));
    }
    clear(backend).await;
}
