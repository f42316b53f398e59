//! The credentials that a request was sent with.

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Credentials as they were sent. Never shown.
pub(in crate::http) enum Sent {
    /// None that can be read.
    Nothing,
    /// HTTP Basic: those of an account, or a token in place of the password.
    Basic {
        /// The user name.
        user: String,
        /// The password.
        password: String,
    },
    /// A token or JWT, as `X-API-Key` or `Authorization: Bearer`.
    Token(String),
}

impl Sent {
    /// What `request` was sent with. A key comes first: clients that have one may send what a proxy in front
    /// of them wants as `Authorization`.
    pub fn of(request: &HttpRequest) -> Self {
        let key = request.headers().get("X-API-Key");
        let key = key.and_then(|value| value.to_str().ok()).map(str::trim);
        match key {
            Some(key) if !key.is_empty() => Self::Token(key.to_owned()),
            _ => Self::authorization(request).unwrap_or(Self::Nothing),
        }
    }

    /// The same, but only HTTP Basic.
    pub fn basic(request: &HttpRequest) -> Self {
        match Self::authorization(request) {
            Some(sent @ Self::Basic { .. }) => sent,
            _ => Self::Nothing,
        }
    }

    fn authorization(request: &HttpRequest) -> Option<Self> {
        let value = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
        let (scheme, sent) = value.trim().split_once(' ')?;
        let sent = sent.trim();
        if scheme.eq_ignore_ascii_case("bearer") && !sent.is_empty() {
            return Some(Self::Token(sent.to_owned()));
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = String::from_utf8(STANDARD.decode(sent).ok()?).ok()?;
        let (user, password) = decoded.split_once(':')?;
        Some(Self::Basic {
            user: user.to_owned(),
            password: password.to_owned(),
        })
    }

    /// What is said of it where it is wrong.
    pub fn refusal(&self) -> &'static str {
        match self {
            Self::Nothing | Self::Basic { .. } => "wrong or missing user name or password",
            Self::Token(_) => "wrong token: it was never created here, or it is revoked",
        }
    }
}
