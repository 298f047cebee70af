#[upr::module(crud)]
pub struct Users;

upr::role!(pub WHOLE = "whole", seeded, Users);
upr::role!(pub STAR = "star", seeded, *);
upr::role!(pub SMALL = "small", seeded, Users::view);
upr::role!(pub COMBINED = "combined", seeded, any(Users::VIEW, Users::UPDATE));
upr::role!(pub LISTED = "listed", seeded, [Users::VIEW]);
upr::role!(pub NAMED = "named", managed, permissions = [Users::VIEW]);
upr::role!(pub MODE = "mode", mode = "seeded", Users::VIEW);
upr::role!(pub FLAG = "flag", seeded = true, Users::VIEW);
upr::role!(pub TWICE = "twice", seeded, seeded, Users::VIEW);
upr::role!(pub ALL_TWICE = "all_twice", managed, all, all);
upr::role!(pub BLANK = "blank", label = "", seeded, Users::VIEW);
upr::role!(pub STARS = "stars", seeded, Users::*::*);
upr::role!(pub MISSPELT = "misspelt", maneged, Users::VIEW);

pub const ROLES: [upr::Role; 4] = [WHOLE, MODE, FLAG, MISSPELT];

fn main() {}
