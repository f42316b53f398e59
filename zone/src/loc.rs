//! LOC records (RFC 1876): a place on Earth, all of it one field.

use std::fmt;

use crate::rule::Rule;
use crate::text::number;
use crate::tokens::{Broken, Token};
use crate::words::Words;

/// Octets of version 0.
const LEN: usize = 16;
/// Zero degrees, and zero altitude in centimetres below the reference.
const EQUATOR: u32 = 1 << 31;
const SEA_LEVEL: u32 = 10_000_000;
/// Thousandths of an arc second in a degree.
const DEGREE: u32 = 3_600_000;
/// Size 1 m, horizontal precision 10,000 m, vertical precision 10 m.
const DEFAULTS: [u8; 3] = [0x12, 0x16, 0x13];

pub(crate) fn wire_len(wire: &[u8]) -> Result<usize, Rule> {
    match wire {
        [0, ..] if wire.len() < LEN => Err("the location ends too early"),
        [0, size, horizontal, vertical, rest @ ..] => {
            let precise =
                |octet: &u8| *octet == 0 || ((0x10..=0x9f).contains(octet) && octet & 0xf <= 9);
            if !(precise(size) && precise(horizontal) && precise(vertical)) {
                return Err("the location has an impossible precision");
            }
            if word(rest).abs_diff(EQUATOR) > 90 * DEGREE
                || word(&rest[4..]).abs_diff(EQUATOR) > 180 * DEGREE
            {
                return Err("the location is beyond the poles or the date line");
            }
            Ok(LEN)
        }
        [] => Err("the location ends too early"),
        _ => Err("the location has an unknown version"),
    }
}

fn word(wire: &[u8]) -> u32 {
    wire.first_chunk()
        .map_or(0, |octets| u32::from_be_bytes(*octets))
}

/// Writes checked RDATA.
pub(crate) fn write(wire: &[u8], f: &mut impl fmt::Write) -> fmt::Result {
    let [_, size, horizontal, vertical, rest @ ..] = wire else {
        return Ok(());
    };
    write_angle(word(rest), ['N', 'S'], f)?;
    write_angle(word(&rest[4..]), ['E', 'W'], f)?;
    let altitude = word(&rest[8..]);
    let below = if altitude < SEA_LEVEL { "-" } else { "" };
    let centimetres = altitude.abs_diff(SEA_LEVEL);
    write!(f, "{below}{}.{:02}m", centimetres / 100, centimetres % 100)?;
    for precision in [size, horizontal, vertical] {
        let centimetres = u64::from(precision >> 4) * 10_u64.pow(u32::from(precision & 0xf));
        write!(f, " {}.{:02}m", centimetres / 100, centimetres % 100)?;
    }
    Ok(())
}

fn write_angle(
    angle: u32,
    [positive, negative]: [char; 2],
    f: &mut impl fmt::Write,
) -> fmt::Result {
    let side = if angle < EQUATOR { negative } else { positive };
    let parts = angle.abs_diff(EQUATOR);
    let (degrees, minutes) = (parts / DEGREE, parts % DEGREE / 60_000);
    write!(
        f,
        "{degrees} {minutes} {}.{:03} {side} ",
        parts % 60_000 / 1000,
        parts % 1000
    )
}

pub(crate) fn read(words: &mut Words<'_, '_>, out: &mut Vec<u8>) -> Result<(), Broken> {
    let latitude = read_angle(words, 90, [b"N", b"S"])?;
    let longitude = read_angle(words, 180, [b"E", b"W"])?;
    let altitude = read_altitude(&words.word("an altitude in metres")?)?;
    let mut precisions = DEFAULTS;
    for precision in &mut precisions {
        let Some(word) = words.optional()? else { break };
        *precision = read_precision(&word)?;
    }
    out.push(0);
    out.extend(precisions);
    for value in [latitude, longitude, altitude] {
        out.extend_from_slice(&value.to_be_bytes());
    }
    Ok(())
}

/// Degrees, perhaps minutes, perhaps seconds, then the side.
fn read_angle(
    words: &mut Words<'_, '_>,
    max: u32,
    [positive, negative]: [&[u8]; 2],
) -> Result<u32, Broken> {
    let degrees_word = words.word("degrees")?;
    let mut parts = number(&degrees_word, max)? * DEGREE;
    let mut word = words.word("minutes or a direction")?;
    let is_side = |word: &Token<'_>| {
        word.plain()
            .is_some_and(|text| text == positive || text == negative)
    };
    if !is_side(&word) {
        parts += number(&word, 59)? * 60_000;
        word = words.word("seconds or a direction")?;
        if !is_side(&word) {
            let seconds = word
                .plain()
                .and_then(|text| decimal(text, 3))
                .filter(|parts| *parts < 60_000);
            parts += seconds.ok_or_else(|| word.broken("is not seconds of arc"))? as u32;
            word = words.word("a direction")?;
        }
    }
    if parts > max * DEGREE {
        return Err(degrees_word.broken("is beyond the poles or the date line"));
    }
    match word.plain() {
        Some(side) if side == positive => Ok(EQUATOR + parts),
        Some(side) if side == negative => Ok(EQUATOR - parts),
        _ => Err(word.broken("is not a direction")),
    }
}

fn read_altitude(word: &Token<'_>) -> Result<u32, Broken> {
    let text = word.plain().unwrap_or_default();
    let text = text.strip_suffix(b"m").unwrap_or(text);
    let altitude = match text.strip_prefix(b"-") {
        Some(depth) => decimal(depth, 2).and_then(|depth| u64::from(SEA_LEVEL).checked_sub(depth)),
        None => decimal(text, 2).map(|height| u64::from(SEA_LEVEL) + height),
    };
    altitude
        .and_then(|centimetres| u32::try_from(centimetres).ok())
        .ok_or_else(|| word.broken("is not an altitude from -100000.00 to 42849672.95 metres"))
}

/// Metres as one digit and a power of ten, rounded down (RFC 1876 §2).
fn read_precision(word: &Token<'_>) -> Result<u8, Broken> {
    let text = word.plain().unwrap_or_default();
    let centimetres = decimal(text.strip_suffix(b"m").unwrap_or(text), 2)
        .filter(|centimetres| centimetres / 100 <= 90_000_000)
        .ok_or_else(|| word.broken("is not a precision from 0 to 90000000 metres"))?;
    let power = centimetres.checked_ilog10().unwrap_or(0);
    Ok((centimetres / 10_u64.pow(power)) as u8 * 16 + power as u8)
}

/// A decimal number with up to `places` digits after the dot, times ten to the `places`.
fn decimal(text: &[u8], places: usize) -> Option<u64> {
    let dot = text.iter().position(|&byte| byte == b'.');
    let (whole, fraction) = dot.map_or((text, &[][..]), |dot| (&text[..dot], &text[dot + 1..]));
    if whole.len() > 10 || fraction.len() > places || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let zeros = std::iter::repeat_n(&b'0', places - fraction.len());
    whole
        .iter()
        .chain(fraction)
        .chain(zeros)
        .try_fold(0_u64, |value, digit| {
            digit
                .is_ascii_digit()
                .then(|| value * 10 + u64::from(digit - b'0'))
        })
}
