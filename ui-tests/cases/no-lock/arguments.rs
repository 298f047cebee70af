upr::lock!("upr.lock");

fn main() {}
