//! The colour of a service: one of twelve slots, the same for everybody who looks at the same services.
//!
//! A service prefers the slot of its name's hash. Within one view collisions are resolved in the order given
//! (the service with the most spans first), so up to twelve services are always told apart.

use std::collections::HashMap;

/// Slots of the palette; their colours stand in the style sheet.
pub const SLOTS: usize = 12;

/// Slots of the services of one view.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Palette {
    slots: HashMap<String, usize>,
}

impl Palette {
    pub fn of<'a>(services: impl IntoIterator<Item = &'a str>) -> Self {
        let mut slots = HashMap::new();
        let mut taken = [0_usize; SLOTS];
        for service in services {
            if slots.contains_key(service) {
                continue;
            }
            let least = taken.iter().min().copied().unwrap_or_default();
            let preferred = slot_of(service);
            let free = (0..SLOTS).map(|step| (preferred + step) % SLOTS).find(|slot| taken[*slot] == least);
            let slot = free.unwrap_or(preferred);
            taken[slot] += 1;
            slots.insert(service.to_owned(), slot);
        }
        Self { slots }
    }

    /// The slot of a service, also of one that the view did not name.
    pub fn slot(&self, service: &str) -> usize {
        self.slots.get(service).copied().unwrap_or_else(|| slot_of(service))
    }
}

/// The slot that a name prefers wherever it stands: FNV-1a, which needs no seed and no crate.
pub fn slot_of(service: &str) -> usize {
    let hash = service.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // The low bits of FNV are its weakest.
    ((hash ^ (hash >> 32)) % SLOTS as u64) as usize
}

/// The name of a slot's colour in the style sheet: `--svc-1` to `--svc-12`.
pub fn variable(slot: usize) -> String {
    format!("--svc-{}", slot % SLOTS + 1)
}

/// A database, queue, outside host, browser or user: grey, so that colour means service.
pub fn is_virtual(service: &str) -> bool {
    service.contains(':') || service == "user"
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn twelve_services_have_twelve_colours() {
        let names: Vec<String> = (0..12).map(|at| format!("service-{at}")).collect();
        let palette = Palette::of(names.iter().map(String::as_str));
        let slots: HashSet<usize> = names.iter().map(|name| palette.slot(name)).collect();
        assert_eq!(slots.len(), 12);
    }

    #[test]
    fn whoever_comes_first_keeps_the_preferred_colour() {
        let palette = Palette::of(["payment", "cart", "payment"]);
        assert_eq!(palette.slot("payment"), slot_of("payment"));
        assert_eq!(palette.slot("never named"), slot_of("never named"));
    }
}
