//! A client of dadns: services that register themselves and are found ([`Registry`]), records, zones, and waiting until
//! every backend has them ([`Api`]). Both speak over a [`Connection`], which can also be used alone by programs that may
//! block, as the command line of dadns does.
//!
//! It knows nothing of the gateway but its answers over HTTP, and ignores members of them that it does not know, so that
//! it works with newer gateways. The async calls run on threads that may block (`tokio::task::spawn_blocking`), so that
//! they need a runtime of tokio, and no second HTTP client is built for them.
//!
//! ```no_run
//! # async fn example() -> Result<(), dadns_client::Error> {
//! use std::time::Duration;
//! use dadns_client::{Connection, Login, Registration, Registry, Wish};
//!
//! let registry = Registry::new(Connection::new("http://127.0.0.1:8500", Login::Nothing));
//! // Registers, sends heartbeats, and registers again should the registry have forgotten it.
//! let web = Registration::new("web", "1", 8080).tag("blue");
//! let kept = registry.keep(web, Duration::from_secs(10)).await?;
//!
//! let database = registry.discover(&Wish::of("database")).await?;
//! println!("{}", database.url);
//! kept.close().await?;
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]

pub mod api;
mod connection;
mod error;
mod registry;

pub use api::Api;
pub use connection::{Connection, Lines, Login, Verb, encoded};
pub use error::{Error, Fault, parse};
pub use registry::{Finder, Found, Instance, Kept, Registration, Registry, Wish};
