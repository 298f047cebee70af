//! A test.

#[test]
fn both() {
    assert_ne!(host_users_one::Users::VIEW, host_users_two::Users::UPDATE);
}
