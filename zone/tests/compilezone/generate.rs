//! Makes zone texts: records of every type, in every form that a master file allows.

use dadns_zone::ZoneName;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;

pub fn name() -> ZoneName {
    ZoneName::parse("z.example").unwrap()
}

/// A record: owner, type, the words of its data.
#[derive(Debug, Clone)]
struct Record {
    owner: String,
    rtype: String,
    words: Vec<String>,
}

/// How a record is written.
#[derive(Debug, Clone)]
struct Form {
    ttl: Option<String>,
    class: u8,
    parens: Option<usize>,
    blank_owner: bool,
    comment: bool,
    tabs: bool,
    upper: bool,
    directive: Option<String>,
}

/// A whole zone text, with the SOA and NS that it needs.
pub fn zone() -> impl Strategy<Value = String> {
    let records = vec((record(), form()), 1..12);
    (records, any::<bool>(), any::<bool>(), select(&["", "$TTL 1h\n", "$TTL 300 ; five minutes\n"][..])).prop_map(
        |(records, crlf, soa_ttl, ttl)| {
            let soa_ttl = if soa_ttl { "7200 " } else { "" };
            let mut text = format!(
                "{ttl}@ {soa_ttl}IN SOA ns. hostmaster ( 2024010100 ; serial\n 1h 600 1W 5m )\n@ NS ns.example.\n"
            );
            let mut last = "@".to_owned();
            for (record, form) in records {
                write(&record, &form, &mut last, &mut text);
            }
            if crlf { text.replace('\n', "\r\n") } else { text }
        },
    )
}

fn write(record: &Record, form: &Form, last: &mut String, text: &mut String) {
    if let Some(directive) = &form.directive {
        text.push_str(directive);
        text.push('\n');
    }
    let separator = if form.tabs { "\t" } else { " " };
    let same_owner = form.blank_owner && form.directive.is_none() && *last == record.owner;
    let mut line = if same_owner {
        String::new()
    } else {
        record.owner.clone()
    };
    last.clone_from(&record.owner);
    let (class, ttl) = (
        Some("IN".to_owned()).filter(|_| form.class > 0),
        form.ttl.clone(),
    );
    let head = if form.class == 1 {
        [class, ttl]
    } else {
        [ttl, class]
    };
    let rtype = if form.upper {
        record.rtype.clone()
    } else {
        record.rtype.to_lowercase()
    };
    for word in head.into_iter().flatten().chain([rtype]) {
        line.push_str(separator);
        line.push_str(&word);
    }
    for (index, word) in record.words.iter().enumerate() {
        line.push_str(separator);
        if form.parens == Some(index) {
            line.push_str("(\n  ; inside\n\t");
        }
        line.push_str(word);
    }
    if form.parens.is_some_and(|index| index < record.words.len()) {
        line.push_str(" )");
    }
    if form.comment {
        line.push_str(" ; \"comment ( \\");
    }
    text.push_str(&line);
    text.push('\n');
}

fn form() -> impl Strategy<Value = Form> {
    let ttl = prop_oneof![
        3 => Just(None),
        2 => (0..1_000_000u32).prop_map(|ttl| Some(ttl.to_string())),
        1 => select(&["1h", "1W2D", "1h30M5s", "0", "2147483647", "10m"][..]).prop_map(|ttl| Some(ttl.to_owned())),
    ];
    let directive = prop_oneof![
        12 => Just(None),
        1 => select(&["$ORIGIN sub", "$origin z.example.", "$ORIGIN @", "$TTL 1d", "", " ; only a comment", "$ORIGIN other.example."][..])
            .prop_map(|directive| Some(directive.to_owned())),
    ];
    (
        ttl,
        0..3u8,
        proptest::option::weighted(0.3, 0..6usize),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        directive,
    )
        .prop_map(
            |(ttl, class, parens, blank_owner, comment, tabs, upper, directive)| Form {
                ttl,
                class,
                parens,
                blank_owner,
                comment,
                tabs,
                upper,
                directive,
            },
        )
}

fn text(pattern: &'static str) -> BoxedStrategy<String> {
    proptest::string::string_regex(pattern).unwrap().boxed()
}

fn number(max: u64) -> BoxedStrategy<String> {
    prop_oneof![Just(0), Just(max), 0..=max]
        .prop_map(|number| number.to_string())
        .boxed()
}

fn one_of(words: &'static [&'static str]) -> BoxedStrategy<String> {
    select(words).prop_map(str::to_owned).boxed()
}

fn domain() -> BoxedStrategy<String> {
    prop_oneof![
        4 => one_of(&["a", "b", "www", "mail.sub", "ns1.sub", "z.example.", "www.other.example.", ".", "@", "Mail", "a.B.c.example."]),
        2 => text("[a-z0-9_-]{1,12}(\\.[a-z0-9_-]{1,8}){0,2}\\.?"),
        1 => one_of(&["a\\.b", "\\200\\001x.z.example.", "quo\\\"te", "par\\(en\\)", "sp\\032ace", "at\\@", "dol$lar", "semi\\;x", "*", "\\052.y", "back\\\\slash", "\\097bc"]),
    ]
    .boxed()
}

fn owner() -> BoxedStrategy<String> {
    prop_oneof![
        4 => one_of(&["@", "www", "a", "b", "z.example.", "sub", "ns1.sub", "WWW", "a.Z.example."]),
        3 => domain().prop_filter("a directive", |name| !name.starts_with('$')),
    ]
    .boxed()
}

fn string() -> BoxedStrategy<String> {
    prop_oneof![
        3 => text("\"[ -!#-\\[\\]-~]{0,40}\""),
        1 => text("[a-zA-Z0-9=_:/+-]{1,20}"),
        1 => one_of(&["\"\"", "\"a\\\"b\"", "\"\\000\\255\"", "\"semi;colon\"", "a\\ b", "\"\\\\\"", "x\\;y", "\\065", "\"tab\tx\"", "\"\\a\\(\""]),
        1 => text("\"[a-z]{255}\""),
    ]
    .boxed()
}

fn hex(octets: std::ops::RangeInclusive<usize>) -> BoxedStrategy<Vec<String>> {
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

fn base64(octets: std::ops::RangeInclusive<usize>) -> BoxedStrategy<Vec<String>> {
    (vec(any::<u8>(), octets), any::<bool>())
        .prop_map(|(octets, split)| spread(domain::utils::base64::encode_string(&octets), split))
        .boxed()
}

/// The text as one word or two.
fn spread(text: String, split: bool) -> Vec<String> {
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

fn ipv4() -> BoxedStrategy<String> {
    any::<[u8; 4]>()
        .prop_map(|octets| std::net::Ipv4Addr::from(octets).to_string())
        .boxed()
}

fn ipv6() -> BoxedStrategy<String> {
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

fn time() -> BoxedStrategy<String> {
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

fn types() -> BoxedStrategy<Vec<String>> {
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

fn algorithm() -> BoxedStrategy<String> {
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
fn fields(parts: Vec<BoxedStrategy<Vec<String>>>) -> BoxedStrategy<Vec<String>> {
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

fn word(part: BoxedStrategy<String>) -> BoxedStrategy<Vec<String>> {
    part.prop_map(|word| vec![word]).boxed()
}

macro_rules! data {
    ($($part:expr),*) => { fields(vec![$(word($part)),*]) };
    ($($part:expr),*; $rest:expr) => { fields(vec![$(word($part),)* $rest]) };
}

fn digest() -> BoxedStrategy<Vec<String>> {
    prop_oneof![
        data![number(0xffff), algorithm(), one_of(&["1", "SHA-1", "sha1"]); hex(20..=20)],
        data![number(0xffff), algorithm(), one_of(&["2", "SHA-256"]); hex(32..=32)],
        data![number(0xffff), algorithm(), one_of(&["4", "SHA-384"]); hex(48..=48)],
        data![number(0xffff), algorithm(), one_of(&["3", "9"]); hex(1..=60)],
        data![number(0xffff), algorithm(), one_of(&["2", "4", "1"]); hex(1..=60)],
    ]
    .boxed()
}

fn salt() -> BoxedStrategy<String> {
    prop_oneof![Just("-".to_owned()), text("([0-9a-fA-F]{2}){1,10}")].boxed()
}

fn hash() -> BoxedStrategy<String> {
    prop_oneof![3 => text("[0-9a-vA-V]{32}"), 1 => text("[0-9A-V]{1,31}")].boxed()
}

fn locator() -> BoxedStrategy<String> {
    text("[0-9a-fA-F]{1,4}(:[0-9a-f]{1,4}){3}")
}

fn svc_params() -> BoxedStrategy<Vec<String>> {
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

fn loc() -> BoxedStrategy<Vec<String>> {
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

fn record() -> impl Strategy<Value = Record> {
    let strings = || vec(string(), 1..4).boxed();
    let n16 = || number(0xffff);
    let n8 = || number(0xff);
    let kinds: Vec<(u32, &'static str, BoxedStrategy<Vec<String>>)> = vec![
        (6, "A", data![ipv4()]),
        (2, "NS", data![domain()]),
        (3, "AAAA", data![ipv6()]),
        (2, "CNAME", data![domain()]),
        (1, "DNAME", data![domain()]),
        (3, "MX", data![n16(), domain()]),
        (4, "TXT", strings()),
        (
            1,
            "TXT",
            Just(vec!["\\#".to_owned(), "x".to_owned()]).boxed(),
        ),
        (2, "SPF", strings()),
        (2, "SRV", data![n16(), n16(), n16(), domain()]),
        (2, "PTR", data![domain()]),
        (3, "CAA", data![n8(), text("[a-zA-Z0-9]{1,15}"), string()]),
        (3, "TLSA", data![n8(), n8(), n8(); hex(1..=40)]),
        (2, "SMIMEA", data![n8(), n8(), n8(); hex(1..=40)]),
        (2, "SSHFP", data![n8(), one_of(&["1"]); hex(20..=20)]),
        (1, "SSHFP", data![n8(), n8(); hex(0..=33)]),
        (2, "OPENPGPKEY", base64(1..=60)),
        (
            3,
            "NAPTR",
            data![
                n16(),
                n16(),
                string(),
                string(),
                one_of(&[
                    "\"\"",
                    "\"!^.*$!sip:a@b!\"",
                    "\"!(a)(b)!\\\\2\\\\1!i\"",
                    "\"!a\"",
                    "\"/x[a-z]{1,3}/y/\"",
                    "\"!a|(b)+!\\\\2!\"",
                    "\"!(?!a!\"",
                    "\"!a\\\\.b!c!\"",
                    "\"!^$!c!\""
                ]),
                domain()
            ],
        ),
        (4, "LOC", loc()),
        (1, "HINFO", data![string(), string()]),
        (1, "RP", data![domain(), domain()]),
        (2, "URI", data![n16(), n16(), string()]),
        (
            2,
            "CERT",
            data![one_of(&["PKIX", "1", "oid", "65535"]), n16(), algorithm(); base64(1..=60)],
        ),
        (2, "DS", digest()),
        (1, "DLV", digest()),
        (1, "CDS", digest()),
        (
            2,
            "DNSKEY",
            data![one_of(&["256", "257", "0", "65535"]), one_of(&["3", "0"]), algorithm(); base64(1..=60)],
        ),
        (1, "KEY", data![n16(), n8(), algorithm(); base64(1..=60)]),
        (
            1,
            "KEY",
            data![one_of(&["49152", "65535", "256"]), n8(), algorithm()],
        ),
        (
            1,
            "CDNSKEY",
            data![n16(), n8(), algorithm(); base64(1..=60)],
        ),
        (
            1,
            "RKEY",
            data![one_of(&["0", "1"]), n8(), algorithm(); base64(1..=60)],
        ),
        (
            3,
            "RRSIG",
            data![one_of(&["A", "MX", "TYPE65400", "NSEC3", "1", "SOA"]), algorithm(), n8(), number(0xffff_ffff), time(), time(), n16(), domain(); base64(1..=60)],
        ),
        (2, "NSEC", data![domain(); types()]),
        (
            2,
            "NSEC3",
            data![one_of(&["1", "SHA-1", "2"]), n8(), n16(), salt(), hash(); types()],
        ),
        (
            1,
            "NSEC3",
            data![one_of(&["1"]), n8(), n16(), salt(), hash()],
        ),
        (
            2,
            "NSEC3PARAM",
            data![one_of(&["1", "SHA-1", "2"]), n8(), n16(), salt()],
        ),
        (
            1,
            "ZONEMD",
            data![number(0xffff_ffff), n8(), one_of(&["1"]); hex(48..=48)],
        ),
        (
            1,
            "ZONEMD",
            data![number(0xffff_ffff), n8(), n8(); hex(1..=64)],
        ),
        (4, "SVCB", data![n16(), domain(); svc_params()]),
        (4, "HTTPS", data![n16(), domain(); svc_params()]),
        (1, "CSYNC", data![number(0xffff_ffff), n16(); types()]),
        (1, "AFSDB", data![n16(), domain()]),
        (1, "KX", data![n16(), domain()]),
        (1, "RT", data![n16(), domain()]),
        (1, "PX", data![n16(), domain(), domain()]),
        (1, "MB", data![domain()]),
        (1, "MG", data![domain()]),
        (1, "MR", data![domain()]),
        (1, "MINFO", data![domain(), domain()]),
        (1, "X25", data![text("[0-9]{3,12}")]),
        (1, "ISDN", vec(string(), 1..3).boxed()),
        (
            1,
            "NSAP",
            data![text("0x[0-9a-fA-F]{2}([.]?[0-9a-f]{2}){0,19}")],
        ),
        (1, "NSAP-PTR", data![domain()]),
        (1, "GPOS", data![string(), string(), string()]),
        (
            2,
            "APL",
            vec(
                one_of(&[
                    "1:192.0.2.0/24",
                    "!1:192.0.2.1/32",
                    "2:2001:db8::/32",
                    "!2:::/0",
                    "1:0.0.0.0/0",
                    "1:192.0.2.0/33",
                    "2:::1/129",
                    "3:x/1",
                ]),
                0..4,
            )
            .boxed(),
        ),
        (1, "EUI48", data![text("[0-9a-fA-F]{2}(-[0-9a-f]{2}){5}")]),
        (1, "EUI64", data![text("[0-9a-fA-F]{2}(-[0-9a-f]{2}){7}")]),
        (1, "NID", data![n16(), locator()]),
        (1, "L32", data![n16(), ipv4()]),
        (1, "L64", data![n16(), locator()]),
        (1, "LP", data![n16(), domain()]),
        (1, "DHCID", base64(1..=60)),
        (1, "HHIT", base64(1..=60)),
        (1, "BRID", base64(1..=60)),
        (
            2,
            "IPSECKEY",
            data![n8(), one_of(&["0"]), n8(), one_of(&[".", "x"]); base64(1..=60)],
        ),
        (
            1,
            "IPSECKEY",
            data![n8(), one_of(&["1"]), n8(), ipv4(); base64(1..=60)],
        ),
        (
            1,
            "IPSECKEY",
            data![n8(), one_of(&["2"]), n8(), ipv6(); base64(1..=60)],
        ),
        (
            1,
            "IPSECKEY",
            data![n8(), one_of(&["3"]), n8(), domain(); base64(1..=60)],
        ),
        (
            1,
            "AMTRELAY",
            data![
                n8(),
                one_of(&["0", "1", "2"]),
                one_of(&["0"]),
                one_of(&["."])
            ],
        ),
        (
            1,
            "AMTRELAY",
            data![n8(), one_of(&["0", "1"]), one_of(&["1"]), ipv4()],
        ),
        (
            1,
            "AMTRELAY",
            data![n8(), one_of(&["0", "1"]), one_of(&["2"]), ipv6()],
        ),
        (
            1,
            "AMTRELAY",
            data![n8(), one_of(&["0", "1"]), one_of(&["3"]), domain()],
        ),
        (
            2,
            "HIP",
            data![n8(), text("([0-9a-f]{2}){1,16}"), one_of(&["AAEC", "aGVsbG8=", "AA=="]); vec(domain(), 0..3).boxed()],
        ),
        (1, "SINK", data![n8(), n8(), n8(); base64(1..=20)]),
        (1, "SINK", data![n8(), n8(), n8()]),
        (1, "AVC", strings()),
        (1, "NINFO", strings()),
        (1, "RESINFO", strings()),
        (1, "WALLET", strings()),
        (1, "TALINK", data![domain(), domain()]),
        (
            1,
            "DOA",
            data![
                number(0xffff_ffff),
                number(0xffff_ffff),
                n8(),
                string(),
                one_of(&["-", "aGVsbG8=", "AA=="])
            ],
        ),
        (
            1,
            "DSYNC",
            data![
                one_of(&["CDS", "CSYNC", "TYPE65400"]),
                one_of(&["NOTIFY", "1", "200"]),
                n16(),
                domain()
            ],
        ),
        (1, "EID", hex(1..=20)),
        (1, "NIMLOC", hex(1..=20)),
        (1, "TA", digest()),
        (2, "TYPE65400", generic()),
        (
            2,
            "TYPE1",
            prop_oneof![
                Just(vec!["\\#".into(), "4".into(), "C0000201".into()]),
                data![ipv4()]
            ]
            .boxed(),
        ),
        (
            1,
            "MX",
            Just(vec![
                "\\#".into(),
                "7".into(),
                "000A".into(),
                "04".into(),
                "4D61694C00".into(),
            ])
            .boxed(),
        ),
        (1, "MX", generic()),
        (1, "SVCB", generic()),
        (
            1,
            "SOA",
            data![domain(), domain(), n16(), n16(), n16(), n16(), n16()],
        ),
    ];
    let kinds = kinds.into_iter().map(|(weight, rtype, words)| {
        (weight, words.prop_map(move |words| (rtype, words)).boxed())
    });
    (owner(), Union::new_weighted(kinds.collect())).prop_map(|(owner, (rtype, words))| Record {
        owner,
        rtype: rtype.to_owned(),
        words,
    })
}

fn generic() -> BoxedStrategy<Vec<String>> {
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

/// A zone text with a few octets changed, taken out or put in.
pub fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let octet = prop_oneof![
        3 => select(&b" \t\n\r();\"\\.@$*#=,-:0129azAZ\0\x7f\xff"[..]),
        1 => any::<u8>(),
    ];
    let edit = (any::<prop::sample::Index>(), 0..3u8, octet);
    (zone(), vec(edit, 1..4)).prop_map(|(text, edits)| {
        let mut text = text.into_bytes();
        for (at, kind, octet) in edits {
            let at = at.index(text.len());
            match kind {
                0 => text[at] = octet,
                1 => text.insert(at, octet),
                _ => {
                    text.remove(at);
                }
            }
        }
        text
    })
}
