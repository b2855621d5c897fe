//! Which characters of a block are in a set: one bit each, 64 at a time.

use regex_syntax::hir::ClassUnicode;

/// Characters that are looked at together.
pub(super) const BLOCK: usize = 64;

/// The ASCII characters of a set: by the low half of a byte, a bit for each high half with which it is in the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AsciiSet([u8; 16]);

impl AsciiSet {
    pub(super) fn new(set: &ClassUnicode) -> Self {
        let mut halves = [0; 16];
        for range in set.iter() {
            for c in u32::from(range.start())..=u32::from(range.end()).min(0x7F) {
                halves[c as usize & 15] |= 1 << (c >> 4);
            }
        }
        Self(halves)
    }

    fn contains(&self, byte: u8) -> bool {
        byte < 0x80 && self.0[usize::from(byte & 15)] >> (byte >> 4) & 1 != 0
    }
}

/// Say of every set which bytes of a block of ASCII characters are in it.
#[inline]
pub(super) fn members<const N: usize>(sets: &[AsciiSet], block: &[u8; BLOCK], members: &mut [u64; N]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the feature was just detected; the function is safe code otherwise.
        #[expect(unsafe_code, reason = "code compiled for a feature that is checked at run time")]
        unsafe {
            members_avx2(sets, block, members);
        }
        return;
    }
    #[cfg(target_arch = "aarch64")]
    if std::arch::is_aarch64_feature_detected!("neon") {
        // SAFETY: as above.
        #[expect(unsafe_code, reason = "code compiled for a feature that is checked at run time")]
        unsafe {
            members_neon(sets, block, members);
        }
        return;
    }
    members_plain(sets, block, members);
}

/// One byte after the other: what the others must equal.
fn members_plain<const N: usize>(sets: &[AsciiSet], block: &[u8; BLOCK], members: &mut [u64; N]) {
    for (set, bits) in sets.iter().zip(members) {
        *bits = block.iter().enumerate().fold(0, |bits, (i, &byte)| bits | u64::from(set.contains(byte)) << i);
    }
}

/// Half a block in a register: the rows of the low halves, and in each the bit of the high half.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn members_avx2<const N: usize>(sets: &[AsciiSet], block: &[u8; BLOCK], members: &mut [u64; N]) {
    use std::arch::x86_64::{
        __m256i, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_movemask_epi8, _mm256_set1_epi8, _mm256_setr_epi64x,
        _mm256_shuffle_epi8, _mm256_srli_epi16,
    };

    let register = |bytes: &[u8]| -> __m256i {
        let word = |at: usize| i64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
        _mm256_setr_epi64x(word(0), word(8), word(16), word(24))
    };
    let twice = |table: &[u8; 16]| {
        let mut both = [0; 32];
        both[..16].copy_from_slice(table);
        both[16..].copy_from_slice(table);
        register(&both)
    };
    let half = _mm256_set1_epi8(15);
    let bits = twice(&[1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0]);
    members[..sets.len()].fill(0);
    for (number, bytes) in block.chunks_exact(BLOCK / 2).enumerate() {
        let bytes = register(bytes);
        let low = _mm256_and_si256(bytes, half);
        let high = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), half);
        let bit = _mm256_shuffle_epi8(bits, high);
        for (set, found) in sets.iter().zip(&mut *members) {
            let row = _mm256_shuffle_epi8(twice(&set.0), low);
            let inside = _mm256_cmpeq_epi8(_mm256_and_si256(row, bit), bit);
            *found |= u64::from(_mm256_movemask_epi8(inside).cast_unsigned()) << (32 * number);
        }
    }
}

/// The same, a quarter of a block at a time.
#[cfg(target_arch = "aarch64")]
#[target_feature(enable = "neon")]
fn members_neon<const N: usize>(sets: &[AsciiSet], block: &[u8; BLOCK], members: &mut [u64; N]) {
    use std::arch::aarch64::{
        uint8x16_t, vaddv_u8, vandq_u8, vcombine_u8, vcreate_u8, vdupq_n_u8, vget_high_u8, vget_low_u8, vqtbl1q_u8,
        vshrq_n_u8, vtstq_u8,
    };

    let register = |bytes: &[u8]| -> uint8x16_t {
        let word = |at: usize| vcreate_u8(u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes")));
        vcombine_u8(word(0), word(8))
    };
    let half = vdupq_n_u8(15);
    let places: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];
    let places = register(&places);
    let bits = register(&[1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0]);
    members[..sets.len()].fill(0);
    for (number, bytes) in block.chunks_exact(BLOCK / 4).enumerate() {
        let bytes = register(bytes);
        let bit = vqtbl1q_u8(bits, vshrq_n_u8::<4>(bytes));
        let low = vandq_u8(bytes, half);
        for (set, found) in sets.iter().zip(&mut *members) {
            let inside = vandq_u8(vtstq_u8(vqtbl1q_u8(register(&set.0), low), bit), places);
            let word = u64::from(vaddv_u8(vget_low_u8(inside))) | u64::from(vaddv_u8(vget_high_u8(inside))) << 8;
            *found |= word << (16 * number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use crate::split::sets;

    #[test]
    fn every_way_of_looking_finds_the_same() {
        let mut random = Random::new(31);
        let classes = [sets::whitespace(), sets::punctuation(), sets::regex_space(), sets::word()];
        let sets: Vec<AsciiSet> = classes.iter().map(AsciiSet::new).collect();
        for _ in 0..2_000 {
            let block: [u8; BLOCK] = std::array::from_fn(|_| (random.next_u64() & 0x7F) as u8);
            let (mut plain, mut found) = ([0; 6], [0; 6]);
            members_plain(&sets, &block, &mut plain);
            members(&sets, &block, &mut found);
            assert_eq!(plain, found);
            for (class, bits) in classes.iter().zip(plain) {
                for (i, &byte) in block.iter().enumerate() {
                    let inside = class.iter().any(|range| (range.start()..=range.end()).contains(&char::from(byte)));
                    assert_eq!(bits >> i & 1 != 0, inside, "{byte}");
                }
            }
        }
    }
}
