//! Why `named` does not serve what was written, once that is certain.
//!
//! What it answers over DNS and what it says over its control channel can differ, and then the question
//! never reached the zone: another view, an `allow-query`, another server at that address.

use std::net::SocketAddr;

use async_trait::async_trait;
use dadns_zone::{Zone, ZoneName};

use super::channel::Rndc;
use super::{Bind, reason, views};
use crate::{BackendError, Diagnose, Served};

#[async_trait]
impl Diagnose for Bind {
    async fn diagnose(&self, zone: &Zone, found: &Served) -> Option<String> {
        let rndc = self.rndc.as_ref()?;
        let loaded = views::loaded(self, rndc, zone.name()).await.ok()?;
        match (&loaded, self.settings.dns_address) {
            (Served::Serial(serial), Some(server)) if *serial == zone.serial() => {
                (*found != loaded).then(|| out_of_sight(server, *serial))
            }
            (Served::Absent, _) => Some(not_included(self)),
            (Served::Broken(said), _) if views::says_multiple(said) => {
                Some(self.named.get().views_unknown(&self.id))
            }
            _ => Some(reason(self, zone.name()).await),
        }
    }
}

/// What `named` said when it was to load `name`, with the reason as far as it can be found.
pub(super) async fn why_not_loaded(bind: &Bind, name: &ZoneName, said: &str) -> String {
    let said = said.replace('\n', "; ");
    let why = match () {
        () if views::says_no_view(&said) => format!(
            "does named.conf have that view, and has named read it? If it was renamed, correct \
             dns.backends.{}.views or reload named",
            bind.id
        ),
        () if views::says_unknown(&said) => not_included(bind),
        () if views::says_multiple(&said) => bind.named.get().views_unknown(&bind.id),
        () => reason(bind, name).await,
    };
    format!("named says {said:?}; {why}")
}

/// Why nobody answers at the DNS address, where `named` answers on its control channel.
pub(super) async fn unanswered(
    server: SocketAddr,
    rndc: &Rndc,
    error: BackendError,
) -> BackendError {
    match (error, rndc.call("null").await) {
        (BackendError::Unreachable { doing, cause }, Ok(_)) => BackendError::Unreachable {
            doing,
            cause: format!(
                "{cause}; named answers on its control channel, so look at listen-on, blackhole, \
                 rate-limit and firewalls for {server}, or at dns_address, where named answers DNS"
            ),
        },
        (error, _) => error,
    }
}

async fn reason(bind: &Bind, name: &ZoneName) -> String {
    reason::why(name, &bind.disk.path(name), &bind.named.get().logs()).await
}

fn out_of_sight(server: SocketAddr, serial: u32) -> String {
    format!(
        "named has loaded serial {serial}, so another view or server answers at {server}, or allow-query \
         keeps dadns out; set dns_address to where the view with the zones of dadns answers dadns, or to \
         none, which trusts the control channel"
    )
}

fn not_included(bind: &Bind) -> String {
    format!(
        "named has no such zone: does named.conf include {}?",
        bind.disk.include_path().display()
    )
}
