//! Where bytes of a set stand in a text: 64 bytes at a time.

/// Bytes that are looked at together.
pub(crate) const BLOCK: usize = 64;

/// A set of bytes.
///
/// Bytes that begin with the same half, by which others they may end in, are of a class; where there are at most eight
/// classes, a byte is in the set if the class of its one half is among those of the other.
#[derive(Clone, Debug)]
pub(crate) struct ByteSet {
    members: Box<[bool; 256]>,
    /// By each half of a byte, the upper one first. `None` if there are too many classes.
    halves: Option<[[u8; 16]; 2]>,
}

impl ByteSet {
    pub(crate) fn new(contains: impl Fn(u8) -> bool) -> Self {
        let members: Box<[bool; 256]> = Box::new(std::array::from_fn(|byte| contains(byte as u8)));
        let mut classes: Vec<&[bool]> = members.chunks(16).filter(|row| row.contains(&true)).collect();
        classes.sort_unstable();
        classes.dedup();
        let halves = (classes.len() <= 8).then(|| {
            let mut halves = [[0; 16]; 2];
            for (class, ends) in classes.iter().enumerate() {
                for (i, row) in members.chunks(16).enumerate() {
                    halves[0][i] |= u8::from(row == *ends) << class;
                    halves[1][i] |= u8::from(ends[i]) << class;
                }
            }
            halves
        });
        Self { members, halves }
    }

    /// Which bytes of a block are in the set.
    #[inline]
    pub(crate) fn members(&self, block: &[u8; BLOCK]) -> u64 {
        #[cfg(target_arch = "x86_64")]
        if let Some(halves) = &self.halves
            && std::arch::is_x86_feature_detected!("avx2")
        {
            // SAFETY: the feature was just detected; the function is safe code otherwise.
            #[expect(unsafe_code, reason = "code compiled for a feature that is checked at run time")]
            return unsafe { members_avx2(halves, block) };
        }
        #[cfg(target_arch = "aarch64")]
        if let Some(halves) = &self.halves
            && std::arch::is_aarch64_feature_detected!("neon")
        {
            // SAFETY: as above.
            #[expect(unsafe_code, reason = "code compiled for a feature that is checked at run time")]
            return unsafe { members_neon(halves, block) };
        }
        self.members_plain(block)
    }

    /// One byte after the other: what the others must equal.
    pub(crate) fn members_plain(&self, block: &[u8]) -> u64 {
        block.iter().enumerate().fold(0, |bits, (i, &byte)| bits | u64::from(self.members[usize::from(byte)]) << i)
    }
}

/// The places of a text where bytes of a set stand, from left to right.
#[derive(Clone, Debug)]
pub(crate) struct Places<'t> {
    set: &'t ByteSet,
    text: &'t [u8],
    /// Where the block begins, and which places of it are left.
    block: usize,
    left: u64,
}

impl<'t> Places<'t> {
    /// Look from byte `from` on.
    pub(crate) fn new(set: &'t ByteSet, text: &'t [u8], from: usize) -> Self {
        let mut places = Self { set, text, block: from, left: 0 };
        places.load();
        places
    }

    fn load(&mut self) {
        let rest = self.text.get(self.block..).unwrap_or_default();
        self.left = match rest.first_chunk() {
            Some(block) => self.set.members(block),
            None => self.set.members_plain(rest),
        };
    }

    /// The next place; the end of the text if there is none.
    #[inline]
    pub(crate) fn next(&mut self) -> usize {
        while self.left == 0 {
            self.block += BLOCK;
            if self.block >= self.text.len() {
                return self.text.len();
            }
            self.load();
        }
        let place = self.block + self.left.trailing_zeros() as usize;
        self.left &= self.left - 1;
        place
    }
}

/// Half a block in a register: a row for each half of its bytes.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn members_avx2(halves: &[[u8; 16]; 2], block: &[u8; BLOCK]) -> u64 {
    use std::arch::x86_64::{
        __m256i, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_movemask_epi8, _mm256_set1_epi8, _mm256_setr_epi64x,
        _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_srli_epi16,
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
    let (upper, lower) = (twice(&halves[0]), twice(&halves[1]));
    let half = _mm256_set1_epi8(15);
    let mut outside = 0;
    for (number, bytes) in block.chunks_exact(BLOCK / 2).enumerate() {
        let bytes = register(bytes);
        let high = _mm256_shuffle_epi8(upper, _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), half));
        let low = _mm256_shuffle_epi8(lower, _mm256_and_si256(bytes, half));
        let none = _mm256_cmpeq_epi8(_mm256_and_si256(high, low), _mm256_setzero_si256());
        outside |= u64::from(_mm256_movemask_epi8(none).cast_unsigned()) << (32 * number);
    }
    !outside
}

/// The same, a quarter of a block at a time.
#[cfg(target_arch = "aarch64")]
#[target_feature(enable = "neon")]
fn members_neon(halves: &[[u8; 16]; 2], block: &[u8; BLOCK]) -> u64 {
    use std::arch::aarch64::{
        uint8x16_t, vaddv_u8, vandq_u8, vcombine_u8, vcreate_u8, vdupq_n_u8, vget_high_u8, vget_low_u8, vqtbl1q_u8,
        vshrq_n_u8, vtstq_u8,
    };

    let register = |bytes: &[u8]| -> uint8x16_t {
        let word = |at: usize| vcreate_u8(u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes")));
        vcombine_u8(word(0), word(8))
    };
    let (upper, lower) = (register(&halves[0]), register(&halves[1]));
    let half = vdupq_n_u8(15);
    let places = register(&[1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128]);
    let mut members = 0;
    for (number, bytes) in block.chunks_exact(BLOCK / 4).enumerate() {
        let bytes = register(bytes);
        let (high, low) = (vqtbl1q_u8(upper, vshrq_n_u8::<4>(bytes)), vqtbl1q_u8(lower, vandq_u8(bytes, half)));
        let inside = vandq_u8(vtstq_u8(high, low), places);
        let word = u64::from(vaddv_u8(vget_low_u8(inside))) | u64::from(vaddv_u8(vget_high_u8(inside))) << 8;
        members |= word << (16 * number);
    }
    members
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn every_way_of_looking_finds_the_same_at_every_place() {
        let mut random = Random::new(5);
        let sets = [
            ByteSet::new(|byte| matches!(byte, b' ' | 0xE2)),
            ByteSet::new(|byte| byte.is_ascii_whitespace() || matches!(byte, 0xC2 | 0xE1..=0xE3)),
            ByteSet::new(|byte| byte >= 0x80 || byte.is_ascii_control()),
            ByteSet::new(|_| false),
            ByteSet::new(|_| true),
            // Too many classes.
            ByteSet::new(|byte| byte >> 4 <= byte & 15),
        ];
        assert!(sets[5].halves.is_none() && sets[..5].iter().all(|set| set.halves.is_some()));
        let text: Vec<u8> = (0..400).map(|_| (random.next_u64() >> 20) as u8).collect();
        for set in &sets {
            for from in 0..130 {
                for end in [from, from + 1, from + 63, from + 64, from + 65, from + 200] {
                    let expected = (from..end).filter(|&at| set.members[usize::from(text[at])]);
                    let mut places = Places::new(set, &text[..end], from);
                    for place in expected {
                        assert_eq!(places.next(), place);
                    }
                    assert_eq!((places.next(), places.next()), (end, end));
                }
            }
        }
    }
}
