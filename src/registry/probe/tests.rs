use tokio::net::TcpListener;

use super::http::Parts;
use super::*;
use crate::registry::rules::Tls;

fn prober(own: Vec<u16>) -> Prober {
    Prober::new(
        &[
            "127.0.0.0/8".parse().unwrap(),
            "169.254.0.0/16".parse().unwrap(),
        ],
        own,
        Arc::new(Trust::of(None).unwrap()),
    )
}

fn verified() -> Tls {
    Tls {
        verified: true,
        name: String::new(),
    }
}

fn http(url: &str) -> Probe {
    Probe {
        target: Target::Http {
            url: url.to_owned(),
            method: "GET".to_owned(),
            headers: vec![("X-A".to_owned(), "b".to_owned())],
            body: String::new(),
            tls: verified(),
        },
        every: Duration::from_secs(1),
        timeout: Duration::from_millis(300),
        successes: 1,
        failures: 1,
    }
}

/// A server that gives one answer, and what it was asked.
async fn answering(answer: &'static str) -> (SocketAddr, tokio::task::JoinHandle<String>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = Vec::new();
        while !asked.ends_with(b"\r\n\r\n") {
            stream.read_buf(&mut asked).await.unwrap();
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(asked).unwrap()
    });
    (address, asked)
}

impl Prober {
    /// What is found, where a lookup is free.
    async fn found(&self, probe: &Probe) -> Found {
        self.ask(probe).await.unwrap()
    }
}

#[tokio::test]
async fn the_status_of_an_answer_says_how_an_instance_is() {
    for (answer, status) in [
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            Status::Passing,
        ),
        ("HTTP/1.0 204 No Content\r\n\r\n", Status::Passing),
        (
            "HTTP/1.1 429 Too Many Requests\r\n\r\nslow",
            Status::Warning,
        ),
        (
            "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\n\r\n",
            Status::Critical,
        ),
        ("HTTP/1.1 500 Oh\r\n\r\n", Status::Critical),
        ("220 mail.example ESMTP\r\n", Status::Critical),
    ] {
        let (address, asked) = answering(answer).await;
        let (found, output) = prober(Vec::new())
            .found(&http(&format!("http://{address}/health?a=1")))
            .await;
        assert_eq!(found, status, "{answer}: {output}");
        let asked = asked.await.unwrap();
        let head = format!("GET /health?a=1 HTTP/1.1\r\nHost: {address}\r\n");
        assert!(
            asked.starts_with(&head) && asked.contains("X-A: b\r\n"),
            "{asked}"
        );
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (found, output) = prober(Vec::new()).found(&http(&url)).await;
    assert_eq!(
        (found, output.as_str()),
        (Status::Critical, "no answer within 0.3 s")
    );
}

#[tokio::test]
async fn neither_the_gateway_nor_other_networks_nor_link_local_addresses_are_asked() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap();
    for url in [
        format!("http://{own}/"),
        format!("http://localhost:{}/", own.port()),
        format!("http://[::ffff:127.0.0.1]:{}/", own.port()),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "http://192.0.2.1/".to_owned(),
        "http://0.0.0.0/".to_owned(),
        "https://192.0.2.1/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "http://a@127.0.0.1/".to_owned(),
        "http://127.0.0.1/\r\nX: y".to_owned(),
    ] {
        let prober = prober(vec![own.port()]);
        let (found, output) = prober.found(&http(&url)).await;
        assert_eq!(found, Status::Critical);
        let refused = ["is not asked", "are asked", "can be asked"];
        assert!(
            refused.iter().any(|why| output.contains(why)),
            "{url}: {output}"
        );
    }
    // Another port of the same machine may be asked.
    let probe = Probe {
        target: Target::Tcp(own.to_string()),
        ..http("")
    };
    assert_eq!(prober(Vec::new()).found(&probe).await.0, Status::Passing);
}

#[test]
fn a_url_is_taken_apart() {
    for (url, endpoint, target) in [
        ("http://a.example", "a.example:80", "/"),
        ("http://a.example:8080/x?y#z", "a.example:8080", "/x?y"),
        ("http://[2001:db8::1]/x", "[2001:db8::1]:80", "/x"),
        ("http://[2001:db8::1]:81?x", "[2001:db8::1]:81", "/?x"),
        ("https://a.example", "a.example:443", "/"),
    ] {
        let parts = Parts::of(url).unwrap();
        assert_eq!(
            (parts.endpoint.as_str(), parts.target.as_str()),
            (endpoint, target)
        );
    }
}

/// Answers one call of the health protocol with this status, frame by frame (RFC 9113).
async fn answer_call(
    mut stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    status: u8,
) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let frame = |kind: u8, flags: u8, id: u8, payload: &[u8]| {
        let length = u8::try_from(payload.len()).unwrap();
        [&[0, 0, length, kind, flags, 0, 0, 0, id], payload].concat()
    };
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).await.unwrap();
    stream.write_all(&frame(4, 0, 0, &[])).await.unwrap();
    // Until the end of the question.
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.unwrap();
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        stream.read_exact(&mut payload).await.unwrap();
        if (head[3], head[4] & 1) == (0, 1) {
            break;
        }
    }
    let head = [b"\x88\x0f\x10\x10".as_slice(), b"application/grpc"].concat();
    let answer = [
        frame(1, 4, 1, &head),
        frame(0, 0, 1, &[0, 0, 0, 0, 2, 8, status]),
        frame(1, 5, 1, b"\x00\x0bgrpc-status\x010"),
    ];
    stream.write_all(&answer.concat()).await.unwrap();
    // The client ends it.
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

fn grpc(endpoint: SocketAddr, tls: Option<Tls>) -> Probe {
    let target = Target::Grpc {
        endpoint: endpoint.to_string(),
        service: "web".to_owned(),
        tls,
    };
    Probe {
        target,
        timeout: Duration::from_secs(10),
        ..http("")
    }
}

#[tokio::test]
async fn a_grpc_server_is_passing_while_it_says_that_it_serves() {
    for (status, found) in [
        (1, Status::Passing),
        (2, Status::Critical),
        (3, Status::Critical),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { answer_call(listener.accept().await.unwrap().0, status).await });
        let asked = prober(Vec::new()).found(&grpc(address, None)).await;
        assert_eq!(asked.0, found, "{asked:?}");
    }
}

#[tokio::test]
async fn a_certificate_is_verified_unless_the_check_says_otherwise() {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["web.example".to_owned()]).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = rustls::pki_types::PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let mut server = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    server.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(server));
    let directory = tempfile::TempDir::new().unwrap();
    let file = directory.path().join("ca.pem");
    std::fs::write(&file, cert.pem()).unwrap();
    let known = Arc::new(Trust::of(Some(&file)).unwrap());
    let unknown = Arc::new(Trust::of(None).unwrap());
    for (trust, verified, name, found) in [
        (&unknown, true, "web.example", Status::Critical),
        (&known, true, "web.example", Status::Passing),
        (&known, true, "", Status::Critical),
        (&unknown, false, "", Status::Passing),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            if let Ok(stream) = acceptor.accept(stream).await {
                answer_call(stream, 1).await;
            }
        });
        let tls = Tls {
            verified,
            name: name.to_owned(),
        };
        let networks = ["127.0.0.0/8".parse().unwrap()];
        let prober = Prober::new(&networks, Vec::new(), trust.clone());
        let asked = prober.found(&grpc(address, Some(tls))).await;
        assert_eq!(asked.0, found, "{name:?} {verified}: {asked:?}");
    }
}

#[tokio::test]
async fn where_clouds_keep_secrets_is_not_asked_whatever_the_networks_are() {
    let all: Vec<ipnet::IpNet> = vec!["::/0".parse().unwrap(), "0.0.0.0/0".parse().unwrap()];
    for url in [
        "http://[fd00:ec2::254]/latest/api/token",
        "http://[fd20:ce::254]/",
        "http://168.63.129.16/",
        "http://[::ffff:100.100.100.200]/",
    ] {
        let rules = Arc::into_inner(prober(Vec::new()).0).unwrap();
        let networks = all.clone();
        let prober = Prober(Arc::new(Rules { networks, ..rules }));
        let (found, output) = prober.found(&http(url)).await;
        assert_eq!(found, Status::Critical);
        assert!(output.contains("is not asked"), "{url}: {output}");
    }
}

/// Names that are being looked up, and most of them at once.
static LOOKED_UP: Mutex<(usize, usize)> = Mutex::new((0, 0));
/// No lookup returns while it is locked.
static SILENT: Mutex<()> = Mutex::new(());

#[expect(
    clippy::await_holding_lock,
    reason = "the threads of lookups wait for it, and this one does not"
)]
#[tokio::test]
async fn a_resolver_that_is_silent_has_few_threads_however_many_probes_are_given_up() {
    let mut rules = Arc::into_inner(prober(Vec::new()).0).unwrap();
    rules.resolve = |_| {
        let mut count = LOOKED_UP.lock();
        count.0 += 1;
        count.1 = count.1.max(count.0);
        drop(count);
        drop(SILENT.lock());
        LOOKED_UP.lock().0 -= 1;
        Ok(None)
    };
    let prober = Prober(Arc::new(rules));
    let silent = SILENT.lock();
    let probes = (0..40).map(|number| {
        let probe = Probe {
            timeout: Duration::from_millis(50),
            ..http(&format!("http://h{number}.example/"))
        };
        let prober = prober.clone();
        async move { prober.ask(&probe).await }
    });
    let found = futures_util::future::join_all(probes).await;
    let asked: Vec<_> = found.into_iter().flatten().collect();
    assert_eq!(
        asked.len(),
        LOOKUPS,
        "the others say nothing of what they probe"
    );
    assert!(asked.iter().all(|(_, why)| why.starts_with("no answer")));
    drop(silent);
    // What was asked before returns first.
    let all = prober.0.lookups.acquire_many(LOOKUPS as u32).await;
    let (left, most) = *LOOKED_UP.lock();
    assert!(left == 0 && most <= LOOKUPS, "{left}, {most}");
    drop(all);
    let (_, why) = prober.found(&http("http://last.example/")).await;
    assert_eq!(why, "last.example:80 has no address");
}
