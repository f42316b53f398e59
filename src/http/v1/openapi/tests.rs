use std::collections::BTreeSet;

use super::summaries::SUMMARIES;
use super::*;
use crate::http::routes;

#[test]
fn each_route_of_the_api_has_its_summary_and_each_summary_its_route() {
    let routes = routes::native().map(|route| {
        let method = route.method.as_ref().unwrap().as_str().to_owned();
        (method, document::path(route.path).0)
    });
    let routes: BTreeSet<_> = routes.collect();
    let summaries = SUMMARIES.iter().map(|summary| {
        assert!(summary.text.ends_with('.'), "{}", summary.path);
        (summary.method.to_owned(), summary.path.to_owned())
    });
    let summaries: BTreeSet<_> = summaries.collect();
    assert_eq!(routes, summaries);
}

#[test]
fn each_operation_has_the_parameters_of_its_path_and_its_right() {
    for route in routes::native() {
        let (path, parameters) = document::path(route.path);
        let method = route.method.as_ref().unwrap().as_str().to_lowercase();
        let operation = &DOCUMENT["paths"][&path][&method];
        assert_eq!(operation["x-dadns-right"], route.right.unwrap().word());
        let listed = operation["parameters"].as_array().unwrap().iter();
        let listed = listed.filter(|parameter| parameter["in"] == "path");
        let listed: Vec<_> = listed.filter_map(|one| one["name"].as_str()).collect();
        assert_eq!(listed, parameters, "{path}");
    }
    let (path, parameters) = document::path("/a/{zone:[^/]+}/b/{key}");
    assert_eq!(
        (path.as_str(), parameters),
        ("/a/{zone}/b/{key}", vec!["zone", "key"])
    );
}

#[test]
fn the_page_shows_each_operation_and_asks_nobody_else() {
    let page = PAGE.as_str();
    for summary in SUMMARIES {
        let shown = format!("<code>{} {}</code>", summary.method, summary.path);
        assert!(page.contains(&shown), "{shown}");
    }
    for other in [
        "<script", "<link", "<img", "src=", "http:", "https:", "@import", "url(",
    ] {
        assert!(!page.contains(other), "{other}");
    }
}
