internal import CCurl
internal import Glibc

/// Which certificate authorities are trusted, where the system's are not to be: what the request or the client says, else
/// what the environment says, by curl's and OpenSSL's variables.
enum TrustStore {
    /// `CURL_CA_BUNDLE`, then `SSL_CERT_FILE`: a file in PEM.
    private static let file = variable("CURL_CA_BUNDLE") ?? variable("SSL_CERT_FILE")
    /// `SSL_CERT_DIR`: a directory with files named by hash.
    private static let directory = variable("SSL_CERT_DIR")

    /// Sets up a transfer.
    ///
    /// - Parameter authorities: a file in PEM that the request or the client names.
    static func apply(_ authorities: String?, to handle: UnsafeMutableRawPointer) {
        if let file = authorities ?? file { kt_curl_set_string(handle, CURLOPT_CAINFO, file) }
        if authorities == nil, let directory { kt_curl_set_string(handle, CURLOPT_CAPATH, directory) }
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}
