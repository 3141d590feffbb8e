//! Where notifications may go, however an address is written.

use std::net::IpAddr;

use daymark_alerting::address::Allowed;

fn has(allowed: &Allowed, ip: &str) -> bool {
    allowed.has(ip.parse::<IpAddr>().unwrap())
}

#[test]
fn only_the_open_internet_unless_allowed() {
    let none = Allowed::default();
    for ip in [
        "127.0.0.1",
        "127.1.2.3",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.127.255.255",
        "192.0.0.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "fe80::1",
        "fc00::1",
        "fd12:3456::1",
        "ff02::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
    ] {
        assert!(!has(&none, ip), "{ip}");
    }
    for ip in ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111"] {
        assert!(has(&none, ip), "{ip}");
    }
}

#[test]
fn what_is_allowed_is_allowed_and_nothing_beside_it() {
    let entries = ["10.1.0.0/16", "127.0.0.1", "::1", "hooks.internal", "*.corp.example"].map(String::from);
    let allowed = Allowed::of(&entries);
    for (ip, is_allowed) in [
        ("10.1.2.3", true),
        ("10.2.0.1", false),
        ("127.0.0.1", true),
        ("::ffff:127.0.0.1", true),
        ("127.0.0.2", false),
        ("::1", true),
        ("::2", false),
    ] {
        assert_eq!(has(&allowed, ip), is_allowed, "{ip}");
    }
    for (host, is_allowed) in [
        ("hooks.internal", true),
        ("HOOKS.internal", true),
        ("xhooks.internal", false),
        ("a.corp.example", true),
        ("corp.example", false),
        ("evilcorp.example", false),
    ] {
        assert_eq!(allowed.has_host(host), is_allowed, "{host}");
    }
}
