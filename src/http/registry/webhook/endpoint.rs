//! Endpoints: what external-dns calls an RRset.

use std::collections::BTreeMap;

use dadns_zone::{
    MAX_TTL, NameText, Rdata, Rrset, RrsetKey, Rtype, TypeName, ZoneName, presentation,
};
use serde::{Deserialize, Deserializer, Serialize};

use crate::records;

/// An RRset, as its JSON has it. Lists may be null.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Endpoint {
    /// The owner name, in full, without a final dot.
    pub dns_name: String,
    /// The data of its records: names without a final dot but in SRV and NAPTR, TXT in quotation marks.
    #[serde(default, deserialize_with = "or_default")]
    pub targets: Vec<String>,
    pub record_type: String,
    /// Which of several RRsets of one name and type; there is no such thing in DNS.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub set_identifier: String,
    /// 0: any.
    #[serde(default, rename = "recordTTL")]
    pub record_ttl: i64,
    /// What the client notes of it, which is not kept here. Some clients cannot do without.
    #[serde(default, deserialize_with = "or_default")]
    pub labels: BTreeMap<String, String>,
    /// What other providers do with it.
    #[serde(
        default,
        deserialize_with = "or_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub provider_specific: Vec<Property>,
}

/// A name with a value.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Property {
    name: String,
    value: String,
}

fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// The types that external-dns knows.
fn is_known(rtype: Rtype) -> bool {
    matches!(
        rtype,
        Rtype::A
            | Rtype::AAAA
            | Rtype::CNAME
            | Rtype::TXT
            | Rtype::NS
            | Rtype::PTR
            | Rtype::MX
            | Rtype::SRV
            | Rtype::NAPTR
    )
}

/// The data of a record as its clients have it.
fn target(rtype: Rtype, rdata: &Rdata) -> String {
    match rtype {
        Rtype::TXT | Rtype::SRV | Rtype::NAPTR => presentation(rtype, rdata).to_string(),
        rtype => records::value_of(rtype, rdata),
    }
}

impl Endpoint {
    /// An RRset as external-dns sees it; `None`: it does not know that type.
    pub fn of(set: &Rrset) -> Option<Self> {
        let rtype = set.rtype();
        is_known(rtype).then(|| Self {
            dns_name: NameText(set.owner())
                .to_string()
                .trim_end_matches('.')
                .to_owned(),
            targets: set
                .rdata()
                .iter()
                .map(|rdata| target(rtype, rdata))
                .collect(),
            record_type: TypeName(rtype).to_string(),
            record_ttl: set.ttl().into(),
            ..Self::default()
        })
    }

    /// Its name and type, for people.
    pub fn label(&self) -> String {
        let (name, rtype) = (&self.dns_name, &self.record_type);
        format!("{} {}", name.escape_default(), rtype.escape_default())
    }

    /// The longest of `zones` that its name is in.
    pub fn zone<'z>(&self, zones: &'z [ZoneName]) -> Option<&'z ZoneName> {
        let name = self.dns_name.trim_end_matches('.').to_ascii_lowercase();
        let is_in = |zone: &&ZoneName| {
            let above = name.strip_suffix(zone.as_str());
            above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
        };
        let found = zones.iter().filter(is_in);
        found.max_by_key(|zone| zone.as_str().len())
    }

    /// The RRset that it is in `zone`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn key(&self, zone: &ZoneName) -> Result<RrsetKey, String> {
        if !self.set_identifier.is_empty() {
            return Err("a setIdentifier makes several RRsets of one name and type, which DNS does not have".to_owned());
        }
        if !self.dns_name.bytes().all(|octet| octet.is_ascii_graphic()) {
            return Err(
                "the name has characters other than printable ASCII without blanks".to_owned(),
            );
        }
        let key = records::rdata_key(zone, &self.owner(), &self.record_type);
        let key = key.map_err(|error| error.to_string())?;
        match is_known(key.rtype()) {
            true => Ok(key),
            false => Err(format!(
                "external-dns has no records of type {}",
                TypeName(key.rtype())
            )),
        }
    }

    fn owner(&self) -> String {
        format!("{}.", self.dns_name.trim_end_matches('.'))
    }

    /// One of its records in `zone`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn rdata(&self, zone: &ZoneName, key: &RrsetKey, target: &str) -> Result<Rdata, String> {
        let data = records::data_of_value(key.rtype(), target);
        let read = records::rdata(zone, &self.owner(), &self.record_type, &data);
        let read = read.map_err(|error| format!("{}: {error}", target.escape_default()));
        read.map(|(_, rdata)| rdata)
    }

    /// The TTL that it asks for; `None`: any.
    ///
    /// # Errors
    /// That it cannot be one.
    pub fn ttl(&self) -> Result<Option<u32>, String> {
        match u32::try_from(self.record_ttl) {
            Ok(0) => Ok(None),
            Ok(ttl) if ttl <= MAX_TTL => Ok(Some(ttl)),
            _ => Err(format!("recordTTL {} is no TTL", self.record_ttl)),
        }
    }

    /// It as it would come back once it is made. One that is in none of `zones` is as it was.
    ///
    /// # Errors
    /// Why it cannot be made.
    pub fn adjusted(&self, zones: &[ZoneName]) -> Result<Self, String> {
        let Some(zone) = self.zone(zones) else {
            return Ok(self.clone());
        };
        let key = self.key(zone)?;
        self.ttl()?;
        let targets = self.targets.iter().map(|sent| {
            let rdata = self.rdata(zone, &key, sent)?;
            Ok(target(key.rtype(), &rdata))
        });
        Ok(Self {
            dns_name: self.dns_name.trim_end_matches('.').to_ascii_lowercase(),
            targets: targets.collect::<Result<_, String>>()?,
            record_type: TypeName(key.rtype()).to_string(),
            provider_specific: Vec::new(),
            ..self.clone()
        })
    }
}
