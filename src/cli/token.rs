//! The tokens of API clients.

use std::fmt::Write as _;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};

use super::arguments::{Output, TokenArguments};
use super::gateway::{AskError, Gateway, encoded, parse};
use crate::access::Grant;
use crate::http::v1::shape::{NewToken, RevokedToken, TokenRequest, TokenStatus};

/// Creates a token.
pub fn create(gateway: &Gateway, new: TokenArguments) -> Result<String, AskError> {
    let TokenArguments {
        name,
        acme,
        zones,
        names,
        types,
        actions,
        from,
        ttl_max,
        expires,
        output,
    } = new;
    let request = TokenRequest {
        name,
        acme,
        zones,
        names,
        types,
        actions,
        from,
        ttl_max,
        expires,
    };
    let text = gateway.post("/api/v1/tokens", &request)?;
    if output.json {
        return Ok(text);
    }
    let NewToken { token, status } = parse(&text)?;
    let mut shown = format!("{token}\n\nThis is shown once; keep it where the client finds it.\n");
    describe(&mut shown, &status);
    Ok(shown)
}

/// The tokens.
pub fn list(gateway: &Gateway, output: Output) -> Result<String, AskError> {
    let text = gateway.get("/api/v1/tokens")?;
    if output.json {
        return Ok(text);
    }
    let tokens: Vec<TokenStatus> = parse(&text)?;
    let mut shown = String::new();
    for token in &tokens {
        describe(&mut shown, token);
    }
    if tokens.is_empty() {
        shown.push_str("there are no tokens\n");
    }
    Ok(shown)
}

/// Revokes a token.
pub fn revoke(gateway: &Gateway, name: &str, output: Output) -> Result<String, AskError> {
    let text = gateway.delete(&format!("/api/v1/tokens/{}", encoded(name)))?;
    if output.json {
        return Ok(text);
    }
    let RevokedToken { name, .. } = parse(&text)?;
    Ok(format!("token {name} is revoked"))
}

fn describe(shown: &mut String, token: &TokenStatus) {
    let TokenStatus {
        name,
        state,
        grant,
        created,
        created_by,
        last_used,
        last_used_from,
    } = token;
    let Grant {
        zones,
        names,
        types,
        actions,
        from,
        ttl_max,
        expires,
    } = grant;
    let list = |items: &[String]| match items {
        [] => "*".to_owned(),
        items => items.join(", "),
    };
    let time = |at: Timestamp| at.strftime("%F %T UTC").to_string();
    let _ = writeln!(shown, "{name}  {state}, may {}", list(actions));
    let _ = writeln!(
        shown,
        "  zones {}; names {}; types {}",
        list(zones),
        list(names),
        list(types)
    );
    if !from.is_empty() {
        let _ = writeln!(shown, "  from {}", list(from));
    }
    if let Some(ttl) = ttl_max {
        let _ = writeln!(shown, "  TTL at most {ttl}");
    }
    if let Some(expires) = expires {
        let _ = writeln!(shown, "  expires {}", time(*expires));
    }
    let _ = writeln!(shown, "  created {} by {created_by}", time(*created));
    let _ = match (last_used, last_used_from) {
        (Some(at), Some(from)) => writeln!(shown, "  last used {} from {from}", time(*at)),
        _ => writeln!(shown, "  never used"),
    };
}

/// A time, a day (its beginning, UTC), or a span from now on.
pub(super) fn expires(text: &str) -> Result<Timestamp, String> {
    let wrong = || format!("{text:?} is no time: write 2027-01-31, 2027-01-31T12:00:00Z or 90d");
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    if let Ok(day) = text.parse::<Date>() {
        let start = day.to_zoned(TimeZone::UTC).map_err(|_| wrong())?;
        return Ok(start.timestamp());
    }
    let span: Span = text.parse().map_err(|_| wrong())?;
    let now: Zoned = Timestamp::now().to_zoned(TimeZone::UTC);
    let end = now.checked_add(span).map_err(|_| wrong())?;
    Ok(end.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_a_time_a_day_or_a_span() {
        for (text, expected) in [
            ("2027-01-31", "2027-01-31T00:00:00Z"),
            ("2027-01-31T12:30:00Z", "2027-01-31T12:30:00Z"),
            ("2027-01-31T12:30:00+02:00", "2027-01-31T10:30:00Z"),
        ] {
            assert_eq!(expires(text).unwrap().to_string(), expected, "{text}");
        }
        let hours = |text| {
            let left = expires(text).unwrap().duration_since(Timestamp::now());
            left.as_hours()
        };
        assert!((23..=24).contains(&hours("1d")));
        assert!((89 * 24..=90 * 24).contains(&hours("90d")));
        assert!((11..=12).contains(&hours("12h")));
        for text in ["", "soon", "2027-02-30", "90"] {
            assert!(expires(text).is_err(), "{text}");
        }
    }
}
