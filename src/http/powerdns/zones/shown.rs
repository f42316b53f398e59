//! Zones and RRsets as answers have them: the keys in alphabetical order, as PowerDNS writes them. acme.sh takes
//! them apart with regular expressions.

use dadns_zone::{NameText, Rrset, RrsetKey, Rtype, TypeName, ZoneName};
use serde::Serialize;

use super::settings::ZoneSettings;
use crate::http::powerdns::id;
use crate::http::powerdns::rrsets::comments::{Comment, Comments};
use crate::http::powerdns::rrsets::content;
use crate::store::Head;

/// Where the zones are.
pub const ZONES: &str = "/api/v1/servers/localhost/zones";

/// A zone in a list.
#[derive(Debug, Serialize)]
pub struct Listed {
    account: String,
    catalog: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dnssec: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edited_serial: Option<u32>,
    id: String,
    kind: String,
    last_check: u32,
    masters: Vec<String>,
    name: String,
    notified_serial: u32,
    serial: u32,
    url: String,
}

impl Listed {
    /// `signed`: whether it is; `None`: nobody asks.
    pub fn of(name: &ZoneName, head: &Head, settings: ZoneSettings, signed: Option<bool>) -> Self {
        let id = id::of(name);
        Self {
            account: settings.account,
            catalog: "",
            dnssec: signed,
            edited_serial: signed.map(|_| head.serial),
            url: format!("{ZONES}/{id}"),
            id,
            last_check: 0,
            masters: settings.masters,
            name: id::dotted(name),
            notified_serial: notified(&settings.kind, head.serial),
            kind: settings.kind,
            serial: head.serial,
        }
    }
}

/// Backends send NOTIFY by themselves, for each serial.
fn notified(kind: &str, serial: u32) -> u32 {
    match kind {
        "Master" => serial,
        _ => 0,
    }
}

/// One zone, up to its RRsets.
#[derive(Debug, Serialize)]
struct Before {
    account: String,
    api_rectify: bool,
    catalog: &'static str,
    dnssec: bool,
    edited_serial: u32,
    id: String,
    kind: String,
    last_check: u32,
    master_tsig_key_ids: [&'static str; 0],
    masters: Vec<String>,
    name: String,
    notified_serial: u32,
    nsec3narrow: bool,
    nsec3param: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    presigned: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record_count: Option<u32>,
}

/// One zone, from its RRsets on.
#[derive(Debug, Serialize)]
struct After {
    serial: u32,
    slave_tsig_key_ids: [&'static str; 0],
    soa_edit: String,
    // An empty one is none that dnscontrol takes.
    #[serde(skip_serializing_if = "String::is_empty")]
    soa_edit_api: String,
    url: String,
}

/// One zone in JSON: what stands before its RRsets, and after them.
pub fn around(
    name: &ZoneName,
    head: &Head,
    settings: ZoneSettings,
    signed: bool,
    counted: bool,
) -> serde_json::Result<(Vec<u8>, Vec<u8>)> {
    let id = id::of(name);
    let after = After {
        serial: head.serial,
        slave_tsig_key_ids: [],
        soa_edit: settings.soa_edit,
        soa_edit_api: settings.soa_edit_api,
        url: format!("{ZONES}/{id}"),
    };
    let before = Before {
        account: settings.account,
        api_rectify: settings.api_rectify,
        catalog: "",
        dnssec: signed,
        edited_serial: head.serial,
        id,
        last_check: 0,
        master_tsig_key_ids: [],
        masters: settings.masters,
        name: id::dotted(name),
        notified_serial: notified(&settings.kind, head.serial),
        kind: settings.kind,
        nsec3narrow: false,
        nsec3param: "",
        presigned: signed.then_some(true),
        record_count: counted.then_some(head.records),
    };
    let mut before = serde_json::to_vec(&before)?;
    before.pop();
    let after = serde_json::to_vec(&after)?;
    let after = after.get(1..).unwrap_or_default();
    Ok((before, [b",", after].concat()))
}

#[derive(Serialize)]
struct ShownSet<'a> {
    comments: &'a [Comment],
    name: String,
    records: Vec<ShownRecord>,
    ttl: u32,
    #[serde(rename = "type")]
    rtype: String,
}

#[derive(Serialize)]
struct ShownRecord {
    content: String,
    disabled: bool,
}

/// Appends RRsets in JSON, with commas between them; `first`: none stands before them.
pub fn rrsets<'z>(
    sets: impl Iterator<Item = &'z Rrset>,
    comments: &Comments,
    mut first: bool,
    out: &mut Vec<u8>,
) -> serde_json::Result<()> {
    for set in sets.filter(|set| is_shown(set.rtype())) {
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        let shown = ShownSet {
            comments: match comments.is_empty() {
                true => &[],
                false => comments.get(&RrsetKey::from(set)),
            },
            name: NameText(set.owner()).to_string(),
            records: set
                .rdata()
                .iter()
                .map(|rdata| ShownRecord {
                    content: content::write(set.rtype(), rdata),
                    disabled: false,
                })
                .collect(),
            ttl: set.ttl(),
            rtype: TypeName(set.rtype()).to_string(),
        };
        serde_json::to_writer(&mut *out, &shown)?;
    }
    Ok(())
}

/// PowerDNS never lists what makes a zone signed, and dnscontrol fails on types that it does not know.
pub fn is_shown(rtype: Rtype) -> bool {
    !matches!(
        rtype,
        Rtype::RRSIG | Rtype::NSEC | Rtype::NSEC3 | Rtype::NSEC3PARAM
    )
}
