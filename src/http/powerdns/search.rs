//! `GET /search-data`: zones, records and comments by a pattern with `*` and `?`.

use actix_web::{HttpRequest, HttpResponse, web};
use dadns_zone::{NameText, TypeName, ZoneName};
use serde_json::{Value, json};

use super::rrsets::comments::Comments;
use super::rrsets::content;
use super::zones::shown;
use super::{Fault, blocking, body, id};
use crate::access::Principal;
use crate::store::Store;

/// How many results there are at most, unless the client says so.
const DEFAULT: usize = 100;

/// The most octets of a pattern.
const LONGEST: usize = 1_024;

pub async fn search(
    request: HttpRequest,
    principal: Principal,
    store: web::Data<Store>,
) -> Result<HttpResponse, Fault> {
    let query = body::query(&request);
    let pattern = body::value(&query, "q").filter(|q| !q.trim().is_empty());
    let pattern = pattern.ok_or_else(|| Fault::unprocessable("Query q can't be blank"))?;
    if pattern.len() > LONGEST {
        return Err(Fault::unprocessable(format!(
            "Query q is longer than {LONGEST} octets"
        )));
    }
    let most =
        match body::value(&query, "max") {
            None => DEFAULT,
            Some(most) => most.parse().ok().filter(|most| *most > 0).ok_or_else(|| {
                Fault::unprocessable("Query max is not a number of results above 0")
            })?,
        };
    let mut search = Search {
        pattern: pattern.to_ascii_lowercase().into_bytes(),
        most,
        zones: false,
        records: false,
        comments: false,
        found: Vec::new(),
    };
    match body::value(&query, "object_type").unwrap_or("all") {
        "all" => (search.zones, search.records, search.comments) = (true, true, true),
        "zone" => search.zones = true,
        "record" => search.records = true,
        "comment" => search.comments = true,
        other => {
            return Err(Fault::unprocessable(format!(
                "object_type '{other}' is not all, zone, record or comment"
            )));
        }
    }
    let found = blocking(move || {
        for found in store.heads() {
            let (name, head) = found?;
            if search.is_full() {
                break;
            }
            if head.present && principal.sees(&name) {
                search.zone(&store, &name)?;
            }
        }
        Ok(search.found)
    });
    Ok(HttpResponse::Ok().json(found.await?))
}

/// A search as far as it has come.
struct Search {
    pattern: Vec<u8>,
    most: usize,
    zones: bool,
    records: bool,
    comments: bool,
    found: Vec<Value>,
}

impl Search {
    fn is_full(&self) -> bool {
        self.found.len() >= self.most
    }

    fn add(&mut self, found: Value) {
        if !self.is_full() {
            self.found.push(found);
        }
    }

    /// Whether a text fits, names with their final dot or without.
    fn fits(&self, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        fits(&self.pattern, text.as_bytes())
            || text
                .strip_suffix('.')
                .is_some_and(|bare| fits(&self.pattern, bare.as_bytes()))
    }

    fn zone(&mut self, store: &Store, name: &ZoneName) -> Result<(), Fault> {
        let (dotted, zone_id) = (id::dotted(name), id::of(name));
        if self.zones && self.fits(&dotted) {
            self.add(json!({"name": dotted, "object_type": "zone", "zone_id": zone_id}));
        }
        if self.records
            && let Some(zone) = store.desired(name)?.zone
        {
            for set in zone
                .rrsets()
                .iter()
                .filter(|set| shown::is_shown(set.rtype()))
            {
                let owner = NameText(set.owner()).to_string();
                let by_name = self.fits(&owner);
                for rdata in set.rdata() {
                    let content = content::write(set.rtype(), rdata);
                    if by_name || self.fits(&content) {
                        self.add(json!({
                            "content": content, "disabled": false, "name": owner, "object_type": "record",
                            "ttl": set.ttl(), "type": TypeName(set.rtype()).to_string(),
                            "zone": dotted, "zone_id": zone_id,
                        }));
                    }
                }
                if self.is_full() {
                    return Ok(());
                }
            }
        }
        if self.comments {
            let comments = Comments::of(&store.attributes(name)?);
            for (owner, rtype, comment) in comments.all() {
                if self.fits(owner) || self.fits(&comment.content) {
                    self.add(json!({
                        "content": comment.content, "name": owner, "object_type": "comment",
                        "type": rtype, "zone": dotted, "zone_id": zone_id,
                    }));
                }
            }
        }
        Ok(())
    }
}

/// Whether `text` fits `pattern`: `*` is any text, `?` any octet. Takes no more than the product of both lengths.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(octet) if *octet == b'?' || Some(octet) == text.get(from) => {
                at += 1;
                from += 1;
            }
            _ => match star {
                Some((after, taken)) => {
                    star = Some((after, taken + 1));
                    at = after + 1;
                    from = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|octet| *octet == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_as_shells_have_it() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a.example", "a.example", true),
            ("a.example", "b.a.example", false),
            ("*.example", "a.example", true),
            ("w?w*", "www.a.example", true),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b", "xxaxxbxx", false),
            ("?", "", false),
        ] {
            assert_eq!(
                fits(pattern.as_bytes(), text.as_bytes()),
                expected,
                "{pattern} {text}"
            );
        }
    }
}
