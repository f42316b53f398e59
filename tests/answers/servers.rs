//! The servers that are compared, all with the same zones.

use std::any::Any;
use std::net::SocketAddr;

use super::client::Client;
use super::zones::Source;
use crate::support::builtin::Builtin;
use crate::support::gateway::Gateway;
use crate::support::knot::Knot;
use crate::support::named::Named;
use crate::support::nsd::Nsd;

pub struct Server {
    pub name: &'static str,
    pub dns: SocketAddr,
    /// Serves for as long as this lives.
    _running: Box<dyn Any>,
}

impl Server {
    pub fn new(name: &'static str, dns: SocketAddr, running: impl Any) -> Self {
        Self {
            name,
            dns,
            _running: Box::new(running),
        }
    }
}

pub fn bind(sources: &[Source]) -> Server {
    let named = Named::primary(&pairs(sources));
    Server::new("BIND", named.dns, named)
}

pub fn nsd(sources: &[Source]) -> Server {
    let nsd = Nsd::primary(&pairs(sources));
    Server::new("NSD", nsd.dns, nsd)
}

pub fn knot(sources: &[Source]) -> Server {
    let knot = Knot::primary(&pairs(sources));
    Server::new("Knot", knot.dns, knot)
}

/// The zones as BIND has read them, in the form of RFC 3597 for those who know fewer types.
pub fn generic(bind: &Server, sources: &[Source]) -> Vec<Source> {
    let client = Client::new(bind.dns);
    let generic = |source: &Source| Source {
        name: source.name.clone(),
        text: client
            .transfer(&source.name.parse().unwrap())
            .iter()
            .map(|record| format!("{}\n", record.generic()))
            .collect(),
    };
    sources.iter().map(generic).collect()
}

/// The gateway with its own server alone, every zone pushed as a master pushes it.
pub fn dadns(sources: &[Source]) -> Server {
    gateway(sources, Builtin::new(), "")
}

/// The same, following aliases into all zones.
pub fn following_dadns(sources: &[Source]) -> Server {
    gateway(sources, Builtin::new(), "      follow: all\n")
}

/// The same, giving transfers as the others do.
pub fn open_dadns(sources: &[Source]) -> Server {
    gateway(sources, Builtin::new().open(), "")
}

fn gateway(sources: &[Source], builtin: Builtin, keys: &str) -> Server {
    let gateway = Gateway::start(&[builtin.backend(keys)]);
    for source in sources {
        let answer = gateway.push(&source.name, &source.text);
        assert_eq!(answer, "error=0", "{}", source.name);
    }
    for source in sources {
        gateway.until(&source.name, "served");
    }
    Server::new("dadns", builtin.dns, gateway)
}

fn pairs(sources: &[Source]) -> Vec<(String, String)> {
    let pair = |source: &Source| (source.name.clone(), source.text.clone());
    sources.iter().map(pair).collect()
}
