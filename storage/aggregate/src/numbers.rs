//! Numbers for owners and labels: equal ones have one number, which is looked up by their address.

use std::hash::Hash;
use std::sync::Arc;

use hashbrown::HashMap;

#[derive(Clone, Debug)]
pub(crate) struct Numbers<T> {
    by_address: HashMap<usize, u32>,
    numbers: HashMap<T, u32>,
    /// What has an address above, so that nothing else comes to have it.
    held: Vec<Arc<T>>,
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self { by_address: HashMap::default(), numbers: HashMap::default(), held: Vec::new() }
    }
}

impl<T: Eq + Hash> Numbers<T> {
    /// `same` is what is equal in all that have one number.
    pub(crate) fn of(&mut self, shared: &Arc<T>, same: impl FnOnce(&T) -> T) -> u32 {
        let Self { by_address, numbers, held } = self;
        *by_address.entry(Arc::as_ptr(shared).addr()).or_insert_with(|| {
            held.push(Arc::clone(shared));
            let next = numbers.len() as u32;
            *numbers.entry(same(shared)).or_insert(next)
        })
    }
}
