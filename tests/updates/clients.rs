//! knsupdate, Knot's own client.

use crate::support::dns::NameServer;
use crate::support::zone_text;
use crate::{SECRET, client, gateway, needs, short};

#[test]
fn knsupdate_adds_and_removes_over_udp_and_tcp() {
    needs!("knsupdate", "dig");
    let zone = "a.example";
    let (gateway, dns) = gateway("hmac-sha256", "ddns");
    gateway.push(zone, &zone_text(zone, 7, "192.0.2.1"));
    gateway.until(zone, "served");
    let key = format!("hmac-sha256:ddns:{SECRET}");
    for (transport, address) in [(&["-v"][..], "192.0.2.7"), (&[], "192.0.2.8")] {
        let run = |what: &str| {
            let (ip, port) = (dns.ip(), dns.port());
            let commands =
                format!("server {ip} {port}\nzone {zone}\norigin {zone}\n{what}\nsend\n");
            let arguments = [transport, &["-y", &key]].concat();
            let (well, printed) = client("knsupdate", &arguments, &commands);
            assert!(well, "{printed}");
        };
        run(&format!("nxdomain new\nadd new 60 A {address}"));
        assert_eq!(short(dns, "new.a.example", "A"), [address]);
        run(&format!("yxrrset new A {address}\ndel new A {address}"));
        assert_eq!(short(dns, "new.a.example", "A"), [""; 0]);
    }
    assert_eq!(dns.serial(zone), Some(11));
}
