//! Header names and methods, known by value; others are kept as they came.

macro_rules! header_names {
    ($($name:ident = $text:literal $(, $compact:literal)?;)*) => {
        /// A header's name. The compact forms (RFC 3261, section 7.3.3, and the IANA registry)
        /// are the same name.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        #[allow(missing_docs, reason = "each variant is the header of that name")]
        pub enum HeaderName { $($name,)* Other }

        impl HeaderName {
            /// How many names there are, `Other` included.
            pub(crate) const COUNT: usize = HeaderName::Other as usize + 1;

            const TEXTS: &'static [(HeaderName, &'static str)] =
                &[$((HeaderName::$name, $text)),*];

            /// The long form; empty for `Other`.
            pub const fn as_str(self) -> &'static str {
                match self { $(HeaderName::$name => $text,)* HeaderName::Other => "" }
            }

            const fn from_compact(letter: u8) -> Self {
                match letter { $($($compact => HeaderName::$name,)?)* _ => HeaderName::Other }
            }
        }
    };
}

// The order is that of frequency: the search is linear.
header_names! {
    Via = "Via", b'v';
    From = "From", b'f';
    To = "To", b't';
    CallId = "Call-ID", b'i';
    CSeq = "CSeq";
    Contact = "Contact", b'm';
    MaxForwards = "Max-Forwards";
    ContentLength = "Content-Length", b'l';
    ContentType = "Content-Type", b'c';
    Allow = "Allow";
    UserAgent = "User-Agent";
    Server = "Server";
    Supported = "Supported", b'k';
    Expires = "Expires";
    Authorization = "Authorization";
    WwwAuthenticate = "WWW-Authenticate";
    ProxyAuthorization = "Proxy-Authorization";
    ProxyAuthenticate = "Proxy-Authenticate";
    RecordRoute = "Record-Route";
    Route = "Route";
    Require = "Require";
    ProxyRequire = "Proxy-Require";
    Unsupported = "Unsupported";
    Accept = "Accept";
    AcceptEncoding = "Accept-Encoding";
    AcceptLanguage = "Accept-Language";
    AlertInfo = "Alert-Info";
    AllowEvents = "Allow-Events", b'u';
    ContentDisposition = "Content-Disposition";
    ContentEncoding = "Content-Encoding", b'e';
    ContentLanguage = "Content-Language";
    Date = "Date";
    Event = "Event", b'o';
    HistoryInfo = "History-Info";
    Diversion = "Diversion";
    MinExpires = "Min-Expires";
    MinSe = "Min-SE";
    SessionExpires = "Session-Expires", b'x';
    PAssertedIdentity = "P-Asserted-Identity";
    PPreferredIdentity = "P-Preferred-Identity";
    PCalledPartyId = "P-Called-Party-ID";
    RemotePartyId = "Remote-Party-ID";
    Privacy = "Privacy";
    Reason = "Reason";
    ReferTo = "Refer-To", b'r';
    ReferredBy = "Referred-By", b'b';
    Replaces = "Replaces";
    RetryAfter = "Retry-After";
    RSeq = "RSeq";
    RAck = "RAck";
    Subject = "Subject", b's';
    SubscriptionState = "Subscription-State";
    Timestamp = "Timestamp";
    Warning = "Warning";
    AcceptContact = "Accept-Contact", b'a';
    RejectContact = "Reject-Contact", b'j';
    RequestDisposition = "Request-Disposition", b'd';
    Identity = "Identity", b'y';
    MimeVersion = "MIME-Version";
    Organization = "Organization";
    Path = "Path";
    ServiceRoute = "Service-Route";
}

impl HeaderName {
    /// The name these bytes spell, in any case, long or compact.
    pub fn of(bytes: &[u8]) -> Self {
        if let [letter] = bytes {
            return Self::from_compact(letter.to_ascii_lowercase());
        }
        Self::TEXTS
            .iter()
            .find(|(_, text)| {
                text.len() == bytes.len() && text.as_bytes().eq_ignore_ascii_case(bytes)
            })
            .map_or(HeaderName::Other, |(name, _)| *name)
    }
}

macro_rules! methods {
    ($($name:ident = $text:literal;)*) => {
        /// A request's method (RFC 3261, section 7.1). Methods are case-sensitive.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[allow(missing_docs, reason = "each variant is the method of that name")]
        pub enum Method { $($name,)* /** One we do not know; its text is in the message. */ Other }

        impl Method {
            /// The method these bytes spell.
            pub fn of(bytes: &[u8]) -> Self {
                $(if bytes == $text.as_bytes() { return Method::$name; })*
                Method::Other
            }

            /// Its text; empty for `Other`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Method::$name => $text,)* Method::Other => "" }
            }
        }
    };
}

methods! {
    Invite = "INVITE";
    Ack = "ACK";
    Bye = "BYE";
    Cancel = "CANCEL";
    Register = "REGISTER";
    Options = "OPTIONS";
    Info = "INFO";
    Update = "UPDATE";
    Prack = "PRACK";
    Refer = "REFER";
    Subscribe = "SUBSCRIBE";
    Notify = "NOTIFY";
    Message = "MESSAGE";
    Publish = "PUBLISH";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_any_case_and_length_are_one() {
        for (name, text) in HeaderName::TEXTS {
            assert_eq!(HeaderName::of(text.to_lowercase().as_bytes()), *name);
            assert_eq!(HeaderName::of(text.to_uppercase().as_bytes()), *name);
        }
        assert_eq!(HeaderName::of(b"V"), HeaderName::Via);
        assert_eq!(HeaderName::of(b"i"), HeaderName::CallId);
        assert_eq!(HeaderName::of(b"z"), HeaderName::Other);
        assert_eq!(HeaderName::of(b"X-Huawei"), HeaderName::Other);
        assert_eq!(Method::of(b"invite"), Method::Other);
    }
}
