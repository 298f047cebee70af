/// Tickets.
#[upr::module("desk.tickets", crud(view, create), label = "Tickets")]
pub mod tickets {
    #[upr::action]
    pub async fn close() {}
    #[upr::public]
    pub fn sign_in() {}
    #[upr::module]
    pub mod notes {
        #[upr::action(critical)]
        pub fn add() {}
    }
}
