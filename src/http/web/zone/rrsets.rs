//! The RRsets of a zone, a page of them: who wrote each in which layer, and what that hides.

use maud::{Markup, html};
use serde::Deserialize;

use crate::http::v1::records::shape::{Rrset, RrsetQuery, Rrsets};
use crate::http::web::text::{ago, encoded, of_zone, shown, table as framed, time};

/// How many RRsets a page has.
const PAGE: usize = 100;

/// Which of them are shown.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::http) struct Search {
    q: String,
    #[serde(rename = "type")]
    rtype: String,
    layer: String,
    after: String,
}

impl Search {
    pub(super) fn query(&self) -> RrsetQuery {
        let some = |text: &String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        RrsetQuery {
            q: some(&self.q),
            rtype: some(&self.rtype),
            layer: some(&self.layer),
            after: some(&self.after),
            limit: Some(PAGE),
            ..RrsetQuery::default()
        }
    }

    fn link(&self, zone: &str, after: &str) -> String {
        let parts = [
            ("q", &*self.q),
            ("type", &self.rtype),
            ("layer", &self.layer),
            ("after", after),
        ];
        let parts = parts.iter().filter(|(_, value)| !value.is_empty());
        let parts: Vec<_> = parts
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        of_zone(zone, &format!("?{}#records", parts.join("&")))
    }

    fn is_empty(&self) -> bool {
        [&self.q, &self.rtype, &self.layer]
            .iter()
            .all(|text| text.is_empty())
    }
}

/// A page of RRsets.
pub(super) fn table(page: &Rrsets, search: &Search, editable: bool, signed: bool) -> Markup {
    let columns = ["Name", "Type", "TTL", "Data", "Layer", "Change"];
    let columns = &columns[..if editable { 6 } else { 5 }];
    let rows = html! { @for set in &page.rrsets { (row(&page.zone, set, editable)) } };
    html! {
        h2 id="records" { "Records" }
        @if signed {
            p.notice { "This zone is signed where it comes from: any edit here would break its signatures. Edit it there, and push it again." }
        }
        (filters(page, search))
        @if editable { p { a.button.first href=(of_zone(&page.zone, "/edit")) { "Add records" } } }
        @if page.rrsets.is_empty() {
            p { "No such RRset. " a href=(of_zone(&page.zone, "#records")) { "Show all" } }
        } @else {
            div.records { (framed("Records", "RRsets of all layers, in the order of the zone", columns, &rows)) }
        }
        p.actions {
            @if !search.after.is_empty() { a href=(search.link(&page.zone, "")) { "First RRsets" } }
            @if let Some(next) = &page.next { a href=(search.link(&page.zone, next)) { "Next RRsets" } }
        }
    }
}

fn filters(page: &Rrsets, search: &Search) -> Markup {
    html! {
        form.row role="search" aria-label="Records" method="get" action=(of_zone(&page.zone, "#records")) {
            label { "Name contains" input type="search" name="q" value=(search.q) autocapitalize="none" spellcheck="false"; }
            label { "Type" input.short name="type" value=(search.rtype) spellcheck="false"; }
            label { "Layer"
                select name="layer" {
                    option value="" { "any" }
                    @for layer in ["push", "registry", "records"] { option value=(layer) selected[search.layer == layer] { (layer) } }
                }
            }
            button.plain type="submit" { "Filter" }
            @if !search.is_empty() { a href=(of_zone(&page.zone, "#records")) { "Show all" } }
        }
    }
}

fn row(zone: &str, set: &Rrset, editable: bool) -> Markup {
    let of_set = |page: &str, more: &str| {
        let (name, rtype) = (encoded(&set.name), encoded(&set.rtype));
        of_zone(zone, &format!("/{page}?name={name}&type={rtype}{more}"))
    };
    let is_soa = set.rtype == "SOA";
    let about = html! { span.unseen { " " (set.rtype) " of " (shown(&set.name)) } };
    let many = editable && set.served && set.records.len() > 1;
    html! {
        tr.dim[!set.served] {
            td { (owner(zone, &set.name)) }
            td { strong { (set.rtype) } }
            td { @if let Some(ttl) = set.ttl { (ttl) } }
            td {
                ul.data {
                    @for (at, record) in set.records.iter().enumerate() {
                        li {
                            code { (shown(record)) }
                            @if many {
                                " " a.small href=(of_set("remove", &format!("&value={at}"))) { "Remove" span.unseen { " value " (at + 1) } (about) }
                            }
                        }
                    }
                }
                @if !set.served { p.tag { @if set.rule.as_deref() == Some("absent") { "hidden" } @else { "not served" } } }
                @if let Some(why) = &set.shadowed { p.soft { (shown(why)) } }
                @if let Some(below) = &set.below {
                    p.soft { "Hides what was pushed: " @for record in &below.records { code { (shown(record)) } " " } "TTL " (below.ttl) }
                }
                @if let Some(pushed) = &set.pushed {
                    p.soft { "Pushed anew under this edit by " (shown(&pushed.by)) ", " (time(pushed.at)) }
                }
            }
            td {
                span.tag { (set.layer) }
                @if let Some(at) = set.at { " " span.soft { (ago(at)) } }
                @if let Some(by) = &set.by { p.soft { "by " (shown(by)) } }
            }
            @if editable {
                td {
                    div.actions {
                        @if set.served {
                            a href=(of_set("edit", "")) { "Change" (about) }
                            @if !is_soa { a href=(of_set("remove", "")) { "Remove" (about) } }
                        }
                        @if set.rule.is_some() && (set.below.is_some() || !set.served) {
                            a href=(of_set("remove", "&release=true")) { "Drop the edit" (about) }
                        }
                    }
                }
            }
        }
    }
}

/// An owner name, of which what all have in common is less seen.
fn owner(zone: &str, name: &str) -> Markup {
    let end = format!("{zone}.");
    let own = name.strip_suffix(&end);
    html! {
        bdi {
            @match own {
                Some("") => { strong { "@" } " " span.soft { (crate::http::web::text::visible(name)) } }
                Some(own) if own.ends_with('.') => { strong { (crate::http::web::text::visible(own)) } span.soft { (crate::http::web::text::visible(&end)) } }
                _ => (crate::http::web::text::visible(name)),
            }
        }
    }
}
