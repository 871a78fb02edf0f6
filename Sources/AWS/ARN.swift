/// An Amazon Resource Name, as far as it says who someone is: `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.
public struct ARN: Hashable, Sendable {
    /// Twelve digits; empty where the name has none.
    public let account: String
    /// `user/PATH/NAME`, `assumed-role/ROLE/SESSION`.
    public let resource: String

    /// Reads a name; one that is none is of no one.
    public init(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        account = parts.count == 6 ? String(parts[4]) : ""
        resource = parts.count == 6 ? String(parts[5]) : ""
    }

    /// Whether it is the IAM user of that name, whatever its path. IAM does not distinguish cases.
    public func isUser(named name: String) -> Bool {
        resource.hasPrefix("user/") && resource.split(separator: "/").last?.lowercased() == name.lowercased()
    }
}
