//! One hash for byte strings and one for pairs of ids; a hash only finds a slot, equality decides.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;

/// Hash a byte string.
pub(crate) fn hash_bytes(bytes: &[u8]) -> u64 {
    let mut hasher = FixedState::with_seed(0x1e7e_1e7e).build_hasher();
    hasher.write(bytes);
    hasher.finish()
}
