#[upr::module(actions(create_tag, "createTag", "create-tag"(const = CREATE_TAG)))]
pub struct Users;

fn main() {}
