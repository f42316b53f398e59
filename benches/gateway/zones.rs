//! Zones as DirectAdmin makes them: 22 records, 1.6 kB of text.

use std::fmt::Write;

use super::support::http::basic;

/// The account of masters.
pub const USER: &str = "bench";
/// Its password.
pub const PASSWORD: &str = "a-secret-of-benches";

/// Records of each zone.
pub const RECORDS: usize = 22;

/// The serial of a zone that was pushed once.
pub const FIRST: u32 = 2026112101;

/// The name of a zone; all have the same length.
pub fn name(number: usize) -> String {
    format!("zone{number:07}.example")
}

/// A zone's text.
pub fn text(name: &str, serial: u32) -> String {
    let mut text = format!(
        "$TTL 14400\n@       IN      SOA     ns1.{name}.      hostmaster.{name}. (\n\
         \t\t\t\t{serial}\n\t\t\t\t7200\n\t\t\t\t3600\n\t\t\t\t1209600\n\t\t\t\t180 )\n\n\
         {name}.\t14400\tIN\tNS\tns1.{name}.\n{name}.\t14400\tIN\tNS\tns2.{name}.\n\
         {name}.\t14400\tIN\tA\t192.0.2.10\n{name}.\t14400\tIN\tAAAA\t2001:db8::10\n"
    );
    for host in [
        "ftp", "mail", "ns1", "ns2", "pop", "smtp", "www", "shop", "blog", "test", "webmail",
        "cpanel", "db",
    ] {
        // The address says which push it was, so that a changed zone has other records too.
        let _ = writeln!(text, "{host}\t14400\tIN\tA\t192.0.2.{}", serial % 250);
    }
    let _ = write!(
        text,
        "{name}.\t14400\tIN\tMX\t10 mail\n\
         {name}.\t14400\tIN\tTXT\t\"v=spf1 a mx ip4:192.0.2.10 ip4:198.51.100.7 include:spf.example.net ~all\"\n\
         _dmarc\t14400\tIN\tTXT\t\"v=DMARC1; p=none; sp=none; rua=mailto:spam-reports@{name}\"\n\
         x._domainkey\t14400\tIN\tTXT\t( \"v=DKIM1; k=rsa; p={}\"\n\t\t\t\t\t\"{}\" )\n",
        "M".repeat(200),
        "Q".repeat(220)
    );
    text
}

/// A request of HTTP/1.1 on a kept connection.
pub fn request(method: &str, target: &str, body: &str) -> Vec<u8> {
    format!(
        "{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {}\r\nContent-Length: {}\r\n\r\n{body}",
        basic(USER, PASSWORD),
        body.len()
    )
    .into_bytes()
}

/// The request that pushes a zone.
pub fn push(number: usize, serial: u32) -> Vec<u8> {
    let name = name(number);
    let target = format!(
        "/CMD_API_DNS_ADMIN?action=rawsave&domain={name}&username=alice&hostname=da1.example.net&named_reload=yes"
    );
    request("POST", &target, &text(&name, serial))
}
