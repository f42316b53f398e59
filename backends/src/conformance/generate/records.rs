//! The pieces that generated zones are made of.

use std::fmt::Write;

use super::Random;

/// What signatures cover.
const COVERED: [&str; 9] = [
    "A",
    "TXT",
    "MX",
    "CAA",
    "SVCB",
    "NSEC",
    "TYPE65300",
    "TYPE65400",
    "DNSKEY",
];

/// Records that belong together, as lines of a zone text. `number` is new for each piece of a zone.
pub(super) fn piece(random: &mut Random, number: usize) -> String {
    match random.below(12) {
        0 => cut(random, number),
        1 => {
            let target = domain(random);
            let signed = signature(random, "CNAME");
            format!("alias{number} CNAME {target}\nalias{number} {signed}\n")
        }
        2 => format!("moved{number} DNAME {}\n", domain(random)),
        3 => {
            let owner = owner(random);
            at(random, &format!("*.{owner}"))
        }
        4 => signed(random),
        5 => at(random, "@"),
        6 => at(random, "*"),
        _ => {
            let owner = owner(random);
            at(random, &owner)
        }
    }
}

/// A delegation with its glue, at times signed.
fn cut(random: &mut Random, number: usize) -> String {
    let mut text = format!("cut{number} NS ns.cut{number}\ncut{number} NS ns.example.net.\n");
    let _ = writeln!(text, "ns.cut{number} A {}", ipv4(random));
    if random.below(2) == 0 {
        let _ = writeln!(text, "cut{number} DS 4711 13 2 {}", hex(random, 32));
    }
    text
}

/// A set and signatures over different types at its owner.
fn signed(random: &mut Random) -> String {
    let owner = owner(random);
    let mut text = format!("{owner} A {}\n", ipv4(random));
    for _ in 0..1 + random.below(3) {
        let covered = random.one_of(&COVERED);
        let ttl = random.below(100_000);
        let _ = writeln!(text, "{owner} {ttl} {}", signature(random, covered));
    }
    text
}

/// One to four records of one or several types.
fn at(random: &mut Random, owner: &str) -> String {
    let mut text = String::new();
    let mut of = random.below(KINDS);
    for _ in 0..1 + random.below(4) {
        let ttl = random.below(100_000);
        let _ = writeln!(text, "{owner} {ttl} {}", data(random, of));
        if random.below(2) == 0 {
            of = random.below(KINDS);
        }
    }
    text
}

/// How many kinds of data [`data`] knows.
const KINDS: usize = 29;

/// Type and data.
fn data(random: &mut Random, kind: usize) -> String {
    let (n, m) = (random.below(0x1_0000), random.below(0x100));
    match kind {
        0 => format!("A {}", ipv4(random)),
        1 => format!("AAAA 2001:db8::{n:x}:{m:x}"),
        2 => format!("MX {n} {}", domain(random)),
        3..6 => format!("TXT{}", strings(random)),
        6 => format!("SRV {n} {m} {m} {}", domain(random)),
        7 => format!("CAA {m} issue {}", string(random)),
        8 => format!("TLSA 3 1 1 {}", hex(random, 32)),
        9 => format!("SSHFP 4 1 {}", hex(random, 20)),
        10 => format!("NAPTR {n} {m} \"S\" \"SIP+D2U\" \"\" {}", domain(random)),
        11 => format!("HTTPS {n} {} alpn=h2,h3 port={n}", domain(random)),
        12 => format!("SVCB {n} . key{n}={}", string(random), n = 65000 + m),
        13 => format!(
            "LOC {} {} {m}.{} N {m} 0 0 W -{m}m 1m",
            m % 90,
            m % 60,
            m % 10,
            m = m % 60
        ),
        14 => format!("URI {n} {m} \"https://{m}.example/?a=\\\"{n}\\\";b\""),
        15 => format!("HINFO {} {}", string(random), string(random)),
        16 => format!("RP {} {}", domain(random), domain(random)),
        17 => format!("PTR {}", domain(random)),
        18 => format!("AFSDB {n} {}", domain(random)),
        19 => format!("APL 1:192.0.2.{m}/32 !2:2001:db8::/{}", 32 + m % 33),
        20 => format!("EUI48 00-00-5e-00-53-{m:02x}"),
        21 => format!("L32 {n} {}", ipv4(random)),
        22 => format!("CERT {n} {n} {m} AAECAwQFBgc="),
        23 => format!("SPF{}", strings(random)),
        // Types that are known, written as if they were not (RFC 3597 §5).
        24 => format!("TYPE1 \\# 4 {}", hex(random, 4)),
        25 => format!("TXT \\# 5 04{}", hex(random, 4)),
        // Types that nobody knows. Empty data, too.
        _ => {
            let len = random.below(4) * random.below(100);
            format!("TYPE{} \\# {len} {}", 65280 + m % 200, hex(random, len))
        }
    }
}

fn signature(random: &mut Random, covered: &str) -> String {
    let key = random.below(0x1_0000);
    format!(
        "RRSIG {covered} 13 {} 3600 20380101000000 20200101000000 {key} example. AAECAwQF",
        1 + random.below(3)
    )
}

/// An owner relative to the apex, one to three labels.
fn owner(random: &mut Random) -> String {
    let mut text = label(random, 12);
    if random.below(10) == 0 {
        text = label(random, 63);
    }
    for _ in 0..random.below(3) {
        let _ = write!(text, ".{}", label(random, 12));
    }
    text
}

/// A name in data: in the zone or not, the root at times.
fn domain(random: &mut Random) -> String {
    match random.below(4) {
        0 => owner(random),
        1 => ".".to_owned(),
        _ => format!("{}.example.net.", owner(random)),
    }
}

/// A label of letters, some of them capitals, digits, and octets that have to be escaped.
fn label(random: &mut Random, most: usize) -> String {
    let mut text = String::new();
    for _ in 0..1 + random.below(most) {
        match random.below(5) {
            0 => drop(write!(text, "\\{:03}", random.octet())),
            1 => drop(write!(
                text,
                "\\{}",
                random.one_of(&[".", "\\", "\"", ";", "@", "*", "(", "032"])
            )),
            _ => text += random.one_of(&["a", "Z", "m", "7", "-", "_"]),
        }
    }
    text
}

/// Character strings, up to more than two thousand octets.
fn strings(random: &mut Random) -> String {
    (0..=random.below(9))
        .map(|_| format!(" {}", string(random)))
        .collect()
}

/// A quoted character string of any octets.
fn string(random: &mut Random) -> String {
    let most = [10, 256][random.below(2)];
    let mut text = String::from("\"");
    for _ in 0..random.below(most) {
        match random.below(4) {
            0 => drop(write!(text, "\\{:03}", random.octet())),
            1 => text += random.one_of(&["\\\"", "\\\\", ";", " ", "'", "%", "`"]),
            _ => text += random.one_of(&["x", "Y", "=", "/", "0"]),
        }
    }
    text + "\""
}

fn ipv4(random: &mut Random) -> String {
    format!("198.51.100.{}", random.octet())
}

fn hex(random: &mut Random, octets: usize) -> String {
    (0..octets)
        .map(|_| format!("{:02x}", random.octet()))
        .collect()
}
