//! `GET /api/v1/search`: owner names and data of records, over all zones that a principal sees.

use actix_web::{HttpResponse, web};
use dadns_zone::{NameText, TypeName, Zone, presentation};

use super::shape::{Found, SearchQuery, SearchResult};
use super::{Problem, json, reading};
use crate::access::Principal;
use crate::store::Store;

/// How many records are found at most, and how many unless the request says otherwise.
const MOST: usize = 1_000;
const USUAL: usize = 100;

/// The most octets that are looked for.
const LONGEST: usize = 1_024;

/// Records with the text `q` in their owner name or their data, without regard to case.
pub(in crate::http) async fn search(
    principal: Principal,
    store: web::Data<Store>,
    query: web::Query<SearchQuery>,
) -> Result<HttpResponse, Problem> {
    let SearchQuery { q, rtype, limit } = query.into_inner();
    let text = q.to_lowercase();
    if text.is_empty() || text.len() > LONGEST {
        return Err(Problem::invalid(format!("q has 1 to {LONGEST} octets")));
    }
    let most = limit.unwrap_or(USUAL).clamp(1, MOST);
    let found = reading(store, move |store| {
        let mut found = Vec::new();
        for head in store.heads() {
            let (name, head) = head?;
            if !head.present || !principal.sees(&name) {
                continue;
            }
            if let Some(zone) = store.desired(&name)?.zone {
                look(&zone, &text, rtype.as_deref(), most + 1, &mut found);
            }
            if found.len() > most {
                found.truncate(most);
                return Ok(SearchResult { found, more: true });
            }
        }
        Ok(SearchResult { found, more: false })
    });
    Ok(json(found.await?))
}

fn look(zone: &Zone, text: &str, rtype: Option<&str>, most: usize, found: &mut Vec<Found>) {
    for set in zone.rrsets() {
        let kind = TypeName(set.rtype()).to_string();
        if rtype.is_some_and(|rtype| !kind.eq_ignore_ascii_case(rtype)) {
            continue;
        }
        let owner = NameText(set.owner()).to_string();
        let by_name = owner.contains(text);
        for rdata in set.rdata() {
            let data = presentation(set.rtype(), rdata).to_string();
            if by_name || data.to_lowercase().contains(text) {
                if found.len() >= most {
                    return;
                }
                found.push(Found {
                    zone: zone.name().to_string(),
                    name: owner.clone(),
                    rtype: kind.clone(),
                    ttl: set.ttl(),
                    record: data,
                });
            }
        }
    }
}
