//! Which member is asked.

use super::choice::BACK;
use super::*;

fn wire(members: usize) -> Wire {
    let settings = EtcdSettings {
        endpoints: (1..=members)
            .map(|at| format!("http://127.0.0.1:{at}"))
            .collect(),
        ..EtcdSettings::new(Vec::new())
    };
    Wire::new(&settings).unwrap()
}

#[tokio::test]
async fn the_first_member_is_asked_again_after_a_while_unless_it_hangs() {
    let wire = wire(3);
    assert_eq!(wire.good(), 0, "the nearest");
    wire.leave(0);
    assert_eq!(wire.good(), 1);
    let long_ago = || *wire.left.lock() = Instant::now().checked_sub(BACK * 2);
    long_ago();
    wire.leave(1);
    assert_eq!(wire.good(), 2, "another was left of late");
    long_ago();
    assert_eq!((wire.good(), wire.good()), (0, 0));
    wire.leave(0);
    long_ago();
    wire.members[0].silent_for(ATTEMPT).await;
    assert_eq!(wire.good(), 1, "it hangs");
}

#[tokio::test]
async fn a_member_that_hung_lately_is_passed_over_until_all_did() {
    let wire = wire(3);
    wire.members[1].silent_for(ATTEMPT).await;
    wire.leave(0);
    assert_eq!((wire.good(), wire.in_turn()), (2, 2));
    wire.leave(2);
    assert_eq!(wire.good(), 0);
    for member in &wire.members {
        member.silent_for(ATTEMPT).await;
    }
    wire.leave(0);
    assert_eq!((wire.good(), wire.in_turn()), (1, 3));
}

#[tokio::test]
async fn a_member_that_had_hardly_any_time_to_answer_does_not_count_as_hung() {
    let wire = wire(2);
    wire.members[1].silent_for(Duration::from_millis(10)).await;
    assert_eq!(wire.in_turn(), 2);
}
