//! The parameters of a request, wherever the client put them.

use std::borrow::Cow;

/// The fields under which clients send a zone's text in a form.
const ZONE_FIELDS: [&str; 2] = ["zone_file", "zonefile"];

/// The parameters of one request: its query string, and its body where that is a form.
///
/// Masters send no Content-Type, so the shape decides: a query string that names an action means
/// that the body, if any, is a zone's text; otherwise the body is a form. A body that is a form with
/// a zone in one of its fields is recognised beside an action too, as some clients send that.
#[derive(Debug)]
pub struct Params<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    raw_body: Option<&'a [u8]>,
}

impl<'a> Params<'a> {
    /// Parses the two places.
    pub fn new(query: &'a str, body: &'a [u8]) -> Self {
        let mut pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        let has_action = pairs.iter().any(|(name, _)| name == "action");
        let form = (!has_action || is_zone_form(body)).then(|| form_urlencoded::parse(body));
        let raw_body = match form {
            Some(form) => {
                pairs.extend(form);
                None
            }
            None => Some(body),
        };
        Self { pairs, raw_body }
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
        let field = || ZONE_FIELDS.iter().find_map(|name| self.get(name));
        self.raw_body
            .or_else(|| field().map(str::as_bytes))
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
        && form_urlencoded::parse(body).any(|(name, _)| ZONE_FIELDS.contains(&name.as_ref()))
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
