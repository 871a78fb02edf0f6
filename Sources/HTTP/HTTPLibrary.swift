internal import CCurl

/// The library that sends requests.
public enum HTTPLibrary {
    /// `libcurl/7.88.1 OpenSSL/3.0.15 zlib/1.2.13 …`, as it is linked at this moment.
    public static var version: String { String(cString: curl_version()) }
}
