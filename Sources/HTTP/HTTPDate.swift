internal import CCurl

/// Times as HTTP writes them (RFC 9110): `Sun, 06 Nov 1994 08:49:37 GMT` and the two older forms.
public enum HTTPDate {
    /// Seconds since 1970; nil: the text is not such a time.
    public static func seconds(_ text: String) -> Int? {
        let seconds = curl_getdate(text, nil)
        return seconds < 0 ? nil : seconds
    }
}
