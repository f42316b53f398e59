//! The A-label of a label in UTF-8 (RFC 5891, by RFC 3492), for notes that say what should be written.

/// The A-label of `label`; `None` if it is no text, or one that a table of compositions would be needed
/// for.
pub(super) fn a_label(label: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(label).ok()?;
    let combines = |letter: char| matches!(letter, '\u{300}'..='\u{36f}');
    if text
        .chars()
        .any(|letter| combines(letter) || !letter.is_alphanumeric() && letter != '-')
    {
        return None;
    }
    let letters: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    let encoded = format!("xn--{}", encode(&letters)?);
    (encoded.len() <= 63).then_some(encoded)
}

/// RFC 3492 §6.3.
fn encode(letters: &[char]) -> Option<String> {
    const BASE: u32 = 36;
    const T_MIN: u32 = 1;
    const T_MAX: u32 = 26;
    let mut encoded: String = letters.iter().filter(|letter| letter.is_ascii()).collect();
    let basic = u32::try_from(encoded.len()).ok()?;
    if basic > 0 {
        encoded.push('-');
    }
    let (mut n, mut delta, mut bias, mut handled) = (128_u32, 0_u32, 72_u32, basic);
    while usize::try_from(handled).ok()? < letters.len() {
        let next = letters
            .iter()
            .map(|letter| u32::from(*letter))
            .filter(|code| *code >= n)
            .min()?;
        delta = delta.checked_add((next - n).checked_mul(handled + 1)?)?;
        n = next;
        for letter in letters {
            let code = u32::from(*letter);
            if code < n {
                delta = delta.checked_add(1)?;
            }
            if code != n {
                continue;
            }
            let mut q = delta;
            let mut k = BASE;
            loop {
                let t = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
                if q < t {
                    break;
                }
                encoded.push(digit(t + (q - t) % (BASE - t))?);
                q = (q - t) / (BASE - t);
                k += BASE;
            }
            encoded.push(digit(q)?);
            bias = adapt(delta, handled + 1, handled == basic);
            delta = 0;
            handled += 1;
        }
        delta += 1;
        n += 1;
    }
    Some(encoded)
}

/// RFC 3492 §6.1.
fn adapt(delta: u32, points: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / points;
    let mut k = 0;
    while delta > 455 {
        delta /= 35;
        k += 36;
    }
    k + 36 * delta / (delta + 38)
}

fn digit(value: u32) -> Option<char> {
    match value {
        0..26 => char::from_u32(u32::from('a') + value),
        _ => char::from_u32(u32::from('0') + value - 26),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_encoded_as_registries_encode_them() {
        for (label, expected) in [
            ("bücher", "xn--bcher-kva"),
            ("BÜCHER", "xn--bcher-kva"),
            ("münchen-ost", "xn--mnchen-ost-9db"),
            ("straße", "xn--strae-oqa"),
            ("例え", "xn--r8jz45g"),
            ("пример", "xn--e1afmkfd"),
            ("ü", "xn--tda"),
        ] {
            assert_eq!(
                a_label(label.as_bytes()).as_deref(),
                Some(expected),
                "{label}"
            );
        }
    }

    #[test]
    fn what_is_no_label_has_no_a_label() {
        for label in [
            &b"b\xfccher"[..],
            "bu\u{308}cher".as_bytes(),
            "a\u{a0}b".as_bytes(),
        ] {
            assert_eq!(a_label(label), None, "{label:?}");
        }
    }
}
