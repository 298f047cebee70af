#[upr::module("us ers", crud)] pub struct Users { a: u32 }
#[upr::action(Nowhere)] fn a() {}
upr::role!(X = "x", managed, Users::NOPE);
#[upr::module] mod m { pub fn open() {} }
