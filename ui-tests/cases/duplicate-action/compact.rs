#[upr::module(crud)]
pub mod users {
    #[upr::action]
    pub fn create() {}

    #[upr::action]
    pub fn export() {}

    #[upr::action("export")]
    pub fn export_all() {}

    #[upr::action]
    #[allow(non_snake_case)]
    pub fn Export() {}

    #[upr::action("ex-port", const = EXPORT)]
    pub fn other() {}
}

pub const ALL: [upr::Permission; 2] = [users::CREATE, users::EXPORT];

fn main() {}
