//! Zones that aim at the hard places. They refer to each other, so all are served together.

mod texts;

use texts::*;

/// A zone as a master pushes it and as a server reads it from a file.
#[derive(Debug, Clone)]
pub struct Source {
    pub name: String,
    pub text: String,
}

const START: &str = "$TTL 300\n\
    @ IN SOA ns1 hostmaster 7 7200 3600 1209600 180\n@ NS ns1\n@ NS ns2.other.example.\nns1 A 192.0.2.1\n";

pub fn sources() -> Vec<Source> {
    let texts: [(&str, String); 16] = [
        ("chains.example", CHAINS.into()),
        ("dname.example", DNAME.into()),
        ("deleg.example", DELEGATIONS.into()),
        ("rfc4592.example", RFC4592.into()),
        ("ent.example", EMPTY_NON_TERMINALS.into()),
        ("wildcards.example", WILDCARDS.into()),
        ("additional.example", ADDITIONAL.into()),
        ("big.example", big()),
        ("parent.example", PARENT.into()),
        ("child.parent.example", CHILD.into()),
        ("deep.child.parent.example", "www A 192.0.2.30\n".into()),
        (
            "hidden.deep.below.parent.example",
            "www A 192.0.2.31\n".into(),
        ),
        ("case.example", CASE.into()),
        ("odd.example", ODD.into()),
        ("tiny.example", String::new()),
        ("other.example", OTHER.into()),
    ];
    let mut sources: Vec<_> = texts
        .into_iter()
        .map(|(name, text)| Source {
            name: name.into(),
            text: format!("{START}{text}"),
        })
        .collect();
    // The TTL of a negative answer is the lesser of two (RFC 2308 section 3): here of the other two.
    sources.push(Source {
        name: "ttl.example".into(),
        text: "@ 60 IN SOA ns1 hostmaster 7 7200 3600 1209600 3600\n@ 30 NS ns1\n\
               ns1 0 A 192.0.2.1\nwww 5 TXT x\n*.w 7 MX 1 ns1\n"
            .into(),
    });
    // Nothing may be below a DNAME: here not even a name server.
    sources.push(Source {
        name: "dnameapex.example".into(),
        text: "$TTL 300\n@ IN SOA ns1.other.example. hostmaster.other.example. 7 7200 3600 1209600 60\n\
               @ NS ns1.other.example.\n@ DNAME chains.example.\n@ MX 10 mail\n"
            .into(),
    });
    sources
}

fn big() -> String {
    let mut text = String::new();
    // BIND takes at most 100 records of one type.
    for n in 0..100 {
        text += &format!("many A 198.51.100.{n}\nmx MX {n} host{n}\nhost{n} A 203.0.113.{n}\n");
        text += &format!("host{n} AAAA 2001:db8::{n}\n*.wild AAAA 2001:db8:1::{n}\n");
    }
    for n in 0..25 {
        text += &format!("cut NS ns{n}.with-a-long-name-of-its-own.cut\n");
        text += &format!("ns{n}.with-a-long-name-of-its-own.cut A 203.0.113.{n}\n");
        text += &format!("ns{n}.with-a-long-name-of-its-own.cut AAAA 2001:db8:2::{n}\n");
        text += &format!("txt TXT {n} \"{}\"\n", "x".repeat(200));
    }
    text + "alias CNAME many\ntobig CNAME alias\n*.walias CNAME many\n"
}
