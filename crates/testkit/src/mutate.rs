//! A small mutational fuzzer: the same seed makes the same damage.

/// Texts that readers of our formats care about.
const TOKENS: &[&[u8]] = &[
    b"<",
    b">",
    b"</",
    b"/>",
    b"<!--",
    b"-->",
    b"<![CDATA[",
    b"]]>",
    b"<!DOCTYPE x [<!ENTITY a \"b\">]>",
    b"&a;",
    b"&lt;",
    b"&#0;",
    b"&#x110000;",
    b"<?xml version=\"1.0\" encoding=\"utf-7\"?>",
    b"xmlns:a=\"b\"",
    b"<cookie>",
    b"</water-mark>",
    b"{1D2C95FB-F61F-45A7-B6D5-F4124D5F7002}",
    b"{}",
    b"{\"\":",
    b"[[[[[[[[",
    b"null",
    b"\"\\ud800\"",
    b"1e999",
    b"-1",
    b"18446744073709551616",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\xef\xbb\xbf",
    b"\xc3",
    b"\x00",
    b"\r\n",
    b"\n\n",
    b"\"",
    b"\"\"",
    b",,,",
    b"=",
    b"hex(7):",
    b"dword:ffffffff",
    b"dword:",
    b"\\",
    b"[HKEY_LOCAL_MACHINE\\",
    b"[-",
    b"\\0",
    b"../",
    b"C:",
    b"CN=a\\,b,",
    b"DC=",
    b"9999-99-99 99:99:99.999",
];

/// Longest result; growth stops there.
const MAX_BYTES: usize = 16 << 20;

/// Most changes to one input.
const MAX_CHANGES: u64 = 8;

/// Makes damaged copies of an input.
#[derive(Clone, Debug)]
pub struct Mutator {
    state: u64,
    /// The input before the current one: material for splices.
    previous: Vec<u8>,
}

impl Mutator {
    /// A mutator whose results depend on the seed and on what it was given so far, and on nothing else.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed, previous: Vec::new() }
    }

    /// A copy of the input with one to eight changes.
    pub fn mutate(&mut self, input: &[u8]) -> Vec<u8> {
        let mut bytes = input.to_vec();
        for _ in 0..=self.number(MAX_CHANGES) {
            self.change(&mut bytes);
        }
        bytes.truncate(MAX_BYTES);
        self.previous.clear();
        self.previous.extend_from_slice(input);
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let (start, end) = self.range(bytes.len());
        match self.number(8) {
            0 if !bytes.is_empty() => {
                let (at, bit) = (self.index(bytes.len()), self.number(8));
                bytes[at] ^= 1 << bit;
            }
            1 if !bytes.is_empty() => {
                let (at, byte) = (self.index(bytes.len()), self.number(256));
                bytes[at] = byte.to_le_bytes()[0];
            }
            2 => drop(bytes.drain(start..end)),
            3 => bytes.truncate(start),
            4 => {
                // A run of copies finds what grows without bound.
                let copies = 1 + self.index(3);
                let copy = bytes[start..end].repeat(copies);
                self.insert(bytes, &copy);
            }
            5 if !self.previous.is_empty() => {
                let (from, to) = self.range(self.previous.len());
                let piece = self.previous[from..to].to_vec();
                self.insert(bytes, &piece);
            }
            6 => {
                let piece = bytes[start..end].to_vec();
                let at = self.index(bytes.len().max(1)).min(bytes.len());
                for (target, byte) in bytes[at..].iter_mut().zip(piece) {
                    *target = byte;
                }
            }
            _ => {
                let token = TOKENS[self.index(TOKENS.len())];
                self.insert(bytes, token);
            }
        }
    }

    fn insert(&mut self, bytes: &mut Vec<u8>, piece: &[u8]) {
        if bytes.len() + piece.len() <= MAX_BYTES {
            let at = self.index(bytes.len() + 1);
            drop(bytes.splice(at..at, piece.iter().copied()));
        }
    }

    /// A range, mostly short.
    fn range(&mut self, len: usize) -> (usize, usize) {
        let start = self.index(len + 1);
        let longest = if self.number(4) == 0 { len } else { 64 };
        let end = start.saturating_add(self.index(longest + 1)).min(len);
        (start, end)
    }

    fn index(&mut self, below: usize) -> usize {
        usize::try_from(self.number(below as u64)).unwrap_or(0)
    }

    /// A number below a bound, by `SplitMix64`; 0 when the bound is 0.
    fn number(&mut self, below: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.state;
        it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (it ^ (it >> 31)).checked_rem(below).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_decides() {
        let input = b"<ma-data><id>x</id></ma-data>";
        let run = |seed| {
            let mut mutator = Mutator::new(seed);
            (0..200).map(|_| mutator.mutate(input)).collect::<Vec<_>>()
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
    }

    #[test]
    fn every_kind_of_change_happens_and_nothing_panics() {
        let mut mutator = Mutator::new(7);
        let input: Vec<u8> = (0..=255).collect();
        let damaged: Vec<_> = (0..500).map(|_| mutator.mutate(&input)).collect();
        assert!(damaged.iter().any(|it| it.len() < input.len()), "something is deleted");
        assert!(damaged.iter().any(|it| it.len() > input.len() + 64), "something is duplicated");
        assert!(
            damaged.iter().any(|it| it.windows(9).any(|it| it == b"<![CDATA[")),
            "tokens are inserted"
        );
        assert!(
            damaged.iter().filter(|it| **it == input).count() < 25,
            "nearly every copy differs"
        );
        for _ in 0..100 {
            assert!(mutator.mutate(b"").len() < MAX_BYTES);
        }
    }
}
