//! Tokens and scopes over HTTP, with a gateway in this process.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

// Other test targets use more of it.
#[allow(dead_code)]
#[path = "../support/http.rs"]
mod http;

mod jwts;
mod listeners;
mod logins;
mod scopes;
mod world;
