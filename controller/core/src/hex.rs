//! Digests as people read them.

/// Digits, by value.
const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Returns the first `digits` hexadecimal digits of `bytes`.
pub(crate) fn hex(bytes: &[u8], digits: usize) -> String {
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    let digit = |byte: u8| DIGITS.get(usize::from(byte)).copied().map_or('0', char::from);
    nibbles.take(digits).map(digit).collect()
}
