"""What Schemathesis does not know by itself: a TOML document is sent as it is."""

import schemathesis


@schemathesis.serializer("application/toml")
def toml(_context, value):
    return value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")
