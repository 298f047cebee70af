use std::marker::PhantomData;

#[upr::module(crud)]
pub struct Users<'a, T>(PhantomData<&'a T>);

fn main() {}
