//! From the printed data of a record to the fields of its form, and back.

use dadns_zone::words;

use super::forms::Form;
use super::kinds::{Kind, plain};

/// The fields of a record, of its printed data; `None`: this form cannot hold it.
pub(super) fn split(form: &Form, data: &str) -> Option<Vec<String>> {
    let words = words(data).ok()?;
    let mut rest = words.as_slice();
    let mut values = Vec::with_capacity(form.fields.len());
    for field in form.fields {
        let value = match field.kind {
            Kind::Strings => {
                let all = std::mem::take(&mut rest);
                let octets: Option<Vec<_>> = all.iter().map(dadns_zone::Word::octets).collect();
                let octets = octets?.concat();
                // Only where the text is cut again as it was.
                let same = |text: &&str| field.written(text).as_deref() == Ok(data);
                match plain(&octets).filter(same) {
                    // Not to be taken for a value that nobody filled in.
                    Some(text) if !text.trim().is_empty() => text.to_owned(),
                    _ => data.to_owned(),
                }
            }
            Kind::Hex => {
                let all = std::mem::take(&mut rest);
                all.iter().map(dadns_zone::Word::text).collect()
            }
            Kind::Params => {
                let mut text = String::new();
                for word in std::mem::take(&mut rest) {
                    if !text.is_empty() && !word.is_glued() {
                        text.push(' ');
                    }
                    text.push_str(&word.to_string());
                }
                text
            }
            Kind::Text | Kind::LongText => {
                let (word, after) = rest.split_first()?;
                rest = after;
                match plain(&word.octets()?) {
                    // Likewise.
                    Some(text) if field.kind == Kind::Text || !text.trim().is_empty() => {
                        text.to_owned()
                    }
                    _ => format!("\"{}\"", word.text()),
                }
            }
            _ => {
                let (word, after) = rest.split_first()?;
                rest = after;
                word.to_string()
            }
        };
        values.push(value);
    }
    rest.is_empty().then_some(values)
}

/// The data of a record of its fields.
///
/// # Errors
/// When a field has more than what it takes.
pub(super) fn join(form: &Form, values: &[String]) -> Result<String, String> {
    let mut parts = Vec::with_capacity(form.fields.len());
    for (field, value) in form.fields.iter().zip(values) {
        parts.push(field.written(value)?);
    }
    Ok(parts.join(" ").trim_end().to_owned())
}

/// Whether nothing was typed.
pub(super) fn is_blank(form: &Form, values: &[String]) -> bool {
    let mut fields = form.fields.iter().zip(values);
    fields.all(|(field, value)| value.trim().is_empty() || value.trim() == field.default)
}

/// The fields of a new value.
pub(super) fn new(form: &Form) -> Vec<String> {
    let defaults = form.fields.iter().map(|field| field.default.to_owned());
    defaults.collect()
}

#[cfg(test)]
mod tests {
    use dadns_zone::{ZoneName, presentation};

    use super::super::forms::{FORMS, of};
    use super::*;
    use crate::records::rdata;

    fn printed(rtype: &str, data: &str) -> String {
        let zone = ZoneName::parse("a.example").unwrap();
        let (key, rdata) = rdata(&zone, "x", rtype, data)
            .unwrap_or_else(|error| panic!("{rtype} {data}: {error}"));
        presentation(key.rtype(), &rdata)
    }

    #[test]
    fn every_record_goes_through_its_form_unchanged() {
        let long = format!("\"{}\" \"{}\"", "a".repeat(255), "b".repeat(40));
        for (rtype, data) in [
            ("A", "192.0.2.1"),
            ("AAAA", "2001:db8::1"),
            ("CNAME", "other"),
            ("MX", "10 mail"),
            ("TXT", "\"v=spf1 -all\""),
            ("TXT", "\"two\" \"strings\""),
            ("TXT", "\"\""),
            ("TXT", "\"\\\"quoted\\\" \\\\ \\226\\128\\174 \\000\""),
            ("TXT", "\"<script>;(x)\""),
            ("TXT", &long),
            ("SRV", "0 5 5060 sip"),
            ("CAA", "128 issue \"ca.example; policy=ev\""),
            ("CAA", "0 issue \"\""),
            ("NS", "ns1.example.net."),
            ("PTR", "a\\.b\\;c.example.net."),
            (
                "DS",
                "1 13 2 0123456789012345678901234567890123456789012345678901234567890123",
            ),
            ("TLSA", "3 1 1 00ff"),
            (
                "SSHFP",
                "4 2 0123456789012345678901234567890123456789012345678901234567890123",
            ),
            (
                "NAPTR",
                "100 10 \"U\" \"E2U+sip\" \"!^.*$!sip:info@example.com!\" .",
            ),
            ("NAPTR", "100 10 \"S\" \"\" \"\" other"),
            ("HTTPS", "1 . alpn=h2,h3 port=8443"),
            ("HTTPS", "0 other"),
            ("SVCB", "1 . key65400=\"a b\""),
            ("SOA", "ns1 host 7 3600 600 86400 300"),
        ] {
            let data = printed(rtype, data);
            let form = of(rtype).unwrap();
            let values = split(form, &data).unwrap_or_else(|| panic!("{rtype} {data}"));
            let joined = join(form, &values).unwrap();
            assert_eq!(printed(rtype, &joined), data, "{values:?}");
        }
    }

    #[test]
    fn text_is_quoted_and_cut_and_what_is_cut_in_another_way_stays_as_it_is() {
        let txt = of("TXT").unwrap();
        let text = "k".repeat(300);
        let joined = join(txt, std::slice::from_ref(&text)).unwrap();
        assert_eq!(
            joined,
            format!("\"{}\" \"{}\"", "k".repeat(255), "k".repeat(45))
        );
        assert_eq!(split(txt, &joined), Some(vec![text]));
        assert_eq!(
            split(txt, "\"a\" \"b\""),
            Some(vec!["\"a\" \"b\"".to_owned()])
        );
        assert_eq!(join(txt, &["a\r\n b".to_owned()]).as_deref(), Ok("\"a b\""));
        assert!(join(txt, &["\"a\" b".to_owned()]).is_err());
    }

    #[test]
    fn a_field_cannot_hold_what_belongs_to_another() {
        let zone = ZoneName::parse("a.example").unwrap();
        let mx = of("MX").unwrap();
        for preference in [
            "10 mail.", "10 ;", "(10)", "\"10\"", "10\n", "65536", "", "-1",
        ] {
            let fault = mx.fields[0].fault(&zone, preference);
            assert_eq!(
                fault.is_none(),
                preference.trim() == "10",
                "{preference:?}: {fault:?}"
            );
        }
        let regexp = of("NAPTR").unwrap().fields[4].fault(&zone, "\"a\" \"b\"");
        assert!(regexp.is_some());
    }

    #[test]
    fn every_field_takes_its_default_and_every_choice() {
        let zone = ZoneName::parse("a.example").unwrap();
        for form in FORMS {
            for field in form.fields {
                let values = field.choices.iter().map(|(value, _)| *value);
                for value in values.chain(Some(field.default).filter(|value| !value.is_empty())) {
                    assert_eq!(
                        field.fault(&zone, value),
                        None,
                        "{} {}",
                        form.rtype,
                        field.id
                    );
                }
            }
        }
    }
}
