#[upr::module(crud, crud)]
pub struct Users;

#[upr::module(crud(view), crud(view, update), actions(export), actions(export, purge))]
pub struct Tickets;

#[upr::module("reports", "statistics")]
pub struct Reports;

#[upr::public("one", "two")]
pub fn sign_in() {}

fn main() {
    let _ = [Users::VIEW, Tickets::UPDATE, Tickets::PURGE];
}
