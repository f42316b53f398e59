//! The parts that record data is made of, right and slightly wrong.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

pub fn text(pattern: &'static str) -> BoxedStrategy<String> {
    proptest::string::string_regex(pattern).unwrap().boxed()
}

pub fn number(max: u64) -> BoxedStrategy<String> {
    prop_oneof![Just(0), Just(max), 0..=max]
        .prop_map(|number| number.to_string())
        .boxed()
}

pub fn one_of(words: &'static [&'static str]) -> BoxedStrategy<String> {
    select(words).prop_map(str::to_owned).boxed()
}

pub fn domain() -> BoxedStrategy<String> {
    prop_oneof![
        4 => one_of(&["a", "b", "www", "mail.sub", "ns1.sub", "z.example.", "www.other.example.", ".", "@", "Mail", "a.B.c.example."]),
        2 => text("[a-z0-9_-]{1,12}(\\.[a-z0-9_-]{1,8}){0,2}\\.?"),
        1 => one_of(&["a\\.b", "\\200\\001x.z.example.", "quo\\\"te", "par\\(en\\)", "sp\\032ace", "at\\@", "dol$lar", "semi\\;x", "*", "\\052.y", "back\\\\slash", "\\097bc"]),
    ]
    .boxed()
}

pub fn owner() -> BoxedStrategy<String> {
    prop_oneof![
        4 => one_of(&["@", "www", "a", "b", "z.example.", "sub", "ns1.sub", "WWW", "a.Z.example."]),
        3 => domain().prop_filter("a directive", |name| !name.starts_with('$')),
    ]
    .boxed()
}

pub fn string() -> BoxedStrategy<String> {
    prop_oneof![
        3 => text("\"[ -!#-\\[\\]-~]{0,40}\""),
        1 => text("[a-zA-Z0-9=_:/+-]{1,20}"),
        1 => one_of(&["\"\"", "\"a\\\"b\"", "\"\\000\\255\"", "\"semi;colon\"", "a\\ b", "\"\\\\\"", "x\\;y", "\\065", "\"tab\tx\"", "\"\\a\\(\""]),
        1 => text("\"[a-z]{255}\""),
    ]
    .boxed()
}

pub fn hex(octets: std::ops::RangeInclusive<usize>) -> BoxedStrategy<Vec<String>> {
    (vec(any::<u8>(), octets), any::<bool>(), any::<bool>())
        .prop_map(|(octets, upper, split)| {
            let hex: String = octets
                .iter()
                .map(|octet| {
                    if upper {
                        format!("{octet:02X}")
                    } else {
                        format!("{octet:02x}")
                    }
                })
                .collect();
            spread(hex, split)
        })
        .boxed()
}

pub fn base64(octets: std::ops::RangeInclusive<usize>) -> BoxedStrategy<Vec<String>> {
    (vec(any::<u8>(), octets), any::<bool>())
        .prop_map(|(octets, split)| spread(domain::utils::base64::encode_string(&octets), split))
        .boxed()
}

/// The text as one word or two.
pub fn spread(text: String, split: bool) -> Vec<String> {
    match (split, text.len()) {
        (true, 2..) => vec![
            text[..text.len() / 2 + 1].to_owned(),
            text[text.len() / 2 + 1..].to_owned(),
        ]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect(),
        _ => vec![text],
    }
}

pub fn ipv4() -> BoxedStrategy<String> {
    any::<[u8; 4]>()
        .prop_map(|octets| std::net::Ipv4Addr::from(octets).to_string())
        .boxed()
}

pub fn ipv6() -> BoxedStrategy<String> {
    prop_oneof![
        any::<[u8; 16]>().prop_map(|octets| std::net::Ipv6Addr::from(octets).to_string()),
        one_of(&[
            "::",
            "2001:db8::5",
            "::ffff:192.0.2.1",
            "1::",
            "2001:DB8:0:0:1::1"
        ]),
    ]
    .boxed()
}

pub fn time() -> BoxedStrategy<String> {
    prop_oneof![
        number(u64::from(u32::MAX)),
        one_of(&[
            "20240229120000",
            "19700101000000",
            "20371231235959",
            "21060207062815",
            "20241231235960"
        ])
    ]
    .boxed()
}

pub fn types() -> BoxedStrategy<Vec<String>> {
    vec(
        one_of(&[
            "A",
            "NS",
            "mx",
            "TYPE65400",
            "RRSIG",
            "NSEC",
            "TYPE1",
            "CAA",
            "HTTPS",
            "TYPE256",
            "TYPE4096",
            "DNSKEY",
        ]),
        1..6,
    )
    .boxed()
}

pub fn algorithm() -> BoxedStrategy<String> {
    one_of(&[
        "5",
        "8",
        "13",
        "15",
        "RSASHA256",
        "ecdsap256sha256",
        "ED25519",
        "254",
    ])
}

/// Fields one after the other; each may take several words.
pub fn fields(parts: Vec<BoxedStrategy<Vec<String>>>) -> BoxedStrategy<Vec<String>> {
    parts
        .into_iter()
        .fold(Just(Vec::new()).boxed(), |all, part| {
            (all, part)
                .prop_map(|(mut all, part)| {
                    all.extend(part);
                    all
                })
                .boxed()
        })
}

pub fn word(part: BoxedStrategy<String>) -> BoxedStrategy<Vec<String>> {
    part.prop_map(|word| vec![word]).boxed()
}

macro_rules! data {
    ($($part:expr),*) => { fields(vec![$(word($part)),*]) };
    ($($part:expr),*; $rest:expr) => { fields(vec![$(word($part),)* $rest]) };
}

pub(crate) use data;

pub fn digest() -> BoxedStrategy<Vec<String>> {
    prop_oneof![
        data![number(0xffff), algorithm(), one_of(&["1", "SHA-1", "sha1"]); hex(20..=20)],
        data![number(0xffff), algorithm(), one_of(&["2", "SHA-256"]); hex(32..=32)],
        data![number(0xffff), algorithm(), one_of(&["4", "SHA-384"]); hex(48..=48)],
        data![number(0xffff), algorithm(), one_of(&["3", "9"]); hex(1..=60)],
        data![number(0xffff), algorithm(), one_of(&["2", "4", "1"]); hex(1..=60)],
    ]
    .boxed()
}

pub fn salt() -> BoxedStrategy<String> {
    prop_oneof![Just("-".to_owned()), text("([0-9a-fA-F]{2}){1,10}")].boxed()
}

pub fn hash() -> BoxedStrategy<String> {
    prop_oneof![3 => text("[0-9a-vA-V]{32}"), 1 => text("[0-9A-V]{1,31}")].boxed()
}

pub fn locator() -> BoxedStrategy<String> {
    text("[0-9a-fA-F]{1,4}(:[0-9a-f]{1,4}){3}")
}

pub fn svc_params() -> BoxedStrategy<Vec<String>> {
    let param = prop_oneof![one_of(&[
        "alpn=h2",
        "alpn=\"h2,h3\"",
        "alpn=\"a\\\\,b,c\"",
        "no-default-alpn",
        "port=443",
        "port=\"53\"",
        "port=65536",
        "ipv4hint=192.0.2.1,192.0.2.2",
        "ipv4hint=\"192.0.2.1\"",
        "ipv6hint=2001:db8::1",
        "ech=aGVsbG8=",
        "ech",
        "mandatory=alpn",
        "mandatory=port,alpn",
        "mandatory=key65000",
        "dohpath=/dns-query{?dns}",
        "dohpath=\"/x/{dns}\"",
        "dohpath=/x",
        "key65000=abc",
        "key65000",
        "key65000=\"a b\\\"c\"",
        "key1=\\002h2",
        "key7=/q{?dns}",
        "key5=\\001\\002",
        "key65000=\\200",
        "alpn",
        "alpn=h1\\,h2",
        "key0001=x",
        "Alpn=h2",
        "key3=\\000\\053",
        "dohpath=/{+dns,x:3}",
        "alpn=\"\\\\\\\\\"",
    ]),];
    vec(param, 0..4).boxed()
}

pub fn loc() -> BoxedStrategy<Vec<String>> {
    let angle = |max: u64, sides: &'static [&'static str]| {
        prop_oneof![
            fields(vec![word(number(max)), word(one_of(sides))]),
            fields(vec![
                word(number(max)),
                word(number(59)),
                word(one_of(sides))
            ]),
            fields(vec![
                word(number(max - 1)),
                word(number(59)),
                word(text("[1-5]?[0-9](\\.[0-9]{0,3})?")),
                word(one_of(sides))
            ]),
        ]
        .boxed()
    };
    let metres = || {
        prop_oneof![
            text("[0-9]{1,5}(\\.[0-9]{0,2})?m?"),
            one_of(&["0m", "0.01m", "90000000m", "0.5", "1.5m", "42849672.95m"])
        ]
        .boxed()
    };
    let altitude = prop_oneof![
        metres(),
        text("-[0-9]{1,4}(\\.[0-9]{1,2})?m"),
        one_of(&["-100000.00m", "-100000.01m", "42849672.95m"])
    ]
    .boxed();
    let precisions = vec(metres(), 0..4).boxed();
    fields(vec![
        angle(90, &["N", "S"]),
        angle(180, &["E", "W"]),
        word(altitude),
        precisions,
    ])
}

pub fn generic() -> BoxedStrategy<Vec<String>> {
    vec(any::<u8>(), 0..12)
        .prop_map(|octets| {
            let mut words = vec!["\\#".to_owned(), octets.len().to_string()];
            if !octets.is_empty() {
                words.push(octets.iter().map(|octet| format!("{octet:02x}")).collect());
            }
            words
        })
        .boxed()
}
