//! The secret shared with `named`'s control channel, and what is computed with it.

use std::fmt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};

use crate::bind::syntax;

/// Most octets of a key file. One key takes about a hundred.
const MAX_FILE: u64 = 64 * 1024;

/// One key of the control channel.
#[derive(Clone)]
pub struct Key {
    name: String,
    algorithm: &'static Algorithm,
    secret: Vec<u8>,
}

/// One way to compute an authentication code.
pub struct Algorithm {
    name: &'static str,
    code: Option<u8>,
    sign: fn(&[u8], &[u8]) -> Vec<u8>,
    verify: fn(&[u8], &[u8], &[u8]) -> bool,
}

static ALGORITHMS: [Algorithm; 6] = [
    Algorithm::of::<Sha256>("hmac-sha256", Some(163)),
    Algorithm::of::<Sha384>("hmac-sha384", Some(164)),
    Algorithm::of::<Sha512>("hmac-sha512", Some(165)),
    Algorithm::of::<Sha224>("hmac-sha224", Some(162)),
    Algorithm::of::<Sha1>("hmac-sha1", Some(161)),
    Algorithm::of::<Md5>("hmac-md5", None),
];

impl Algorithm {
    const fn of<D: EagerHash>(name: &'static str, code: Option<u8>) -> Self {
        Self {
            name,
            code,
            sign: sign::<D>,
            verify: verify::<D>,
        }
    }
}

fn sign<D: EagerHash>(secret: &[u8], octets: &[u8]) -> Vec<u8> {
    // HMAC takes secrets of any length, so there is always a code.
    let mac = Hmac::<D>::new_from_slice(secret);
    mac.map(|mac| mac.chain_update(octets).finalize().into_bytes().to_vec())
        .unwrap_or_default()
}

fn verify<D: EagerHash>(secret: &[u8], octets: &[u8], code: &[u8]) -> bool {
    Hmac::<D>::new_from_slice(secret)
        .is_ok_and(|mac| mac.chain_update(octets).verify_slice(code).is_ok())
}

impl Key {
    /// The first key in the file at `path`, in the form that `rndc-confgen -a` writes:
    /// `key "name" { algorithm hmac-sha256; secret "base64"; };`.
    ///
    /// # Errors
    /// Says what is wrong with the file, and never what is in it.
    pub fn load(path: &Path) -> Result<Self, String> {
        let in_file = |cause: &dyn fmt::Display| format!("key file {}: {cause}", path.display());
        let len = std::fs::metadata(path)
            .map_err(|error| in_file(&error))?
            .len();
        if len > MAX_FILE {
            return Err(in_file(&"too large to be a key file"));
        }
        let text = std::fs::read(path).map_err(|error| in_file(&error))?;
        Self::parse(&text).map_err(|cause| in_file(&cause))
    }

    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let statements = syntax::statements(text).map_err(|error| error.to_string())?;
        let key = statements
            .iter()
            .find(|statement| statement.is("key"))
            .ok_or("it holds no key")?;
        let field = |keyword: &str| {
            let block = key.block.as_deref().unwrap_or_default();
            let found = block
                .iter()
                .find(|statement| statement.is(keyword))
                .and_then(|statement| statement.word(1));
            found.ok_or_else(|| format!("its key has no {keyword}"))
        };
        let named = field("algorithm")?;
        let algorithm = ALGORITHMS
            .iter()
            .find(|algorithm| algorithm.name.eq_ignore_ascii_case(named));
        // The decoder's own error would quote an octet of the secret.
        let secret = STANDARD
            .decode(field("secret")?)
            .map_err(|_| "its secret is not base64")?;
        if secret.is_empty() {
            return Err("its secret is empty".to_owned());
        }
        Ok(Self {
            name: key.word(1).unwrap_or_default().to_owned(),
            algorithm: algorithm.ok_or_else(|| format!("its algorithm {named:?} is unknown"))?,
            secret,
        })
    }

    /// The octet that names the algorithm on the wire; HMAC-MD5 is sent in a form without one.
    pub fn code(&self) -> Option<u8> {
        self.algorithm.code
    }

    /// The authentication code of `octets`.
    pub fn sign(&self, octets: &[u8]) -> Vec<u8> {
        (self.algorithm.sign)(&self.secret, octets)
    }

    /// Whether `code` is the authentication code of `octets`, compared in constant time.
    pub fn verify(&self, octets: &[u8], code: &[u8]) -> bool {
        (self.algorithm.verify)(&self.secret, octets, code)
    }
}

/// Name and algorithm, for operators. Never the secret.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({})", self.name, self.algorithm.name)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(algorithm: &str) -> Key {
        Key::parse(format!("key k {{ algorithm {algorithm}; secret \"S2V5S2V5\"; }};").as_bytes())
            .unwrap()
    }

    #[test]
    fn a_key_verifies_what_it_signed_and_nothing_else() {
        for algorithm in &ALGORITHMS {
            let key = key(algorithm.name);
            let code = key.sign(b"octets");
            assert!(key.verify(b"octets", &code), "{key}");
            assert!(!key.verify(b"Octets", &code), "{key}");
            assert!(!key.verify(b"octets", &code[1..]), "{key}");
            assert!(!key.verify(b"octets", b""), "{key}");
        }
    }

    #[test]
    fn hmac_md5_and_sha256_give_the_codes_of_rfc_2104_and_rfc_4231() {
        let hex = |octets: Vec<u8>| {
            octets
                .iter()
                .map(|octet| format!("{octet:02x}"))
                .collect::<String>()
        };
        // Secret "Jefe", data "what do ya want for nothing?" in both.
        let data = b"what do ya want for nothing?";
        let key = |algorithm| {
            Key::parse(format!("key k{{algorithm {algorithm};secret \"SmVmZQ==\";}};").as_bytes())
                .unwrap()
        };
        assert_eq!(
            hex(key("hmac-md5").sign(data)),
            "750c783e6ab0b503eaa86e310a5db738"
        );
        assert_eq!(
            hex(key("HMAC-SHA256").sign(data)),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn a_secret_is_never_printed() {
        let key = key("hmac-sha256");
        for said in [format!("{key}"), format!("{key:?}")] {
            assert!(said.contains("hmac-sha256"));
            assert!(!said.contains("S2V5") && !said.contains("KeyKey"), "{said}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_key_file_is_said_without_its_secret() {
        for (text, said) in [
            ("", "it holds no key"),
            ("key k { secret \"AAAA\"; };", "its key has no algorithm"),
            ("key k { algorithm hmac-sha256; };", "its key has no secret"),
            (
                "key k { algorithm rot13; secret \"AAAA\"; };",
                "its algorithm \"rot13\" is unknown",
            ),
            (
                "key k { algorithm hmac-md5; secret \"s3cr*t\"; };",
                "its secret is not base64",
            ),
            (
                "key k { algorithm hmac-md5; secret \"\"; };",
                "its secret is empty",
            ),
            ("key k {", "line 1: a \"{\" that is never closed"),
        ] {
            assert_eq!(Key::parse(text.as_bytes()).unwrap_err(), said);
        }
    }
}
