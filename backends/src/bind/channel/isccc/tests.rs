use super::*;

const ALGORITHMS: [&str; 6] = [
    "hmac-md5",
    "hmac-sha1",
    "hmac-sha224",
    "hmac-sha256",
    "hmac-sha384",
    "hmac-sha512",
];

fn key(algorithm: &str, secret: &str) -> Key {
    Key::parse(format!("key k {{ algorithm {algorithm}; secret \"{secret}\"; }};").as_bytes())
        .unwrap()
}

fn message() -> Table {
    let ctrl = Table::default()
        .with_text("_ser", 7)
        .with("_none", Value::List);
    Table::default()
        .with("_ctrl", Value::Table(ctrl))
        .with_text("type", "null")
}

#[test]
fn a_message_comes_back_under_its_own_key_only() {
    for algorithm in ALGORITHMS {
        let sent = encode(&message(), &key(algorithm, "AAAA"));
        assert_eq!(sent[..4], (sent.len() as u32 - 4).to_be_bytes());
        assert_eq!(
            decode(&sent[4..], &key(algorithm, "AAAA")),
            Ok(message()),
            "{algorithm}"
        );
        assert_eq!(
            decode(&sent[4..], &key(algorithm, "AAAB")),
            Err(Fault::Unsigned),
            "{algorithm}"
        );
        for other in ALGORITHMS.into_iter().filter(|other| *other != algorithm) {
            assert_eq!(
                decode(&sent[4..], &key(other, "AAAA")),
                Err(Fault::Unsigned),
                "{algorithm} {other}"
            );
        }
    }
}

#[test]
fn no_octet_of_a_message_can_be_changed_or_cut_off() {
    let key = key("hmac-sha256", "AAAA");
    let sent = encode(&message(), &key)[4..].to_vec();
    for at in 0..sent.len() {
        assert!(decode(&sent[..at], &key).is_err(), "cut at {at}");
        let mut forged = sent.clone();
        forged[at] ^= 1;
        assert!(decode(&forged, &key).is_err(), "changed at {at}");
    }
}

#[test]
fn an_unsigned_message_is_refused() {
    let mut octets = VERSION.to_vec();
    message().write(&mut octets);
    assert_eq!(
        decode(&octets, &key("hmac-sha256", "AAAA")),
        Err(Fault::Unsigned)
    );
}

#[test]
fn tables_that_nest_too_deep_are_refused() {
    let key = key("hmac-sha256", "AAAA");
    let deep = (0..2000).fold(Table::default(), |table, _| {
        Table::default().with("t", Value::Table(table))
    });
    assert_eq!(
        decode(&encode(&deep, &key)[4..], &key),
        Err(Fault::Malformed)
    );
}

#[test]
fn a_length_beyond_the_message_is_refused() {
    let octets = [&VERSION[..], b"\x05_auth\x02\xff\xff\xff\xff"].concat();
    assert_eq!(
        decode(&octets, &key("hmac-sha256", "AAAA")),
        Err(Fault::Short)
    );
}
