#[upr::module(crud)]
pub mod users {
    pub mod free {
        pub fn fine() {}
    }

    #[upr::module]
    pub mod sessions {
        pub fn list() {}

        #[upr::action]
        pub fn end() {}
    }

    #[upr::action(users)]
    pub fn show() {}

    #[upr::action(critical = 1)]
    pub async fn close() {}

    #[upr::requires(Users::view)]
    pub fn search() {}

    pub const fn limit() {}
}

pub const ALL: [upr::Permission; 3] = [users::SHOW, users::CLOSE, users::sessions::END];

fn main() {}
