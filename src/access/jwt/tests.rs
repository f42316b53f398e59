use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn keys() -> SigningKeys {
    SigningKeys::default().with(SigningKey::fresh(at(0)).unwrap())
}

fn subject() -> Subject {
    Subject::Token("certbot".into())
}

fn credential() -> blake3::Hash {
    blake3::hash(b"credential")
}

#[test]
fn a_jwt_stands_for_its_subject_until_it_expires() {
    let keys = keys();
    let (jwt, life) = keys.sign(&subject(), &credential(), None, at(10)).unwrap();
    assert!(looks_like_jwt(&jwt));
    assert_eq!(life, LIFE_SECONDS);
    for (now, expected) in [
        (10, None),
        (10 + life - 1, None),
        (10 + life, Some(JwtError::Expired)),
    ] {
        let verified = keys.verify(&jwt, at(now));
        assert_eq!(verified.as_ref().err().copied(), expected, "{now}");
        if let Ok(verified) = verified {
            assert_eq!(verified.subject, subject());
            assert!(verified.is_of(&credential()));
            assert!(!verified.is_of(&blake3::hash(b"another")));
        }
    }
}

#[test]
fn a_jwt_ends_with_the_token_that_it_was_made_of() {
    let keys = keys();
    let (jwt, life) = keys
        .sign(&subject(), &credential(), Some(at(60)), at(0))
        .unwrap();
    assert_eq!(life, 60);
    assert!(keys.verify(&jwt, at(59)).is_ok());
    assert_eq!(keys.verify(&jwt, at(60)).err(), Some(JwtError::Expired));
}

#[test]
fn a_changed_jwt_or_one_of_another_gateway_is_refused() {
    let keys = keys();
    let (jwt, _) = keys.sign(&subject(), &credential(), None, at(0)).unwrap();
    let parts: Vec<&str> = jwt.split('.').collect();
    let [header, claims, signature] = parts[..] else {
        panic!("{jwt}");
    };
    let none = URL_SAFE_NO_PAD.encode(br#"{"alg":"none"}"#);
    let hs512 = URL_SAFE_NO_PAD.encode(br#"{"alg":"HS512","typ":"JWT"}"#);
    let other_claims = String::from_utf8(URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    let other_claims = URL_SAFE_NO_PAD.encode(other_claims.replace("certbot", "another"));
    for changed in [
        format!("{header}.{other_claims}.{signature}"),
        format!("{none}.{claims}."),
        format!("{none}.{claims}.{signature}"),
        format!("{hs512}.{claims}.{signature}"),
        format!("{header}.{claims}."),
        format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode([0; 32])),
        "..".to_owned(),
        "a.b.c".to_owned(),
    ] {
        assert_eq!(
            keys.verify(&changed, at(0)).err(),
            Some(JwtError::Invalid),
            "{changed}"
        );
    }
    assert_eq!(
        self::keys().verify(&jwt, at(0)).err(),
        Some(JwtError::Invalid)
    );
    assert!(keys.verify(&jwt, at(0)).is_ok());
}

#[test]
fn a_replaced_key_is_accepted_until_what_it_signed_has_expired() {
    const DAY: i64 = 24 * 3_600;
    let first = keys();
    assert!(SigningKeys::default().are_due(at(0)));
    assert!(!first.are_due(at(DAY - 1)));
    assert!(first.are_due(at(DAY)));
    let (last, _) = first
        .sign(&subject(), &credential(), None, at(DAY - 1))
        .unwrap();
    let second = first.with(SigningKey::fresh(at(DAY)).unwrap());
    assert!(second.verify(&last, at(DAY + 60)).is_ok());
    // Whoever stole the old key cannot go on with it.
    let (forged, _) = first
        .sign(&subject(), &credential(), None, at(DAY + 800))
        .unwrap();
    assert!(second.verify(&forged, at(DAY + 899)).is_ok());
    assert_eq!(
        second.verify(&forged, at(DAY + 900)).err(),
        Some(JwtError::Expired)
    );
    let third = second.with(SigningKey::fresh(at(2 * DAY)).unwrap());
    assert_eq!(
        third.verify(&forged, at(DAY + 801)).err(),
        Some(JwtError::Invalid)
    );
    assert_eq!(third.0.len(), 2);
}
