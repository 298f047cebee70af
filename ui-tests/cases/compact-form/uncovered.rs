#[upr::module(crud)]
pub mod users {
    pub fn list() {}
    pub(crate) fn helper() {}
    fn private() {
        helper();
    }

    #[upr::requires(VIEW)]
    pub fn show() {
        private();
    }
}

fn main() {}
