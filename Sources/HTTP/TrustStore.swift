internal import CCurl
internal import Glibc

/// Which certificate authorities are trusted: what the request or the client says, else what the environment says, by curl's and
/// OpenSSL's variables, else the system's, wherever the system keeps them.
public enum TrustStore {
    /// `CURL_CA_BUNDLE`, then `SSL_CERT_FILE`: a file in PEM.
    private static let file = variable("CURL_CA_BUNDLE") ?? variable("SSL_CERT_FILE")
    /// `SSL_CERT_DIR`: a directory with files named by hash.
    private static let directory = variable("SSL_CERT_DIR")

    /// Where systems keep the authorities that they trust, in one file. keyturn may run on another system than the one that libcurl was
    /// built on.
    static let places = [
        // Debian, Ubuntu, Arch, Gentoo; Alpine has a link there.
        "/etc/ssl/certs/ca-certificates.crt",
        // Fedora, RHEL, Amazon Linux.
        "/etc/pki/tls/certs/ca-bundle.crt", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        // SUSE.
        "/etc/ssl/ca-bundle.pem", "/var/lib/ca-certificates/ca-bundle.pem",
        // Alpine, and what is built like OpenSSL.
        "/etc/ssl/cert.pem",
    ]

    /// The system's file; nil: it has none at the places that are known.
    public static let systemFile = places.first { access($0, R_OK) == 0 }

    /// The file that is trusted where nothing else is said; nil: none was found.
    public static var effectiveFile: String? { file ?? systemFile }

    /// What to say where there is none.
    public static let missing =
        "this system has no file of certificate authorities at the usual places (\(places[0]), \(places[1]), …); install its package "
        + "ca-certificates, or name a file in SSL_CERT_FILE"

    /// Sets up a transfer.
    ///
    /// - Parameter authorities: a file in PEM that the request or the client names.
    static func apply(_ authorities: String?, to handle: UnsafeMutableRawPointer) {
        if let file = authorities ?? effectiveFile { kt_curl_set_string(handle, CURLOPT_CAINFO, file) }
        if authorities == nil, let directory { kt_curl_set_string(handle, CURLOPT_CAPATH, directory) }
    }

    /// Whether nothing is trusted, so that no certificate can be.
    static func isEmpty(_ authorities: String?) -> Bool {
        authorities == nil && effectiveFile == nil && directory == nil
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}
