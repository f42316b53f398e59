//! Which member is asked.

use super::*;

fn wire(members: usize) -> Wire {
    let settings = EtcdSettings {
        endpoints: (1..=members)
            .map(|at| format!("http://127.0.0.1:{at}"))
            .collect(),
        ..EtcdSettings::new(Vec::new())
    };
    let wire = Wire::new(&settings).unwrap();
    wire.good.store(0, Ordering::Relaxed);
    wire
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
