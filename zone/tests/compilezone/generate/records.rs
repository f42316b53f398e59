//! Records of every type.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::Union;

use super::Record;
use super::parts::*;

pub fn record() -> impl Strategy<Value = Record> {
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
