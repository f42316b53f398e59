//! Requests of every kind, octet by octet: what no library would send is among them.

use domain::base::iana::Rtype;

use crate::message::DnsName;

/// A request, what is said of it where servers differ, and how much may come back in a datagram.
pub struct Request {
    pub text: String,
    pub octets: Vec<u8>,
    pub room: usize,
}

/// How a question is put.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// The size that the OPT record announces.
    pub size: Option<u16>,
    pub dnssec: bool,
}

/// Sizes below, at and above what every path takes, and none. 0 and 1 stand for 512.
pub const FORMS: [Form; 5] = [
    form(None, false),
    form(Some(512), false),
    form(Some(512), true),
    form(Some(1232), true),
    form(Some(4096), true),
];

const fn form(size: Option<u16>, dnssec: bool) -> Form {
    Form { size, dnssec }
}

impl Form {
    pub fn request(self, name: &DnsName, rtype: Rtype) -> Request {
        let mut parts = Parts::new(name.as_slice(), rtype.to_int());
        if let Some(size) = self.size {
            parts.opt = opt(size, 0, if self.dnssec { 0x8000 } else { 0 }, &[]);
        }
        let name = name.fmt_with_dot();
        parts.request(format!("{name} {rtype}, {self:?}"))
    }
}

/// The parts of a request, each of which may be wrong.
#[derive(Clone)]
struct Parts {
    flags: u16,
    /// Questions, answers, authorities, additional records.
    counts: [u16; 4],
    question: Vec<u8>,
    /// Records between the question and the OPT record.
    records: Vec<u8>,
    opt: Vec<u8>,
}

impl Parts {
    fn new(name: &[u8], qtype: u16) -> Self {
        let [high, low] = qtype.to_be_bytes();
        Self {
            flags: 0,
            counts: [1, 0, 0, 0],
            question: [name, &[high, low, 0, 1]].concat(),
            records: Vec::new(),
            opt: Vec::new(),
        }
    }

    fn of(name: &str, rtype: Rtype) -> Self {
        let name: DnsName = name.parse().unwrap();
        Self::new(name.as_slice(), rtype.to_int())
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn request(self, text: String) -> Request {
        let size = self
            .opt
            .get(3..5)
            .map(|size| u16::from_be_bytes([size[0], size[1]]));
        let mut octets = vec![0x12, 0x34];
        octets.extend(self.flags.to_be_bytes());
        let mut counts = self.counts;
        counts[3] += u16::from(!self.opt.is_empty());
        octets.extend(counts.iter().flat_map(|count| count.to_be_bytes()));
        octets.extend([self.question, self.records, self.opt].concat());
        Request {
            text,
            octets,
            room: size.map_or(512, |size| usize::from(size).clamp(512, 1232)),
        }
    }
}

fn opt(size: u16, version: u8, flags: u16, options: &[u8]) -> Vec<u8> {
    let mut opt = vec![0, 0, 41];
    opt.extend(size.to_be_bytes());
    opt.extend([0, version]);
    opt.extend(flags.to_be_bytes());
    opt.extend((options.len() as u16).to_be_bytes());
    opt.extend(options);
    opt
}

/// Names that are answered in all ways, of the zones of `zones::sources`.
const NAMES: [(&str, Rtype); 8] = [
    ("c.chains.example", Rtype::A),
    ("missing.chains.example", Rtype::A),
    ("c.chains.example", Rtype::MX),
    ("toouter.chains.example", Rtype::A),
    ("www.glued.deleg.example", Rtype::A),
    ("many.big.example", Rtype::A),
    ("elsewhere.test", Rtype::A),
    ("chains.example", Rtype::SOA),
];

/// All requests that are not plain questions.
pub fn odd() -> Vec<Request> {
    let mut all = flags();
    all.extend(opcodes());
    all.extend(sizes_and_versions());
    all.extend(options());
    all.extend(malformed());
    all.extend(types_and_classes());
    all
}

fn flags() -> Vec<Request> {
    const FLAGS: [(&str, u16); 9] = [
        ("AA", 0x400),
        ("TC", 0x200),
        ("RD", 0x100),
        ("RA", 0x80),
        ("Z", 0x40),
        ("AD", 0x20),
        ("CD", 0x10),
        ("a code", 3),
        ("all flags", 0x7f0),
    ];
    let of = |(name, rtype): (&str, Rtype)| {
        let name = name.to_owned();
        FLAGS.into_iter().flat_map(move |(text, bits)| {
            let plain = Parts::of(&name, rtype).with(|parts| parts.flags = bits);
            let edns = plain
                .clone()
                .with(|parts| parts.opt = opt(1232, 0, 0x8000, &[]));
            let text = format!("{name} with {text}");
            [
                plain.request(text.clone()),
                edns.request(format!("{text} and EDNS")),
            ]
        })
    };
    NAMES.into_iter().flat_map(of).collect()
}

fn opcodes() -> Vec<Request> {
    let mut all = Vec::new();
    for opcode in 1..16 {
        for (name, rtype) in [
            ("chains.example", Rtype::SOA),
            ("elsewhere.test", Rtype::SOA),
        ] {
            let plain = Parts::of(name, rtype).with(|parts| parts.flags = opcode << 11 | 0x100);
            let edns = plain
                .clone()
                .with(|parts| parts.opt = opt(1232, 0, 0x8000, &[]));
            let newer = plain
                .clone()
                .with(|parts| parts.opt = opt(1232, 1, 0x8000, &[]));
            let text = format!("opcode {opcode} for {name}");
            all.push(plain.request(text.clone()));
            all.push(edns.request(format!("{text} with EDNS")));
            all.push(newer.request(format!("{text} with EDNS version 1")));
        }
        let none = Parts::of(".", Rtype::A).with(|parts| {
            parts.flags = opcode << 11;
            parts.counts = [0; 4];
            parts.question.clear();
        });
        let edns = none.clone().with(|parts| parts.opt = opt(1232, 0, 0, &[]));
        all.push(none.request(format!("opcode {opcode} without a question")));
        all.push(edns.request(format!("opcode {opcode} without a question, with EDNS")));
    }
    all
}

fn sizes_and_versions() -> Vec<Request> {
    let mut all = Vec::new();
    for (name, rtype) in NAMES {
        for size in [0, 1, 511, 512, 513, 1231, 1232, 1233, 4096, 65_535] {
            let parts = Parts::of(name, rtype).with(|parts| parts.opt = opt(size, 0, 0, &[]));
            all.push(parts.request(format!("{name} {rtype} with a size of {size}")));
        }
        for version in [1, 2, 255] {
            let parts = Parts::of(name, rtype);
            let parts = parts.with(|parts| parts.opt = opt(1232, version, 0x8000, &[]));
            all.push(parts.request(format!("{name} {rtype} with version {version}")));
        }
        let parts = Parts::of(name, rtype).with(|parts| parts.opt = opt(1232, 0, 0xffff, &[]));
        all.push(parts.request(format!("{name} {rtype} with all flags of EDNS")));
    }
    all
}

fn options() -> Vec<Request> {
    let large = [&[0, 12, 0x13, 0x88][..], &[0; 5000]].concat();
    let options: [(&str, &[u8]); 14] = [
        ("NSID", &[0, 3, 0, 0]),
        ("a cookie", &[0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8]),
        ("a client subnet", &[0, 8, 0, 7, 0, 1, 24, 0, 192, 0, 2]),
        ("keepalive", &[0, 11, 0, 0]),
        ("padding", &[0, 12, 0, 4, 0, 0, 0, 0]),
        ("padding of 5000 octets", &large),
        ("expire", &[0, 9, 0, 0]),
        ("an unknown option", &[0xff, 0xf0, 0, 2, 1, 2]),
        ("an option with code 0", &[0, 0, 0, 0]),
        ("NSID twice", &[0, 3, 0, 0, 0, 3, 0, 0]),
        ("half an option", &[0, 3]),
        ("half a length", &[0, 3, 0]),
        ("a short option", &[0, 3, 0, 7, 1]),
        ("an octet behind", &[0, 3, 0, 0, 9]),
    ];
    let of = |(name, rtype): (&str, Rtype)| {
        let name = name.to_owned();
        options.into_iter().map(move |(text, octets)| {
            let parts = Parts::of(&name, rtype).with(|parts| parts.opt = opt(1232, 0, 0, octets));
            parts.request(format!("{name} {rtype} with {text}"))
        })
    };
    NAMES.into_iter().flat_map(of).collect()
}

fn malformed() -> Vec<Request> {
    let www = || Parts::of("c.chains.example", Rtype::A);
    let record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 192, 0, 2, 1];
    let plain_opt = opt(1232, 0, 0, &[]);
    let mut all: Vec<(&str, Parts)> = vec![
        (
            "no question",
            www().with(|parts| {
                parts.counts[0] = 0;
                parts.question.clear();
            }),
        ),
        (
            "no question, with EDNS",
            www().with(|parts| {
                parts.counts[0] = 0;
                parts.question.clear();
                parts.opt = opt(0, 0, 0x8000, &[]);
            }),
        ),
        (
            "a question that is not counted",
            www().with(|parts| parts.counts[0] = 0),
        ),
        (
            "two questions",
            www().with(|parts| {
                parts.counts[0] = 2;
                parts.question = parts.question.repeat(2);
            }),
        ),
        (
            "a second question that is missing",
            www().with(|parts| parts.counts[0] = 2),
        ),
        (
            "no room for its question",
            www().with(|parts| parts.question.clear()),
        ),
        (
            "half a question",
            www().with(|parts| parts.question.truncate(8)),
        ),
        (
            "a pointer for a question",
            www().with(|parts| {
                parts.question = vec![0xc0, 12, 0, 1, 0, 1];
            }),
        ),
        (
            "a label of an unknown kind",
            www().with(|parts| parts.question[0] = 0x41),
        ),
        (
            "an answer",
            www().with(|parts| {
                parts.counts[1] = 1;
                parts.records = record.to_vec();
            }),
        ),
        (
            "an authority",
            www().with(|parts| {
                parts.counts[2] = 1;
                parts.records = record.to_vec();
            }),
        ),
        (
            "an additional record",
            www().with(|parts| {
                parts.counts[3] = 1;
                parts.records = record.to_vec();
                parts.opt = opt(1232, 0, 0, &[]);
            }),
        ),
        (
            "a record that is missing",
            www().with(|parts| parts.counts[3] = 1),
        ),
        (
            "a record that is missing behind EDNS",
            www().with(|parts| {
                parts.counts[3] = 1;
                parts.opt = opt(1232, 0, 0, &[]);
            }),
        ),
        (
            "octets behind",
            www().with(|parts| parts.records = vec![1, 2, 3]),
        ),
        (
            "two OPT records",
            www().with(|parts| {
                parts.counts[3] = 1;
                parts.records = plain_opt.clone();
                parts.opt = plain_opt.clone();
            }),
        ),
        (
            "an OPT record of a name",
            www().with(|parts| {
                parts.opt = [&[1, b'a'][..], &plain_opt].concat();
            }),
        ),
    ];
    for section in [1, 2] {
        let parts = www().with(|parts| {
            parts.counts[section] = 1;
            parts.records = plain_opt.clone();
        });
        all.push(("an OPT record in another section", parts));
    }
    all.push(("a response", www().with(|parts| parts.flags = 0x8000)));
    let all = all.into_iter();
    all.map(|(text, parts)| parts.request(text.to_owned()))
        .collect()
}

fn types_and_classes() -> Vec<Request> {
    let mut all = Vec::new();
    let mut push = |text: String, parts: Parts| {
        let edns = parts
            .clone()
            .with(|parts| parts.opt = opt(1232, 0, 0x8000, &[]));
        all.push(parts.request(text.clone()));
        all.push(edns.request(format!("{text} with EDNS")));
    };
    for name in ["chains.example", "c.chains.example", "elsewhere.test"] {
        for qtype in [0, 41, 128, 249, 250, 251, 252, 253, 254, 65_535] {
            let rtype = Rtype::from_int(qtype);
            push(format!("{name} type {rtype}"), Parts::of(name, rtype));
        }
        for class in [0, 2, 4, 254, 255, 65_535_u16] {
            let parts = Parts::of(name, Rtype::A).with(|parts| {
                let at = parts.question.len() - 2;
                parts.question[at..].copy_from_slice(&class.to_be_bytes());
            });
            push(format!("{name} class {class}"), parts);
        }
    }
    all
}
