//! Periods with units and points in time, as RDATA and TTLs write them.

use std::fmt;

use crate::record::MAX_TTL;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const WEEK: u64 = 7 * DAY;

/// The seconds in `text`: a number, or numbers with the units W, D, H, M and S in any case and order
/// (`1H30M`). `None` if it is neither or more than 32 bits hold.
pub(crate) fn period(text: &[u8]) -> Option<u32> {
    let mut total = 0_u64;
    let mut rest = text;
    loop {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (number, tail) = rest.split_at(digits);
        let value = u64::from(decimal(number)?);
        let unit = match tail.first().map(u8::to_ascii_uppercase) {
            Some(b'W') => WEEK,
            Some(b'D') => DAY,
            Some(b'H') => HOUR,
            Some(b'M') => MINUTE,
            Some(b'S') => 1,
            // BIND takes a last number without unit only if everything before it is zero.
            None if total == 0 => return u32::try_from(value).ok(),
            _ => return None,
        };
        total = total.checked_add(value * unit)?;
        rest = &tail[1..];
        if rest.is_empty() {
            return u32::try_from(total).ok();
        }
    }
}

/// Why a word that is no [`period`] cannot be the `what` ("TTL", "period of time") that it stands for.
pub(crate) fn no_period(word: &[u8], what: &str) -> String {
    let of_digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let starts_number = |text: &[u8]| text.first().is_some_and(u8::is_ascii_digit);
    let unsigned = word.strip_prefix(b"-").or(word.strip_prefix(b"+"));
    let is_unit = |byte: &u8| b"wdhms".contains(&byte.to_ascii_lowercase());
    let with_units = starts_number(word)
        && word
            .iter()
            .all(|byte| byte.is_ascii_digit() || is_unit(byte));
    match unsigned {
        Some(number) if starts_number(number) && word[0] == b'-' => {
            format!("is not a {what}, which cannot be negative")
        }
        Some(number) if starts_number(number) => {
            format!("is not a {what}, which is written without a sign")
        }
        _ if of_digits(word) || (with_units && word.last().is_some_and(is_unit)) => {
            let most = if what == "TTL" { MAX_TTL } else { u32::MAX };
            format!("is too large for a {what} (at most {most} seconds)")
        }
        _ if with_units => {
            format!("is not a {what}: each number needs its unit, as in 1h30m")
        }
        _ if starts_number(word) && word.iter().any(|byte| matches!(byte, b'.' | b',')) => {
            format!("is not a {what}, which is in whole seconds, such as 3600")
        }
        _ if starts_number(word) => {
            format!("is not a {what}: its units are w, d, h, m and s, as in 1h30m")
        }
        _ => format!("is not a {what} (seconds such as 3600, or with units such as 1h)"),
    }
}

/// Whether a word can only be meant as a number of something, right or wrong.
pub(crate) fn looks_like_a_period(word: &[u8]) -> bool {
    let unsigned = word
        .strip_prefix(b"-")
        .or(word.strip_prefix(b"+"))
        .unwrap_or(word);
    unsigned.first().is_some_and(u8::is_ascii_digit)
        && unsigned
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b','))
}

fn decimal(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u32, |value, digit| {
        value.checked_mul(10)?.checked_add(u32::from(digit - b'0'))
    })
}

/// The seconds since 1970, modulo 2^32, in `text`: `YYYYMMDDHHmmSS` or up to ten digits of seconds
/// (RFC 4034 §3.2).
pub(crate) fn timestamp(text: &[u8]) -> Option<u32> {
    if !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    if text.len() != 14 {
        return decimal(text).filter(|_| text.len() <= 10);
    }
    let part = |from: usize, to: usize| decimal(&text[from..to]).map(i64::from);
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let (hour, minute, second) = (part(8, 10)?, part(10, 12)?, part(12, 14)?);
    let valid = (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour <= 23
        && minute <= 59
        && second <= 60;
    let seconds = days_before(year, month, day) * DAY as i64
        + hour * HOUR as i64
        + minute * MINUTE as i64
        + second;
    valid.then_some(seconds as u32)
}

/// Writes seconds since 1970 as `YYYYMMDDHHmmSS`.
pub(crate) fn write_timestamp(seconds: u32, f: &mut impl fmt::Write) -> fmt::Result {
    let seconds = u64::from(seconds);
    let mut days = (seconds / DAY) as i64;
    let mut year = 1970;
    while days >= days_in_year(year) {
        days -= days_in_year(year);
        year += 1;
    }
    let mut month = 1;
    while days >= days_in(year, month) {
        days -= days_in(year, month);
        month += 1;
    }
    let (hour, minute, second) = (
        seconds % DAY / HOUR,
        seconds % HOUR / MINUTE,
        seconds % MINUTE,
    );
    write!(
        f,
        "{year:04}{month:02}{:02}{hour:02}{minute:02}{second:02}",
        days + 1
    )
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_year(year: i64) -> i64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the years 0 to 9999.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let leaps = |year: i64| (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;
    let years = (year - 1970) * 365 + leaps(year) - leaps(1970);
    years + (1..month).map(|month| days_in(year, month)).sum::<i64>() + day - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_add_up_in_any_case_and_order() {
        for (text, seconds) in [
            ("0", 0),
            ("3600", 3600),
            ("1h30M", 5400),
            ("1W2D", 777_600),
            ("2d1w", 777_600),
            ("5s", 5),
            ("0h7", 7),
            ("4294967295", u32::MAX),
        ] {
            assert_eq!(period(text.as_bytes()), Some(seconds), "{text}");
        }
    }

    #[test]
    fn what_is_no_period_is_refused() {
        for text in [
            "",
            "h",
            "1x",
            "1h30",
            "-1",
            "4294967296",
            "7102W",
            "1 h",
            "1h h",
        ] {
            assert_eq!(period(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_timestamp_is_a_date_or_seconds() {
        for (text, seconds) in [
            ("19700101000000", 0),
            ("20000229235960", 951_868_800),
            ("21060207062815", u32::MAX),
            ("951868799", 951_868_799),
        ] {
            assert_eq!(timestamp(text.as_bytes()), Some(seconds), "{text}");
        }
        for text in [
            "",
            "20010229000000",
            "20001301000000",
            "20000100000000",
            "20000101240000",
            "12345678901",
            "4294967296",
        ] {
            assert_eq!(timestamp(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_written_timestamp_reads_back() {
        for seconds in (0..u32::MAX - 9_999_991).step_by(9_999_991) {
            let mut text = String::new();
            write_timestamp(seconds, &mut text).unwrap();
            assert_eq!(timestamp(text.as_bytes()), Some(seconds), "{text}");
        }
    }
}
