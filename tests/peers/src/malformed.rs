//! SIP as nobody should send it (in the spirit of RFC 4475).

/// Junk of this length by a linear congruential generator.
fn junk(seed: u32, length: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..length).map(|_| next()).collect()
}

/// A request that would be right, with the Call-ID of a call that goes on.
fn request(method: &str, call_id: &str) -> String {
    format!(
        "{method} sip:8002@127.0.0.1 SIP/2.0\r\n\
         Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-{method}\r\nMax-Forwards: 70\r\n\
         From: <sip:8001@127.0.0.1>;tag=stranger\r\nTo: <sip:8002@127.0.0.1>;tag=none\r\n\
         Call-ID: {call_id}\r\nCSeq: 9 {method}\r\nContent-Length: 0\r\n\r\n"
    )
}

/// Datagrams that are no SIP, hardly SIP, or SIP that means nothing here. `call_id` is that of a
/// call in progress, which none of them belongs to.
pub fn datagrams(call_id: &str) -> Vec<Vec<u8>> {
    let bye = request("BYE", call_id);
    let mut all: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"\r\n".to_vec(),
        b"\r\n\r\n\r\n\r\n".to_vec(),
        b"SIP/2.0".to_vec(),
        b"SIP/2.0 200 OK\r\n\r\n".to_vec(),
        b"SIP/2.0 99999999999999999999 ?\r\n\r\n".to_vec(),
        b"INVITE\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nHost: tipring\r\n\r\n".to_vec(),
        vec![0; 1500],
        vec![0xFF; 1500],
        vec![b'A'; 65_000],
    ];
    all.extend((0..200).map(|n| junk(n, 1 + n as usize * 7)));
    // Every header cut off at every few octets.
    all.extend((0..bye.len()).step_by(5).map(|end| bye.as_bytes()[..end].to_vec()));
    // One octet of it changed.
    all.extend((0..bye.len()).step_by(3).map(|at| {
        let mut changed = bye.clone().into_bytes();
        changed[at] ^= 0x80;
        changed
    }));
    for method in ["BYE", "CANCEL", "ACK", "INFO", "UPDATE", "PRACK", "INVITE", "REFER", "FOO"] {
        all.push(request(method, call_id).into_bytes());
    }
    for (header, value) in [
        ("Content-Length", "-1"),
        ("Content-Length", "99999999999999999999"),
        ("CSeq", "4294967296 BYE"),
        ("CSeq", "x"),
        ("Max-Forwards", "0"),
        ("Via", ""),
        ("Contact", "<sip:%%%%@[[[[>;expires=\"\0\""),
        ("Expires", "1e9"),
    ] {
        let line = format!("{header}: {value}\r\nCSeq:");
        all.push(bye.replacen("CSeq:", &line, 1).into_bytes());
    }
    let many_headers = format!("X: y\r\n{}\r\n", "Via: a;b=c\r\n".repeat(4000));
    all.push(bye.replacen("\r\n\r\n", &format!("\r\n{many_headers}"), 1).into_bytes());
    let long_header = format!("Subject: {}\r\nCSeq:", "x".repeat(60_000));
    all.push(bye.replacen("CSeq:", &long_header, 1).into_bytes());
    all
}

/// What a stream may bring instead of messages.
pub fn streams() -> Vec<Vec<u8>> {
    let register = request("REGISTER", "stream");
    let endless = format!("REGISTER sip:a SIP/2.0\r\n{}", "X: y\r\n".repeat(40_000));
    let huge = register.replace("Content-Length: 0", "Content-Length: 4000000000");
    vec![
        Vec::new(),
        register.as_bytes()[..register.len() / 2].to_vec(),
        register.as_bytes()[..register.len() - 1].to_vec(),
        [register.as_bytes(), &register.as_bytes()[..60]].concat(),
        register.replace("Content-Length: 0\r\n", "").into_bytes(),
        endless.into_bytes(),
        [huge.as_bytes(), &vec![b'z'; 100_000]].concat(),
        junk(77, 100_000),
        vec![b'\r'; 100_000],
    ]
}
