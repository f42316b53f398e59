//! What to do next, for who has just begun.

use maud::{Markup, html};

use crate::http::web::session::Begin;

/// The records of the zone that is pushed to try it.
const RECORDS: &str = "$TTL 300\\n@ SOA ns1 hostmaster 1 3600 600 86400 300\\n@ NS ns1\\nns1 A 192.0.2.1\\nwww A 192.0.2.2\\n";

/// The steps that are left; `empty`: there is no zone. `host` is what the browser called this one.
pub(super) fn steps(begin: &Begin, empty: bool, host: &str) -> Markup {
    let (host, port) = address(host, begin);
    let target = match port {
        Some(port) => format!("{host}:{port}"),
        None => host.clone(),
    };
    let query = "action=rawsave&domain=plain.example&hostname=da1.example.net&username=alice";
    let push = format!(
        "printf '{RECORDS}' |\n  curl -u {} --data-binary @- \\\n  '{}://{target}/CMD_API_DNS_ADMIN?{query}'",
        begin.user, begin.scheme
    );
    html! {
        section.begin {
            h2 { "What to do next" }
            ol {
                @if begin.default_password {
                    li {
                        strong { "Set a password of your own. " } "The one of masters is still the default, so dadns listens on this machine only. Set "
                        code { "app.auth_password" } " in the configuration, or the variable " code { "DADNS_APP_AUTH_PASSWORD" } ", and start dadns again."
                    }
                }
                @if empty {
                    li {
                        strong { "Push a zone " } "to see what happens. curl asks for the password of masters:"
                        pre tabindex="0" { (push) }
                    }
                    li {
                        strong { "Connect DirectAdmin. " } "In " em { "Server Manager → Multi Server Setup" } " add a server with address "
                        code { (host) } @if let Some(port) = port { ", port " code { (port) } }
                        ", user name " code { (begin.user) } " and that password"
                        @if begin.scheme == "https" { ", with SSL" }
                        ". Switch on " em { "Zone transfer" } ". Each zone is here as soon as DirectAdmin writes it."
                    }
                }
            }
        }
    }
}

/// The host and port that masters use, as far as what the browser sent is a host: it is shown to be copied.
fn address(host: &str, begin: &Begin) -> (String, Option<u16>) {
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
    let fine = !host.is_empty() && host.len() <= 255 && host.chars().all(plain);
    let host = if fine { host } else { "127.0.0.1" };
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && !name.is_empty() && !port.ends_with(']') => {
            (name, port.parse().ok())
        }
        _ => (host, None),
    };
    (name.to_owned(), begin.port.or(port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_browser_sent_is_shown_only_if_it_is_a_host() {
        let mut begin = Begin {
            default_password: false,
            user: "directdnsonly".into(),
            port: None,
            scheme: "http",
        };
        for (sent, host, port) in [
            ("gw.example.net:2222", "gw.example.net", Some(2222)),
            ("gw.example.net", "gw.example.net", None),
            ("[2001:db8::1]:2222", "[2001:db8::1]", Some(2222)),
            ("[2001:db8::1]", "[2001:db8::1]", None),
            ("a'; rm -rf ~ #:2222", "127.0.0.1", None),
            ("<script>", "127.0.0.1", None),
            ("", "127.0.0.1", None),
        ] {
            assert_eq!(address(sent, &begin), (host.to_owned(), port), "{sent}");
        }
        begin.port = Some(2222);
        let page = steps(&begin, true, "gw.example.net:8081").into_string();
        assert!(
            page.contains("http://gw.example.net:2222/CMD_API_DNS_ADMIN"),
            "{page}"
        );
    }
}
