//! Digests as people read them.

/// Digits, by value.
const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Returns the first `digits` hexadecimal digits of `bytes`.
pub(crate) fn hex(bytes: &[u8], digits: usize) -> String {
    let nibbles = bytes.iter().flat_map(|it| [it >> 4, it & 0xf]);
    let digit = |it: u8| DIGITS.get(usize::from(it)).copied().map_or('0', char::from);
    nibbles.take(digits).map(digit).collect()
}
