//! Broken variants of a good text: the same ones on every run.

/// Every kind of damage that files suffer, `each` of those that a number seeds.
///
/// The good text itself is not among them, though a variant may still be good: a test asks for
/// no panic and a documented exit code, not for a refusal.
#[must_use]
pub fn variants(good: &[u8], each: usize) -> Vec<Vec<u8>> {
    let mut variants = fixed(good);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..each {
        variants.extend([
            truncated(good, &mut random),
            flipped(good, &mut random),
            overwritten(good, &mut random),
            without_a_piece(good, &mut random),
            with_a_piece_twice(good, &mut random),
        ]);
    }
    variants
}

fn fixed(good: &[u8]) -> Vec<Vec<u8>> {
    let text = String::from_utf8_lossy(good);
    let utf16 = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        Vec::new(),
        b"\n".to_vec(),
        b"\0".repeat(64),
        b"{".repeat(100_000),
        b"[".repeat(100_000),
        b"[[a]]\n".repeat(1_000),
        b"\"".to_vec(),
        b"null".to_vec(),
        b"[]".to_vec(),
        b"{}".to_vec(),
        b"1e999999".to_vec(),
        b"\xff\xfe\xfd".to_vec(),
        [b"\xef\xbb\xbf", good].concat(),
        [good, good].concat(),
        [good, b"\0"].concat(),
        text.replace('\n', "\r\n").into_bytes(),
        text.replace('"', "'").into_bytes(),
        text.replace(':', "=").into_bytes(),
        text.to_uppercase().into_bytes(),
        text.replace('.', "\u{202e}").into_bytes(),
        utf16,
    ]
}

fn truncated(good: &[u8], random: &mut Random) -> Vec<u8> {
    let (end, _) = random.range(good.len());
    good.iter().take(end).copied().collect()
}

fn flipped(good: &[u8], random: &mut Random) -> Vec<u8> {
    let (place, _) = random.range(good.len());
    let bit = random.below(8);
    let flip = |(at, byte): (usize, &u8)| {
        if at == place {
            byte ^ (1 << bit)
        } else {
            *byte
        }
    };
    good.iter().enumerate().map(flip).collect()
}

/// A piece becomes something that a parser may trip over.
fn overwritten(good: &[u8], random: &mut Random) -> Vec<u8> {
    const TRAPS: [&[u8]; 12] = [
        b"\"",
        b"\\",
        b"\\u0000",
        b"\\ud800",
        b"-1",
        b"99999999999999999999",
        b"null",
        b"true",
        b"{}",
        b"[]",
        b"\xc3\x28",
        b"\xe2\x80\xae",
    ];
    let (start, end) = random.range(good.len());
    let end = end.min(start + 8);
    let trap = TRAPS
        .get(random.below(TRAPS.len()))
        .copied()
        .unwrap_or_default();
    join(good, start, trap, end)
}

fn without_a_piece(good: &[u8], random: &mut Random) -> Vec<u8> {
    let (start, end) = random.range(good.len());
    join(good, start, b"", end)
}

fn with_a_piece_twice(good: &[u8], random: &mut Random) -> Vec<u8> {
    let (start, end) = random.range(good.len());
    join(good, end, b"", start)
}

/// The text up to `start`, `middle`, and the text from `end`.
fn join(good: &[u8], start: usize, middle: &[u8], end: usize) -> Vec<u8> {
    let head = good.iter().take(start);
    head.chain(middle)
        .chain(good.iter().skip(end))
        .copied()
        .collect()
}

/// Xorshift: what breaks today breaks tomorrow.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.0 % bound).unwrap_or_default()
    }

    fn range(&mut self, length: usize) -> (usize, usize) {
        let (a, b) = (self.below(length), self.below(length));
        (a.min(b), a.max(b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_are_many_and_the_same_on_every_run() {
        let variants_of = || variants(b"{\"key\": \"users.view\"}\n", 20);
        assert_eq!(variants_of(), variants_of());
        assert!(variants_of().len() > 100);
    }
}
