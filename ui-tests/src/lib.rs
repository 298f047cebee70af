//! What a person sees when a declaration is wrong.
