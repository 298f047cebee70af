//! `any` and `all` of tuples.
//!
//! Tuples of different lengths have nothing in common that a type could say, so each length is written out by a macro.

use std::sync::Arc;

use super::{All, Alternative, Any, At, Expression, Granted, Verdict};
use crate::Permission;
use crate::private::{fnv1a, fnv1a_continue};

macro_rules! tuples {
    ($($First:ident $($Part:ident)*;)*) => {$(
        impl<$First: Expression, $($Part: Expression),*> Expression for Any<($First, $($Part,)*)> {
            type Passed = Permission;
            const SIGNATURE: u64 = signature(b"any", &[$First::SIGNATURE, $($Part::SIGNATURE),*]);

            fn collect_ids(into: &mut Vec<u64>) {
                $First::collect_ids(into);
                $($Part::collect_ids(into);)*
            }

            fn evaluate<U>(ask: &mut dyn FnMut(u64) -> Result<Option<Permission>, U>) -> Result<Verdict<Self>, U> {
                let lacking = match $First::evaluate(ask)? {
                    Verdict::Passed(passed) => return Ok(Verdict::Passed($First::first(&passed))),
                    Verdict::Lacking(id) => id,
                };
                $(if let Verdict::Passed(passed) = $Part::evaluate(ask)? {
                    return Ok(Verdict::Passed($Part::first(&passed)));
                })*
                Ok(Verdict::Lacking(lacking))
            }

            fn first(passed: &Permission) -> Permission {
                *passed
            }
        }

        impl<$First: Expression, $($Part: Expression),*> Expression for All<($First, $($Part,)*)> {
            type Passed = ($First::Passed, $($Part::Passed,)*);
            const SIGNATURE: u64 = signature(b"all", &[$First::SIGNATURE, $($Part::SIGNATURE),*]);

            fn collect_ids(into: &mut Vec<u64>) {
                $First::collect_ids(into);
                $($Part::collect_ids(into);)*
            }

            fn evaluate<U>(ask: &mut dyn FnMut(u64) -> Result<Option<Permission>, U>) -> Result<Verdict<Self>, U> {
                Ok(Verdict::Passed((
                    match $First::evaluate(ask)? {
                        Verdict::Passed(passed) => passed,
                        Verdict::Lacking(id) => return Ok(Verdict::Lacking(id)),
                    },
                    $(match $Part::evaluate(ask)? {
                        Verdict::Passed(passed) => passed,
                        Verdict::Lacking(id) => return Ok(Verdict::Lacking(id)),
                    },)*
                )))
            }

            fn first(passed: &Self::Passed) -> Permission {
                $First::first(&passed.0)
            }
        }

        #[expect(non_snake_case, reason = "the macro names each part after its type")]
        impl<$First: Expression, $($Part: Expression),*> Granted<All<($First, $($Part,)*)>> {
            /// Takes an `all` apart: one proof for each of its parts, in written order.
            #[must_use]
            pub fn split(self) -> (Granted<$First>, $(Granted<$Part>,)*) {
                let Self { subject, scope, passed: ($First, $($Part,)*), .. } = self;
                (
                    Granted::new(Arc::clone(&subject), Arc::clone(&scope), $First),
                    $(Granted::new(Arc::clone(&subject), Arc::clone(&scope), $Part),)*
                )
            }
        }
    )*};
}

macro_rules! alternatives {
    ($($index:literal $Chosen:ident: $($Part:ident)*;)*) => {$(
        impl<$($Part: Expression),*> Alternative<$Chosen, At<$index>> for Any<($($Part,)*)> {
            fn passed_by(part: &$Chosen::Passed) -> Permission {
                $Chosen::first(part)
            }
        }
    )*};
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G;
    A B C D E F G H;
    A B C D E F G H I;
    A B C D E F G H I J;
    A B C D E F G H I J K;
    A B C D E F G H I J K L;
}

alternatives! {
    0 A: A;
    0 A: A B;
    1 B: A B;
    0 A: A B C;
    1 B: A B C;
    2 C: A B C;
    0 A: A B C D;
    1 B: A B C D;
    2 C: A B C D;
    3 D: A B C D;
    0 A: A B C D E;
    1 B: A B C D E;
    2 C: A B C D E;
    3 D: A B C D E;
    4 E: A B C D E;
    0 A: A B C D E F;
    1 B: A B C D E F;
    2 C: A B C D E F;
    3 D: A B C D E F;
    4 E: A B C D E F;
    5 F: A B C D E F;
    0 A: A B C D E F G;
    1 B: A B C D E F G;
    2 C: A B C D E F G;
    3 D: A B C D E F G;
    4 E: A B C D E F G;
    5 F: A B C D E F G;
    6 G: A B C D E F G;
    0 A: A B C D E F G H;
    1 B: A B C D E F G H;
    2 C: A B C D E F G H;
    3 D: A B C D E F G H;
    4 E: A B C D E F G H;
    5 F: A B C D E F G H;
    6 G: A B C D E F G H;
    7 H: A B C D E F G H;
    0 A: A B C D E F G H I;
    1 B: A B C D E F G H I;
    2 C: A B C D E F G H I;
    3 D: A B C D E F G H I;
    4 E: A B C D E F G H I;
    5 F: A B C D E F G H I;
    6 G: A B C D E F G H I;
    7 H: A B C D E F G H I;
    8 I: A B C D E F G H I;
    0 A: A B C D E F G H I J;
    1 B: A B C D E F G H I J;
    2 C: A B C D E F G H I J;
    3 D: A B C D E F G H I J;
    4 E: A B C D E F G H I J;
    5 F: A B C D E F G H I J;
    6 G: A B C D E F G H I J;
    7 H: A B C D E F G H I J;
    8 I: A B C D E F G H I J;
    9 J: A B C D E F G H I J;
    0 A: A B C D E F G H I J K;
    1 B: A B C D E F G H I J K;
    2 C: A B C D E F G H I J K;
    3 D: A B C D E F G H I J K;
    4 E: A B C D E F G H I J K;
    5 F: A B C D E F G H I J K;
    6 G: A B C D E F G H I J K;
    7 H: A B C D E F G H I J K;
    8 I: A B C D E F G H I J K;
    9 J: A B C D E F G H I J K;
    10 K: A B C D E F G H I J K;
    0 A: A B C D E F G H I J K L;
    1 B: A B C D E F G H I J K L;
    2 C: A B C D E F G H I J K L;
    3 D: A B C D E F G H I J K L;
    4 E: A B C D E F G H I J K L;
    5 F: A B C D E F G H I J K L;
    6 G: A B C D E F G H I J K L;
    7 H: A B C D E F G H I J K L;
    8 I: A B C D E F G H I J K L;
    9 J: A B C D E F G H I J K L;
    10 K: A B C D E F G H I J K L;
    11 L: A B C D E F G H I J K L;
}

const fn signature(operator: &[u8], parts: &[u64]) -> u64 {
    let mut state = fnv1a(operator);
    let mut rest = parts;
    while let [part, others @ ..] = rest {
        state = fnv1a_continue(state, &part.to_le_bytes());
        rest = others;
    }
    state
}
