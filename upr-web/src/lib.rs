//! Puts access, subject and scope into a request and turns decisions into responses.
