//! What the fields of a record are called, for those who have to find the one at fault.

use crate::Rtype;
use crate::escape::Excerpt;
use crate::tokens::{Broken, NO_COMMENT, Token};
use crate::wire;

/// The fields of the types that people write by hand, in the order of the layout.
#[rustfmt::skip]
const NAMES: [(Rtype, &[&str]); 35] = [
    (Rtype::A, &["address"]),
    (Rtype::AAAA, &["address"]),
    (Rtype::NS, &["name server"]),
    (Rtype::CNAME, &["target"]),
    (Rtype::DNAME, &["target"]),
    (Rtype::PTR, &["host name"]),
    (Rtype::TXT, &["text"]),
    (Rtype::SPF, &["text"]),
    (Rtype::MX, &["priority", "mail server"]),
    (Rtype::SOA, &["name server", "mail address", "serial", "refresh", "retry", "expire", "minimum"]),
    (Rtype::SRV, &["priority", "weight", "port", "target"]),
    (Rtype::CAA, &["flags", "tag", "value"]),
    (Rtype::TLSA, &["usage", "selector", "matching type", "certificate data"]),
    (Rtype::SMIMEA, &["usage", "selector", "matching type", "certificate data"]),
    (Rtype::DS, &["key tag", "algorithm", "digest type", "digest"]),
    (Rtype::CDS, &["key tag", "algorithm", "digest type", "digest"]),
    (Rtype::DNSKEY, &["flags", "protocol", "algorithm", "public key"]),
    (Rtype::CDNSKEY, &["flags", "protocol", "algorithm", "public key"]),
    (Rtype::SSHFP, &["algorithm", "fingerprint type", "fingerprint"]),
    (Rtype::NAPTR, &["order", "preference", "flags", "services", "expression", "replacement"]),
    (Rtype::HTTPS, &["priority", "target", "parameters"]),
    (Rtype::SVCB, &["priority", "target", "parameters"]),
    (Rtype::URI, &["priority", "weight", "target"]),
    (Rtype::HINFO, &["CPU", "operating system"]),
    (Rtype::RP, &["mail address", "text name"]),
    (Rtype::AFSDB, &["subtype", "host name"]),
    (Rtype::KX, &["preference", "host name"]),
    (Rtype::RT, &["preference", "host name"]),
    (Rtype::LP, &["preference", "target"]),
    (Rtype::CERT, &["type", "key tag", "algorithm", "certificate"]),
    (Rtype::NSEC3PARAM, &["hash algorithm", "flags", "iterations", "salt"]),
    (Rtype::OPENPGPKEY, &["public key"]),
    (Rtype::EUI48, &["address"]),
    (Rtype::EUI64, &["address"]),
    (Rtype::RRSIG, &["covered type", "algorithm", "labels", "original TTL", "expiration", "inception", "key tag", "signer", "signature"]),
];

fn names(rtype: Rtype) -> Option<&'static [&'static str]> {
    let known = NAMES.iter().find(|(known, _)| *known == rtype);
    known.map(|(_, names)| *names)
}

/// `broken`, which is about a field by its index, with the field's name; `read` is the data before it.
pub(super) fn in_field(rtype: Rtype, index: usize, broken: Broken, read: &[u8]) -> Broken {
    let Some(names) = names(rtype) else {
        return broken;
    };
    let Some(name) = names.get(index).copied() else {
        return broken;
    };
    if broken.missing {
        return missing(rtype, index, broken, names, read);
    }
    let hint = match (rtype, broken.rule.starts_with("is an IPv")) {
        (Rtype::A, true) => "; the type of an IPv6 address is AAAA",
        (Rtype::AAAA, true) => "; the type of an IPv4 address is A",
        _ => "",
    };
    Broken {
        field: Some(name).filter(|_| names.len() > 1),
        rule: broken.rule + hint,
        ..broken
    }
}

/// A record that ends before the field with this index.
fn missing(
    rtype: Rtype,
    index: usize,
    broken: Broken,
    names: &[&'static str],
    read: &[u8],
) -> Broken {
    let name = names[index];
    if names.len() == 1 {
        let rule = format!("the record ends where its {name} should follow");
        return Broken { rule, ..broken };
    }
    let count = match index {
        0 => "none".to_owned(),
        count => count.to_string(),
    };
    let all = names.join(", ");
    let which = match number_for_a_name(rtype, read) {
        Some(number) => format!(
            "the mail address or the name server is missing, as the number {number} stands where \
             the mail address should"
        ),
        None => format!("the {name} is missing"),
    };
    let rule = format!(
        "the record has {count} of its {} fields ({all}); {which}",
        names.len()
    );
    Broken { rule, ..broken }
}

/// The number that stands where a SOA should have its mail address.
fn number_for_a_name(rtype: Rtype, read: &[u8]) -> Option<Excerpt> {
    if rtype != Rtype::SOA {
        return None;
    }
    let mail = &read[wire::name_len(read).ok()?..];
    let (&len, labels) = mail.split_first()?;
    let first = labels.get(..usize::from(len))?;
    let is_number = !first.is_empty() && first.iter().all(u8::is_ascii_digit);
    is_number.then(|| Excerpt::new(first))
}

/// A word that follows the last field of a record.
pub(super) fn extra(rtype: Rtype, word: &Token<'_>) -> Broken {
    if word.is_comment_elsewhere() {
        return word.broken(NO_COMMENT);
    }
    match names(rtype) {
        Some([name]) => word.broken(format!("is more than the record takes (its {name})")),
        Some(names) => word.broken(format!(
            "is more than the {} fields of the record ({})",
            names.len(),
            names.join(", ")
        )),
        None => word.broken("is more than the record takes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Layout;

    #[test]
    fn each_field_of_the_layout_has_a_name() {
        for (rtype, names) in NAMES {
            let layout = Layout::of(rtype).unwrap().unwrap();
            assert_eq!(layout.fields.len(), names.len(), "{}", layout.mnemonic);
        }
    }
}
