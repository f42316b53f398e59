//! The tokens of API clients.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};

use super::arguments::Output;
use super::gateway::{AskError, Gateway, encoded, parse};
use crate::access::Grant;
use crate::http::v1::shape::{NewToken, RevokedToken, TokenRequest, TokenStatus};

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Create a token and show it, this once
    Create(TokenArguments),
    /// List the tokens, with what they may do and their last use
    List {
        #[command(flatten)]
        output: Output,
    },
    /// Revoke a token at once
    Revoke {
        /// The token
        name: String,
        #[command(flatten)]
        output: Output,
    },
}

/// What a new token may do. Lists take several values, or one with commas.
#[derive(Debug, Args)]
pub(super) struct TokenArguments {
    /// What you call it
    pub name: String,
    /// What an ACME client needs: reads zones and edits the TXT records of challenges
    #[arg(long)]
    pub acme: bool,
    /// Zones: `example.com`, `*.example.com` for all below it, `*` for all [default with --acme: *]
    #[arg(long, value_name = "PATTERN", num_args = 1.., value_delimiter = ',', required_unless_present = "acme")]
    pub zones: Option<Vec<String>>,
    /// Owner names, relative to the zone or with a final dot [default: *]
    #[arg(long, value_name = "PATTERN", num_args = 1.., value_delimiter = ',')]
    pub names: Option<Vec<String>>,
    /// Types of records [default: *]
    #[arg(long, value_name = "TYPE", num_args = 1.., value_delimiter = ',')]
    pub types: Option<Vec<String>>,
    /// read, edit, create, delete, operate [default: read]
    #[arg(long, value_name = "ACTION", num_args = 1.., value_delimiter = ',')]
    pub actions: Option<Vec<String>>,
    /// Networks that it may be used from [default: any]
    #[arg(long, value_name = "CIDR", num_args = 1.., value_delimiter = ',')]
    pub from: Option<Vec<String>>,
    /// The highest TTL that it may write, in seconds
    #[arg(long, value_name = "S")]
    pub ttl_max: Option<u32>,
    /// When it ends: 2027-01-31, 2027-01-31T12:00:00Z, or from now on, such as 90d or 12h
    #[arg(long, value_name = "DATE", value_parser = expires)]
    pub expires: Option<jiff::Timestamp>,
    #[command(flatten)]
    pub output: Output,
}

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
