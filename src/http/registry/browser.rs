//! Pages that somebody looks at on a machine of `registry.allow`: a browser would send their requests from an address that
//! needs no token.
//!
//! A page of another origin says so in `Origin` or, to this machine, in `Sec-Fetch-Site`. A page whose name leads here
//! after a second look into DNS (DNS rebinding) is of the same origin, and says neither; but its name is in `Host`. So a
//! name has to be one that nobody else can have such a page at: those of `registry.host_names`, localhost (RFC 6761
//! section 6.3), and names without a dot, as the networks of containers have. An address is no name.

use std::net::{IpAddr, Ipv6Addr};

use actix_web::HttpRequest;
use actix_web::http::header::{HOST, ORIGIN};
use dadns_zone::Excerpt;

/// Where the page is that a request comes from (Fetch Metadata, section 2.4); `none`: somebody typed its address.
const SITE: &str = "sec-fetch-site";

/// Why a request without a token is refused: a page may have sent it.
pub(super) fn suspected(request: &HttpRequest, names: &[String]) -> Option<String> {
    let headers = request.headers();
    let mut sites = headers.get_all(SITE);
    if headers.contains_key(ORIGIN) || sites.any(|site| site != "none") {
        return Some("requests of web pages need a token".to_owned());
    }
    let hosts = headers.get_all(HOST).map(|host| host.as_bytes());
    // That of HTTP/2, and of requests as proxies get them.
    let authority = request.uri().authority();
    let authority = authority.map(|authority| authority.as_str().as_bytes());
    let unknown = hosts
        .chain(authority)
        .find(|host| !is_known(&String::from_utf8_lossy(host), names))?;
    let host = Excerpt::new(unknown);
    Some(format!(
        "{host} is no name of this registry: without a token it is asked by its address, or by a name of \
         registry.host_names"
    ))
}

/// Whether no page of somebody else can be at this host.
fn is_known(host: &str, names: &[String]) -> bool {
    if let Some(rest) = host.strip_prefix('[') {
        let address = rest.split_once(']').map(|(address, _)| address);
        return address.is_some_and(|address| address.parse::<Ipv6Addr>().is_ok());
    }
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name.parse::<IpAddr>().is_ok()
        || !name.contains('.')
        || name.ends_with(".localhost")
        || names.contains(&name)
}
