/// The secrets that a call knows, to be taken out of whatever leaves the plugin as text: a service may repeat in an
/// error what it was sent.
struct Redaction: Sendable {
    /// In every spelling. Shorter ones than `shortest` would garble every text and protect nothing.
    private let secrets: [SecretBytes]
    private static let shortest = 4
    private static let mark = Array("[redacted]".utf8)
    private static let ellipsis = Array("…".utf8)

    init(_ secrets: [SecretBytes]) {
        self.secrets = secrets.filter { $0.count >= Self.shortest }.flatMap { $0.spellings }
    }

    private init(spelled secrets: [SecretBytes]) {
        self.secrets = secrets
    }

    func adding(_ secret: SecretBytes) -> Redaction {
        Redaction(spelled: secrets + Redaction([secret]).secrets)
    }

    /// The text as one line without the secrets.
    func clean(_ text: String, limit: Int = 1_000) -> String {
        var bytes = Array(text.utf8)
        for secret in secrets {
            secret.withBytes {
                remove($0, from: &bytes)
                removeBeginning(of: $0, from: &bytes)
            }
        }
        return oneLine(String(decoding: bytes, as: UTF8.self), limit: limit)
    }

    private func remove(_ secret: UnsafeRawBufferPointer, from bytes: inout [UInt8]) {
        var start = 0
        while start + secret.count <= bytes.count {
            let range = start..<(start + secret.count)
            if bytes[range].elementsEqual(secret) {
                bytes.replaceSubrange(range, with: Self.mark)
                start += Self.mark.count
            } else {
                start += 1
            }
        }
    }

    /// A text that was cut for its length may end in the first part of a secret.
    private func removeBeginning(of secret: UnsafeRawBufferPointer, from bytes: inout [UInt8]) {
        var end = 0
        while end + Self.ellipsis.count <= bytes.count {
            defer { end += 1 }
            guard bytes[end..<(end + Self.ellipsis.count)].elementsEqual(Self.ellipsis) else { continue }
            let lengths = stride(from: min(secret.count - 1, end), through: Self.shortest, by: -1)
            guard let length = lengths.first(where: { bytes[(end - $0)..<end].elementsEqual(secret.prefix($0)) })
            else { continue }
            bytes.replaceSubrange((end - length)..<end, with: Self.mark)
            end += Self.mark.count - length
        }
    }
}

extension SecretBytes {
    /// As it is, percent-encoded, as JSON writes it, with and without the slashes escaped, and within base64.
    fileprivate var spellings: [SecretBytes] {
        var percentEncoded = SecretBuilder()
        var json = SecretBuilder()
        var jsonWithSlashes = SecretBuilder()
        withBytes { bytes in
            for byte in bytes {
                appendPercentEncoded(byte, to: &percentEncoded)
                let isQuoted = byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
                if isQuoted { json.append("\\") }
                json.append(byte)
                if isQuoted || byte == UInt8(ascii: "/") { jsonWithSlashes.append("\\") }
                jsonWithSlashes.append(byte)
            }
        }
        return [self, percentEncoded.bytes(), json.bytes(), jsonWithSlashes.bytes()]
            + (count < 12 ? [] : base64Parts)
    }
}

private func appendPercentEncoded(_ byte: UInt8, to builder: inout SecretBuilder) {
    if isUnreserved(byte) {
        builder.append(byte)
    } else {
        let digits = Array("0123456789ABCDEF".utf8)
        builder.append("%")
        builder.append(digits[Int(byte >> 4)])
        builder.append(digits[Int(byte & 15)])
    }
}
