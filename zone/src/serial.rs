//! Serial numbers, which go round (RFC 1982).

use std::cmp::Ordering;

use crate::Serial;

/// Whether `serial` is ahead of `other` (RFC 1982, section 3.2). Of two that are exactly half the way round
/// apart, neither is.
pub fn is_ahead(serial: u32, other: u32) -> bool {
    Serial(serial).partial_cmp(&Serial(other)) == Some(Ordering::Greater)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_is_ahead_of_those_up_to_half_the_way_round_behind_it() {
        for (serial, other, ahead) in [
            (2, 1, true),
            (1, 2, false),
            (1, 1, false),
            (0, u32::MAX, true),
            (u32::MAX, 0, false),
            (1 << 31, 1, true),
            (1 << 31, 0, false),
            (0, 1 << 31, false),
        ] {
            assert_eq!(is_ahead(serial, other), ahead, "{serial} {other}");
        }
    }
}
