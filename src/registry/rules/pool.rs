//! Pools: networks out of which an instance gets an address.
//!
//! An address that was given out is that of an instance, and nothing else is remembered: it is free as soon as no
//! instance has it. Where the search begins depends on the key of the instance alone, so that one that comes back gets
//! the address that it had, unless somebody else has it now.

use std::net::IpAddr;

use ipnet::IpNet;

use super::Key;

/// A pool.
#[derive(Debug, Clone)]
pub struct Pool {
    /// Its name.
    pub name: String,
    /// The networks that it has the addresses of.
    pub networks: Vec<IpNet>,
    /// Addresses within these that are not given out.
    pub excluded: Vec<IpNet>,
}

/// Most addresses that are looked at for one that is free. What is excluded is passed over at once.
const MOST_LOOKS: u64 = 1 << 20;

impl Pool {
    /// Whether it has this address.
    pub fn has(&self, address: IpAddr) -> bool {
        let within = |networks: &[IpNet]| networks.iter().any(|net| net.contains(&address));
        let is_end = |net: &IpNet| {
            let ends = [net.network(), net.broadcast()];
            // RFC 3021 gives both to hosts, and so does IPv6 with the last.
            let most = net.max_prefix_len() - net.prefix_len();
            most > 1 && ends.contains(&address) && (address.is_ipv4() || address == net.network())
        };
        let own = self.networks.iter().filter(|net| net.contains(&address));
        within(&self.networks) && !within(&self.excluded) && !own.into_iter().any(is_end)
    }

    /// A free address for an instance; `None`: there is none.
    pub fn free(&self, key: &Key, is_used: impl Fn(IpAddr) -> bool) -> Option<IpAddr> {
        let sizes = self.networks.iter().map(|net| size(*net));
        let all = sizes.fold(0u64, u64::saturating_add);
        let mut hasher = blake3::Hasher::new();
        for text in [&self.name, &key.agent, &key.id] {
            hasher.update(text.as_bytes()).update(&[0]);
        }
        let hash = hasher.finalize();
        let first = u64::from_be_bytes(*hash.as_bytes().first_chunk()?);
        let first = first.checked_rem(all)?;
        let mut step = 0;
        for _ in 0..MOST_LOOKS {
            if step >= all {
                break;
            }
            let at = (u128::from(first) + u128::from(step)) % u128::from(all);
            let (address, left) = self.at(u64::try_from(at).ok()?)?;
            if self.has(address) && !is_used(address) {
                return Some(address);
            }
            step = step.saturating_add(self.excluded_from(address).clamp(1, left));
        }
        None
    }

    /// How many addresses in a row are excluded, this one being the first.
    fn excluded_from(&self, address: IpAddr) -> u64 {
        let within = self.excluded.iter().filter(|net| net.contains(&address));
        let last = within.map(|net| number(net.broadcast())).max();
        let more = last.map_or(0, |last| last - number(address) + 1);
        u64::try_from(more).unwrap_or(u64::MAX)
    }

    /// The address of this number, and how many of its network there are from it on.
    fn at(&self, mut number: u64) -> Option<(IpAddr, u64)> {
        for net in &self.networks {
            let size = size(*net);
            if number < size {
                let address = match net.network() {
                    IpAddr::V4(ip) => {
                        IpAddr::V4((u32::from(ip) | u32::try_from(number).ok()?).into())
                    }
                    IpAddr::V6(ip) => IpAddr::V6((u128::from(ip) | u128::from(number)).into()),
                };
                return Some((address, size - number));
            }
            number -= size;
        }
        None
    }
}

/// How many addresses of a network can be given out; of a large one of IPv6 only the first.
fn size(net: IpNet) -> u64 {
    let bits = net.max_prefix_len() - net.prefix_len();
    1u64.checked_shl(bits.into()).unwrap_or(u64::MAX)
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(ip) => u32::from(ip).into(),
        IpAddr::V6(ip) => ip.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn pool(networks: &[&str], excluded: &[&str]) -> Pool {
        let read = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        Pool {
            name: "vms".to_owned(),
            networks: read(networks),
            excluded: read(excluded),
        }
    }

    #[test]
    fn every_address_is_given_once_and_then_none_is_left() {
        let pool = pool(
            &["10.0.0.0/29", "2001:db8::/126", "192.0.2.0/31"],
            &["10.0.0.1/32", "2001:db8::2/127"],
        );
        let mut given = BTreeSet::new();
        for number in 0..20 {
            let key = Key::of("vm", &number.to_string());
            given.extend(pool.free(&key, |address| given.contains(&address)));
        }
        let given: Vec<_> = given.iter().map(ToString::to_string).collect();
        let expected = [
            "10.0.0.2",
            "10.0.0.3",
            "10.0.0.4",
            "10.0.0.5",
            "10.0.0.6",
            "192.0.2.0",
            "192.0.2.1",
            "2001:db8::1",
        ];
        assert_eq!(given, expected);
    }

    #[test]
    fn what_is_excluded_is_passed_over_however_much_it_is() {
        for (network, excluded, free) in [
            (
                "10.0.0.0/8",
                ["10.0.0.0/9", "10.128.0.0/10"],
                "10.192.0.0/10",
            ),
            (
                "2001:db8::/64",
                ["2001:db8::/65", "10.0.0.0/8"],
                "2001:db8::/64",
            ),
        ] {
            let pool = pool(&[network], &excluded);
            let free: IpNet = free.parse().unwrap();
            for number in 0..50 {
                let given = pool.free(&Key::of("vm", &number.to_string()), |_| false);
                assert!(given.is_some_and(|ip| free.contains(&ip)), "{given:?}");
            }
        }
        let none = pool(&["10.0.0.0/8"], &["10.0.0.0/9", "10.128.0.0/9"]);
        assert_eq!(none.free(&Key::of("vm", "1"), |_| false), None);
    }

    #[test]
    fn an_instance_that_comes_back_gets_the_address_that_it_had() {
        let pool = pool(&["10.0.0.0/8", "2001:db8::/32"], &[]);
        let addresses: BTreeSet<_> = (0..50)
            .map(|number| {
                let key = Key::of("vm", &number.to_string());
                let first = pool.free(&key, |_| false).unwrap();
                assert_eq!(pool.free(&key, |_| false), Some(first));
                first
            })
            .collect();
        assert_eq!(addresses.len(), 50);
        assert_eq!(pool.free(&Key::of("a", "b"), |_| true), None);
    }
}
