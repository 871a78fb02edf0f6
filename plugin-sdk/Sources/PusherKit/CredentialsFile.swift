/// A profile in an AWS shared credentials file: what AWS's tools read where `AWS_SHARED_CREDENTIALS_FILE` leads.
///
/// For services where one value can hold the whole pair, which is then never half written. Files are read as Python's
/// `configparser` reads them, which is what botocore uses.
public struct CredentialsFile: Sendable {
    /// The profile's name.
    public let profile: String

    /// The names of what a profile holds of a key pair. A session token of before would make the new pair useless.
    private static let pairNames = [
        "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token",
    ]

    /// A profile.
    public init(profile: String) {
        self.profile = profile
    }

    /// A file with this profile alone.
    public func contents(keyID: String, secret: SecretBytes) -> SecretBytes {
        var builder = SecretBuilder()
        append(keyID, secret, header: true, to: &builder)
        return builder.bytes()
    }

    /// A file with the pair in this profile, and everything else as it was: other profiles, other settings, comments.
    ///
    /// - Parameter old: what the file held before. What is not a credentials file is replaced as a whole.
    /// - Returns: nil where the profile is there twice: AWS's tools do not read such a file, and which one jobs use is not
    ///   known.
    public func contents(keyID: String, secret: SecretBytes, keeping old: SecretBytes) -> SecretBytes? {
        old.withBytes { bytes in
            let lines = IniLine.lines(of: bytes)
            guard !lines.contains(where: { $0.kind == .stray }) else { return contents(keyID: keyID, secret: secret) }
            let headers = lines.indices.filter { isHeader(lines[$0]) }
            guard headers.count < 2 else { return nil }
            var builder = SecretBuilder()
            guard let header = headers.first else {
                builder.append(contentsOf: bytes)
                if let last = bytes.last, last != UInt8(ascii: "\n") { builder.append("\n") }
                append(keyID, secret, header: true, to: &builder)
                return builder.bytes()
            }
            let end = lines[(header + 1)...].firstIndex { $0.kind == .header } ?? lines.endIndex
            // Where the old pair begins, so that comments stay with what they are about; right behind the header where there is none.
            let place = lines[(header + 1)..<end].firstIndex(where: isOfPair) ?? header
            for index in lines.indices {
                let line = lines[index]
                let isOld = index > header && index < end && isOfPair(line)
                if !isOld { builder.append(contentsOf: line.bytes) }
                guard index == place else { continue }
                if !isOld, line.bytes.last != UInt8(ascii: "\n") { builder.append("\n") }
                // As far in as the settings that follow, which would otherwise be read as parts of the secret.
                let indent = lines[max(place, header + 1)..<end].first { $0.kind == .setting }?.indent ?? 0
                append(keyID, secret, header: false, indent: indent, to: &builder)
            }
            return builder.bytes()
        }
    }

    /// Why a pair cannot be put into a file without losing something of it, in words; nil: it can.
    public func problem(in file: SecretBytes) -> String? {
        file.withBytes { bytes in
            let lines = IniLine.lines(of: bytes)
            guard lines.reduce(0, { $0 + $1.bytes.count }) == bytes.count else { return "it has too many lines" }
            if let index = lines.firstIndex(where: { $0.kind == .stray }) {
                return "line \(index + 1) is none of a credentials file: correct it"
            }
            return lines.count(where: isHeader) < 2 ? nil : "the profile \(profile) is in it twice: leave one"
        }
    }

    /// The key ID of the profile in a file, or nil where there is none.
    public func keyID(in file: SecretBytes) -> String? {
        file.withBytes { bytes in
            value(of: Self.pairNames[0], in: bytes).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// Whether a file holds that secret in the profile. The bytes are compared where they are.
    public func holds(_ secret: SecretBytes, in file: SecretBytes) -> Bool {
        file.withBytes { bytes in
            value(of: Self.pairNames[1], in: bytes).map { SecretBytes(copying: .init(rebasing: $0)) == secret } ?? false
        }
    }

    private func isHeader(_ line: IniLine) -> Bool { line.kind == .header && line.name.elementsEqual(profile.utf8) }

    private func isOfPair(_ line: IniLine) -> Bool {
        (line.kind == .setting || line.kind == .continuation)
            && Self.pairNames.contains { name in line.name.lazy.map(lowercased).elementsEqual(name.utf8) }
    }

    private func append(
        _ keyID: String, _ secret: SecretBytes, header: Bool, indent: Int = 0, to builder: inout SecretBuilder
    ) {
        let blanks = String(repeating: " ", count: indent)
        if header { builder.append(contentsOf: "[\(profile)]\n".utf8) }
        builder.append(contentsOf: "\(blanks)aws_access_key_id = \(keyID)\n\(blanks)aws_secret_access_key = ".utf8)
        builder.append(secret)
        builder.append("\n")
    }

    /// What follows `name =` in the profile.
    private func value(of name: String, in file: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer>? {
        var isInProfile = false
        for line in IniLine.lines(of: file) {
            if line.kind == .header {
                isInProfile = isHeader(line)
            } else if isInProfile, line.kind == .setting, line.name.lazy.map(lowercased).elementsEqual(name.utf8) {
                return line.value
            }
        }
        return nil
    }
}

private func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
}
