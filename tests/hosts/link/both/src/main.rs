//! A program.

fn main() {
    println!(
        "{} {}",
        host_users_one::Users::VIEW,
        host_users_two::Users::UPDATE
    );
}
