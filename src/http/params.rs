//! The parameters of a request, wherever the client put them.

use std::borrow::Cow;

use percent_encoding::percent_decode;

/// The fields under which clients send a zone's text in a form.
const ZONE_FIELDS: [&[u8]; 2] = [b"zone_file", b"zonefile"];

/// The parameters of one request: its query string, and its body where that is a form.
///
/// Masters send no Content-Type, so the shape decides: a query string that names an action means
/// that the body, if any, is a zone's text; otherwise the body is a form. A body that is a form with
/// a zone in one of its fields is recognised beside an action too, as some clients send that.
///
/// A zone's text is bytes, in a form too: a TXT record may hold any. What is not UTF-8 elsewhere
/// becomes U+FFFD, which no name or word that means anything here has.
#[derive(Debug)]
pub struct Params<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    zone_field: Option<Cow<'a, [u8]>>,
    raw_body: Option<&'a [u8]>,
}

impl<'a> Params<'a> {
    /// Parses the two places.
    pub fn new(query: &'a str, body: &'a [u8]) -> Self {
        let mut params = Self {
            pairs: Vec::new(),
            zone_field: None,
            raw_body: None,
        };
        params.take(query.as_bytes());
        let has_action = params.pairs.iter().any(|(name, _)| name == "action");
        if !has_action || is_zone_form(body) {
            params.take(body);
        } else {
            params.raw_body = Some(body);
        }
        params
    }

    /// Adds the fields of a form; of the fields with a zone the first that is not empty counts.
    fn take(&mut self, form: &'a [u8]) {
        for (name, value) in fields(form) {
            let name = decoded(name);
            if !ZONE_FIELDS.contains(&name.as_ref()) {
                self.pairs.push((text(name), text(decoded(value))));
            } else if self.zone_field.as_ref().is_none_or(|zone| zone.is_empty()) {
                self.zone_field = Some(decoded(value));
            }
        }
    }

    /// The first value of `name` that is not empty; the query string comes first.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(found, value)| found == name && !value.is_empty())
            .map(|(_, value)| value.as_ref())
    }

    /// Whether `name` is there and says yes.
    pub fn is_set(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| !matches!(value, "0" | "no" | "false" | "off"))
    }

    /// The text of a zone: the raw body, or the field of a form.
    pub fn zone_text(&self) -> Option<&[u8]> {
        self.raw_body
            .or(self.zone_field.as_deref())
            .filter(|text| !text.trim_ascii().is_empty())
    }

    /// The values of `select0`, `select1`, …, or else of `domain`.
    pub fn selected(&self) -> Vec<&str> {
        let is_select = |name: &str| {
            name.strip_prefix("select")
                .is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()))
        };
        let selected: Vec<&str> = self
            .pairs
            .iter()
            .filter(|(name, value)| is_select(name) && !value.is_empty())
            .map(|(_, value)| value.as_ref())
            .collect();
        if selected.is_empty() {
            self.get("domain").into_iter().collect()
        } else {
            selected
        }
    }

    /// Whether nothing at all was sent.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
            && self.zone_field.is_none()
            && self
                .raw_body
                .is_none_or(|body| body.trim_ascii().is_empty())
    }
}

/// A form never has white space, and every zone text does.
fn is_zone_form(body: &[u8]) -> bool {
    let body = body.trim_ascii();
    !body.is_empty()
        && !body.iter().any(u8::is_ascii_whitespace)
        && fields(body).any(|(name, _)| ZONE_FIELDS.contains(&decoded(name).as_ref()))
}

/// The fields of a form, name and value as they were sent.
fn fields(form: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let pairs = form.split(|b| *b == b'&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| {
        let mut parts = pair.splitn(2, |b| *b == b'=');
        let mut part = || parts.next().unwrap_or_default();
        (part(), part())
    })
}

/// The bytes that `sent` stands for in a form.
fn decoded(sent: &[u8]) -> Cow<'_, [u8]> {
    if !sent.contains(&b'+') {
        return percent_decode(sent).into();
    }
    let spaced: Vec<u8> = sent
        .iter()
        .map(|b| if *b == b'+' { b' ' } else { *b })
        .collect();
    Cow::Owned(percent_decode(&spaced).collect())
}

fn text(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    match bytes {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_an_action_in_the_query_the_body_is_the_zone_text() {
        let params = Params::new(
            "action=rawsave&domain=a.example",
            b"$TTL 1\nwww=1&b A 192.0.2.1\n",
        );
        assert_eq!(params.get("domain"), Some("a.example"));
        assert_eq!(
            params.zone_text(),
            Some(&b"$TTL 1\nwww=1&b A 192.0.2.1\n"[..])
        );
    }

    #[test]
    fn without_an_action_in_the_query_the_body_is_a_form() {
        let params = Params::new(
            "",
            b"action=delete&cluster=yes&select0=a.example&select1=b.example",
        );
        assert_eq!(params.get("action"), Some("delete"));
        assert_eq!(params.selected(), ["a.example", "b.example"]);
        assert_eq!(params.zone_text(), None);
    }

    #[test]
    fn a_zone_may_come_in_either_form_field() {
        for field in ["zone_file", "zonefile"] {
            let body = format!("action=rawsave&domain=a.example&{field}=%24TTL+1%0A");
            let params = Params::new("", body.as_bytes());
            assert_eq!(params.zone_text(), Some(&b"$TTL 1\n"[..]));
            let body = format!("{field}=%24TTL+1%0A");
            let params = Params::new("action=rawsave&domain=a.example", body.as_bytes());
            assert_eq!(params.zone_text(), Some(&b"$TTL 1\n"[..]));
        }
    }

    #[test]
    fn the_zone_of_a_form_is_taken_byte_for_byte() {
        let form = b"action=rawsave&domain=a.example&zone_file=t+TXT+%22%E9\xe9%2B%22%0A";
        let params = Params::new("", form);
        assert_eq!(params.zone_text(), Some(&b"t TXT \"\xe9\xe9+\"\n"[..]));
    }

    #[test]
    fn a_parameter_that_is_not_utf_8_never_becomes_another_plain_name() {
        let params = Params::new(
            "action=delete&select0=a%E9.example&select1=%C3%A9.example",
            b"",
        );
        assert_eq!(params.selected(), ["a\u{fffd}.example", "é.example"]);
    }

    #[test]
    fn blank_zone_text_is_no_zone_text() {
        assert_eq!(
            Params::new("action=rawsave&domain=a", b" \n").zone_text(),
            None
        );
        assert_eq!(
            Params::new("action=rawsave&domain=a", b"").zone_text(),
            None
        );
        assert_eq!(
            Params::new("", b"action=rawsave&zone_file=").zone_text(),
            None
        );
    }

    #[test]
    fn a_single_domain_stands_in_for_selected_ones() {
        let params = Params::new("action=delete&domain=a.example&selected=x", b"");
        assert_eq!(params.selected(), ["a.example"]);
    }
}
