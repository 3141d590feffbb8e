//! One list of expectations, held against the machine's file system and the one in memory: what is proved
//! on the second holds on the first.

#[cfg(test)]
mod conformance;
