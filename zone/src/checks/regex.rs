//! Substitution expressions of NAPTR (RFC 3402 §3.2), as strict as BIND is with them.
//!
//! BIND checks the POSIX extended expression in them by a scanner of its own and refuses the zone if it
//! does not like one. This one takes what every POSIX compiler takes and nothing that BIND refuses.

use crate::rule::Rule;

const SHAPE: Rule =
    "the substitution is not of the form delimiter-expression-delimiter-replacement-delimiter";
const EXPRESSION: Rule = "the expression of the substitution does not compile";

/// Checks `delim-char ere delim-char repl delim-char *flags`. The empty text is no substitution.
pub(crate) fn check_substitution(text: &[u8]) -> Result<(), Rule> {
    let Some((&delimiter, rest)) = text.split_first() else {
        return Ok(());
    };
    if delimiter.is_ascii_digit() || matches!(delimiter, b'\\' | b'i' | 0) || rest.contains(&0) {
        return Err(SHAPE);
    }
    let (expression, rest) = part(rest, delimiter)?;
    let (replacement, flags) = part(rest, delimiter)?;
    if flags.iter().any(|&flag| flag != b'i') {
        return Err(SHAPE);
    }
    if back_reference(replacement)? > groups(expression).ok_or(EXPRESSION)? {
        return Err("the replacement refers to a group that the expression lacks");
    }
    Ok(())
}

/// Splits at the next delimiter that is not escaped.
fn part(text: &[u8], delimiter: u8) -> Result<(&[u8], &[u8]), Rule> {
    let mut at = 0;
    loop {
        match text.get(at) {
            None => return Err(SHAPE),
            Some(&byte) if byte == delimiter => return Ok((&text[..at], &text[at + 1..])),
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
        }
    }
}

/// The highest group that a replacement refers to.
fn back_reference(replacement: &[u8]) -> Result<u8, Rule> {
    let mut highest = 0;
    let mut rest = replacement.iter();
    while let Some(byte) = rest.next() {
        if *byte != b'\\' {
            continue;
        }
        match rest.next() {
            Some(b'0') => return Err("the replacement refers to group 0"),
            Some(digit @ b'1'..=b'9') => highest = highest.max(digit - b'0'),
            _ => {}
        }
    }
    Ok(highest)
}

/// How many groups an extended regular expression has; `None` if it does not compile.
fn groups(expression: &[u8]) -> Option<u8> {
    let mut rest = expression;
    let mut seen = 0_u8;
    let mut open = 0_u32;
    // What a repetition would repeat: nothing yet, something, or something repeated already.
    let mut atom = Atom::None;
    while let [byte, tail @ ..] = rest {
        rest = tail;
        atom = match byte {
            b'\\' => {
                let (escaped, tail) = rest.split_first()?;
                rest = tail;
                if matches!(escaped, b'1'..=b'9') && escaped - b'0' > seen {
                    return None;
                }
                Atom::Plain
            }
            b'[' => {
                rest = bracket(rest)?;
                Atom::Plain
            }
            b'{' if rest.first().is_some_and(u8::is_ascii_digit) => {
                rest = bound(rest)?;
                repeat(atom)?
            }
            b'*' | b'+' | b'?' => repeat(atom)?,
            b'(' => {
                open += 1;
                seen = seen.saturating_add(1);
                Atom::None
            }
            b')' => {
                // BIND lets a closing parenthesis stand for itself, and "()" match nothing; compilers differ.
                open = open.checked_sub(1)?;
                (atom != Atom::None).then_some(Atom::Plain)?
            }
            b'|' => (atom != Atom::None).then_some(Atom::None)?,
            b'^' | b'$' => Atom::Repeated,
            _ => Atom::Plain,
        };
    }
    (open == 0 && atom != Atom::None).then_some(seen)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Atom {
    None,
    Plain,
    Repeated,
}

fn repeat(atom: Atom) -> Option<Atom> {
    (atom == Atom::Plain).then_some(Atom::Repeated)
}

/// What follows the bound `{low}`, `{low,}` or `{low,high}`, with numbers up to 255.
fn bound(text: &[u8]) -> Option<&[u8]> {
    let end = text.iter().position(|&byte| byte == b'}')?;
    let bound = std::str::from_utf8(&text[..end]).ok()?;
    let (low, high) = bound.split_once(',').unwrap_or((bound, bound));
    let low: u8 = low.parse().ok()?;
    let in_order = high.is_empty() || high.parse::<u8>().ok()? >= low;
    let digits = bound
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b',');
    (in_order && digits).then_some(&text[end + 1..])
}

/// What follows a bracket expression. Classes like `[:alpha:]` are taken by name; collating elements
/// and equivalence classes, which depend on a locale, are not.
fn bracket(text: &[u8]) -> Option<&[u8]> {
    const CLASSES: [&[u8]; 12] = [
        b"alnum", b"digit", b"punct", b"alpha", b"graph", b"space", b"blank", b"lower", b"upper",
        b"cntrl", b"print", b"xdigit",
    ];
    let mut rest = text.strip_prefix(b"^").unwrap_or(text);
    let mut first = true;
    loop {
        let (&byte, tail) = rest.split_first()?;
        if byte == b']' && !first {
            return Some(tail);
        }
        first = false;
        if byte == b'[' {
            match tail.split_first() {
                Some((b':', class)) => {
                    let end = class.windows(2).position(|pair| pair == b":]")?;
                    if !CLASSES.contains(&&class[..end]) {
                        return None;
                    }
                    rest = &class[end + 2..];
                    continue;
                }
                Some((b'.' | b'=', _)) => return None,
                _ => {}
            }
        }
        rest = tail;
        if let [b'-', high, after @ ..] = rest
            && *high != b']'
        {
            if byte > *high || *high == b'[' || byte == b'-' {
                return None;
            }
            rest = after;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn substitutions_in_use_are_accepted() {
        for text in [
            "",
            "!^.*$!sip:a@example.com!",
            "!^(.*)$!sip:\\\\1@example.com!i",
            "/urn:cid:.+@([^.]+\\.)(.*)$/\\2/i",
            "!^\\+44(19[0-9]{2,3})(.+)$!sip:\\1\\2@x!",
            "!a|b!c!",
            "![[:digit:]x-z]!c!",
        ] {
            assert_eq!(check_substitution(text.as_bytes()), Ok(()), "{text}");
        }
    }

    #[test]
    fn broken_substitutions_are_refused() {
        for text in [
            "!",
            "!a!",
            "!a!b",
            "1a1b1",
            "!a!b!x",
            "!(a!b!",
            "!a)!b!",
            "!*!b!",
            "!a**!b!",
            "!a{3,2}!b!",
            "!a{256}!b!",
            "![a!b!",
            "![z-a]!b!",
            "!a!\\1!",
            "!a!\\0!",
            "!(a)\\2!b!",
            "!!b!",
            "!a|!b!",
            "!()!b!",
            "![[:alfa:]]!b!",
        ] {
            assert!(check_substitution(text.as_bytes()).is_err(), "{text}");
        }
    }
}
