//! Which addresses may be called: those of the open internet, and those that the operator allows. A name is
//! judged by every address it has, and the connection goes to an address that was judged.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Networks and names that are allowed beside the open internet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    nets: Vec<(IpAddr, u8)>,
    hosts: Vec<String>,
}

impl Allowed {
    /// `10.0.0.0/8`, `127.0.0.1`, `hooks.internal`, `*.internal`.
    pub fn of(entries: &[String]) -> Self {
        let mut allowed = Self::default();
        for entry in entries {
            let (address, bits) = entry.split_once('/').map_or((entry.as_str(), None), |(a, b)| (a, Some(b)));
            match address.trim_matches(['[', ']']).parse::<IpAddr>() {
                Ok(ip) => {
                    let whole = if ip.is_ipv4() { 32 } else { 128 };
                    let bits = bits.and_then(|bits| bits.parse().ok()).unwrap_or(whole).min(whole);
                    allowed.nets.push((ip, bits));
                }
                Err(_) => allowed.hosts.push(entry.to_lowercase()),
            }
        }
        allowed
    }

    pub fn has_host(&self, host: &str) -> bool {
        let host = host.to_lowercase();
        self.hosts.iter().any(|known| match known.strip_prefix("*.") {
            Some(domain) => host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')),
            None => *known == host,
        })
    }

    pub fn has(&self, ip: IpAddr) -> bool {
        let ip = unmapped(ip);
        is_public(ip) || self.nets.iter().any(|(net, bits)| is_inside(ip, unmapped(*net), *bits))
    }
}

/// An IPv4 address that is written as an IPv6 one is the IPv4 one.
fn unmapped(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(ip, IpAddr::V4),
        IpAddr::V4(_) => ip,
    }
}

fn is_inside(ip: IpAddr, net: IpAddr, bits: u8) -> bool {
    let wide = |ip: IpAddr| match ip {
        IpAddr::V4(v4) => (u128::from(u32::from(v4)) << 96, true),
        IpAddr::V6(v6) => (u128::from(v6), false),
    };
    let ((ip, is_v4), (net, is_net_v4)) = (wide(ip), wide(net));
    let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
    is_v4 == is_net_v4 && ip & mask == net & mask
}

fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let is_shared = a == 100 && (64..128).contains(&b);
    let is_benchmark = a == 198 && (b == 18 || b == 19);
    let is_protocol = a == 192 && b == 0 && c == 0;
    let is_reserved = a == 0 || a >= 240;
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation()
        || is_shared
        || is_benchmark
        || is_protocol
        || is_reserved)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let first = ip.segments()[0];
    // Only global unicast, without what carries an IPv4 address inside (6to4, Teredo, NAT64) or is for papers.
    let is_global = (0x2000..0x4000).contains(&first);
    let is_tunnel = first == 0x2002 || (first == 0x2001 && ip.segments()[1] < 0x200);
    let is_paper = first == 0x2001 && ip.segments()[1] == 0x0db8;
    is_global && !is_tunnel && !is_paper
}
