//! What is looked for in the list of zones, as its links say it: a search can be kept as a bookmark.

use std::sync::Arc;

use dadns_zone::ZoneName;
use serde::Deserialize;

use crate::http::status::PageQuery;
use crate::http::status::list::{Key, Order, Sort};
use crate::http::web::text::encoded;
use crate::store::Owner;

/// The columns that can be sorted by, each with its name in links; the first is the usual one.
pub(super) const SORTS: [(Sort, &str); 4] = [
    (Sort::Name, "name"),
    (Sort::State, "state"),
    (Sort::Owner, "owner"),
    (Sort::Changed, "changed"),
];

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::http) struct Search {
    pub q: String,
    pub state: String,
    pub backend: String,
    pub master: String,
    pub user: String,
    pub signed: String,
    pub only: String,
    /// `1`: those that need attention.
    pub attention: String,
    sort: String,
    /// `desc`: the last first.
    dir: String,
    /// The name of the last zone of the page before, …
    pub after: String,
    /// … and what it was sorted by.
    at: String,
}

impl Search {
    /// As the API is asked.
    pub fn query(&self) -> PageQuery {
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        PageQuery {
            // A removal that a backend lacks is as pending as anything.
            removed: matches!(&*self.state, "removed" | "pending" | "failed")
                || !self.backend.is_empty(),
            q: some(&self.q),
            state: some(&self.state),
            backend: some(&self.backend),
            master: some(&self.master),
            user: some(&self.user),
            signed: match &*self.signed {
                "yes" => Some(true),
                "no" => Some(false),
                _ => None,
            },
            // Whether the guard holds a push of it.
            held: (self.only == "held").then_some(true),
            edited: (self.only == "edited").then_some(true),
            attention: self.needs_attention().then_some(true),
            ..PageQuery::default()
        }
    }

    pub fn needs_attention(&self) -> bool {
        self.attention == "1"
    }

    /// Whether anything but the name is asked for that stands among the further filters.
    pub fn is_refined(&self) -> bool {
        let more = [
            &self.backend,
            &self.master,
            &self.user,
            &self.signed,
            &self.only,
        ];
        more.iter().any(|value| !value.is_empty())
    }

    /// Whether anything is asked for.
    pub fn is_any(&self) -> bool {
        self.is_refined() || self.needs_attention() || !self.q.is_empty() || !self.state.is_empty()
    }

    pub fn sort(&self) -> Sort {
        let known = SORTS.iter().find(|(_, name)| *name == self.sort);
        known.map_or(Sort::Name, |(sort, _)| *sort)
    }

    pub fn is_reversed(&self) -> bool {
        self.dir == "desc"
    }

    /// How the list is sorted and where its page begins. A beginning that makes no sense is the first page.
    pub fn order(&self) -> Order {
        let name = ZoneName::parse(&self.after).ok();
        let key = match self.sort() {
            Sort::Name => Some(Key::Name),
            Sort::State => self.at.parse().ok().map(Key::State),
            Sort::Changed => self.at.parse().ok().map(Key::Changed),
            Sort::Owner => Some(Key::Owner(owner(&self.at))),
        };
        Order {
            by: self.sort(),
            reversed: self.is_reversed(),
            after: key.zip(name),
        }
    }

    /// The link to the page after a zone; without one, to the first.
    pub fn page_after(&self, last: Option<&(Key, ZoneName)>) -> String {
        let (after, at) = match last {
            Some((key, name)) => (name.to_string(), text(key)),
            None => (String::new(), String::new()),
        };
        self.link(&self.sort, &self.dir, &after, &at)
    }

    /// The link to the same search sorted by a column: the other way round, if it is sorted by that already.
    pub fn sorted(&self, by: Sort, name: &str) -> String {
        let first = match by {
            // Who sorts by time wants what is newest.
            Sort::Changed => "desc",
            Sort::Name | Sort::State | Sort::Owner => "",
        };
        let dir = match (self.sort() == by, self.is_reversed()) {
            (true, true) => "",
            (true, false) => "desc",
            (false, _) => first,
        };
        self.link(name, dir, "", "")
    }

    fn link(&self, sort: &str, dir: &str, after: &str, at: &str) -> String {
        let parts = [
            ("q", &*self.q),
            ("state", &self.state),
            ("backend", &self.backend),
            ("master", &self.master),
            ("user", &self.user),
            ("signed", &self.signed),
            ("only", &self.only),
            ("attention", &self.attention),
            ("sort", sort),
            ("dir", dir),
            ("after", after),
            ("at", at),
        ];
        let parts = parts.iter().filter(|(_, value)| !value.is_empty());
        let parts: Vec<_> = parts
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        format!("/web/zones?{}", parts.join("&"))
    }
}

/// What a zone is sorted by, for a link.
fn text(key: &Key) -> String {
    match key {
        Key::Name | Key::Owner(None) => String::new(),
        Key::State(rank) => rank.to_string(),
        Key::Changed(at) => at.to_string(),
        // Neither a host name nor a user has a blank.
        Key::Owner(Some(owner)) => match &owner.user {
            Some(user) => format!("{} {user}", owner.master),
            None => owner.master.clone(),
        },
    }
}

fn owner(at: &str) -> Option<Arc<Owner>> {
    let (master, user) = match at.split_once(' ') {
        Some((master, user)) => (master, Some(user.to_owned())),
        None => (at, None),
    };
    let master = master.to_owned();
    (!at.is_empty()).then(|| Arc::new(Owner { master, user }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_to_the_next_page_begins_after_the_last_zone_of_this_one_in_every_order() {
        let owner = |user: Option<&str>| Owner {
            master: "da1.example.net".into(),
            user: user.map(str::to_owned),
        };
        for (sort, key) in [
            ("name", Key::Name),
            ("state", Key::State(2)),
            ("changed", Key::Changed(-5)),
            ("owner", Key::Owner(None)),
            ("owner", Key::Owner(Some(Arc::new(owner(None))))),
            ("owner", Key::Owner(Some(Arc::new(owner(Some("a&b")))))),
        ] {
            let search = Search {
                sort: sort.into(),
                ..Search::default()
            };
            let last = (key, "a.example".parse().unwrap());
            let link = search.page_after(Some(&last));
            let (_, query) = link.split_once('?').unwrap();
            let read: Search = actix_web::web::Query::<Search>::from_query(query)
                .unwrap()
                .into_inner();
            assert_eq!(read.order().after, Some(last), "{link}");
        }
    }

    #[test]
    fn a_column_that_is_sorted_by_already_is_sorted_the_other_way_round() {
        let mut search = Search::default();
        assert_eq!(
            search.sorted(Sort::Name, "name"),
            "/web/zones?sort=name&dir=desc"
        );
        assert_eq!(search.sorted(Sort::State, "state"), "/web/zones?sort=state");
        assert_eq!(
            search.sorted(Sort::Changed, "changed"),
            "/web/zones?sort=changed&dir=desc"
        );
        search.dir = "desc".into();
        search.after = "a.example".into();
        assert_eq!(search.sorted(Sort::Name, "name"), "/web/zones?sort=name");
    }
}
