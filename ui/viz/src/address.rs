//! The address of what is looked at: a path below the base, and parameters in their order.
//!
//! Every page keeps what changes the picture here. Parameters that nobody knows are kept as they are, so a
//! link written by a newer version survives an older one.

use std::fmt;

/// A path such as `/services/payment` and its parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// Decoded, in segments: `["services", "payment"]`.
    pub path: Vec<String>,
    params: Vec<(String, String)>,
}

/// Parameters that links to other pages carry along.
pub const CARRIED: [&str; 6] = ["from", "to", "tz", "scope", "refresh", "cmp"];

/// For one visit only; carried, never saved.
pub const VISIT: [&str; 4] = ["lang", "theme", "density", "embed"];

impl Address {
    /// Reads `/traces?q=a%20b`; what cannot be decoded is taken as it stands.
    pub fn read(text: &str) -> Self {
        let text = text.split('#').next().unwrap_or_default();
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let path = path.split('/').filter(|part| !part.is_empty()).map(|part| decoded(part, false)).collect();
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let params = pairs.map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(key, true), decoded(value, true))
        });
        Self { path, params: params.collect() }
    }

    /// A page without parameters.
    pub fn page<'a>(path: impl IntoIterator<Item = &'a str>) -> Self {
        Self { path: path.into_iter().map(Into::into).collect(), params: Vec::new() }
    }

    /// Another page that carries along what holds for all pages.
    #[must_use]
    pub fn to_page<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Self {
        let is_carried = |key: &str| CARRIED.contains(&key) || VISIT.contains(&key);
        let params = self.params.iter().filter(|(key, _)| is_carried(key)).cloned().collect();
        Self { params, ..Self::page(path) }
    }

    /// The first value of a parameter; an empty one counts as absent.
    pub fn get(&self, key: &str) -> Option<&str> {
        let named = self.params.iter().find(|(name, value)| name == key && !value.is_empty());
        named.map(|(_, value)| value.as_str())
    }

    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.params.iter().filter(move |(name, _)| name == key);
        named.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// With this one value, in the place of the first that was there; without any when it is empty.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        if value.is_empty() {
            return self.without(key);
        }
        match self.params.iter().position(|(name, _)| name == key) {
            Some(at) => {
                self.params[at].1 = value.into();
                let mut index = 0;
                self.params.retain(|(name, _)| {
                    index += 1;
                    name != key || index - 1 == at
                });
            }
            None => self.params.push((key.into(), value.into())),
        }
        self
    }

    /// With one more value of a parameter that may come several times.
    #[must_use]
    pub fn and(mut self, key: &str, value: &str) -> Self {
        self.params.push((key.into(), value.into()));
        self
    }

    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        self.params.retain(|(name, _)| name != key);
        self
    }

    /// Without one of several values.
    #[must_use]
    pub fn less(mut self, key: &str, value: &str) -> Self {
        self.params.retain(|(name, one)| name != key || one != value);
        self
    }
}

impl fmt::Display for Address {
    /// Relative to the base: `traces?q=a+b`; the front page is `.`, since an empty address means the page itself.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            out.write_str(".")?;
        }
        for (at, part) in self.path.iter().enumerate() {
            write!(out, "{}{}", if at > 0 { "/" } else { "" }, Encoded(part, false))?;
        }
        for (at, (key, value)) in self.params.iter().enumerate() {
            write!(out, "{}{}={}", if at > 0 { '&' } else { '?' }, Encoded(key, true), Encoded(value, true))?;
        }
        Ok(())
    }
}

/// Percent-encoded; in a query a space is `+`, and what reads better stays as it is.
#[derive(Debug)]
pub struct Encoded<'a>(pub &'a str, pub bool);

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0.bytes() {
            match byte {
                b'a'..=b'z'
                | b'A'..=b'Z'
                | b'0'..=b'9'
                | b'-'
                | b'.'
                | b'_'
                | b'~'
                | b':'
                | b','
                | b'*'
                | b'@' => {
                    write!(out, "{}", char::from(byte))?;
                }
                b'/' | b'(' | b')' | b'!' | b'$' | b'\'' if self.1 => write!(out, "{}", char::from(byte))?,
                b' ' if self.1 => out.write_str("+")?,
                _ => write!(out, "%{byte:02X}")?,
            }
        }
        Ok(())
    }
}

fn decoded(text: &str, is_query: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = hex.filter(|_| *first == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match byte {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(if *first == b'+' && is_query { b' ' } else { *first });
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|bad| String::from_utf8_lossy(bad.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_again() {
        let nasty = "a b+c%20&d=e#f/결제?\"<>";
        let address =
            Address::page(["services", nasty]).with("q", nasty).and("scope", "env:prod").and("scope", nasty);
        assert_eq!(Address::read(&address.to_string()), address);
        assert_eq!(Address::read("/").to_string(), ".");
        assert_eq!(Address::page([]).with("from", "-1h").to_string(), ".?from=-1h");
    }

    #[test]
    fn unknown_parameters_stay_where_they_are() {
        let read = Address::read("/traces?x=1&q=a&y=2");
        assert_eq!(read.clone().with("q", "b c").to_string(), "traces?x=1&q=b+c&y=2");
        assert_eq!(read.with("q", "").to_string(), "traces?x=1&y=2");
    }

    #[test]
    fn other_pages_get_the_range_and_the_scope_only() {
        let here = Address::read("/traces?from=-6h&q=a&scope=env:prod&scope=ns:shop&sort=slowest&theme=dark");
        let there = here.to_page(["services", "cart"]);
        assert_eq!(there.to_string(), "services/cart?from=-6h&scope=env:prod&scope=ns:shop&theme=dark");
        assert_eq!(there.all("scope").collect::<Vec<_>>(), ["env:prod", "ns:shop"]);
        assert_eq!(there.less("scope", "env:prod").get("scope"), Some("ns:shop"));
    }

    #[test]
    fn broken_escapes_are_taken_as_they_stand() {
        let read = Address::read("/a%2?q=%zz%E2%82&q=+");
        assert_eq!(read.path, ["a%2"]);
        assert_eq!(read.get("q"), Some("%zz\u{fffd}"));
    }
}
