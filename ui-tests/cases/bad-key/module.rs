#[upr::module("user accounts", crud)]
pub struct Users;

#[upr::module("a.b.c.d.e.f.g.h")]
pub struct Deep;

#[upr::module("upr.pages")]
pub struct Reserved;

#[upr::module]
pub struct Übersicht;

#[upr::module("")]
pub struct Empty;

fn main() {}
