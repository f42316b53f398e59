//! The list of a master's zones, from pages to a whole. Pure.
//!
//! What a list lacks is removed in the end, so that a list counts only if nothing about it is odd:
//! one page that does not fit the others, one name twice, one gap, and all of it is unknown.

use std::collections::{BTreeMap, BTreeSet};

use dadns_zone::{NameError, ZoneName};
use serde_json::{Map, Value};

/// Most pages that are believed, and most zones: far above any real master.
const MAX_PAGES: u64 = 10_000;
const MAX_ZONES: usize = 2_000_000;
/// The longest user name that is taken, as of pushes.
const MAX_USER: usize = 64;

/// The zones of a master.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ZoneList {
    /// Each zone, with the user that it belongs to where the list says so.
    pub zones: BTreeMap<ZoneName, Option<String>>,
    /// Names that a master may have and that are no [`ZoneName`], such as those outside ASCII. A
    /// zone that is present here may be meant by one of them.
    pub unsupported: BTreeSet<String>,
}

/// One answer to the question for zones.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// One page of a table.
    Table(Table),
    /// All of it: a form of `list[]=` fields, which older versions send.
    Whole(Vec<String>),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Table {
    entries: Vec<(String, Option<String>)>,
    pages: u64,
    current: Option<u64>,
    rows: Option<u64>,
}

/// Reads one answer.
pub(super) fn page(body: &[u8]) -> Result<Page, String> {
    match body.trim_ascii_start().first() {
        Some(b'{') => table(body).map(Page::Table),
        Some(_) => whole(body).map(Page::Whole),
        None => Err("it is empty".to_owned()),
    }
}

fn table(body: &[u8]) -> Result<Table, String> {
    let fields: Map<String, Value> =
        serde_json::from_slice(body).map_err(|error| format!("its JSON is broken: {error}"))?;
    let info = fields.get("info").and_then(Value::as_object);
    let info = info.ok_or("its JSON has no info, which would say how many pages there are")?;
    let pages = count(info, "total_pages")?;
    let mut entries = BTreeMap::new();
    for (key, value) in &fields {
        if let Ok(number) = key.parse::<u64>() {
            entries.insert(number, entry(key, value)?);
        }
    }
    if let (Some((first, _)), Some((last, _))) =
        (entries.first_key_value(), entries.last_key_value())
        && last - first != entries.len() as u64 - 1
    {
        return Err(format!("its entries {first} to {last} have gaps"));
    }
    Ok(Table {
        entries: entries.into_values().collect(),
        pages: pages.ok_or("its info has no total_pages")?,
        current: count(info, "current_page")?,
        rows: count(info, "rows")?,
    })
}

/// A count, which some versions write as text.
fn count(info: &Map<String, Value>, name: &str) -> Result<Option<u64>, String> {
    let number = match info.get(name) {
        None => return Ok(None),
        Some(Value::String(text)) => text.parse().ok(),
        Some(value) => value.as_u64(),
    };
    let odd = || format!("its {name} is no count");
    number.map(Some).ok_or_else(odd)
}

fn entry(key: &str, value: &Value) -> Result<(String, Option<String>), String> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let domain = text("domain").ok_or_else(|| format!("its entry {key} has no domain"))?;
    let user = text("user").or_else(|| text("username"));
    let fits = |user: &&str| {
        (1..=MAX_USER).contains(&user.len()) && user.bytes().all(|b| b.is_ascii_graphic())
    };
    Ok((domain.to_owned(), user.filter(fits).map(str::to_owned)))
}

fn whole(body: &[u8]) -> Result<Vec<String>, String> {
    let parts = body.split(|byte| matches!(byte, b'&' | b'\n' | b'\r'));
    let mut names = Vec::new();
    for part in parts.filter(|part| !part.is_empty()) {
        match form_urlencoded::parse(part).next() {
            Some((key, name)) if key == "list[]" => names.push(name.into_owned()),
            _ => return Err("it is neither JSON nor a list".to_owned()),
        }
    }
    match names.is_empty() {
        true => Err("it is neither JSON nor a list".to_owned()),
        false => Ok(names),
    }
}

/// Pages on their way to a whole.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    list: ZoneList,
    pages: u64,
    /// What the first page said, to compare the others with.
    total: u64,
    length: usize,
    rows: Option<u64>,
}

impl Gathering {
    /// The number of the page to ask for next, from 1.
    pub fn next(&self) -> u64 {
        self.pages + 1
    }

    /// Adds the page that was asked for; whether there is another one.
    pub fn add(&mut self, page: Page) -> Result<bool, String> {
        self.pages += 1;
        let number = self.pages;
        match page {
            Page::Whole(names) if number == 1 => {
                for name in names {
                    self.name(&name, None)?;
                }
                Ok(false)
            }
            Page::Whole(_) => Err(format!("page {number} is of another form than page 1")),
            Page::Table(table) => {
                self.fits(&table)?;
                for (name, user) in table.entries {
                    self.name(&name, user)?;
                }
                let more = number < self.total;
                let count = (self.list.zones.len() + self.list.unsupported.len()) as u64;
                match self.rows {
                    Some(rows) if !more && count < rows => Err(format!(
                        "it lists {count} zones and says that it has {rows}"
                    )),
                    _ => Ok(more),
                }
            }
        }
    }

    /// All zones, after the last page.
    pub fn finish(self) -> ZoneList {
        self.list
    }

    fn fits(&mut self, table: &Table) -> Result<(), String> {
        let (number, length) = (self.pages, table.entries.len());
        if table.current.is_some_and(|current| current != number) {
            return Err(format!("asked for page {number}, it sent another"));
        }
        if number == 1 {
            (self.total, self.length, self.rows) = (table.pages, length, table.rows);
        }
        if table.pages != self.total {
            let (before, now) = (self.total, table.pages);
            return Err(format!(
                "it had {before} pages and on page {number} has {now}"
            ));
        }
        // An empty list has one page or none.
        if self.total > MAX_PAGES || (self.total == 0 && length > 0) {
            return Err(format!("it cannot have {} pages", self.total));
        }
        let last = number >= self.total;
        let odd = match last {
            true => self.total > 1 && (length == 0 || length > self.length),
            false => length == 0 || length != self.length,
        };
        if odd {
            let (total, first) = (self.total, self.length);
            return Err(format!(
                "page {number} of {total} has {length} entries, and page 1 has {first}"
            ));
        }
        // Some versions count the rows of the page, some all: then they move only if a zone came or
        // went meanwhile, and others may have moved to a page that was read before.
        let of_page = table.rows == Some(length as u64);
        if table.rows != self.rows && !(last && of_page) {
            return Err(format!("its number of zones changed before page {number}"));
        }
        Ok(())
    }

    fn name(&mut self, text: &str, user: Option<String>) -> Result<(), String> {
        let fresh = match ZoneName::parse(text) {
            Ok(name) => self.list.zones.insert(name, user).is_none(),
            Err(error) if is_supportable(text, &error) => {
                self.list.unsupported.insert(text.to_lowercase())
            }
            Err(error) => return Err(format!("it lists what is no name of a zone: {error}")),
        };
        if !fresh {
            return Err(format!("it lists {text:?} twice"));
        }
        match self.list.zones.len() + self.list.unsupported.len() > MAX_ZONES {
            true => Err(format!("it lists more than {MAX_ZONES} zones")),
            false => Ok(()),
        }
    }
}

/// Whether some name server somewhere may have such a zone; otherwise the list is garbage.
fn is_supportable(text: &str, error: &NameError) -> bool {
    let odd = |c: char| c.is_control() || c.is_whitespace() || "<>\"'&={}[]\u{fffd}".contains(c);
    let kind = matches!(
        error,
        NameError::NotAscii(_) | NameError::Slash(_) | NameError::Character(_)
    );
    kind && !text.chars().any(odd)
}

#[cfg(test)]
mod tests;
