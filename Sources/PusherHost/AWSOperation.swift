internal import CKeyturnPusher

/// One operation of one service of AWS, as manifests, lock files and `kt.aws/1` name it: `ssm:PutParameter`.
public struct AWSOperation: Hashable, Sendable, CustomStringConvertible {
    /// The services that plugins may ask for, by the names that their signatures have. Never those that make credentials or
    /// rights (IAM, STS), nor KMS, which opens what others have sealed.
    public static let services = ["secretsmanager", "ssm"]
    /// How operations are written, as a pattern of JSON Schema.
    static let pattern = "^(\(services.joined(separator: "|"))):[A-Z][A-Za-z0-9]{1,63}$"
    /// By AWS's own habit these change nothing.
    private static let readingVerbs = ["Get", "Describe", "List", "BatchGet"]

    /// `ssm`.
    public let service: String
    /// `PutParameter`.
    public let name: String

    /// As it is written.
    public var description: String { "\(service):\(name)" }

    /// Reads one; nil: it is none, or of a service that plugins may not ask for.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, Self.services.contains(String(parts[0])), (2...64).contains(parts[1].utf8.count),
            parts[1].first.map({ ("A"..."Z").contains($0) }) == true,
            parts[1].utf8.allSatisfy({ byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            })
        else { return nil }
        (service, name) = (String(parts[0]), String(parts[1]))
    }

    /// Whether it may change something.
    public var isWriting: Bool {
        // `Getaway` is not a Get.
        !Self.readingVerbs.contains { verb in
            name.hasPrefix(verb) && name.dropFirst(verb.count).first.map { ("A"..."Z").contains($0) } ?? true
        }
    }
}
