//! The second factor of an account: codes that change every 30 seconds (TOTP, RFC 6238).

use std::fmt;

use parking_lot::Mutex;
use totp_rs::{Builder, Secret, Totp};

/// Seconds of one step.
const STEP: u64 = 30;

/// How many wrong codes an account may be sent in one step, whoever sends them.
const TRIES: u32 = 5;

/// Octets of a new secret, as RFC 4226 §4 recommends.
const OCTETS: usize = 20;

/// Codes of one secret. Each is taken once.
pub struct SecondFactor {
    totp: Totp,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The last step whose code was taken.
    taken: Option<u64>,
    /// The step of the last wrong code, and how many came in it.
    wrong: (u64, u32),
}

/// Why a code is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WrongCode {
    /// It is not one of now, or was taken before.
    #[error("this code is wrong, or was used before; wait for the next one")]
    Wrong,
    /// Too many wrong ones came.
    #[error("too many wrong codes came for this account; wait for the next one")]
    TooMany,
}

/// Why a text is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret is Base 32 of at least 128 bits, as `dadns account totp` makes it")]
pub struct NoSecret;

impl SecondFactor {
    /// The codes of a secret in Base 32 (RFC 4648 §6).
    ///
    /// # Errors
    /// When it is none, or too short to be one.
    pub fn new(secret: &str) -> Result<Self, NoSecret> {
        let secret = Secret::try_from_base32(secret).map_err(|_| NoSecret)?;
        let totp = Builder::new().with_secret(secret).build();
        Ok(Self {
            totp: totp.map_err(|_| NoSecret)?,
            state: Mutex::default(),
        })
    }

    /// Takes a code at `now`, in seconds since 1970: that of this step, of the one before or of the one after,
    /// unless it or a later one was taken before (RFC 6238 §5.2).
    ///
    /// # Errors
    /// When it is not taken.
    pub fn take(&self, code: &str, now: u64) -> Result<(), WrongCode> {
        let mut state = self.state.lock();
        let step = now / STEP;
        if state.wrong.0 != step {
            state.wrong = (step, 0);
        }
        if state.wrong.1 >= TRIES {
            return Err(WrongCode::TooMany);
        }
        let found = self.totp.check(code, now);
        match found.filter(|found| state.taken.is_none_or(|taken| taken < *found)) {
            Some(found) => {
                state.taken = Some(found);
                Ok(())
            }
            None => {
                state.wrong.1 += 1;
                Err(WrongCode::Wrong)
            }
        }
    }
}

impl fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecondFactor").finish_non_exhaustive()
    }
}

/// A new secret, in Base 32.
///
/// # Errors
/// When the system gives no random numbers.
pub fn new_secret() -> Result<String, super::NoRandomness> {
    let random = super::random()?;
    let octets = random.get(..OCTETS).unwrap_or(&random);
    Ok(Secret::from(octets.to_vec()).to_base32())
}

/// What an authenticator reads (`otpauth:`), for the account `name` of a secret.
pub fn uri(name: &str, secret: &str) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    let name = utf8_percent_encode(name, NON_ALPHANUMERIC);
    format!("otpauth://totp/dadns:{name}?secret={secret}&issuer=dadns")
}

/// What the command line sends in place of the password of an account with a second factor. Only who has both,
/// which is who may read the configuration, can make it.
pub fn of_both(password: &str, secret: &str) -> String {
    let mut hasher =
        blake3::Hasher::new_derive_key("dadns: password and second factor of an account");
    hasher.update(&(password.len() as u64).to_be_bytes());
    hasher.update(password.as_bytes());
    hasher.update(secret.as_bytes());
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of the test vectors of RFC 6238, appendix B.
    const KEY: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    #[test]
    fn codes_are_those_of_rfc_6238() {
        for (now, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(
                SecondFactor::new(KEY).unwrap().take(code, now),
                Ok(()),
                "{now}"
            );
        }
    }

    #[test]
    fn a_code_is_taken_once_and_one_step_early_or_late() {
        let at = 1_111_111_109;
        for (now, taken) in [
            (at, true),
            (at - STEP, true),
            (at + STEP, true),
            (at - 2 * STEP, false),
            (at + 2 * STEP, false),
        ] {
            let factor = SecondFactor::new(KEY).unwrap();
            assert_eq!(factor.take("081804", now).is_ok(), taken, "{now}");
            assert_eq!(factor.take("081804", now), Err(WrongCode::Wrong), "{now}");
        }
    }

    #[test]
    fn only_some_wrong_codes_are_looked_at_in_a_step() {
        let factor = SecondFactor::new(KEY).unwrap();
        for _ in 0..TRIES {
            assert_eq!(factor.take("000000", 59), Err(WrongCode::Wrong));
        }
        assert_eq!(factor.take("287082", 59), Err(WrongCode::TooMany));
        assert_eq!(
            factor.take("287082", 61),
            Ok(()),
            "in the next one it is late, and fine"
        );
    }

    #[test]
    fn new_secrets_are_secrets_and_others_are_refused() {
        let secret = new_secret().unwrap();
        assert_eq!(secret.len(), 32);
        assert_ne!(secret, new_secret().unwrap());
        let factor = SecondFactor::new(&secret).unwrap();
        assert!(!format!("{factor:?}").contains(&secret));
        for wrong in ["", "GEZDGNBV", "not base 32!"] {
            assert!(SecondFactor::new(wrong).is_err(), "{wrong}");
        }
        assert_eq!(
            uri("a b", KEY),
            format!("otpauth://totp/dadns:a%20b?secret={KEY}&issuer=dadns")
        );
        assert_ne!(of_both("a", KEY), of_both("b", KEY));
    }
}
