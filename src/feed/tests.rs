use super::*;

fn feed(count: usize) -> Feed {
    let feed = Feed::default();
    add(&feed, count);
    feed
}

fn add(feed: &Feed, count: usize) {
    let backend: BackendId = "bind".parse().unwrap();
    let news = News::Available { backend };
    feed.publish(std::iter::repeat_n(news, count));
}

fn listen(feed: &Feed, after: Option<Id>) -> Listener {
    feed.listen("anna".into(), after).unwrap()
}

/// The numbers of all that a listener is given, and what it is told to have missed.
fn all(listener: &mut Listener) -> (Vec<u64>, Option<Option<u64>>) {
    let (mut numbers, mut missed) = (Vec::new(), None);
    loop {
        let batch = listener.take();
        missed = missed.or(batch.missed);
        if batch.news.is_empty() {
            return (numbers, missed);
        }
        numbers.extend(batch.news.iter().map(|news| news.number));
    }
}

#[test]
fn a_listener_is_given_what_comes_after_it_began() {
    let feed = feed(3);
    let mut listener = listen(&feed, None);
    assert_eq!(all(&mut listener), (vec![], None));
    add(&feed, 2);
    assert_eq!(all(&mut listener), (vec![4, 5], None));
}

#[test]
fn a_listener_that_comes_back_goes_on_where_it_was() {
    let feed = feed(3);
    let id = listen(&feed, None).id_of(2);
    assert_eq!(id.to_string().parse(), Ok(id));
    assert_eq!(all(&mut listen(&feed, Some(id))), (vec![3], None));
}

#[test]
fn a_listener_that_is_too_slow_is_told_how_much_it_missed() {
    let feed = feed(1);
    let mut listener = listen(&feed, None);
    add(&feed, KEPT + 10);
    let (numbers, missed) = all(&mut listener);
    assert_eq!(missed, Some(Some(10)));
    assert_eq!((numbers.len(), numbers[0]), (KEPT, 12));
    assert_eq!(all(&mut listener), (vec![], None), "told once");
}

#[test]
fn a_listener_of_an_earlier_start_is_given_all_of_this_one_and_told_so() {
    let earlier = listen(&feed(9), None).id();
    let feed = feed(2);
    assert_eq!(
        all(&mut listen(&feed, Some(earlier))),
        (vec![1, 2], Some(None))
    );
    let ahead = listen(&feed, None).id_of(3);
    assert_eq!(all(&mut listen(&feed, Some(ahead))).1, Some(None));
}

#[test]
fn what_is_no_id_is_refused() {
    for text in [
        "",
        "1",
        "-",
        "0000000000000000-",
        "0000000000000000--1",
        "+000000000000000-1",
    ] {
        assert_eq!(text.parse::<Id>(), Err(NotAnId), "{text}");
    }
}

#[test]
fn one_name_cannot_take_the_places_of_others() {
    let feed = feed(0);
    let mut kept = Vec::new();
    while let Ok(listener) = feed.listen("anna".into(), None) {
        kept.push(listener);
    }
    assert_eq!(kept.len(), 32);
    let others = (0..).map_while(|other| feed.listen(format!("{other}"), None).ok());
    let others: Vec<_> = others.collect();
    assert_eq!(others.len(), 1_024 - 32);
    drop(others);
    kept.pop();
    assert!(feed.listen("anna".into(), None).is_ok());
}

#[tokio::test]
async fn a_listener_waits_until_there_is_news_and_ends_when_the_gateway_stops() {
    let feed = feed(0);
    let mut listener = listen(&feed, None);
    let publisher = feed.clone();
    let (waited, ()) = tokio::join!(listener.wait(), async move { add(&publisher, 1) });
    assert!(waited);
    assert_eq!(listener.take().news.len(), 1);
    feed.close();
    assert!(!listener.wait().await);
}
