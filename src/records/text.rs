//! Records from their texts, as requests have them: an owner name, a type, and data in presentation form.

use dadns_zone::{
    DomainName, PartsError, Rdata, Rrset, RrsetError, RrsetKey, ZoneName, owner_name, record,
    record_type,
};

/// Why texts are not an RRset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// One of them.
    #[error(transparent)]
    Part(#[from] PartsError),
    /// Together.
    #[error(transparent)]
    Set(#[from] RrsetError),
}

/// One record of `zone`: names without a final dot end in the zone's name; `@` is the zone itself.
///
/// # Errors
/// The text at fault.
pub fn rdata(
    zone: &ZoneName,
    owner: &str,
    rtype: &str,
    data: &str,
) -> Result<(RrsetKey, Rdata), TextError> {
    let (owner, rtype, rdata): (DomainName, _, _) = record(zone, owner, rtype, data)?;
    Ok((RrsetKey::new(&owner, rtype), rdata))
}

/// An RRset of `zone` with these records; see [`rdata()`].
///
/// # Errors
/// All texts at fault, each with its place among `data`.
pub fn rrset(
    zone: &ZoneName,
    owner: &str,
    rtype: &str,
    ttl: u32,
    data: &[impl AsRef<str>],
) -> Result<Rrset, Vec<(Option<usize>, TextError)>> {
    let mut errors = Vec::new();
    let mut key = None;
    let mut all = Vec::with_capacity(data.len());
    for (index, data) in data.iter().enumerate() {
        match rdata(zone, owner, rtype, data.as_ref()) {
            Ok((of, rdata)) => {
                key = Some(of);
                all.push(rdata);
            }
            Err(error) => errors.push((Some(index), error)),
        }
    }
    let set = match key {
        Some(key) => Rrset::new(key.owner(), key.rtype(), ttl, all),
        None => Err(RrsetError::Empty),
    };
    match set {
        Ok(set) if errors.is_empty() => Ok(set),
        Err(error) if errors.is_empty() => Err(vec![(None, error.into())]),
        _ => Err(errors),
    }
}

/// The RRset of `zone` with this owner name and type; see [`rdata()`].
///
/// # Errors
/// The text at fault.
pub fn rdata_key(zone: &ZoneName, owner: &str, rtype: &str) -> Result<RrsetKey, TextError> {
    let owner = owner_name(zone, owner)?;
    Ok(RrsetKey::new(&owner, record_type(rtype)?))
}
