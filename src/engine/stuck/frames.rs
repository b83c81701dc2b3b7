//! The frames at which a thread stands, as captures are compared by them.

use std::sync::Arc;

use crate::engine::evaluate::Hit;
use crate::engine::names::NameId;
use crate::model::{CallSites, Dialect, Stack};

/// What is compared.
#[derive(Clone, PartialEq)]
pub struct Frames {
    pub dialect: Dialect,
    pub names: u64,
    /// Below the first frame.
    offsets: Arc<[Option<u64>]>,
    name: Option<String>,
}

impl Frames {
    /// From the first frame whose name the pattern keeps, else the first that matched, to the bottom.
    pub fn of(hit: &Hit, stack: &Stack, names: &[Option<NameId>], sites: &CallSites) -> Frames {
        let first = hit.kept.or(hit.frames.iter().min().copied()).unwrap_or_default();
        let mut hash = Fnv::default();
        let mut offsets = Vec::new();
        for position in first..stack.frames.len() {
            let site = sites.get(stack.frames[position].site);
            match names.get(position).copied().flatten() {
                Some(name) => hash.add(&name.0.to_le_bytes()),
                // Code without a name is the same at the same address.
                None => hash.add(site.text.as_bytes()),
            }
            if position > first {
                offsets.push(site.offset());
            }
        }
        for hole in stack.holes.iter().filter(|hole| hole.before > first) {
            hash.add(&(hole.before - first).to_le_bytes());
            hash.add(&hole.missing.unwrap_or_default().to_le_bytes());
        }
        Frames { dialect: stack.dialect, names: hash.0, offsets: offsets.into(), name: stack.thread.name.clone() }
    }

    pub fn agree(&self, other: &Frames) -> bool {
        let both = self.offsets.iter().zip(other.offsets.iter());
        let differs = |(one, other): (&Option<u64>, &Option<u64>)| one.is_some() && other.is_some() && one != other;
        (self.dialect, self.names) == (other.dialect, other.names)
            && !both.into_iter().any(differs)
            && (self.name.is_none() || other.name.is_none() || self.name == other.name)
    }
}

/// FNV-1a, 64 bits.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().chain(&[0xff]) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
}
