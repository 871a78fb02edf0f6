import PusherKit

/// An AWS shared credentials file with one profile: what AWS's tools read where `AWS_SHARED_CREDENTIALS_FILE` leads.
struct CredentialsFile: Sendable {
    /// More lines than that are not looked at; GitLab's own limit is 10,000 characters.
    private static let mostLines = 1_000

    let profile: String

    /// The file's contents.
    func contents(keyID: String, secret: SecretBytes) -> SecretBytes {
        var builder = SecretBuilder()
        builder.append(contentsOf: "[\(profile)]\naws_access_key_id = \(keyID)\naws_secret_access_key = ".utf8)
        builder.append(secret)
        builder.append(contentsOf: "\n".utf8)
        return builder.bytes()
    }

    /// The key ID of the profile in a file, or nil where there is none.
    func keyID(in file: SecretBytes) -> String? {
        file.withBytes { bytes in
            value(of: "aws_access_key_id", in: bytes).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// Whether a file holds that secret in the profile. The bytes are compared where they are.
    func holds(_ secret: SecretBytes, in file: SecretBytes) -> Bool {
        file.withBytes { bytes in
            value(of: "aws_secret_access_key", in: bytes).map { SecretBytes(copying: .init(rebasing: $0)) == secret }
                ?? false
        }
    }

    /// What stands behind `name =` in the profile.
    private func value(of name: String, in file: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer>? {
        var isInProfile = false
        for line in file.split(separator: UInt8(ascii: "\n"), maxSplits: Self.mostLines) {
            let line = trimmed(line)
            if line.first == UInt8(ascii: "[") {
                isInProfile = line.elementsEqual("[\(profile)]".utf8)
            } else if isInProfile, let sign = line.firstIndex(of: UInt8(ascii: "=")),
                trimmed(line[..<sign]).elementsEqual(name.utf8)
            {
                return trimmed(line[line.index(after: sign)...])
            }
        }
        return nil
    }

    private func trimmed(_ text: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        func isBlank(_ byte: UInt8) -> Bool { " \t\r".utf8.contains(byte) }
        guard let first = text.firstIndex(where: { !isBlank($0) }),
            let last = text.lastIndex(where: { !isBlank($0) })
        else { return text[text.endIndex...] }
        return text[first...last]
    }
}
