//! The `dohpath` parameter (RFC 9461 §5): a URI template (RFC 6570) with the variable `dns`.

/// Whether `path` is UTF-8, starts with `/`, is a template up to level 4 and has the variable.
pub(crate) fn is_valid(path: &[u8]) -> bool {
    let Ok(mut rest) = std::str::from_utf8(path) else {
        return false;
    };
    if !rest.starts_with('/') {
        return false;
    }
    let mut has_dns = false;
    while let Some(at) = rest.find(['{', '%']) {
        let tail = &rest[at + 1..];
        if rest.as_bytes()[at] == b'%' {
            if !starts_with_hex_pair(tail) {
                return false;
            }
            rest = &tail[2..];
            continue;
        }
        let Some(end) = tail.find('}') else {
            return false;
        };
        for variable in tail[..end].split(',') {
            // BIND lets every variable of a list have an operator, not only the first.
            let variable = variable
                .strip_prefix(['+', '#', '.', '/', ';', '?', '&'])
                .unwrap_or(variable);
            match variable_name(variable) {
                Some(name) => has_dns |= name == "dns",
                None => return false,
            }
        }
        rest = &tail[end + 1..];
    }
    has_dns
}

fn starts_with_hex_pair(text: &str) -> bool {
    text.as_bytes()
        .first_chunk::<2>()
        .is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit))
}

/// The name in a variable with its modifiers `*` or `:n`.
fn variable_name(variable: &str) -> Option<&str> {
    let (name, modifier) = variable.split_at(variable.find(['*', ':']).unwrap_or(variable.len()));
    let modifier_is_valid = match modifier.as_bytes() {
        [] | [b'*'] => true,
        [b':', b'1'..=b'9', digits @ ..] => {
            digits.len() <= 3 && digits.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    };
    let mut rest = name;
    while let Some(byte) = rest.bytes().next() {
        match byte {
            b'%' if starts_with_hex_pair(&rest[1..]) => rest = &rest[3..],
            b'_' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => rest = &rest[1..],
            _ => return None,
        }
    }
    (modifier_is_valid && !name.is_empty()).then_some(name)
}
