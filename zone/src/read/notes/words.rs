//! Words of single records that are served as nobody can have meant them.

use super::super::reader::Record;
use super::NoteKind;
use crate::Rtype;
use crate::escape::Excerpt;
use crate::tokens::Comment;

const SPF: &[u8] = b"v=spf1";

/// Whether a comment has to be what should have been data of a record of this type.
///
/// An ordinary comment stands apart from the data, or after a closing quote. One that begins inside a word
/// of a text was none. One that goes on with `tag=value` was none either, where the data began so, and was
/// not quoted or had its quotes closed right before it.
pub(in crate::read) fn cut(rtype: Rtype, comment: &Comment<'_>, data: &[u8]) -> Option<NoteKind> {
    let of_text = matches!(
        rtype,
        Rtype::TXT
            | Rtype::SPF
            | Rtype::CAA
            | Rtype::HINFO
            | Rtype::NAPTR
            | Rtype::HTTPS
            | Rtype::SVCB
    );
    let rest = comment.text.trim_ascii();
    if !of_text || rest.is_empty() {
        return None;
    }
    let was_closed =
        comment.behind_quote && !comment.is_glued && !(rtype == Rtype::CAA && is_parameter(rest));
    let bare = rest.strip_prefix(b"\"").unwrap_or(rest);
    let goes_on = || !was_closed && begins_with_a_tag(bare) && has_tags(rtype, data);
    (comment.in_word || goes_on()).then(|| NoteKind::Cut {
        rest: Excerpt::new(rest),
    })
}

/// Whether a text begins as `tag=value` does.
fn begins_with_a_tag(text: &[u8]) -> bool {
    let tag = text
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        .count();
    tag > 0 && text[tag..].trim_ascii_start().starts_with(b"=")
}

/// Whether data is made of tags and values: that of DMARC, DKIM, CAA and their like.
fn has_tags(rtype: Rtype, data: &[u8]) -> bool {
    match rtype {
        Rtype::TXT | Rtype::SPF => {
            let text = data.get(1..).unwrap_or_default();
            starts_with(text, b"v=") || starts_with(text, b"k=")
        }
        Rtype::CAA => true,
        _ => false,
    }
}

/// Whether a text is a parameter of a CAA record (RFC 8657 §3 and §4).
fn is_parameter(text: &[u8]) -> bool {
    starts_with(text, b"accounturi") || starts_with(text, b"validationmethods")
}

/// The character-strings of checked data.
fn strings(mut data: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    std::iter::from_fn(move || {
        let (&len, rest) = data.split_first()?;
        let (string, rest) = rest.split_at_checked(usize::from(len))?;
        data = rest;
        Some(string)
    })
}

/// Whether data is an SPF policy (RFC 7208 §4.5), its strings joined.
fn is_policy(data: &[u8]) -> bool {
    let Some(text) = data.get(1..).filter(|text| starts_with(text, SPF)) else {
        return false;
    };
    // A string that ends here is followed by another's length.
    usize::from(data[0]) <= SPF.len() || text[SPF.len()] == b' '
}

fn starts_with(text: &[u8], start: &[u8]) -> bool {
    text.get(..start.len())
        .is_some_and(|text| text.eq_ignore_ascii_case(start))
}

/// Whether the strings of an SPF policy run into each other: a mechanism begins a string, and no blank
/// stands before it. Strings that were split for their length are full.
fn runs_together(data: &[u8]) -> bool {
    const MECHANISMS: [&[u8]; 14] = [
        b"include:",
        b"ip4:",
        b"ip6:",
        b"a:",
        b"mx:",
        b"exists:",
        b"ptr",
        b"redirect=",
        b"exp=",
        b"-all",
        b"~all",
        b"?all",
        b"+all",
        b"all",
    ];
    let begins = |string: &[u8]| {
        MECHANISMS
            .iter()
            .any(|mechanism| starts_with(string, mechanism))
            || matches!(string, b"a" | b"mx")
            || starts_with(string, b"a ")
            || starts_with(string, b"mx ")
    };
    let next = strings(data).skip(1);
    strings(data)
        .zip(next)
        .any(|(left, right)| left.len() < 255 && !left.ends_with(b" ") && begins(right))
}

/// What there is to say of the texts among the records of one owner.
pub(super) fn of_texts<'a>(
    records: &[Record],
    data: impl Fn(&Record) -> &'a [u8],
    mut note: impl FnMut(&Record, NoteKind),
) {
    let policies = |rtype| {
        let of_type = records.iter().filter(move |record| record.rtype == rtype);
        of_type.filter(|record| is_policy(data(record)))
    };
    let mut first: Option<&Record> = None;
    for record in policies(Rtype::TXT) {
        let other = first.is_some_and(|first| data(first) != data(record));
        if other {
            note(record, NoteKind::SpfTwice);
            break;
        }
        first.get_or_insert(record);
    }
    if first.is_none()
        && let Some(record) = policies(Rtype::SPF).next()
    {
        note(record, NoteKind::SpfType);
    }
    let is_text = |record: &&Record| matches!(record.rtype, Rtype::TXT | Rtype::SPF);
    for record in records.iter().filter(is_text) {
        if starts_with(data(record).get(1..).unwrap_or_default(), SPF)
            && runs_together(data(record))
        {
            note(record, NoteKind::SpfJoined);
        }
    }
}
